"""Colours of values: perceptually uniform scales, round limits, the bar that explains them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.views.palettes import DIVERGING, SEQUENTIAL

# Runs in curves and beside maps: told apart on light and on dark, and by colour-blind readers; the
# first ones, which are seen together most, best of all.
RUN_COLOURS = (
    "#1e88e5", "#d2430f", "#a2a203", "#e183a1", "#8a449a", "#2b7f67", "#d646b0", "#5649d9",
)  # fmt: skip
APART = 5  # of them, of which no two are alike at a glance
# Kinds of runs: the same but the first two, which would be taken for those of A and B.
KIND_COLOURS = ("#2b7f67", "#d646b0", "#a2a203", "#5649d9", "#e183a1", "#8a449a")


_met: dict[str, int] = {}  # kinds besides the usual ones, as this server met them
KEPT = 0.38  # part of a scale that errors are to fill, or it is made anew
USUAL = ("no context", "topography", "climatology", "topography + climatology")


def kind_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each kind of run, in this order; usual contexts have theirs everywhere, others
    that with which this server met them."""
    given = {name: KIND_COLOURS[n] for n, name in enumerate(USUAL) if name in names}
    usual, own = KIND_COLOURS[: len(USUAL)], KIND_COLOURS[len(USUAL) :]
    for name in names:
        if name not in given:
            first = _met.setdefault(name, len(_met))
            given[name] = free_colour(first, own, usual, given.values())
    return {name: given[name] for name in names}


def free_colour(
    first: int, own: tuple[str, ...], others: tuple[str, ...], taken: Collection[str]
) -> str:
    """A colour that is not taken, while there is one: of its `own` from the first on, round and
    round, then of `others`."""
    first %= len(own)
    wanted = own[first:] + own[:first] + others
    return next((colour for colour in wanted if colour not in taken), wanted[0])


@dataclass(frozen=True)
class Scale:
    """Limits of a colour scale in the field's unit, and its palette."""

    low: float
    high: float
    palette: tuple[str, ...]

    @property
    def ticks(self) -> NDArray[np.float64]:
        """Round values between the limits, three to eight of them."""
        span = self.high - self.low
        few = self._multiples(_round_up(span / 6))
        return few if len(few) > 2 else self._multiples(_round_up(span / 10))

    def _multiples(self, step: float) -> NDArray[np.float64]:
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


def sequential(low: float, high: float, palette: Sequence[str] = SEQUENTIAL) -> Scale:
    """The scale of original and reconstruction; a constant field still gets a width."""
    if not np.isfinite(low + high):
        low, high = 0.0, 1.0
    if high <= low:
        low, high = low - 0.5, high + 0.5
    return Scale(float(low), float(high), tuple(palette))


def symmetric(
    errors: NDArray[np.floating],
    before: Scale | None = None,
    palette: Sequence[str] = DIVERGING,
    quantile: float = 0.99,
) -> Scale:
    """A scale around zero that holds this part of the errors, with round limits.

    The scale `before` is kept while they fill `KEPT` of it, so that colours don't flicker from one
    moment to the next.
    """
    valid = np.abs(errors[np.isfinite(errors)])
    reach = float(np.quantile(valid, quantile)) if valid.size else 0.0
    if before is not None and (not valid.size or KEPT * before.high < reach <= before.high):
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
    return f"{value:,.10g}".replace("-", "\N{MINUS SIGN}")
