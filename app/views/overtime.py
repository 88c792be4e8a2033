"""RMSE over time: a map for each run picked, and all cells at each time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import panel_material_ui as pmui
from numpy.typing import NDArray
from panel.viewable import Viewable

from app import shared
from app.views import prints
from app.views.cards import GAP, stack
from app.views.colours import sequential
from app.views.dateplot import DatePlot
from app.views.lineplot import Line
from app.views.look import Look
from app.views.mapcard import MapCard
from app.views.maps import Geography, MapSet, Plate
from app.views.panels import Look as PanelLook
from app.views.panels import Panel, Sheet
from app.views.projections import PROJECTIONS, picture
from app.views.selected import Picked, Selected
from app.views.zooming import seen_of
from app.words import three
from cainr_core.data.fields import Field
from cainr_core.evaluate.over_time import rmse, rmse_of_cells, rmse_of_times

LETTERS = "abcdefghijkl"  # columns of maps, as many as are seen at once
FIRST = 2  # of them with figures from the start, as each takes a tenth of a second
MOST = 0.999  # of the cells in the scale: mountains, which are few, are to be told apart
NOTHING = "Tick a run to see where and when its errors are large."
TOLD = "Above, RMSE over all times at each cell, on one scale; below, over all cells at each time."
_WRAP = f":host {{ display: flex; flex-flow: row wrap; gap: {GAP}px; }}"
_SIZE = {"flex": "1 1 270px", "max-width": "480px", "min-width": "0"}


@dataclass(frozen=True, eq=False)
class RunErrors:
    """A run: RMSE at each cell, at each time, and of all."""

    picked: Picked
    cells: NDArray[np.float64]
    times: NDArray[np.float64]
    whole: float


class RmseOverTime(Look):
    """Small maps on one scale, and lines over time below them."""

    title = "RMSE over time"
    told = TOLD
    doing = "Decoding the runs for all times …"

    def body(self) -> Viewable:
        bench = self.workbench
        self._result: tuple[Field, list[RunErrors]] | None = None
        self.geography = Geography()
        plates = [Plate(letter, "") for letter in LETTERS]
        self.maps = MapSet([], self.geography, "rmse-maps", later=plates)
        self.cards: dict[str, MapCard] = {}
        self.small = stack(css=_WRAP, margin=(4, 12, 8, 12))
        self._frame(plates[:FIRST])
        self.pages = pmui.Pagination(value=0, size="small", margin=(0, 12), visible=False)
        self.plot = DatePlot("RMSE", "rmse", 220)
        self.plot.view.visible = False
        self._blank()
        bench.param.watch(shared.held(lambda *events: self._place()), ["projection", "centre"])
        bench.param.watch(shared.held(lambda *events: self._zoom()), "region")
        bench.param.watch(shared.held(lambda *events: self._mark()), "time")
        self.pages.param.watch(shared.held(lambda *events: self._turn()), "value")
        return stack(self.small, self.pages, self.plot.view)

    def _frame(self, plates: list[Plate]) -> None:
        """Make the figures and frames of some more maps."""
        self.maps.add(plates)
        for plate in plates:
            card = MapCard("", self.maps.figures[plate.column], f"rmse-{plate.column}")
            card.view.styles = _SIZE
            self.cards[plate.column] = card
        self.small.extend([self.cards[plate.column].view for plate in plates])

    def work(self, chosen: Selected) -> Callable[[], Any]:
        def compute() -> tuple[Field, list[RunErrors]]:
            field, found = chosen.field(), []
            for picked, values in self.decoded(chosen):
                error = values - field.values
                whole = float(rmse(error))
                found.append(RunErrors(picked, rmse_of_cells(error), rmse_of_times(error), whole))
            return field, found

        return compute

    def draw(self, result: tuple[Field, list[RunErrors]]) -> None:
        self._result = result
        field, runs = result
        self.tell(TOLD if runs else NOTHING)
        every = np.concatenate([run.cells.ravel() for run in runs] or [np.empty(0)])
        self._scale = sequential(0, float(np.nanquantile(every, MOST)) if runs else 1)
        count = max(1, math.ceil(len(runs) / len(LETTERS)))
        self.pages.param.update(
            count=count, value=min(self.pages.value or 0, count - 1), visible=count > 1
        )
        self._turn()
        self.plot.view.visible = bool(runs)
        if not runs:
            return
        self.plot.label("", f"RMSE ({field.units})" if field.units else "RMSE")
        lines = [Line(run.picked.title, run.picked.colour, field.time.called, run.times)
                 for run in runs]  # fmt: skip
        self.plot.draw_over(field.time, lines)
        self._mark()

    def _maps(self) -> dict[str, RunErrors]:
        """The runs whose maps are seen, by column."""
        if self._result is None:
            return {}
        first = (self.pages.value or 0) * len(LETTERS)
        return dict(zip(LETTERS, self._result[1][first:], strict=False))

    def _turn(self) -> None:
        """Show the maps of the page that is chosen."""
        if self._result is None:
            return
        field, maps, scale = self._result[0], self._maps(), self._scale
        if more := [Plate(letter, "") for letter in maps if letter not in self.cards]:
            self._frame(more)
        self._blank()
        self.maps.colour(dict.fromkeys(maps, scale))
        for letter, run in maps.items():
            card = self.cards[letter]
            card.title(run.picked.title, run.picked.colour)
            card.tell(f"of all {three(run.whole)} {field.units}".rstrip())
            card.colour(scale, field.units, scale.exceeded(run.cells))
            card.view.visible = True
        self._place()
        self.maps.name({letter: run.picked.title for letter, run in maps.items()}, field.units)

    def picture(self, title: str, chosen: Selected, told: str, kind: str) -> Callable[[], bytes]:
        """The maps, and below them the lines."""
        if self._result is None or not self._result[1]:
            return super().picture(title, chosen, told, kind)
        (field, runs), bench, charts = self._result, self.workbench, self.charts()
        panels = [
            Panel(f"{run.picked.title}, {three(run.whole)} {field.units}".rstrip(), "rmse",
                  field.units, lambda time, run=run: run.cells)  # type: ignore[misc]
            for run in runs
        ]  # fmt: skip
        sheet = Sheet(field, chosen.data, panels, [run.picked.run for run in runs], bench.step)
        look = PanelLook(bench.projection, bench.centre, {"rmse": self._scale})
        return lambda: prints.maps(sheet, 0, look, kind, charts, title)

    def _blank(self) -> None:
        """Hide the frames of maps that are not there."""
        for card in list(self.cards.values())[len(self._maps()) :]:
            card.view.visible = False

    def _place(self) -> None:
        """Draw the maps in the present projection."""
        if self._result is None:
            return
        field, bench = self._result[0], self.workbench
        view = picture(field.grid, bench.projection, bench.centre)
        self.geography.show(bench.projection, bench.centre, view)
        self._zoom()
        self.maps.place(view, PROJECTIONS[bench.projection].aspect)
        drawn: dict[str, NDArray[Any]] = {letter: run.cells for letter, run in self._maps().items()}
        self.maps.draw({letter: drawn.get(letter) for letter in self.cards})

    def _zoom(self) -> None:
        """See the part that is zoomed in on in the other maps. Not the other way round: a page that
        draws these maps late tells where they were before they had a place."""
        if self._result is not None:
            seen = seen_of(self.workbench, self.geography)
            self.geography.look_at(seen or self.geography.whole)

    def _mark(self) -> None:
        if self._result is not None:
            days = self._result[0].time.called
            self.plot.mark(float(days[min(self.workbench.time, len(days) - 1)]))
