"""Colours of values: perceptually uniform scales, round limits, the bar that explains them."""

from __future__ import annotations

from dataclasses import dataclass

import colorcet
import numpy as np
from numpy.typing import NDArray

SEQUENTIAL = colorcet.CET_L20  # dark blue to yellow, lightness rises evenly
DIVERGING = colorcet.CET_D1A  # blue, white, red: equal steps of lightness on both sides
GAIN = colorcet.CET_D2[::-1]  # green where the second run is closer, purple where it is not

# Runs in curves and table: told apart in light and dark, and by colour-blind readers.
RUN_COLOURS = ("#0d8f8f", "#e07b39", "#7b6fd0", "#c2478f", "#6b9e1f", "#b08800", "#4a90d9")
FIT_COLOUR = "#1e88e5"


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

    def bar(self, unit: str) -> str:
        """The scale as HTML: a strip of colour with its ticks and unit."""
        stops = ",".join(self.palette[:: max(1, len(self.palette) // 24)])
        span = self.high - self.low
        labels = "".join(
            f'<span style="left:{100 * (tick - self.low) / span:.2f}%">{_number(tick)}</span>'
            for tick in self.ticks
        )
        return (
            '<div class="bar">'
            f'<div class="strip" style="background:linear-gradient(90deg,{stops})"></div>'
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
    errors: NDArray[np.floating], before: Scale | None = None, palette: list[str] = DIVERGING
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
