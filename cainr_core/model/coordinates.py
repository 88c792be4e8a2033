"""Place, time and contexts as numbers that a network can take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.contexts import SampledContext
from cainr_core.data.fields import Grid, TimeAxis
from cainr_core.errors import CainrError

SEASON_FROM_DAYS = 180.0  # a field shorter than this knows no season of its own
STEPS_PER_UNIT = 30.0  # time steps between -1 and 1 before the time axis is stretched

Range = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """The frame of one field: how its place, time and contexts are scaled.

    `coordinates`: a choice of `COORDINATES`. `grid` and `time`: the field's own. `ranges`: two
    round numbers between which each context lies on the field, in the context's units, mapped to
    -1 and 1.
    """

    coordinates: str
    grid: Grid
    time: TimeAxis
    ranges: tuple[Range, ...]

    def __post_init__(self) -> None:
        if self.coordinates == "indices" and self.grid.kind != "latlon":
            raise CainrError(
                "Array indices as coordinates need a latitude-longitude grid, and this field lies "
                "on columns: choose the coordinates 'sphere'."
            )

    @classmethod
    def of(
        cls, coordinates: str, grid: Grid, time: TimeAxis, contexts: Sequence[SampledContext]
    ) -> Frame:
        """The frame of a field with these contexts sampled at its points."""
        ranges = tuple(round_range(float(c.table.min()), float(c.table.max())) for c in contexts)
        return cls(coordinates, grid, time, ranges)

    @property
    def has_season(self) -> bool:
        """Whether the season is an input of its own."""
        span = float(np.ptp(self.time.days))
        return self.coordinates == "sphere" and span > SEASON_FROM_DAYS

    @property
    def n_inputs(self) -> int:
        """Number of inputs of the network, contexts included."""
        place, moment = (3, 3 if self.has_season else 1) if self.coordinates == "sphere" else (2, 1)
        return place + moment + len(self.ranges)

    def place(self, lat: NDArray, lon: NDArray) -> NDArray[np.float32]:
        """Inputs of places at lat, lon (cells,) in degrees: (cells, 3) or (cells, 2)."""
        if self.coordinates == "sphere":
            phi, theta = np.radians(lat), np.radians(lon)
            columns = [np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)]
        else:
            columns = [_index(self.grid.lat, lat), _index(*_unrolled(self.grid.lon, lon))]
        return np.stack(columns, axis=1).astype(np.float32)

    def moment(self, time: TimeAxis) -> NDArray[np.float32]:
        """Inputs of the times of an axis: (time, 1), or (time, 3) with the season."""
        if self.coordinates == "indices":
            columns = [_index(self.time.days, time.days)]
        else:
            columns = [self._stretched(time)]
            if self.has_season:
                angle = 2 * np.pi * time.phase
                columns += [np.sin(angle), np.cos(angle)]
        return np.stack(columns, axis=1).astype(np.float32)

    def scaled(self, contexts: Sequence[SampledContext]) -> list[SampledContext]:
        """The contexts with their ranges on the field mapped to [-1, 1]."""
        return [
            SampledContext(_scaled(c.table, span), c.rows, c.weights)
            for c, span in zip(contexts, self.ranges, strict=True)
        ]

    def _stretched(self, time: TimeAxis) -> NDArray[np.float64]:
        """Days scaled to [-1, 1], and beyond where there are many steps: a sine layer of a given
        omega then meets the same change from step to step in short and in long fields."""
        own = self.time.days
        span = float(np.ptp(own))
        if span == 0:
            return np.zeros(len(time.days))
        unit = (time.days - own.min()) * (2 / span) - 1
        return unit * max(1.0, len(own) / STEPS_PER_UNIT)


def _scaled(table: NDArray, span: Range) -> NDArray[np.float32]:
    low, high = span
    if high == low:
        return np.zeros_like(table, dtype=np.float32)
    return ((table.astype(np.float64) - low) * (2 / (high - low)) - 1).astype(np.float32)


def _index(axis: NDArray, at: NDArray) -> NDArray[np.float64]:
    """Position of `at` in an axis, as an array index scaled to [-1, 1]; straight on beyond the
    ends. The axis may run either way; of equal entries the first counts."""
    known, positions = np.unique(axis, return_index=True)
    if len(known) == 1:
        return np.zeros(len(at))
    left = np.clip(np.searchsorted(known, at, side="right") - 1, 0, len(known) - 2)
    slope = (positions[left + 1] - positions[left]) / (known[left + 1] - known[left])
    return (positions[left] + (at - known[left]) * slope) * (2 / (len(axis) - 1)) - 1


def _unrolled(axis: NDArray, lon: NDArray) -> tuple[NDArray, NDArray]:
    """A longitude axis made monotonic, and longitudes brought into its turn of the globe; those of
    the axis itself to their own place, also where both ends of the globe are there."""
    straight = np.unwrap(axis, period=360)
    west = straight.min()
    turned = west + np.mod(lon - west, 360)
    order = np.argsort(axis, kind="stable")
    near = order[np.clip(np.searchsorted(axis[order], lon), 0, len(axis) - 1)]
    return straight, np.where(axis[near] == lon, straight[near], turned)


def brief(value: float) -> float:
    """The number of fewest digits that float32 holds as it holds this one: a file spells it out."""
    return float(str(np.float32(value)))


def rounded(value: float, span: float) -> float:
    """A number to a thousandth of a span, or a little finer: a file spells it out."""
    return round(value, 3 - math.floor(math.log10(span)))


def round_range(low: float, high: float) -> Range:
    """The narrowest range around this one whose ends have no digits below its hundredth."""
    if high == low:
        return brief(low), brief(high)
    digits = 2 - math.floor(math.log10(high - low))
    unit = 10.0**-digits
    least, most = math.floor(low / unit) * unit, math.ceil(high / unit) * unit
    return round(least, digits), round(most, digits)
