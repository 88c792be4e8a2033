"""Quality over compression: a point for each run, lines along the best, and the runs looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import (
    BoxZoomTool,
    ColumnDataSource,
    CustomJSTicker,
    HoverTool,
    NumeralTickFormatter,
    PanTool,
    Range1d,
    ResetTool,
    TapTool,
)
from bokeh.plotting import figure

from app import shared
from app.views.lineplot import RING as RING_MARK
from app.views.lineplot import Chart, Dots, Line
from app.views.shown import LETTERS
from cainr_core.sweep.lines import Line as Fit

HEIGHT = 340  # px
EMPTY = (1.0, 1000.0), (0.0, 50.0)  # ends of the axes where there is nothing to hold
# Bokeh's own ticks are evenly spaced below two decades: none stands at their lower end.
_TICKS = """
const {start, end} = cb_data
const within = (steps) => {
  const ticks = []
  for (let power = Math.floor(Math.log10(start)); power <= Math.log10(end); power++)
    for (const step of steps) ticks.push(step * 10 ** power)
  return ticks.filter((tick) => tick >= start && tick <= end)
}
for (const steps of [[1], [1, 2, 5], [1, 1.5, 2, 3, 5, 7]]) {
  const ticks = within(steps)
  if (ticks.length > 3) return ticks
}
const rough = (end - start) / 4, power = 10 ** Math.floor(Math.log10(rough))
const step = power * [1, 2, 5, 10].find((step) => step * power >= rough)
const first = Math.ceil(start / step)
return Array.from({length: Math.floor(end / step) - first + 1}, (_, n) => (first + n) * step)
"""
RING = 0.04  # of the axes, that the ring around a point takes
RING_COLOUR = "#d9733a"  # none of a point: what colours points is not what colours runs
BESIDE = 0.03  # of the axes, within which rings share one text
LEAST = 25.0  # times smaller: up to there other codecs are hardly lossy, and would fill the axes
MOST_TOLD = 2  # runs in one place, whose boxes would hide the plot
LOOKED_AT = "Runs that are ticked, at the step that is shown"
SAME, DASHED, GREY = "the same on the anomaly from the climatology", "dashed", "#98a2aa"
ON = " on the "  # in the names of other codecs, before what they are on
PICK = ("x", "y", "letter")  # of a run that is looked at
_TOLD = (
    "<div style='font-size:12px'><div>@name</div><b>@y{0.00} dB</b>, @x{0,0.0} times smaller<br>"
    "@set, @network, @size{0,0} bytes</div>"
)
_TOLD_OF_OTHERS = (
    "<div style='font-size:12px'><b>@name</b><br>@y{0.00} dB, @x{0,0.0} times smaller, "
    "@size{0,0} bytes</div>"
)


class Definition(NamedTuple):
    """By whose definitions compression and quality are drawn."""

    across: str
    up: str
    size: str
    quality: str


DEFINITIONS = {
    "Files": Definition("compression_ratio", "psnr", "compression ratio of the file", "PSNR (dB)"),
    "Paper": Definition(
        "compression_gain_paper",
        "psnr_paper",
        "compression gain: 64-bit values over 32-bit weights",
        "PSNR against the maximum (dB)",
    ),
}


class Point(NamedTuple):
    """A run: where it stands, its colour, and what is told of it; `name` may be left out."""

    x: float
    y: float
    colour: str
    set: str
    network: str
    size: int
    run: str
    name: str = ""


class Front(NamedTuple):
    """A line along points (compression, quality)."""

    points: Sequence[tuple[float, float]]
    colour: str
    width: float = 2.0
    dash: str = "solid"


class Other(NamedTuple):
    """A point of another codec, which no click opens."""

    x: float
    y: float
    colour: str
    marker: str
    name: str
    size: int


class RatePlot:
    """A figure that is made once and then only handed other points."""

    def __init__(self, name: str, pick: Callable[[str], None], height: int = HEIGHT) -> None:
        """`name`: of the data source; `pick` is called with the id of a run that is clicked."""
        self._pick_run = pick
        self.points = ColumnDataSource({one: [] for one in Point._fields}, name=name)
        self.others = ColumnDataSource({one: [] for one in Other._fields}, name=f"{name}-others")
        self.fronts = ColumnDataSource({"xs": [], "ys": [], "colour": [], "width": [], "dash": []})
        self.picks = ColumnDataSource({one: [] for one in PICK}, name=f"{name}-picks")
        self.figure, self._held = self._figure(height), EMPTY
        self.points.selected.on_change("indices", self._tapped)

    def _figure(self, height: int) -> figure:
        plot = figure(
            height=height, sizing_mode="stretch_width", x_axis_type="log", output_backend="canvas",
            x_range=Range1d(start=EMPTY[0][0], end=EMPTY[0][1]),
            y_range=Range1d(start=EMPTY[1][0], end=EMPTY[1][1]),
            background_fill_alpha=0, border_fill_alpha=0, outline_line_color=None,
            toolbar_location="right",
            tools=[PanTool(visible=False), BoxZoomTool(), ResetTool()], active_drag=None,
            min_border_right=16, min_border_top=14,
        )  # fmt: skip
        plot.toolbar.autohide, plot.toolbar.logo = True, None
        plot.xaxis.ticker = CustomJSTicker(major_code=_TICKS)
        plot.xaxis.formatter = NumeralTickFormatter(format="0,0.[00]")
        plot.yaxis.formatter = NumeralTickFormatter(format="0,0.[00]")
        plot.multi_line(
            "xs", "ys", source=self.fronts, line_color="colour", line_width="width",
            line_dash="dash",
        )  # fmt: skip
        others = plot.scatter("x", "y", source=self.others, size=7, color="colour", marker="marker")
        plot.scatter(
            "x", "y", source=self.picks, size=19, fill_alpha=0, line_color=RING_COLOUR,
            line_width=2.5,
        )  # fmt: skip
        points = plot.scatter(
            "x", "y", source=self.points, size=11, fill_color="colour", line_color="#ffffff",
            nonselection_alpha=1,  # a rim parts it from others and from lines behind it
        )  # fmt: skip
        plot.text(
            "x", "y", "letter", source=self.picks, x_offset=11, y_offset=-9,
            text_color=RING_COLOUR, text_font_size="14px", text_font_style="bold",
        )  # fmt: skip
        plot.add_tools(
            HoverTool(renderers=[points], tooltips=_TOLD, visible=False, limit=MOST_TOLD),
            HoverTool(renderers=[others], tooltips=_TOLD_OF_OTHERS, visible=False, limit=1),
            TapTool(renderers=[points], visible=False),
        )
        return plot

    def draw(
        self,
        by: Definition,
        points: Sequence[Point],
        fronts: Sequence[Front],
        others: Sequence[Other] = (),
    ) -> None:
        """Show these; the axes hold all of them."""
        self.points.data = _columns(Point, points)
        self.others.data = _columns(Other, others)
        self.fronts.data = {
            "xs": [[x for x, _ in front.points] for front in fronts],
            "ys": [[y for _, y in front.points] for front in fronts],
            "colour": [front.colour for front in fronts],
            "width": [front.width for front in fronts],
            "dash": [front.dash for front in fronts],
        }
        self.figure.xaxis.axis_label, self.figure.yaxis.axis_label = by.size, by.quality
        picks: Any = self.picks.data
        self._hold(picks["x"], picks["y"])

    def _hold(self, across: Sequence[float], up: Sequence[float]) -> None:
        """Let the axes hold all runs, with the rings around some at these places, and what other
        codecs make that is no match in size; where they do already, they stay as somebody has
        zoomed them."""
        runs, others = (
            np.array([source.data["x"], source.data["y"]], dtype=np.float64)
            for source in (self.points, self.others)
        )
        rings = np.array([across, up], dtype=np.float64)
        every = np.concatenate([runs, others[:, others[0] >= LEAST], rings], axis=1)
        every = every[:, np.isfinite(every).all(axis=0)]
        held = EMPTY
        if every.size:
            (left, low), (right, high) = every.min(axis=1), every.max(axis=1)
            beside, over = 1.1 * (right / left) ** RING, 0.5 + RING * (high - low)
            held = (left / beside, right * beside), (np.floor(low - over), np.ceil(high + 2 * over))
        if held == self._held:
            return
        self._held = held
        for axis, (start, end) in zip(
            (self.figure.x_range, self.figure.y_range), held, strict=True
        ):
            axis.update(start=float(start), end=float(end))
            axis.update(reset_start=float(start), reset_end=float(end))

    def chart(self, names: Mapping[str, str], name_of_front: str) -> Chart:
        """What is shown now, zoomed as it is; `names`: of the colours of points."""
        plot: Any = self.figure
        fronts: Any = self.fronts.data
        rows = zip(*(fronts[each] for each in ("xs", "ys", "colour", "width", "dash")), strict=True)
        lines = tuple(
            Line(name_of_front if not place else "_", colour, np.array(x), np.array(y), width, dash)
            for place, (x, y, colour, width, dash) in enumerate(rows)
        )
        runs: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
        told: Any = self.points.data
        for x, y, colour in zip(told["x"], told["y"], told["colour"], strict=True):
            runs.setdefault((names.get(colour, colour), colour, "circle"), []).append((x, y))
        told = self.others.data
        for row in zip(*(told[each] for each in Other._fields[:5]), strict=True):
            x, y, colour, marker, name = row
            runs.setdefault((name.partition(ON)[0], colour, marker), []).append((x, y))
        dots = tuple(Dots(*key, *zip(*places, strict=True)) for key, places in runs.items())
        if any(line.dash == DASHED for line in lines):
            lines += (Line(SAME, GREY, *2 * (np.empty(0),), 1.4, DASHED),)
        picks: Any = self.picks.data
        if len(picks["x"]):
            dots += (Dots(LOOKED_AT, RING_COLOUR, RING_MARK, *(picks[each] for each in PICK)),)
        x, y = ((axis.start, axis.end) for axis in (plot.x_range, plot.y_range))
        across, up = (str(axis[0].axis_label or "") for axis in (plot.xaxis, plot.yaxis))
        return Chart(across, up, lines, (True, False), (x, y), dots=dots)

    def mark(
        self, picked: Sequence[str], moved: Mapping[str, tuple[float, float]] | None = None
    ) -> None:
        """Ring the points of these runs, by id, A, B and so on; some stand elsewhere, as they are
        `moved`."""
        data = self.points.data
        places = dict(zip(data["run"], zip(data["x"], data["y"], strict=True), strict=True))
        places |= {id: place for id, place in (moved or {}).items() if id in places}
        rings = [
            (*places[id], letter)
            for id, letter in zip(picked, LETTERS, strict=False)
            if id in places
        ]
        self._hold([x for x, *_ in rings], [y for _, y, _ in rings])
        told = self._apart(rings)  # by axes that hold them
        columns = zip(*told, strict=True) if told else ((),) * len(PICK)
        self.picks.data = {name: list(of) for name, of in zip(PICK, columns, strict=True)}

    def _apart(self, rings: Sequence[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
        """Rings whose letters do not lie over one another: those of several are told at the first
        of them."""
        (left, right), (low, high) = self._held
        told: list[tuple[float, float, str]] = []
        for x, y, letter in rings:
            near = (
                place
                for place, (there, up, _) in enumerate(told)
                if abs(np.log(x / there)) < BESIDE * np.log(right / left)
                and abs(y - up) < 2 * BESIDE * (high - low)
            )
            first = next(near, None)
            if first is None:
                told.append((x, y, letter))
            else:
                told[first] = *told[first][:2], f"{told[first][2]}, {letter}".lstrip(", ")
                told.append((x, y, ""))
        return told

    def _tapped(self, attr: str, old: list[int], new: list[int]) -> None:
        if new:
            run = self.points.data["run"][new[0]]

            def pick(*events: object) -> None:
                self.points.selected.indices = []  # so that a second click is one, too
                self._pick_run(run)

            shared.held(pick)()


def point_of(
    line: Fit, by: Definition, colour: str, contexts: str, network: str = "", name: str = ""
) -> Point:
    """The point of a fit with contexts that are called so."""
    return Point(
        getattr(line, by.across), getattr(line, by.up), colour, contexts,
        network or f"{line.depth} × {line.width}", line.file_bytes, line.run, name,
    )  # fmt: skip


def _columns(kind: type[NamedTuple], rows: Sequence[NamedTuple]) -> dict[str, list]:
    names = kind._fields
    return {name: [getattr(row, name) for row in rows] for name in names}
