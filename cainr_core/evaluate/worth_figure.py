"""The figure of what contexts are worth: dB gained, and bytes saved beside their own cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cainr_core.evaluate.drawing import (
    QUIET,
    in_bytes,
    new_figure,
    prepare,
    save,
    title_of,
)
from cainr_core.evaluate.worth import ALONE, BESIDE, Worth

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, which colour-blind readers tell apart.
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
SIZE = (9.6, 4.8)  # inches
MARGIN = 1.15  # times the bytes, around what is shown
LABEL = 0.045  # height of a label, as a part of the axes
LINEAR = 100  # bytes either side of zero that are drawn evenly


def draw(table: Sequence[Worth], about: dict[str, Any], fit: str, stem: Path) -> list[Path]:
    """Write STEM.png and STEM.svg; the paths.

    about: the field, as a report tells it. fit: the network, in words. One colour for each context;
    filled and solid alone, hollow and dashed beside the others. Where bytes saved lie above a line
    of cost, the context pays.
    """
    from matplotlib.lines import Line2D

    figure = new_figure(*SIZE)
    gains, savings = figure.subplots(1, 2)
    contexts = list(dict.fromkeys(line.context for line in table))
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(contexts)}
    sizes = [line.bytes for line in table]
    for axes, what in ((gains, "gain_db"), (savings, "bytes_saved")):
        prepare(axes)
        axes.set_xlim(min(sizes) / MARGIN, max(sizes) * MARGIN)
        axes.axhline(0, color="0.6", linewidth=0.9)
        for name in contexts:
            for beside in (ALONE, BESIDE):
                _curve(axes, table, name, beside, what, colours[name])
    gains.set_ylabel("PSNR gained at equal bytes (dB)")
    gains.set_title("what the same fit gains by the context", fontsize=9, color=QUIET)
    _costs(savings, table, colours)
    handles = [Line2D([], [], color=colours[name], linewidth=3, label=name) for name in contexts]
    if any(line.beside == BESIDE for line in table):
        handles += [
            Line2D([], [], color=QUIET, marker="o", label="alone, against no context"),
            Line2D(
                [], [], color=QUIET, marker="o", markerfacecolor="white", linestyle="--",
                label="beside the others, against these",
            ),
        ]  # fmt: skip
    figure.suptitle(f"{title_of(about)}: {fit}", fontsize=10)
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=2,
        frameon=False,
        fontsize=8,
        handlelength=3,
    )
    return save(figure, stem)


def _curve(
    axes: Axes, table: Sequence[Worth], context: str, beside: str, what: str, colour: str
) -> None:
    lines = [line for line in table if (line.context, line.beside) == (context, beside)]
    points = [(line.bytes, getattr(line, what)) for line in lines]
    known = [point for point in points if point[1] is not None]
    axes.plot(
        [size for size, _ in known],
        [value for _, value in known],
        color=colour,
        linewidth=1.8,
        linestyle="-" if beside == ALONE else "--",
        marker="o",
        markersize=5.5,
        markerfacecolor=colour if beside == ALONE else "white",
        zorder=3,
    )


def _costs(axes: Axes, table: Sequence[Worth], colours: dict[str, str]) -> None:
    """What the contexts cost, as lines named at their right end, on an axis that is logarithmic on
    both sides of zero."""
    from matplotlib.ticker import FuncFormatter

    axes.set_yscale("symlog", linthresh=LINEAR, linscale=0.5)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda size, _: in_bytes(size)))
    axes.set_ylabel("bytes saved at equal PSNR")
    axes.set_title("what the context saves, and what it costs (dotted)", fontsize=9, color=QUIET)
    if all(line.bytes_saved is None for line in table):
        axes.text(
            0.5, 0.6, "not known of one size: ask for more", color=QUIET, fontsize=8, ha="center",
            transform=axes.transAxes,
        )  # fmt: skip
    costs = {(line.context, "referenced"): line.cost_referenced for line in table}
    costs |= {(line.context, "embedded"): line.cost_embedded for line in table}
    for (context, _), cost in costs.items():
        axes.axhline(cost, color=colours[context], linewidth=1.1, linestyle=":")
    axes.set_ylim(axes.get_ylim())  # no longer moves: labels find their places
    marks = sorted((cost, context, how) for (context, how), cost in costs.items())
    heights = axes.transData.transform([(1, cost) for cost, _, _ in marks])[:, 1]
    fractions = (heights - axes.bbox.y0) / axes.bbox.height
    for (cost, context, how), height in zip(marks, _apart(fractions), strict=True):
        axes.annotate(
            f"{in_bytes(cost)} {how}", (1, height), xycoords="axes fraction", xytext=(4, 0),
            textcoords="offset points", color=colours[context], fontsize=8, va="center",
            annotation_clip=False,
        )  # fmt: skip


def _apart(heights: Iterable[float]) -> list[float]:
    """Heights, ascending, each at least LABEL above the one before."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + LABEL) if placed else height)
    return placed
