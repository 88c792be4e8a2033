"""Pictures as files, for print: raster or vector, each with its title and where it comes from."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.views.shown import LETTERS, lettered
from app.words import data_of, three
from cainr_core import __version__
from cainr_core.choices import DataChoice
from cainr_core.runs import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = {"PNG": "png", "SVG": "svg", "PDF": "pdf"}
DPI = 300
SAMPLE = "sample of the CESM1 Large Ensemble"
_TEXT = {"svg.fonttype": "none", "pdf.fonttype": 42}  # words that can be found, copied and edited
_KEYS = {"png": ("Description", "Software"), "svg": ("Description", "Creator")}
_KEYS["pdf"] = ("Subject", "Creator")


def provenance(
    data: DataChoice,
    runs: Sequence[Run],
    unit: str,
    step: int | None = None,
    letters: str = LETTERS,
) -> str:
    """Source, runs (at a step of their fits) and version, as they stand below a picture."""
    source = f"Data: {data_of(data) if data.path else SAMPLE}"
    source += f", times {data.time}" if data.time else ""
    of_runs = lettered([_about(run, unit, step) for run in runs], letters)  # as their titles are
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    return "\n".join([*of_runs, f"{source}. Made with cainr {__version__}, {today}."])


def _about(run: Run, unit: str, step: int | None) -> str:
    if step is not None and (state := run.at(step)) != run.end:
        return (
            f"{run.name}, step {state.step:,} of {run.end.step:,}: {state.file_bytes:,} bytes, "
            f"PSNR {state.psnr:.2f} dB"
        )
    measures = run.metrics
    return (
        f"{run.name}: {measures.file_bytes:,} bytes, PSNR {measures.psnr:.2f} dB, "
        f"RMSE {three(measures.rmse)} {unit}".rstrip()
    )


def without_formulas(figure: Figure) -> None:
    """Let names and units be what they are, though they hold dollars; ticks may be formulas."""
    words = list(figure.texts)
    for axes in figure.axes:
        words += [axes.title, axes.xaxis.label, axes.yaxis.label]
        legend = axes.get_legend()
        words += legend.get_texts() if legend is not None else []
    for word in words:
        word.set_parse_math(False)


def written(figure: Figure, kind: str, title: str, told: str) -> bytes:
    """A figure as a file of a format in `FORMATS`, which says what it is to a reader as well."""
    from matplotlib import rc_context

    description, software = _KEYS[kind]
    words = {"Title": title, description: told, software: f"cainr {__version__}"}
    made = io.BytesIO()
    without_formulas(figure)
    with rc_context(_TEXT):
        figure.savefig(made, format=kind, dpi=DPI, metadata=words)
    return made.getvalue()


def file_name(words: str, ending: str) -> str:
    """A file name of some words."""
    plain = re.sub(r"[^\w.-]+", "_", words).strip("_.")
    return f"{plain or 'field'}.{ending}"
