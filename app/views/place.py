"""A place: what the original and each run picked hold there over time, and their errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import panel as pn
from panel.viewable import Viewable

from app import shared
from app.controls.form import widget
from app.views.cards import stack
from app.views.dateplot import DatePlot
from app.views.lineplot import ORIGINAL, Line
from app.views.look import Look
from app.views.pointing import TAB
from app.views.selected import Selected
from app.words import degrees, three
from cainr_core.data.fields import Field
from cainr_core.evaluate.over_time import rmse
from cainr_core.evaluate.place import cell_at

HINT = "Click a map, or type a latitude and a longitude, to see what is there over time."
FIELD_HEIGHT, ERROR_HEIGHT = 230, 170  # px
_ROW = """
:host { display: grid; grid-template-columns: repeat(2, minmax(0, 180px)); }
"""


@dataclass(frozen=True, eq=False)
class Series:
    """What is drawn of a place, and the sentence on it."""

    field: Field
    values: list[Line]
    errors: list[Line]
    told: str


class Place(Look):
    """Time across; the values of the nearest cell up, and below them the errors of the runs."""

    title = TAB
    told = HINT
    doing = "Decoding the runs for all times …"
    after = ("place_lat", "place_lon")

    def body(self) -> Viewable:
        bench = self.workbench
        where = pn.Column(
            *(widget(bench.param[name]) for name in ("place_lat", "place_lon")),
            stylesheets=[_ROW], sizing_mode="stretch_width",
        )  # fmt: skip
        self.plot = DatePlot("", "place-values", FIELD_HEIGHT)
        self.errors = DatePlot("error", "place-errors", ERROR_HEIGHT)
        self.errors.figure.x_range = self.plot.figure.x_range
        self.plot.view.visible = self.errors.view.visible = False
        bench.param.watch(shared.held(lambda event: self._mark()), "time")
        self._field: Field | None = None
        return stack(where, self.plot.view, self.errors.view)

    def work(self, chosen: Selected) -> Callable[[], Any]:
        lat, lon = self.workbench.place_lat, self.workbench.place_lon

        def compute() -> Series | None:
            if lat is None or lon is None:
                return None
            field = chosen.field()
            cell = cell_at(field.grid, lat, lon)
            days, truth = field.time.called, cell.of(field.values)
            values, errors = [Line("Original", ORIGINAL, days, truth, 2.4)], []
            for picked, decoded in self.decoded(chosen):
                there = cell.of(decoded)
                error = there - truth
                here = (
                    f"{picked.title}: RMSE here {three(float(rmse(error)))} {field.units}".rstrip()
                )
                values.append(Line(picked.title, picked.colour, days, there))
                errors.append(Line(here.rstrip(), picked.colour, days, error))
            chosen_at, found_at = degrees(lat, lon), degrees(cell.lat, cell.lon)
            told = f"The cell at {found_at}" + (
                "." if chosen_at == found_at else f", the nearest to {chosen_at}."
            )
            return Series(field, values, errors, told)

        return compute

    def draw(self, result: Series | None) -> None:
        if result is None:
            self.blank()
            return
        self._field = result.field
        self.tell(result.told)
        unit = f" ({result.field.units})" if result.field.units else ""
        self.plot.label("", f"{result.field.name}{unit}")
        self.errors.label("", f"error{unit}")
        self.plot.draw_over(result.field.time, result.values)  # first: the range is of both
        self.errors.draw_over(result.field.time, result.errors)
        self.plot.view.visible, self.errors.view.visible = True, bool(result.errors)
        self._mark()

    def of(self) -> str:
        lat, lon = self.workbench.place_lat, self.workbench.place_lon
        return "" if lat is None or lon is None else degrees(lat, lon)

    def blank(self) -> None:
        self.plot.blank()
        self.errors.blank()
        self.plot.view.visible = self.errors.view.visible = False

    def _mark(self) -> None:
        if self._field is not None:
            days = self._field.time.called
            now = float(days[min(self.workbench.time, len(days) - 1)])
            self.plot.mark(now)
            self.errors.mark(now)
