"""Zonal means: of the original and of each run picked, or their errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import panel_material_ui as pmui
from panel.viewable import Viewable

from app import shared
from app.style import SMALL
from app.views.cards import stack
from app.views.lineplot import ORIGINAL, Line, LinePlot
from app.views.look import Look
from app.views.selected import Selected
from cainr_core.evaluate.zonal import zonal_mean

FIELD, ERROR = "Field", "Error"


class ZonalMean(Look):
    """Latitude across, the mean along its circle up."""

    title = "Zonal mean"
    told = "Mean along circles of latitude at the time shown, on native cells."
    after = ("time",)

    def body(self) -> Viewable:
        self.kind = pmui.RadioButtonGroup(
            options=[FIELD, ERROR], value=FIELD, size="small", width=None, margin=SMALL,
            css_classes=["zonal-kind"],
        )  # fmt: skip
        self.plot = LinePlot("latitude (°)", "", "zonal")
        self.kind.param.watch(shared.held(lambda event: self.refresh()), "value")
        return stack(self.kind, self.plot.view)

    def work(self, chosen: Selected) -> Callable[[], Any]:
        time, error = self.workbench.time, self.kind.value == ERROR

        def compute() -> tuple[str, list[Line]]:
            field = chosen.field()
            step = min(time, len(field.time) - 1)
            lat, truth = zonal_mean(field.values[step], field.grid)
            lines = [] if error else [Line("Original", ORIGINAL, lat, truth, 2.4)]
            for picked in chosen.runs:
                values = shared.decode(picked.run, step).reshape(field.grid.shape)
                _, mean = zonal_mean(values.astype(np.float64), field.grid)
                mean = mean - truth if error else mean
                lines.append(Line(picked.title, picked.colour, lat, mean))
            what = "error of the zonal mean" if error else field.name
            return f"{what} ({field.units})" if field.units else what, lines

        return compute

    def draw(self, result: tuple[str, list[Line]]) -> None:
        up, lines = result
        self.plot.label("latitude (°)", up)
        self.plot.draw(lines)
