"""Zonal means: of the original and of each run picked, or their errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from bokeh.models import CustomJSHover, FixedTicker
from numpy.typing import NDArray
from panel.viewable import Viewable

from app import shared
from app.controls.form import button_group, widget
from app.views.cards import beside, stack
from app.views.lineplot import ORIGINAL, Line, LinePlot
from app.views.look import Look
from app.views.selected import Selected
from cainr_core.evaluate.zonal import zonal_mean

FIELD, ERROR = "Field", "Error"
PARALLELS = range(-90, 91, 30)  # degrees
_LATITUDE = """
const lat = sine ? Math.asin(Math.max(-1, Math.min(1, value))) * 180 / Math.PI : value
return Math.abs(lat).toFixed(1) + '°' + (lat < 0 ? 'S' : 'N')
"""


class ZonalMean(Look):
    """Latitude across, the mean along its circle up."""

    title = "Zonal mean"
    told = "Mean along circles of latitude at the time shown, on native cells."
    after = ("time", "sine_latitude")

    def body(self) -> Viewable:
        self.kind = button_group(
            "Of", "What means are taken of: the fields themselves, or the runs' errors.",
            options=[FIELD, ERROR], value=FIELD, css_classes=["zonal-kind"],
        )  # fmt: skip
        self.plot = LinePlot("latitude", "", "zonal")
        self._ticker = FixedTicker(ticks=[])
        self.plot.figure.xaxis.ticker = self._ticker
        self._latitude = CustomJSHover(args={"sine": False}, code=_LATITUDE)
        self.plot.hover.formatters = {"$snap_x": self._latitude}
        self.plot.hover.tooltips = "<b>@name</b> $snap_y{0,0.[000]} at $snap_x{custom}"
        self.kind.param.watch(shared.held(lambda event: self.refresh()), "value")
        areas = widget(self.workbench.param.sine_latitude, sizing_mode=None)
        return stack(beside(self.kind, areas), self.plot.view)

    def work(self, chosen: Selected) -> Callable[[], Any]:
        bench = self.workbench
        time, error, sine = bench.time, self.kind.value == ERROR, bench.sine_latitude

        def compute() -> tuple[str, list[Line], bool]:
            field = chosen.field()
            step = min(time, len(field.time) - 1)
            lat, truth = zonal_mean(field.values[step], field.grid)
            x = along(lat, sine)
            lines = [] if error else [Line("Original", ORIGINAL, x, truth, 2.4)]
            for picked in chosen.runs:
                values = picked.at(step).reshape(field.grid.shape)
                _, mean = zonal_mean(values.astype(np.float64), field.grid)
                mean = mean - truth if error else mean
                lines.append(Line(picked.title, picked.colour, x, mean))
            what = "error of the zonal mean" if error else field.name
            return (f"{what} ({field.units})" if field.units else what), lines, sine

        return compute

    def draw(self, result: tuple[str, list[Line], bool]) -> None:
        up, lines, sine = result
        ticks = along(np.array(PARALLELS, dtype=float), sine)
        labels = {float(at): parallel(lat) for at, lat in zip(ticks, PARALLELS, strict=True)}
        self._ticker.ticks = list(labels)
        self.plot.figure.xaxis.major_label_overrides = labels  # type: ignore[assignment]
        self._latitude.args = {"sine": sine}
        self.plot.label("", up)
        self.plot.draw(lines)


def along(lat: NDArray[np.float64], sine: bool) -> NDArray[np.float64]:
    """Where latitudes, degrees, stand on the axis."""
    return np.sin(np.radians(lat)) if sine else lat


def parallel(lat: int) -> str:
    """A latitude as an axis has it: 30°N."""
    return f"{abs(lat)}°{'N' if lat > 0 else 'S' if lat < 0 else ''}"
