"""What every figure shares: its sizes in words, its axis of bytes, and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cainr_core.files import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")
DPI = 200
QUIET = "0.35"  # of words beside the curves


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, inches, that needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def prepare(axes: Axes) -> None:
    """Bytes from left to right, as `logarithmic` draws them."""
    logarithmic(axes, "size of the file", in_bytes)


def logarithmic(axes: Axes, label: str, in_words: Callable[[float], str]) -> None:
    """Light lines behind the curves, no box around them, and logarithms from left to right."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: in_words(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label)
    axes.grid(which="major", color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def title_of(about: dict[str, Any]) -> str:
    """A field in a line: what `describe` of a report says of it."""
    shape = " × ".join(map(str, about["shape"]))
    return f"{about['variable']}, {shape}, {in_bytes(about['original_bytes'])} as values"


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write STEM.png and STEM.svg; the paths. The same figure gives the same SVG."""
    from matplotlib import rc_context

    paths = [stem.with_name(f"{stem.name}.{kind}") for kind in FORMATS]
    for path, kind in zip(paths, FORMATS, strict=True):

        def write(target: Path, kind: str = kind) -> None:
            # no date and no random names in the SVG
            metadata = {"Date": None} if kind == "svg" else None
            with rc_context({"svg.hashsalt": "cainr"}):
                figure.savefig(target, format=kind, dpi=DPI, metadata=metadata)

        atomic_write(path, write)
    return paths


def in_bytes(size: float) -> str:
    """12.5 kB, -300 B."""
    for unit, factor in (("MB", 1e6), ("kB", 1e3)):
        if abs(size) >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size:.3g} B"
