"""What a sweep leaves besides its runs: tables as CSV and JSON, and figures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from cainr_core.files import atomic_write
from cainr_core.runs import Run
from cainr_core.sweep import figure
from cainr_core.sweep.grid import Sweep
from cainr_core.sweep.lines import Line, Quality, best_of, lines_of, qualities

NAME, BEST, QUALITY = "sweep", "sweep_best", "sweep_quality"


def write(wanted: Sweep, runs: Sequence[Run], folder: Path) -> list[Path]:
    """Write the tables, as CSV and JSON, and the figures of a sweep; their paths."""
    lines, lowered = lines_of(wanted, runs), qualities(runs) if wanted.resolutions else []
    paths = []
    tables: dict[str, Sequence[Line | Quality]] = {NAME: lines, BEST: best_of(lines)}
    if lowered:
        tables[QUALITY] = lowered
    for name, table in tables.items():
        paths.append(folder / f"{name}.csv")
        atomic_write(paths[-1], to_csv(table))
    paths.append(folder / f"{NAME}.json")
    values = {name: list(map(asdict, table)) for name, table in tables.items()}
    atomic_write(paths[-1], json.dumps(values, indent=1).encode() + b"\n")
    paths += figure.draw(lines, folder / NAME)
    return [*paths, *(figure.draw_qualities(lowered, folder / QUALITY) if lowered else ())]


def to_csv(table: Sequence[Line | Quality]) -> bytes:
    """A table, which is not empty, as a file."""
    text = io.StringIO()
    names = [field.name for field in fields(table[0])]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, table))
    return text.getvalue().encode()
