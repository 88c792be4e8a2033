"""What the runs of a sweep show together: a table of all fits, and one of the best at each size."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from cainr_core.files import atomic_write
from cainr_core.runs import Run
from cainr_core.sweep.grid import called

NAME, BEST = "sweep", "sweep_best"


@dataclass(frozen=True)
class Line:
    """A fit: what it was, its size and quality by the paper's definitions and by ours.

    compression_gain_paper: 8 bytes a value over 4 bytes a weight; the ratio is that of the file.
    """

    contexts: str
    depth: int
    width: int
    weights: int
    compression_gain_paper: float
    psnr_paper: float
    file_bytes: int
    compression_ratio: float
    psnr: float
    rmse: float
    seconds: float
    steps: int
    run: str

    @classmethod
    def of(cls, run: Run) -> Line:
        """The line of a run."""
        network, metrics = run.choices.architecture, run.metrics
        return cls(
            called(run.choices.contexts),
            network.depth,
            network.width,
            metrics.weights,
            metrics.compression_gain_paper,
            metrics.psnr_paper,
            metrics.file_bytes,
            metrics.compression_ratio,
            metrics.psnr,
            metrics.rmse,
            run.seconds,
            run.choices.recipe.steps,
            run.id,
        )


def front(lines: Sequence[Line]) -> list[Line]:
    """Of one set of contexts those that no other fit beats at its size, smallest first."""
    best: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.file_bytes, -line.psnr)):
        if not best or line.psnr > best[-1].psnr:
            best.append(line)
    return best


def by_contexts(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """The fits of each set of contexts, in the order in which these come first."""
    sets: dict[str, list[Line]] = {}
    for line in lines:
        sets.setdefault(line.contexts, []).append(line)
    return sets


def best_of(lines: Sequence[Line]) -> list[Line]:
    """The best architecture for each size: the front of each set of contexts."""
    return [line for those in by_contexts(lines).values() for line in front(those)]


def write(runs: Sequence[Run], folder: Path) -> list[Path]:
    """Write the tables, as CSV and JSON, and the figure of a sweep; their paths."""
    from cainr_core.sweep import figure

    lines = [Line.of(run) for run in runs]
    paths = []
    for name, table in ((NAME, lines), (BEST, best_of(lines))):
        text = io.StringIO()
        writer = csv.DictWriter(text, [field.name for field in fields(Line)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(asdict, table))
        paths.append(folder / f"{name}.csv")
        atomic_write(paths[-1], text.getvalue().encode())
    paths.append(folder / f"{NAME}.json")
    values = {"fits": [asdict(line) for line in lines], "best": [asdict(x) for x in best_of(lines)]}
    atomic_write(paths[-1], json.dumps(values, indent=1).encode() + b"\n")
    return [*paths, *figure.draw(lines, folder / NAME)]
