"""How errors are distributed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUANTILES = (0.01, 0.05, 0.5, 0.95, 0.99)
BINS = 40  # between zero and what 99 percent of the errors stay below
MOST = 1000  # bins on either side of zero, however far the largest error lies


@dataclass(frozen=True)
class Spread:
    """Figures of errors, in their units: mean, standard deviation, QUANTILES, and the largest
    absolute one; over all values alike, whatever the areas of their cells."""

    mean: float
    sd: float
    quantiles: tuple[float, ...]
    largest: float

    @classmethod
    def of(cls, error: NDArray[np.floating]) -> Spread:
        """The figures of what is not missing; NaN where all is."""
        valid = error[np.isfinite(error)]
        if not valid.size:
            return cls(np.nan, np.nan, (np.nan,) * len(QUANTILES), np.nan)
        return cls(
            float(valid.mean(dtype=np.float64)),
            float(valid.std(dtype=np.float64)),
            tuple(map(float, np.quantile(valid, QUANTILES))),
            float(np.abs(valid).max()),
        )


def shared_edges(errors: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Edges of bins that hold all of these errors, (n + 1,), ascending and symmetric about zero;
    a bin has a round width and zero in its middle."""
    reach = largest = 0.0
    for error in errors:
        size = np.abs(error[np.isfinite(error)])
        if size.size:
            reach = max(reach, float(np.quantile(size, 0.99)))
            largest = max(largest, float(size.max()))
    width = _round(max(reach / BINS, largest / MOST)) if largest > 0 else 1.0
    sides = int(np.floor(largest / width + 0.5)) + 1
    return np.asarray((np.arange(-sides, sides + 2) - 0.5) * width, np.float64)


def counts_of(error: NDArray[np.floating], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many errors lie in each bin, (n,), missing ones left out."""
    return np.histogram(error[np.isfinite(error)], edges)[0]


def _round(value: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9)))
