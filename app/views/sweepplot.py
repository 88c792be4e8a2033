"""The figure of a sweep: PSNR over compression, a line for each set of contexts."""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.models import (
    BoxZoomTool,
    ColumnDataSource,
    HoverTool,
    LogTicker,
    NumeralTickFormatter,
    PanTool,
    Range1d,
    ResetTool,
    TapTool,
)
from bokeh.plotting import figure

from app import shared
from app.style import SMALL
from app.sweeping import Sweeping
from app.views.cards import side_by_side, stack
from app.views.colours import RUN_COLOURS
from cainr_core.sweep.lines import Line, by_contexts, lines_of, rising

HEIGHT, NARROW = 340, 900  # px
POINTS = ("x", "y", "colour", "set", "network", "psnr", "gain", "size", "run")
HINT = "Click a point to see its maps, a second one to compare."
_TOLD = (
    "<div style='font-size:12px'><b>@psnr{0.00} dB</b>, @gain{0,0.0} times smaller<br>"
    "@set, @network, @size{0,0} bytes</div>"
)
_CSS = """
.key { display: flex; flex-flow: column; gap: 6px; font-size: .8rem; line-height: 1.3; }
.key span { display: flex; align-items: baseline; overflow-wrap: anywhere; }
.key span::before { content: ''; flex: none; width: 14px; height: 3px; border-radius: 2px;
  margin-right: 8px; transform: translateY(-4px); background: var(--line); }
.key .hint { opacity: .75; margin-top: 6px; display: block; }
.key .hint::before { display: none; }
@media (max-width: 900px) { .key { flex-flow: row wrap; gap: 2px 14px; } }
"""


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


