"""How the errors of each run picked are distributed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import panel as pn
from bokeh.models import NumeralTickFormatter
from numpy.typing import NDArray
from panel.viewable import Viewable

from app import shared
from app.controls.form import buttons, widget
from app.views.cards import beside, stack
from app.views.lineplot import Line, LinePlot
from app.views.look import Look
from app.views.selected import Picked, Selected
from app.words import signed
from cainr_core.evaluate.histogram import QUANTILES, Spread, counts_of, shared_edges

NOTHING = "Tick a run to see how its errors are distributed."
NONE = 0.5  # where a logarithmic axis draws that a bin is empty
_CSS = """
:host { overflow-x: auto; }
table { border-collapse: collapse; font-size: .8rem; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 10px; text-align: right; white-space: nowrap; font-weight: 400; }
th { opacity: .75; }
td:first-child, th:first-child { text-align: left; padding-left: 0; max-width: 320px;
  overflow: hidden; text-overflow: ellipsis; }
@media (max-width: 700px) { td:first-child { max-width: 132px; } }
td:first-child::before { content: ''; display: inline-block; width: 9px; height: 9px;
  border-radius: 50%; margin-right: 6px; background: var(--line); }
"""


@dataclass(frozen=True, eq=False)
class Errors:
    """What is drawn: edges of bins, and of each run the counts and figures."""

    units: str
    edges: NDArray[np.float64]
    runs: list[tuple[Picked, NDArray[np.int64], Spread]]
    most: float  # the absolute error that 99.9 percent stay below, of all runs together


class ErrorHistogram(Look):
    """Error across, the number of values with it up."""

    title = "Errors"
    told = (
        "Values by their error, reconstruction minus original, on native cells; each counts once. "
        "One in a thousand, the largest, may lie beyond the axis, which Logarithmic shows whole."
    )
    doing = "Decoding the runs for all times …"
    after = ("time", "error_times")

    def body(self) -> Viewable:
        bench = self.workbench
        self._drawn: Errors | None = None
        self.plot = LinePlot("error", "values", "errors")
        self.logarithmic = LinePlot("error", "values", "errors-log", y_axis_type="log")
        for plot in (self.plot, self.logarithmic):
            plot.figure.yaxis.formatter = NumeralTickFormatter(format="0,0")
            plot.hover.tooltips = "<b>@name</b> $snap_y{0,0} with an error near $snap_x{0.[000]}"
        self.table = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=(4, 12, 12, 12)
        )
        bench.param.watch(shared.held(lambda event: self._show()), "log_counts")
        choices = beside(
            buttons(bench.param.error_times), widget(bench.param.log_counts, sizing_mode=None)
        )
        self._show()
        return stack(choices, self.plot.view, self.logarithmic.view, self.table)

    def of_all_times(self) -> bool:
        return bool(self.workbench.error_times == "all")

    def work(self, chosen: Selected) -> Callable[[], Any]:
        time = None if self.of_all_times() else self.workbench.time

        def compute() -> Errors:
            field = chosen.field()
            if time is None:
                errors = [values - field.values for _, values in self.decoded(chosen)]
            else:
                step = min(time, len(field.time) - 1)
                truth = field.values[step]
                errors = [picked.at(step).reshape(truth.shape) - truth for picked in chosen.runs]
            edges = shared_edges(errors)
            most = [np.nanquantile(np.abs(error), 0.999) for error in errors]
            found = [
                (picked, counts_of(error, edges), Spread.of(error))
                for picked, error in zip(chosen.runs, errors, strict=True)
            ]
            return Errors(field.units, edges, found, float(max(most, default=0)))

        return compute

    def draw(self, result: Errors) -> None:
        self._drawn = result
        if not result.runs:
            self.tell(NOTHING)
        self._show()

    def _show(self) -> None:
        """Draw what was computed, by counts or their logarithm."""
        by_logarithm = self.workbench.log_counts
        self.plot.view.visible, self.logarithmic.view.visible = not by_logarithm, by_logarithm
        if (drawn := self._drawn) is None:
            return
        plot = self.logarithmic if by_logarithm else self.plot
        lines = []
        for picked, counts, _ in drawn.runs:
            heights = np.concatenate([[0], np.repeat(counts, 2), [0]]).astype(float)
            if by_logarithm:
                heights = np.maximum(heights, NONE)
            across = np.repeat(drawn.edges, 2)
            lines.append(Line(picked.title, picked.colour, across, heights))
        unit = f" ({drawn.units})" if drawn.units else ""
        width = f"{drawn.edges[1] - drawn.edges[0]:.6g} {drawn.units}".rstrip()
        plot.label(f"error{unit}", f"values in a bin of {width}")
        near = None if by_logarithm or not lines else (-1.05 * drawn.most, 1.05 * drawn.most)
        plot.draw(lines, near if drawn.most > 0 else None)
        self.table.object = _figures(drawn)


def _figures(drawn: Errors) -> str:
    """A row of figures for each run."""
    if not drawn.runs:
        return ""
    unit = f" ({escape(drawn.units)})" if drawn.units else ""
    quantiles = [f"{quantile:.0%}" if quantile != 0.5 else "median" for quantile in QUANTILES]
    titles = "".join(f"<th>{one}</th>" for one in ("mean", "sd", *quantiles, "largest"))
    rows = "".join(
        f'<tr><td style="--line:{picked.colour}" title="{escape(picked.title)}">'
        f"{escape(picked.title)}</td>"
        + "".join(
            f"<td>{signed(value)}</td>"
            for value in (spread.mean, spread.sd, *spread.quantiles, spread.largest)
        )
        + "</tr>"
        for picked, _, spread in drawn.runs
    )
    return f"<table><tr><th>error{unit}</th>{titles}</tr>{rows}</table>"
