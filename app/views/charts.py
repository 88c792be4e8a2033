"""Lines at print size: what a line plot of the page shows, drawn anew with a key and axes."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from app.views.lineplot import RING, Chart
from app.views.printing import written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE, HIGH, TOLD = 6.6, 3.4, 0.13  # inches: of a chart, and of a line of provenance
BESIDE = 30  # letters, of which a line of a key beside its chart has room
_DASHES = {"solid": "-", "dashed": "--", "dotted": ":", "dotdash": "-.", "dashdot": "-."}
_MARKS = {
    "circle": "o", "square": "s", "triangle": "^", "diamond": "D", "inverted_triangle": "v",
    "cross": "P", RING: "o",
}  # fmt: skip


def chart_file(charts: Sequence[Chart], title: str, told: str, kind: str) -> bytes:
    """Charts one below the other as a file of a format; `told` is where they come from."""
    from matplotlib.figure import Figure

    foot = 0.1 + TOLD * (1 + told.count("\n"))
    high = 0.4 + HIGH * len(charts) + foot
    figure = Figure(figsize=(WIDE, high))
    figure.text(0.02, 1 - 0.1 / high, title, size=9.5, weight="bold", va="top")
    figure.text(0.02, 0.06 / high, told, size=6.5, va="bottom", color="#505050")
    for number, chart in enumerate(charts):
        bottom = foot + HIGH * (len(charts) - 1 - number) + 0.5
        wide = 0.58 if chart.dots else 0.86  # points lie everywhere: their key stands beside them
        draw_chart(figure.add_axes((0.1, bottom / high, wide, (HIGH - 0.75) / high)), chart)
    return written(figure, kind, title, told)


def draw_chart(axes: Axes, chart: Chart) -> None:
    """Draw a chart anew."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

    for line in chart.lines:
        x, y = np.asarray(line.x, dtype=float), np.asarray(line.y, dtype=float)
        axes.plot(
            x, y, color=line.colour, lw=0.75 * line.width, label=line.name,
            ls=_DASHES.get(line.dash, "-"),
        )  # fmt: skip
    for dots in chart.dots:
        look: dict[str, Any] = {"s": 14, "color": dots.colour, "linewidths": 0, "zorder": 3}
        if dots.marker == RING:
            look |= {"s": 70, "color": "none", "edgecolors": dots.colour, "linewidths": 1.2}
        axes.scatter(dots.x, dots.y, marker=_MARKS[dots.marker], label=dots.name, **look)
        for across, up, word in zip(dots.x, dots.y, dots.words, strict=False):
            axes.annotate(
                word, (across, up), (4, 4), textcoords="offset points", size=8, weight="bold",
                color=dots.colour,
            )  # fmt: skip
    axes.set_xscale("log" if chart.logarithmic[0] else "linear")
    axes.set_yscale("log" if chart.logarithmic[1] else "linear")
    if chart.dots and chart.logarithmic[0]:  # ratios, as numbers
        low, high = chart.limits[0]
        axes.xaxis.set_major_locator(
            LogLocator(subs=(1, 2, 5)) if high > 10 * low else MaxNLocator(5)
        )
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        axes.xaxis.set_minor_locator(NullLocator())
    elif not chart.ticks and not chart.logarithmic[0] and chart.limits[0][1] >= 1000:
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    if chart.ticks:
        axes.set_xticks(list(chart.ticks), list(chart.ticks.values()))
    if chart.above is not None:
        label, ticks = chart.above
        top = axes.secondary_xaxis("top")
        top.set_xticks(list(ticks), list(ticks.values()))
        top.xaxis.set_minor_locator(NullLocator())
        top.set_xlabel(label, size=8)
        top.tick_params(labelsize=7)
    axes.set(xlim=chart.limits[0], ylim=chart.limits[1])  # ticks would widen them
    axes.set_xlabel(chart.across, size=8)
    axes.set_ylabel(chart.up, size=8)
    axes.tick_params(labelsize=7)
    axes.grid(color="#d0d4d8", lw=0.4)
    axes.spines[["top", "right"]].set_visible(False)
    if chart.lines or chart.dots:
        place: dict[str, Any] = {"loc": "best"}
        if chart.dots:
            place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1), "borderaxespad": 0}
        handles, names = axes.get_legend_handles_labels()
        told = [fill(name, BESIDE) if chart.dots else name for name in names]
        axes.legend(handles, told, fontsize=6.5, frameon=False, **place)
