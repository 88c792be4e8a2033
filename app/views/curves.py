"""How fits learn: PSNR over steps or seconds, this fit in front of the runs picked."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import holoviews as hv
import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter
from numpy.typing import NDArray

from app import shared
from app.controls.form import button_group
from app.style import TOOLS
from app.views.cards import card, line
from app.views.charts import chart_file
from app.views.colours import RUN_COLOURS
from app.views.filemenu import ICON_ONLY, FileMenu, Made
from app.views.lineplot import Chart
from app.views.lineplot import Line as Drawn
from app.views.printing import FORMATS, file_name, provenance
from app.views.shown import called, colours
from app.workbench import FIT, Workbench
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe

hv.extension("bokeh", logo=False)

HEIGHT, HEAD, KEY = 300, 46, 18  # px
POINTS = 400  # of a curve that are sent to the page
AXES = {"Steps": ("step", "step"), "Seconds": ("seconds", "seconds spent learning")}
OF_FIT = "curve-fit"  # the fit under way, and the run that it became
NAMES = (*(f"curve-{number}" for number in range(len(RUN_COLOURS) - 1)), OF_FIT)
COLUMNS = ["psnr", "step", "seconds"]
_CSS = """
.title { font-weight: 600; font-size: .95rem; }
.key { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: .78rem; min-height: 1.3em; }
.key span { overflow-wrap: anywhere; }
.key span::before { content: ''; display: inline-block; width: 14px; height: 3px;
  border-radius: 2px; margin-right: 6px; vertical-align: middle; background: var(--line); }
.key .tail { opacity: .75; }
.key .tail::before { width: 0; height: 12px; border-radius: 0; background: none;
  border-left: 2px dotted currentColor; }
