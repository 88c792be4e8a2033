"""Lines over one axis: a key above, a hover that reads them, axes that fit what is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import panel as pn
from bokeh.models import BoxZoomTool, ColumnDataSource, HoverTool, PanTool, Range1d, ResetTool
from bokeh.plotting import figure
from numpy.typing import NDArray

from app.style import TOOLS
from app.views.cards import stack

HEIGHT = 300  # px
ORIGINAL = "#808a93"  # the colour of the original beside those of runs, on light and on dark
_CSS = """
.key { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: .78rem; min-height: 1.3em; }
.key span { overflow-wrap: anywhere; }
.key span::before { content: ''; display: inline-block; width: 14px; height: 3px;
  border-radius: 2px; margin-right: 6px; vertical-align: middle; background: var(--line); }
.key .dashed::before { background: repeating-linear-gradient(90deg, var(--line) 0 4px,
  transparent 4px 5px); border-radius: 0; }
"""

RING = "ring"  # a marker around other points


@dataclass(frozen=True)
class Line:
    """A line: its name and colour, where it stands along the axis, and how high, both (n,)."""

    name: str
    colour: str
    x: NDArray[np.floating]
    y: NDArray[np.floating]
    width: float = 1.8
    dash: str = "solid"


@dataclass(frozen=True)
class Dots:
    """Points of one colour, of one of Bokeh's markers or `RING`: their name, where they stand,
    (n,), and words beside them, (n,) or none."""

    name: str
    colour: str
    marker: str
    x: Sequence[float]
    y: Sequence[float]
    words: Sequence[str] = ()


@dataclass(frozen=True)
class Chart:
    """What a plot shows: labels with units, lines, which axes are logarithmic (across, up), their
    limits, words at places across that stand for numbers, or none, points, and another axis above:
    its label, and words at places."""

    across: str
    up: str
    lines: tuple[Line, ...]
    logarithmic: tuple[bool, bool]
    limits: tuple[tuple[float, float], tuple[float, float]]
    ticks: Mapping[float, str] = field(default_factory=dict)
    dots: tuple[Dots, ...] = ()
    above: tuple[str, Mapping[float, str]] | None = None


class LinePlot:
    """A figure that is made once and then only handed other lines."""

    def __init__(
        self,
        across: str,
        up: str,
        name: str,
        height: int = HEIGHT,
        x_axis_type: str = "linear",
        y_axis_type: str = "linear",
    ) -> None:
        """`across`, `up`: labels with units; `name`: of the data source, for tests and others."""
        self.source = ColumnDataSource(
            {"xs": [], "ys": [], "name": [], "colour": [], "width": [], "dash": []}, name=name
        )
        self.figure = plain_figure(
            height,
            x_axis_type=x_axis_type,
            y_axis_type=y_axis_type,
        )
        self.label(across, up)
        self._number(False)
        lines = self.figure.multi_line(
            "xs", "ys", source=self.source, line_color="colour", line_width="width",
            line_dash="dash",
        )  # fmt: skip
        self._logarithmic = (x_axis_type == "log", y_axis_type == "log")
        self.hover = HoverTool(
            renderers=[lines], line_policy="nearest", visible=False,
            tooltips="<b>@name</b> $snap_y{0,0.[000]} at $snap_x{0,0.[00]}",
        )  # fmt: skip
        self.figure.add_tools(self.hover)
        self._key = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=(0, 12), min_height=18
        )
        self.view = stack(
            self._key, pn.pane.Bokeh(self.figure, sizing_mode="stretch_width", height=height)
        )

    def label(self, across: str, up: str) -> None:
        """Name the axes, with their units."""
        below: Any = self.figure.below[0]  # there may be another axis above
        below.axis_label, self.figure.yaxis.axis_label = across, up

    def _number(self, numbered: bool) -> None:
        """Number the axes, or not: without lines their numbers would be of nothing."""
        self.figure.axis.major_label_text_alpha = 1.0 if numbered else 0.0

    def draw(self, lines: Sequence[Line], seen: tuple[float, float] | None = None) -> None:
        """Show these lines: all of them, or what of them lies between the ends of `seen`."""
        self._number(bool(lines))
        self.source.data = {
            "xs": [line.x for line in lines],
            "ys": [line.y for line in lines],
            "name": [line.name for line in lines],
            "colour": [line.colour for line in lines],
            "width": [line.width for line in lines],
            "dash": [line.dash for line in lines],
        }
        ranges = (self.figure.x_range, self.figure.y_range)
        values = (
            [line.x for line in lines] if seen is None else [np.array(seen)],
            [line.y for line in lines],
        )
        for axis, of_axis, logarithmic, room in zip(
            ranges, values, self._logarithmic, (0.01, 0.06), strict=True
        ):
            if (limits := _limits(of_axis, logarithmic, room)) is not None:
                start, end = limits
                axis.update(start=start, end=end, reset_start=start, reset_end=end)
        told = "".join(
            f'<span class="{line.dash}" style="--line:{line.colour}">{escape(line.name)}</span>'
            for line in lines
        )
        html = f'<div class="key">{told}</div>'
        if html != self._key.object:
            self._key.object = html

    def chart(self) -> Chart:
        """What is shown now, zoomed as it is."""
        told: Any = self.source.data
        plot: Any = self.figure
        columns = ("name", "colour", "xs", "ys", "width", "dash")
        lines = tuple(Line(*row) for row in zip(*(told[each] for each in columns), strict=True))
        x, y = ((axis.start, axis.end) for axis in (plot.x_range, plot.y_range))
        up = str(plot.yaxis[0].axis_label or "")
        (across, ticks), *above = (
            (str(axis.axis_label or ""), dict(axis.major_label_overrides))
            for axis in (*plot.below, *plot.above)
        )
        return Chart(
            across, up, lines, self._logarithmic, (x, y), ticks, above=above[0] if above else None
        )


def plain_figure(height: int, **options: Any) -> figure:
    """An empty figure in the manner of the page, with ranges that its owner sets."""
    plot = figure(
        height=height, sizing_mode="stretch_width", output_backend="canvas",
        x_range=Range1d(start=0.1, end=1), y_range=Range1d(start=0.1, end=1),
        background_fill_alpha=0, border_fill_alpha=0, outline_line_color=None,
        toolbar_location="right",
        tools=[PanTool(visible=False), BoxZoomTool(), ResetTool()], active_drag=None,
        min_border_left=56, min_border_right=10, min_border_top=10,
        **options,
    )  # fmt: skip
    plot.toolbar.autohide, plot.toolbar.logo = True, None
    plot.toolbar.stylesheets = [TOOLS]
    return plot


def _limits(
    values: Sequence[NDArray[np.floating]], logarithmic: bool, room: float
) -> tuple[float, float] | None:
    """What holds all finite values (on a logarithmic axis the positive ones) with some room."""
    every = np.concatenate([np.empty(0), *(np.asarray(each, dtype=float) for each in values)])
    every = every[np.isfinite(every) & ((every > 0) | (not logarithmic))]
    if not every.size:
        return None
    low, high = float(every.min()), float(every.max())
    if logarithmic:
        wider = (high / low) ** room if high > low else 2.0
        return low / wider, high * wider
    wider = room * (high - low) or abs(high) * room or 1.0
    return low - wider, high + wider