class SweepPlot:
    """A point for each fit, and a line along those that none of a higher compression beats."""

    def __init__(self, sweeping: Sweeping) -> None:
        self.sweeping = sweeping
        self._lines: list[Line] = []
        self.points = ColumnDataSource({name: [] for name in POINTS}, name="sweep")
        self.fronts = ColumnDataSource({"xs": [], "ys": [], "colour": []})
        self.picks = ColumnDataSource({"x": [], "y": [], "letter": []}, name="sweep-picks")
        self.definition = pmui.RadioButtonGroup(
            options=list(DEFINITIONS), value="Files", size="small", width=None, margin=SMALL,
            css_classes=["sweep-definition"],
        )  # fmt: skip
        self.key = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=(4, 8), min_width=0,
            css_classes=["sweep-key"],
        )  # fmt: skip
        self.figure = self._figure()
        self.view = side_by_side(
            pn.pane.Bokeh(self.figure, sizing_mode="stretch_width", height=HEIGHT),
            stack(self.definition, self.key),
            shares="4 1", narrow=NARROW,
        )  # fmt: skip
        self.definition.param.watch(shared.held(self._draw), "value")
        self.points.selected.on_change("indices", self._tapped)
        sweeping.param.watch(self._show, ["standing", "forecast"])
        sweeping.workbench.param.watch(lambda *events: shared.after_maps(self._mark), "picked")
        self._show()

    def _figure(self) -> figure:
        plot = figure(
            height=HEIGHT, sizing_mode="stretch_width", x_axis_type="log", output_backend="canvas",
            x_range=Range1d(start=1, end=1000), y_range=Range1d(start=0, end=50),
            background_fill_alpha=0, border_fill_alpha=0, outline_line_color=None,
            toolbar_location="right",
            tools=[PanTool(visible=False), BoxZoomTool(), ResetTool()], active_drag=None,
            min_border_right=16, min_border_top=14,
        )  # fmt: skip
        plot.toolbar.autohide, plot.toolbar.logo = True, None
        plot.xaxis.ticker = LogTicker(mantissas=[1, 2, 5], desired_num_ticks=5)
        plot.xaxis.formatter = NumeralTickFormatter(format="0,0.[00]")
        plot.yaxis.formatter = NumeralTickFormatter(format="0,0.[00]")
        plot.multi_line("xs", "ys", source=self.fronts, line_color="colour", line_width=2)
        plot.scatter(
            "x", "y", source=self.picks, size=17, fill_alpha=0, line_color="#808080", line_width=2.5
        )
        points = plot.scatter(
            "x", "y", source=self.points, size=9, color="colour", alpha=0.75, line_alpha=0,
            nonselection_alpha=0.75,
        )  # fmt: skip
        plot.text(
            "x", "y", "letter", source=self.picks, x_offset=11, y_offset=-9,
            text_color="#808080", text_font_size="14px", text_font_style="bold",
        )  # fmt: skip
        plot.add_tools(
            HoverTool(renderers=[points], tooltips=_TOLD, visible=False),
            TapTool(renderers=[points], visible=False),
        )
        return plot

    # ------------------------------------------------------------------ what is drawn

    def _show(self, *events: object) -> None:
        wanted, runs = self.sweeping.shown, self.sweeping.runs
        self._lines = lines_of(wanted, runs) if wanted is not None else []
        self._draw()

    def _draw(self, *events: object) -> None:
        by = DEFINITIONS[self.definition.value]
        sets = by_contexts(self._lines)
        names = list(sets)
        if (shown := self.sweeping.shown) is not None:  # a set keeps its colour from the start on
            names = shown.names
        colours = {name: RUN_COLOURS[n % len(RUN_COLOURS)] for n, name in enumerate(names)}
        rows = [
            (
                getattr(line, by.across), getattr(line, by.up), colours[line.contexts],
                line.contexts, f"{line.depth} × {line.width}", getattr(line, by.up),
                getattr(line, by.across), line.file_bytes, line.run,
            )
            for line in self._lines
        ]  # fmt: skip
        columns = zip(*rows, strict=True) if rows else [()] * len(POINTS)
        self.points.data = dict(zip(POINTS, map(list, columns), strict=True))
        fronts = {
            name: rising([(getattr(line, by.across), getattr(line, by.up)) for line in those])
            for name, those in sets.items()
        }
        self.fronts.data = {
            "xs": [[x for x, _ in front] for front in fronts.values()],
            "ys": [[y for _, y in front] for front in fronts.values()],
            "colour": [colours[name] for name in fronts],
        }
        self.figure.xaxis.axis_label, self.figure.yaxis.axis_label = by.size, by.quality
        self._frame()
        best = {name: max((y for _, y in fronts.get(name, [])), default=-np.inf) for name in names}
        self._show_key(sorted(names, key=lambda name: -best[name]), colours)
        self._mark()

    def _frame(self) -> None:
        """Ranges that hold all points; until there are some, those before."""
        x, y = (np.array(self.points.data[name], dtype=float) for name in "xy")
        if not len(x):
            return
        low, high = x.min() / 1.15, x.max() * 1.15
        bottom, top = np.floor(y.min() - 0.5), np.ceil(y.max() + 0.5)
        for axis, start, end in (
            (self.figure.x_range, low, high), (self.figure.y_range, bottom, top),
        ):  # fmt: skip
            axis.update(start=float(start), end=float(end))
            axis.update(reset_start=float(start), reset_end=float(end))

    def _show_key(self, names: list[str], colours: dict[str, str]) -> None:
        told = "".join(
            f'<span style="--line:{colours[name]}">{escape(name.replace("_", " "))}</span>'
            for name in names
        )
        hint = HINT if self._lines else "Each fit becomes a point here."
        html = f'<div class="key">{told}<span class="hint">{hint}</span></div>'
        if html != self.key.object:
            self.key.object = html

    # ------------------------------------------------------------------ runs looked at

    def _mark(self) -> None:
        """Ring the points of the runs that the maps show."""
        data: dict[str, Any] = self.points.data
        places = {run: place for place, run in enumerate(data["run"])}
        picked = self.sweeping.workbench.picked[:2]
        rings = [(places[id], letter) for id, letter in zip(picked, "AB", strict=False)
                 if id in places]  # fmt: skip
        self.picks.data = {
            "x": [data["x"][place] for place, _ in rings],
            "y": [data["y"][place] for place, _ in rings],
            "letter": [letter for _, letter in rings],
        }

    def _tapped(self, attr: str, old: list[int], new: list[int]) -> None:
        if new:
            self._pick(self.points.data["run"][new[0]])

    def _pick(self, run: str) -> None:
        def pick(*events: object) -> None:
            self.points.selected.indices = []  # so that a second click is one, too
            self.sweeping.pick(run)

        shared.held(pick)()