"""
_PLAIN = {
    "plot.output_backend": "canvas",
    "plot.background_fill_alpha": 0,
    "plot.border_fill_alpha": 0,
    "plot.outline_line_color": None,
    "plot.min_border_left": 56,
    "plot.min_border_right": 10,
    "plot.min_border_bottom": 44,
    "plot.toolbar.autohide": True,
    "plot.toolbar.logo": None,
    "plot.toolbar.stylesheets": [TOOLS],
}

Table = dict[str, NDArray[np.float64]]
Line = tuple[str, str, Any, Recipe]  # title, colour, curve and recipe of a run
MARKS = ["x", "psnr", "colour"]  # of the state that is shown of each run
TAILS = ["x", "colour"]  # where weights begin to be rounded
TAIL = "weights rounded from here on"
CHOSEN = " (below 0: latents chosen)"
NOTHING: Table = {column: np.empty(0) for column in COLUMNS}


class Curves:
    """One line for each run picked and one for the fit, redrawn as they grow."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self._tables = [NOTHING] * len(NAMES)
        self.axis = button_group(
            "", "What stands across: steps of the fit, or seconds of learning.",
            options=list(AXES), value="Steps", css_classes=["curve-axis"],
        )  # fmt: skip
        title = pn.pane.HTML(
            '<div class="title">Learning</div>', stylesheets=[_CSS], margin=(12, 0, 0, 12)
        )
        self.key = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=(0, 12), min_height=KEY
        )
        self.marks = ColumnDataSource({name: [] for name in MARKS}, name="curve-marks")
        self.tails = ColumnDataSource({name: [] for name in TAILS}, name="curve-tails")
        self.picture = FileMenu(
            list(FORMATS), self._picture, workbench.report, label="",
            description="Download these curves at print size", margin=(6, 6, 6, 0),
            sx=ICON_ONLY,
        )  # fmt: skip
        self._rounded: list[Line] = []  # of what is shown, what has come to its rounded weights
        self._plot: Any = None  # as HoloViews drew it; from then on only its data change
        plot = self._overlay().opts(
            hv.opts.Overlay(
                responsive=True, height=HEIGHT - KEY, show_legend=False, show_grid=True, title="",
                ylabel="PSNR (dB)", xticks=4, xformatter=NumeralTickFormatter(format="0,0.[00]"),
                toolbar="right", active_tools=[],
                hooks=[shared.loosely(self._drawn)], backend_opts=_PLAIN,
            )
        )  # fmt: skip
        self.view = card(
            line(title, self.axis, self.picture.view, room=60),
            self.key,
            pn.pane.HoloViews(
                plot, sizing_mode="stretch_width", height=HEIGHT - KEY, margin=(0, 8, 8, 4)
            ),
            css_class="curves",
            min_height=HEAD + HEIGHT + 16,
            margin=0,
        )
        self.axis.param.watch(lambda event: self._redraw(), "value")
        workbench.param.watch(
            lambda *events: self._show(), ["snapshot", "job", "fitted", "runs", "ended"]
        )
        workbench.param.watch(lambda *events: shared.after_maps(self._show), "picked")
        workbench.param.watch(shared.held(lambda event: self._mark()), "step")
        # an empty chart is as long as the next fit
        workbench.recipe.param.watch(shared.held(lambda event: self._redraw()), "steps")
        self._show()

    # ------------------------------------------------------------------ drawing

    def _overlay(self) -> hv.Overlay:
        lines = []
        for name, colour in zip(NAMES, RUN_COLOURS, strict=True):
            hover = HoverTool(
                tooltips="<b>@psnr{0.00} dB</b> after @step{0,0} steps, @seconds{0.0} s",
                line_policy="nearest",
                visible=False,
            )
            lines.append(
                hv.Curve((np.empty(0),) * 4, "x", COLUMNS).opts(
                    color=colour,
                    line_width=2.4 if name == OF_FIT else 1.6,
                    tools=[hover],
                    default_tools=["pan", "box_zoom", "reset", "save"],
                )
            )
        return hv.Overlay(lines)

    def _drawn(self, plot: Any, element: Any) -> None:
        self._plot = plot
        for drawn, name in zip(plot.subplots.values(), NAMES, strict=True):
            drawn.handles["source"].name = name
        # light marks on top of what HoloViews drew, which only their data change
        plot.state.vspan(
            "x", source=self.marks, line_color="colour", line_alpha=0.7, line_dash="dashed"
        )
        plot.state.vspan("x", source=self.tails, line_color="colour", line_dash="dotted")
        plot.state.scatter(
            "x", "psnr", source=self.marks, size=9, color="colour", line_color="#ffffff"
        )
        # in the colours of the runs; the key stays: it is drawn already, and would not hear of it
        self._draw(self._lines())

    def _redraw(self) -> None:
        """Hand the page what has changed: for HoloViews each picture would be a new one, and ten
        times the work of a growing curve."""
        if self._plot is None:
            return
        column, label = AXES[self.axis.value]
        chosen = column == "step" and any((table["step"] < 0).any() for table in self._tables)
        self._plot.handles["xaxis"].axis_label = f"{label}{CHOSEN if chosen else ''}"
        for drawn, table in zip(self._plot.subplots.values(), self._tables, strict=True):
            source, data = drawn.handles["source"], {"x": table[column], **table}
            if not all(np.array_equal(source.data[name], data[name]) for name in data):
                source.data = data
        self._frame(self._plot, column)
        self._mark_tails(column)
        self._mark()

    def _mark_tails(self, column: str) -> None:
        """Mark where weights begin to be rounded: a curve drops there, as its file will."""
        places = [_place(curve, recipe.steps, column) for _, _, curve, recipe in self._rounded]
        data = {"x": places, "colour": [line[1] for line in self._rounded]}
        if data != dict(self.tails.data):
            self.tails.data = data

    def _mark(self) -> None:
        """Mark the state that the maps show of each run, where that is not the finished one."""
        bench, given = self.workbench, colours(self.workbench)
        rows = []
        for run in bench.picked_runs:
            if bench.step is None or not run.history:
                continue
            moment, curve = run.at(bench.step), run.curve
            column, _ = AXES[self.axis.value]
            rows.append((_place(curve, moment.step, column), moment.psnr, given[run.id]))
        table = zip(*rows, strict=True) if rows else ((), (), ())
        data = {name: list(column) for name, column in zip(MARKS, table, strict=True)}
        if data != dict(self.marks.data):
            self.marks.data = data

    def _frame(self, plot: Any, column: str) -> None:
        """Ranges that hold all curves to their ends, so that axes stay while a fit goes on."""
        bench = self.workbench
        drawn = [table for table in self._tables if len(table["step"])]
        ends = [float(table[column][-1]) for table in drawn]
        snapshot = None if bench.ended else bench.snapshot
        progress = None if snapshot is None else snapshot.progress
        if snapshot is not None and progress is not None and progress.step and column == "seconds":
            before = _place(snapshot.curve, 0, column)  # the first step
            ends.append(before + progress.seconds * progress.steps / progress.step)
        elif progress is not None and column == "step":
            ends.append(progress.steps)
        levels = np.concatenate([np.empty(0), *(table["psnr"] for table in drawn)])
        levels = levels[np.isfinite(levels)]
        if not any(ends):
            ends = [float(bench.recipe.steps)] if column == "step" else [60.0]
        if not levels.size:
            levels = np.array([0.0, 50.0])
        start = min([0.0, *(float(table[column][0]) for table in drawn)])
        end = (max(ends) if column == "step" else _two_digits(max(ends))) * 1.02
        low, high = 5 * np.floor(levels.min() / 5), 5 * np.ceil((levels.max() + 0.5) / 5)
        plot.handles["x_range"].update(start=start, end=end, reset_start=start, reset_end=end)
        plot.handles["y_range"].update(
            start=float(low), end=float(high), reset_start=float(low), reset_end=float(high)
        )

    # ------------------------------------------------------------------ what is drawn

    def _show(self) -> None:
        lines = self._lines()
        self._rounded = [line for line in lines.values() if _has_tail(line)]
        self._show_key(lines.values())
        self._draw(lines)

    def _draw(self, lines: dict[str, Line]) -> None:
        fitted = self.workbench.fitted
        own = FIT if FIT in lines or fitted is None else fitted.id
        others = [line for id, line in lines.items() if id != own][: len(NAMES) - 1]
        drawn = [*others, *[None] * (len(NAMES) - 1 - len(others)), lines.get(own)]
        if self._plot is not None:
            for glyph, line in zip(self._plot.subplots.values(), drawn, strict=True):
                if line is not None:
                    glyph.handles["glyph"].line_color = line[1]
        self._tables = [_table(line and line[2]) for line in drawn]
        self._redraw()

    def _lines(self) -> dict[str, Line]:
        """Of what is looked at by its id, in the order of letters; before them that of a fit that
        is not."""
        bench, lines = self.workbench, dict[str, Line]()
        names = called(bench, {run.id: run.name for run in bench.picked_runs})
        for id, colour in colours(bench).items():
            run = bench.run(id)
            if run is not None:
                lines[id] = (names[id], colour, run.curve, run.choices.recipe)
            elif id == FIT:
                curve = bench.snapshot.curve if bench.snapshot is not None else None
                lines[id] = (names[id], colour, curve, bench.job.choices.recipe)
        return lines

    def _show_key(self, lines: Iterable[Line]) -> None:
        told = "".join(
            f'<span style="--line:{colour}">{escape(name)}</span>' for name, colour, *_ in lines
        )
        job = None if self.workbench.fitted is not None else self.workbench.job
        # told from the beginning of a fit, so that the key is as long at its end
        if self._rounded or (job is not None and job.choices.recipe.tail_steps):
            told += f'<span class="tail">{TAIL}</span>'
        html = f'<div class="key">{told or "press Fit or tick a run"}</div>'
        if html != self.key.object:
            self.key.object = html

    # ------------------------------------------------------------------ for print

    def _picture(self, kind: str) -> Made:
        chart = self._chart()
        if not chart.lines:
            raise CainrError("There is no curve yet of which to make a picture.")
        bench = self.workbench
        runs = bench.picked_runs
        data = runs[0].choices.data if runs else bench.choices.data
        told = provenance(data, runs, bench.field.units if bench.field is not None else "")
        name = file_name("learning", FORMATS[kind])
        return name, lambda far: chart_file([chart], "Learning", told, FORMATS[kind])

    def _chart(self) -> Chart:
        """The curves as they are drawn now."""
        column, label = AXES[self.axis.value]
        lines = [(line, _table(line[2])) for line in self._lines().values()]
        drawn = tuple(
            Drawn(line[0], line[1], table[column], table["psnr"])
            for line, table in lines
            if len(table["psnr"])
        )
        x, y = (self._plot.handles[name] for name in ("x_range", "y_range"))
        limits = ((x.start, x.end), (y.start, y.end))
        tails: Any = self.tails.data
        drawn += tuple(
            Drawn("_" if number else TAIL, colour, np.full(2, at), np.array(limits[1]), 1, "dotted")
            for number, (at, colour) in enumerate(zip(tails["x"], tails["colour"], strict=True))
        )
        return Chart(label, "PSNR (dB)", drawn, (False, False), limits)


def _place(curve: Any, step: int, column: str) -> float:
    """Where a step of a curve lies along the axis of a column."""
    return float(np.interp(step, curve.step, getattr(curve, column)))


def _has_tail(line: Line) -> bool:
    """Whether a fit has come to the steps in which its weights are rounded."""
    _, _, curve, recipe = line
    return curve is not None and bool(len(curve.step)) and curve.step[-1] > recipe.steps


def _two_digits(value: float) -> float:
    """The next number with two digits: an estimate that moves seldom."""
    step = 10.0 ** (np.floor(np.log10(max(value, 1e-3))) - 1)
    return float(np.ceil(value / step) * step)


def _table(curve: Any) -> Table:
    """The columns of a curve, thinned for the page."""
    if curve is None or not len(curve.step):
        return NOTHING
    if hasattr(curve, "thinned"):
        curve = curve.thinned(POINTS)
    return {column: np.asarray(getattr(curve, column), dtype=float) for column in COLUMNS}
