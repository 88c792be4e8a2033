"""What of a record is season and drift, and what is left: the field's natural variability.

A season is two harmonics of the year, a drift a straight line, both fitted by least squares at each
place, or to a mean. A season is taken out where the record covers the year without wide gaps, a
line where it does not, or where two years keep the two apart. What is left is called natural
variability; sub-daily records keep the course of the day in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.times import TimeAxis

SEASON_YEARS = 0.9  # twelve months, from the first middle to the last and a month more, are one
BOTH_YEARS = 1.9
TREND_YEARS = 10.0
WIDEST_GAP = 0.2  # of a year, between the seasons that a record has
LEAST_FREE = 3  # times more than are fitted, for a standard deviation
LEAST_TIMES_OF_LAG = 20
_EVEN = 1.5  # of a usual step: months are 28 to 31 days, and a model's first output comes early


@dataclass(frozen=True, eq=False)
class Record:
    """Times, in order, and the season and drift that are fitted at them.

    years: decimal, shape (n,); days, shape (n,). design: shape (n, terms), a constant, then the
    drift where there is one, then the season's four terms where there is one.
    """

    years: NDArray
    days: NDArray
    season: bool
    drift: bool
    design: NDArray

    @classmethod
    def of(cls, time: TimeAxis) -> Record:
        """What the times of an axis, which are in order, allow to tell apart."""
        years = time.years
        length = _length(years)
        season = length >= SEASON_YEARS and _widest_gap(time.phase) <= WIDEST_GAP
        drift = not season or length >= BOTH_YEARS
        terms = [np.ones(len(years))]
        if drift:
            terms.append(years - years.mean())
        if season:
            for harmonic in (1, 2):
                angle = 2 * np.pi * harmonic * time.phase
                terms += [np.cos(angle), np.sin(angle)]
        return cls(years, time.days, season, drift, np.stack(terms, axis=1))

    def __len__(self) -> int:
        return len(self.years)

    @property
    def length(self) -> float:
        """Years from the first time to the last, and one step more."""
        return _length(self.years)

    @property
    def free(self) -> int:
        """Degrees of freedom of what is left."""
        return len(self) - self.design.shape[1]

    @property
    def varies(self) -> bool:
        """Whether there are times enough to tell natural variability."""
        return self.free >= LEAST_FREE and self.length > 0

    @property
    def shows_trends(self) -> bool:
        """Whether the record is long enough for a trend to be more than weather and season."""
        return self.drift and self.varies and self.length >= TREND_YEARS

    @property
    def shows_lag(self) -> bool:
        """Whether the times follow each other evenly, and are enough for their correlation."""
        steps = np.diff(self.days)
        return len(self) >= LEAST_TIMES_OF_LAG and bool(
            steps.min() > 0 and steps.max() <= _EVEN * np.median(steps)
        )

    @property
    def removed(self) -> str:
        """What is taken out, in words that "removed" goes on with."""
        if self.season and self.drift:
            return "season and drift are"
        return "the season is" if self.season else "the drift is"

    @cached_property
    def solver(self) -> NDArray:
        """From values at the times to what is fitted, shape (terms, n)."""
        return np.linalg.pinv(self.design)

    @property
    def covariance(self) -> NDArray:
        """Of what is fitted, for natural variability of variance 1, shape (terms, terms)."""
        return self.solver @ self.solver.T

    @property
    def season_terms(self) -> slice:
        """Which terms are the season."""
        return slice(self.design.shape[1] - 4, None)

    def season_of(self, fitted: NDArray) -> NDArray:
        """The season's part at the times, shape (n, ...), of what is fitted."""
        return self.design[:, self.season_terms] @ fitted[self.season_terms]

    def left(self, values: NDArray) -> NDArray:
        """Values (n, ...) less season and drift."""
        return values - self.design @ (self.solver @ values)

    def natural(self, values: NDArray) -> NDArray:
        """Standard deviation of natural variability, shape (...), of values (n, ...).

        0 where it is not told from the rounding of the values.
        """
        left = self.left(values.astype(np.float64))
        deviation = np.sqrt((left**2).sum(axis=0) / self.free)
        rounding = np.finfo(np.float32).eps * np.abs(values).max(axis=0)
        return np.where(deviation > rounding, deviation, 0.0)


def lag_one(left: NDArray) -> NDArray:
    """Correlation of values (n, ...) of mean 0 with those one step on; 0 where nothing varies."""
    power = (left**2).sum(axis=0)
    return (left[1:] * left[:-1]).sum(axis=0) / np.where(power > 0, power, 1)


def _length(years: NDArray) -> float:
    if len(years) < 2:
        return 0.0
    return float(years[-1] - years[0] + np.median(np.diff(years)))


def _widest_gap(phase: NDArray) -> float:
    seasons = np.sort(phase)
    return float(np.diff(seasons, append=seasons[0] + 1).max())
