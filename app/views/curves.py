"""How fits learn: PSNR over steps or seconds, this fit in front of the runs picked."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter, Range1d
from bokeh.plotting import figure

from app.style import SMALL
from app.views.cards import card, line
from app.views.colours import FIT_COLOUR, RUN_COLOURS
from app.views.shown import colour_of
from app.workbench import Workbench

HEIGHT, HEAD = 300, 46  # px
POINTS = 400  # of a curve that are sent to the page
AXES = {"Steps": ("step", "step"), "Seconds": ("seconds", "seconds spent learning")}
_CSS = """
.title { font-weight: 600; font-size: .95rem; }
.key { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: .78rem; min-height: 1.3em; }
.key span::before { content: ''; display: inline-block; width: 14px; height: 3px;
  border-radius: 2px; margin-right: 6px; vertical-align: middle; background: var(--line); }
"""


class Curves:
    """One line for the fit and one for each run picked, drawn from a fixed set of lines."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.axis = pmui.RadioButtonGroup(
            options=list(AXES), value="Steps", size="small", width=None, margin=SMALL,
            css_classes=["curve-axis"],
        )  # fmt: skip
        self.key = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=(8, 12, 0, 12), height=HEAD
        )
        self.plot = figure(
            height=HEIGHT,
            sizing_mode="stretch_width",
            tools="pan,box_zoom,reset,save",
            toolbar_location="right",
            toolbar_inner=True,
            x_range=Range1d(start=0, end=1),
            y_range=Range1d(start=0, end=50),
            y_axis_label="PSNR (dB)",
            background_fill_alpha=0,
            border_fill_alpha=0,
            outline_line_color=None,
            min_border_left=56,
            min_border_right=24,
            min_border_bottom=44,
        )
        self.plot.toolbar.autohide = True
        self.plot.toolbar.logo = None
        self.plot.xaxis.formatter = NumeralTickFormatter(format="0,0.[00]")
        self.runs = [
            self._line(f"curve-{number}", colour, 1.6) for number, colour in enumerate(RUN_COLOURS)
        ]
        self.fit = self._line("curve-fit", FIT_COLOUR, 2.4)
        self.plot.add_tools(
            HoverTool(
                renderers=[*self.runs, self.fit],
                tooltips="<b>@psnr{0.00} dB</b> after @step{0,0} steps, @seconds{0.0} s",
                line_policy="nearest",
                visible=False,
            )
        )
        self.view = card(
            line(self.key, self.axis),
            pn.pane.Bokeh(
                self.plot, sizing_mode="stretch_width", height=HEIGHT, margin=(0, 8, 8, 4)
            ),
            css_class="curves",
            height=HEAD + HEIGHT + 16,
            margin=0,
        )
        self.axis.param.watch(self._turn, "value")
        workbench.param.watch(self._show_fit, ["snapshot", "job", "fitted"])
        workbench.param.watch(self._show_runs, ["picked", "runs", "fitted"])
        self._turn()
        self._show_runs()
        self._show_fit()

    def _line(self, name: str, colour: str, width: float) -> Any:
        source = ColumnDataSource({"step": [], "seconds": [], "psnr": []}, name=name)
        return self.plot.line(
            "step", "psnr", source=source, line_color=colour, line_width=width, visible=False
        )

    def _turn(self, *events: object) -> None:
        column, label = AXES[self.axis.value]
        for drawn in [*self.runs, self.fit]:
            drawn.glyph.x = column
        self.plot.xaxis.axis_label = label
        self._stretch()

    def _stretch(self) -> None:
        """Ranges that hold all curves to their ends, so that axes stay while a fit goes on."""
        bench, column = self.workbench, AXES[self.axis.value][0]
        drawn = [line.data_source.data for line in [*self.runs, self.fit] if line.visible]
        ends = [float(data[column][-1]) for data in drawn]
        progress = None if bench.ended or bench.snapshot is None else bench.snapshot.progress
        if progress is not None and progress.step:
            whole = {"step": progress.step, "seconds": progress.seconds}[column]
            ends.append(whole * progress.steps / progress.step)
        levels = np.concatenate([data["psnr"] for data in drawn] or [[0.0, 50.0]])
        levels = levels[np.isfinite(levels)]
        if not any(ends):
            ends = [float(bench.recipe.steps)] if column == "step" else [60.0]
        if not levels.size:
            levels = np.array([0.0, 50.0])
        end = max(ends) if column == "step" else _two_digits(max(ends))
        self.plot.x_range.update(start=0, end=end * 1.02, reset_end=end * 1.02)
        low, high = 5 * np.floor(levels.min() / 5), 5 * np.ceil((levels.max() + 0.5) / 5)
        self.plot.y_range.update(start=float(low), end=float(high))

    def _show_fit(self, *events: object) -> None:
        bench = self.workbench
        curve = None
        if bench.fitted is not None:
            curve = bench.fitted.curve
        elif bench.job is not None and bench.snapshot is not None:
            curve = bench.snapshot.curve
        _fill(self.fit, curve)
        self._stretch()
        self._show_key()

    def _show_runs(self, *events: object) -> None:
        bench = self.workbench
        skipped = bench.fitted.id if bench.fitted is not None else None
        picked = [bench.run(id) for id in bench.picked if id != skipped]
        runs = [run for run in picked if run is not None]
        for number, drawn in enumerate(self.runs):
            _fill(drawn, runs[number].curve if number < len(runs) else None)
        self._stretch()
        self._show_key()

    def _show_key(self) -> None:
        bench = self.workbench
        named = []
        if bench.fitted is not None:
            named.append((bench.fitted.name, FIT_COLOUR))
        elif bench.job is not None:
            named.append(("this fit", FIT_COLOUR))
        for run in filter(None, map(bench.run, bench.picked)):
            if bench.fitted is None or run.id != bench.fitted.id:
                named.append((run.name, colour_of(bench, run.id)))
        told = "".join(f'<span style="--line:{c}">{escape(name)}</span>' for name, c in named)
        html = (
            '<div class="title">Learning</div><div class="key">'
            f"{told or 'press Fit, or pick runs in the table'}</div>"
        )
        if html != self.key.object:
            self.key.object = html


def _two_digits(value: float) -> float:
    """The next number with two digits: an estimate that moves seldom."""
    step = 10.0 ** (np.floor(np.log10(max(value, 1e-3))) - 1)
    return float(np.ceil(value / step) * step)


def _fill(line: Any, curve: Any) -> None:
    if curve is None or not len(curve.step):
        line.visible = False
        return
    if hasattr(curve, "thinned"):
        curve = curve.thinned(POINTS)
    line.data_source.data = {"step": curve.step, "seconds": curve.seconds, "psnr": curve.psnr}
    line.visible = True
