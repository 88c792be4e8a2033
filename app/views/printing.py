"""Pictures as files, for print: raster or vector, each with its title and where it comes from."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.words import data_of, three
from cainr_core import __version__
from cainr_core.choices import DataChoice
from cainr_core.runs import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = {"PNG": "png", "SVG": "svg", "PDF": "pdf"}
DPI = 300
_TEXT = {"svg.fonttype": "none", "pdf.fonttype": 42}  # words that can be found, copied and edited
_KEYS = {"png": ("Description", "Software"), "svg": ("Description", "Creator")}
_KEYS["pdf"] = ("Subject", "Creator")


def provenance(data: DataChoice, runs: Sequence[Run], unit: str) -> str:
    """Source, runs and version, as they stand below a picture."""
    source = f"Data: {data_of(data)}" + (f" {data.time}" if data.time else "")
    of_runs = [
        f"{run.name}: {run.metrics.file_bytes:,} bytes, PSNR {run.metrics.psnr:.2f} dB, "
        f"RMSE {three(run.metrics.rmse)} {unit}".rstrip()
        for run in runs
    ]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    return "\n".join([*of_runs, f"{source}. Made with cainr {__version__}, {today}."])


def written(figure: Figure, kind: str, title: str, told: str) -> bytes:
    """A figure as a file of a format in `FORMATS`, which says what it is to a reader as well."""
    from matplotlib import rc_context

    description, software = _KEYS[kind]
    words = {"Title": title, description: told, software: f"cainr {__version__}"}
    made = io.BytesIO()
    with rc_context(_TEXT):
        figure.savefig(made, format=kind, dpi=DPI, metadata=words)
    return made.getvalue()


def file_name(words: str, ending: str) -> str:
    """A file name of some words."""
    plain = re.sub(r"[^\w.-]+", "_", words).strip("_.")
    return f"{plain or 'field'}.{ending}"
