"""Colours of values: perceptually uniform scales, round limits, the bar that explains them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bokeh.palettes import interp_palette
from numpy.typing import NDArray

# Kovesi's scales of even perceptual steps (CET-L20, -D1A, -D2; CC-BY), at every twentieth step:
# the package that holds them takes a quarter of a second to import.
SEQUENTIAL = interp_palette(
    (
        "#303030", "#3e3765", "#434195", "#3e50bc", "#3466c7", "#2183a1", "#419a75",
        "#79a74e", "#aeb127", "#e4b613", "#fac613", "#fede10", "#f8f809",
    ), 256,
)  # fmt: skip
DIVERGING = interp_palette(
    (
        "#172971", "#1e40b0", "#415be0", "#777df3", "#a3a0fc", "#cbc6f7", "#eee2e6",
        "#fcbcae", "#fa8a75", "#e85b46", "#cd271e", "#9c010a", "#660702",
    ), 256,
)  # fmt: skip
# Green where the second run is closer, purple where it is not.
GAIN = interp_palette(
    (
        "#b759e4", "#c373e6", "#ce8ee9", "#d7a6eb", "#e0beed", "#e8d6ef", "#ebeaeb",
        "#d3e1ca", "#b7d2a7", "#9bc484", "#7cb460", "#5da53d", "#38960e",
    ), 256,
)  # fmt: skip

# Runs in curves and beside maps: told apart on light and on dark, and by colour-blind readers; the
# first ones, which are seen together most, best of all.
RUN_COLOURS = (
    "#1e88e5", "#d2430f", "#a2a203", "#e183a1", "#8a449a", "#2b7f67", "#d646b0", "#5649d9",
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """Limits of a colour scale in the field's unit, and its palette."""

    low: float
    high: float
    palette: tuple[str, ...]

    @property
    def ticks(self) -> NDArray[np.float64]:
        """Round values between the limits, four to seven of them."""
        step = _round_up((self.high - self.low) / 6)
        first = np.ceil(self.low / step - 1e-9)
        last = np.floor(self.high / step + 1e-9)
        return np.arange(first, last + 1) * step + 0.0

    def exceeded(self, values: NDArray[np.floating] | None) -> tuple[bool, bool]:
        """Whether some values lie below the scale, and whether some lie above."""
        if values is None or np.isnan(values).all():
            return False, False
        return bool(np.nanmin(values) < self.low), bool(np.nanmax(values) > self.high)

    def bar(self, unit: str, exceeded: tuple[bool, bool] = (False, False)) -> str:
        """The scale as HTML: a strip of colour with its ticks and unit; it ends in an arrow where
        values go beyond it."""
        ends = zip(("below", "above"), exceeded, (self.palette[0], self.palette[-1]), strict=True)
        arrows = "".join(
            f'<i class="{side}" style="--end:{colour}" title="Some values lie {side}."></i>'
            for side, some, colour in ends
            if some
        )
        stops = ",".join(self.palette[:: max(1, len(self.palette) // 24)])
        span = self.high - self.low
        labels = "".join(
            f'<span style="left:{100 * (tick - self.low) / span:.2f}%">{_number(tick)}</span>'
            for tick in self.ticks
        )
        return (
            '<div class="bar">'
            f'<div class="strip" style="background:linear-gradient(90deg,{stops})">'
            f"{arrows}</div>"
            f'<div class="ticks">{labels}</div><div class="unit">{unit}</div></div>'
        )


def sequential(low: float, high: float) -> Scale:
    """The scale of original and reconstruction; a constant field still gets a width."""
    if not np.isfinite(low + high):
        low, high = 0.0, 1.0
    if high <= low:
        low, high = low - 0.5, high + 0.5
    return Scale(float(low), float(high), tuple(SEQUENTIAL))


def symmetric(
    errors: NDArray[np.floating], before: Scale | None = None, palette: Sequence[str] = DIVERGING
) -> Scale:
    """A scale around zero that holds 99 % of the errors, with round limits.

    The scale `before` is kept while it still fits, so that colours don't flicker from one
    moment to the next.
    """
    valid = np.abs(errors[np.isfinite(errors)])
    reach = float(np.quantile(valid, 0.99)) if valid.size else 0.0
    if before is not None and (not valid.size or 0.38 * before.high < reach <= before.high):
        return before
    limit = _round_up(reach)
    return Scale(-limit, limit, tuple(palette))


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, ... times a power of ten."""
    if not np.isfinite(value) or value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9)))


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")
