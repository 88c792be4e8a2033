"""The figure of a sweep: PSNR over compression, a line for each set of contexts."""

from __future__ import annotations

from html import escape

import numpy as np
import panel as pn

from app import shared
from app.controls.form import button_group
from app.sweeping import Sweeping, titles
from app.viewing import Viewing
from app.views.cards import side_by_side, stack
from app.views.colours import kind_colours
from app.views.rateplot import DEFINITIONS, HEIGHT, Front, RatePlot, point_of
from app.views.ways import to_the_maps
from cainr_core.sweep.lines import Line, by_contexts, lines_of, rising

NARROW = 900  # px
HINT = "Click a point to see its maps, a second one to compare."
LAST = "These are the points of the last sweep, until another is started."
_CSS = """
.key { display: flex; flex-flow: column; gap: 6px; font-size: .8rem; line-height: 1.3; }
.key span { display: flex; align-items: baseline; overflow-wrap: anywhere; }
.key span::before { content: ''; flex: none; width: 14px; height: 3px; border-radius: 2px;
  margin-right: 8px; transform: translateY(-4px); background: var(--line); }
.key .hint { opacity: .75; margin-top: 6px; display: block; }
.key .hint::before { display: none; }
@media (max-width: 900px) { .key { flex-flow: row wrap; gap: 2px 14px; } }
"""


class SweepPlot:
    """A point for each fit, and a line along those that none of a higher compression beats."""

    def __init__(self, sweeping: Sweeping) -> None:
        self.sweeping = sweeping
        self._lines: list[Line] = []
        self._titles: dict[str, str] = {}  # of sets of contexts, by name
        self.plot = RatePlot("sweep", sweeping.pick)
        self.points, self.picks = self.plot.points, self.plot.picks
        self.definition = button_group(
            "Axes", Viewing.param.axes.doc,
            options=list(DEFINITIONS), value="Files", css_classes=["sweep-definition"],
        )  # fmt: skip
        self.key = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=(4, 8), min_width=0,
            css_classes=["sweep-key"],
        )  # fmt: skip
        self.view = side_by_side(
            pn.pane.Bokeh(self.plot.figure, sizing_mode="stretch_width", height=HEIGHT),
            stack(self.definition, self.key, to_the_maps(sweeping.workbench)),
            shares="4 1", narrow=NARROW,
        )  # fmt: skip
        self.definition.param.watch(shared.held(self._draw), "value")
        sweeping.param.watch(self._show, ["standing", "turned", "forecast"])
        sweeping.workbench.param.watch(lambda *events: shared.after_maps(self._mark), "picked")
        self._show()

    # ------------------------------------------------------------------ what is drawn

    def _show(self, *events: object) -> None:
        wanted, runs = self.sweeping.shown, self.sweeping.runs
        self._lines = lines_of(wanted, runs) if wanted is not None else []
        self._draw()

    def _draw(self, *events: object) -> None:
        by = DEFINITIONS[self.definition.value]
        sets = by_contexts(self._lines)
        names = list(sets)
        self._titles = {}
        if (shown := self.sweeping.shown) is not None:  # a set keeps its colour from the start on
            names, self._titles = shown.names, titles(shown.contexts)
        colours = kind_colours(names)
        points = [
            point_of(line, by, colours[line.contexts], self._title(line.contexts))
            for line in self._lines
        ]
        fronts = {
            name: rising([(getattr(line, by.across), getattr(line, by.up)) for line in those])
            for name, those in sets.items()
        }
        self.plot.draw(by, points, [Front(fronts[name], colours[name]) for name in fronts])
        best = {name: max((y for _, y in fronts.get(name, [])), default=-np.inf) for name in names}
        self._show_key(sorted(names, key=lambda name: -best[name]), colours)
        self._mark()

    def _show_key(self, names: list[str], colours: dict[str, str]) -> None:
        told = "".join(
            f'<span style="--line:{colours[name]}">{escape(self._title(name))}</span>'
            for name in names
        )
        hint = HINT if self._lines else "Each fit becomes a point here."
        if self._lines and self.sweeping.current is not self.sweeping.standing:
            hint = f"{LAST} {hint}"
        html = f'<div class="key">{told}<span class="hint">{hint}</span></div>'
        if html != self.key.object:
            self.key.object = html

    def _title(self, name: str) -> str:
        return self._titles.get(name, name)

    def _mark(self) -> None:
        """Ring the points of the runs that the maps show."""
        self.plot.mark(self.sweeping.workbench.picked[:2])
