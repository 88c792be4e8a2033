"""Power by spherical harmonic degree: of the field, of each run picked, and of their errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import FixedTicker, LogAxis
from numpy.typing import NDArray
from panel.viewable import Viewable

from app.controls.form import buttons
from app.views.cards import beside, stack
from app.views.lineplot import ORIGINAL, Line, LinePlot
from app.views.look import Look
from app.views.selected import Selected
from cainr_core.evaluate.spectrum import CIRCUMFERENCE, coefficients, power, resolved, rows_of

LEAST = 1e-4  # of the least power of the original, from which others are drawn
MOST_TIMES = 12  # evenly spaced, where all times are wanted
DEGREES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
KILOMETRES = (20_000, 5000, 1000, 200, 50)  # far enough from each other on a phone, too


@dataclass(frozen=True, eq=False)
class Spectra:
    """What is drawn, its unit, and of how many times it is the mean."""

    units: str
    lines: list[Line]
    times: int
    of: int


class Spectrum(Look):
    """Degree across, power up; solid for fields, dashed for errors."""

    title = "Spectrum"
    told = "Variance on each scale of the globe, by spherical harmonics."
    doing = "Computing the power of spherical harmonics …"
    after = ("time", "spectrum_times")
    long = True  # at a quarter of a degree, and more so of all times

    def body(self) -> Viewable:
        self.plot = LinePlot(
            "degree", "power", "spectrum", 360, x_axis_type="log", y_axis_type="log"
        )
        plot = self.plot.figure
        below: Any = plot.below[0]
        below.ticker = FixedTicker(ticks=list(DEGREES))
        below.major_label_overrides = {degree: f"{degree:,}" for degree in DEGREES}
        above: Any = LogAxis(axis_label="wavelength (km)")
        wavelengths = {CIRCUMFERENCE / km: f"{km:,}" for km in KILOMETRES}
        above.ticker = FixedTicker(ticks=list(wavelengths))
        above.major_label_overrides = wavelengths
        plot.add_layout(above, "above")
        self.plot.hover.tooltips = "<b>@name</b> $snap_y at degree $snap_x{0}"
        self.plot.view.visible = False  # no empty axes while the first spectra are computed
        return stack(beside(buttons(self.workbench.param.spectrum_times)), self.plot.view)

    def of_all_times(self) -> bool:
        return bool(self.workbench.spectrum_times == "all")

    def work(self, chosen: Selected) -> Callable[[], Any]:
        time = None if self.of_all_times() else self.workbench.time

        def compute() -> Spectra:
            field = chosen.field()
            rows_of(field.grid)  # a reason why not comes before anything is decoded
            steps = _steps(len(field.time), time)
            truth = [coefficients(field.values[step], field.grid) for step in steps]
            whole = np.mean([power(each) for each in truth], axis=0)
            floor = LEAST * whole[1:].min()
            lines = [_line("Original", ORIGINAL, whole, width=2.6)]
            for number, picked in enumerate(chosen.runs):
                own, error = np.zeros_like(whole), np.zeros_like(whole)
                for index, (step, original) in enumerate(zip(steps, truth, strict=True)):
                    done = (number + index / len(steps)) / len(chosen.runs)
                    self.reach(f"Computing the power of spherical harmonics: {done:.0%} …")
                    found = coefficients(picked.at(step).reshape(field.grid.shape), field.grid)
                    own += power(found) / len(steps)
                    error += power(found - original) / len(steps)
                lines.append(_line(picked.title, picked.colour, own, floor))
                name = f"Its error, {_resolves(resolved(whole, error))}"
                lines.append(_line(name, picked.colour, error, floor, dash="dashed", width=1.4))
            return Spectra(field.units, lines, len(steps), len(field.time))

        return compute

    def draw(self, result: Spectra) -> None:
        self.tell(_told(result))
        unit = f" ({result.units}²)" if result.units else ""
        self.plot.label("spherical harmonic degree", f"power{unit}")
        self.plot.draw(result.lines)
        self.plot.view.visible = True

    def blank(self) -> None:
        self.plot.draw([])


def _steps(times: int, time: int | None) -> NDArray[np.int64]:
    """The time shown, or all, of many only some."""
    if time is not None:
        return np.array([min(time, times - 1)])
    return np.unique(np.linspace(0, times - 1, min(times, MOST_TIMES)).round().astype(int))


def _line(
    name: str, colour: str, found: NDArray[np.float64], floor: float = 0.0, **look: Any
) -> Line:
    """From degree 1 on: degree 0 is the mean, which no logarithmic axis has. It ends at the floor,
    below which there is nothing but rounding."""
    drawn = np.where(found[1:] < floor, np.nan, found[1:])
    return Line(name, colour, np.arange(1.0, len(found)), drawn, **look)


def _resolves(degree: int) -> str:
    if not degree:
        return "resolving nothing"
    return f"resolving {CIRCUMFERENCE / degree:,.0f} km"


def _told(result: Spectra) -> str:
    if result.times == 1:
        times = "at the time shown"
    elif result.times == result.of:
        times = f"the mean of all {result.of} times"
    else:
        times = f"the mean of {result.times} of {result.of} times"
    return (
        f"Power by spherical harmonic degree, {times}. A run resolves the wavelengths at which its "
        "error, dashed, has less than half the power of the original."
    )
