"""The figure of a sweep: quality over size, by the paper's definitions and by ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cainr_core.evaluate.drawing import QUIET, logarithmic, new_figure, save
from cainr_core.sweep.lines import Line, Quality, by_contexts, rising

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, which colour-blind readers tell apart
COLOURS = ("#000000", "#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7", "#56B4E9")
MANY = 50  # times the least of an axis
SIZE = (9.6, 4.6)  # inches
PANELS = (
    ("compression_gain_paper", "psnr_paper", "compression gain", "PSNR against the maximum (dB)",
     "as the paper counts: 64-bit values over 32-bit weights"),
    ("compression_ratio", "psnr", "compression ratio", "PSNR (dB)",
     "as files are: their bytes, and the span of the field"),
)  # fmt: skip


def draw(lines: Sequence[Line], stem: Path) -> list[Path]:
    """Write STEM.png and STEM.svg; the paths. A point is a fit, a line joins the best of each
    size."""
    figure = new_figure(*SIZE)
    panels = figure.subplots(1, 2)
    sets = by_contexts(lines)
    for axes, (across, up, size, quality, title) in zip(panels, PANELS, strict=True):
        _prepare(axes, size)
        axes.set_ylabel(quality)
        axes.set_title(title, fontsize=9, color=QUIET)
        for number, (name, those) in enumerate(sets.items()):
            colour = COLOURS[number % len(COLOURS)]
            points = sorted((getattr(line, across), getattr(line, up)) for line in those)
            axes.scatter(*zip(*points, strict=True), s=16, color=colour, alpha=0.6, linewidths=0)
            axes.plot(*zip(*rising(points), strict=True), color=colour, linewidth=1.8, label=name)
        _thin_out(axes)
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=min(4, len(sets)),
        frameon=False, fontsize=8,
    )  # fmt: skip
    return save(figure, stem)


def draw_qualities(table: Sequence[Quality], stem: Path) -> list[Path]:
    """Write STEM.png and STEM.svg, of the quality that coarser contexts lead to; the paths."""
    figure = new_figure(5.6, 4.2)
    axes = figure.subplots()
    _prepare(axes, "resolution of the context (degrees)")
    axes.set_ylabel("PSNR (dB)")
    for number, name in enumerate(dict.fromkeys(one.context for one in table)):
        colour = COLOURS[number % len(COLOURS)]
        those = [one for one in table if one.context == name]
        whole = [one.psnr for one in those if not one.resolution]
        for psnr in whole:
            label = f"{name}, as it is" if name else "no context"
            axes.axhline(psnr, color=colour, linewidth=1.1, linestyle="--", label=label)
        lowered = [(one.resolution, one.psnr) for one in those if one.resolution]
        if lowered:
            across, up = zip(*lowered, strict=True)
            axes.plot(across, up, color=colour, marker="o", markersize=5, label=name)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return save(figure, stem)


def _thin_out(axes: Axes) -> None:
    """Two ticks a decade where three would run into each other."""
    from matplotlib.ticker import LogLocator

    least, most = axes.get_xlim()
    if most > MANY * least:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))


def _prepare(axes: Axes, label: str) -> None:
    from matplotlib.ticker import NullLocator

    logarithmic(axes, label, lambda value: f"{value:,.15g}")
    axes.xaxis.set_minor_locator(NullLocator())  # a narrow range would have its labels overlap
