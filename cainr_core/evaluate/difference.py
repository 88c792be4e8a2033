"""How two fields differ, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TINY = 1e-3  # of the largest |second|: nothing is relative to less


@dataclass(frozen=True, eq=False)
class Difference:
    """First minus second; all figures over the cells that have a difference, unweighted.

    values: of the fields' shape, float64, NaN where there is no difference to tell.
    rmse, largest, bias: root mean square, largest absolute value, and mean of `values`; NaN where
    there are none.
    left_out: share of the cells with both values whose second is too small to be relative to.
    """

    values: NDArray[np.float64]
    rmse: float
    largest: float
    bias: float
    left_out: float = 0.0

    def part(self, cells: slice | NDArray[np.integer]) -> Difference:
        """Values and figures of some of the cells, flat indices; `left_out` stays that of all."""
        return _told(self.values.ravel()[cells], self.left_out)


def difference(first: NDArray, second: NDArray) -> Difference:
    """First minus second, in the unit of both; any shape, NaN where a value is missing."""
    return _told(np.subtract(first, second, dtype=np.float64))


def relative_difference(first: NDArray, second: NDArray) -> Difference:
    """100 (first - second) / |second| in percent, where |second| is at least `TINY` of its largest;
    any shape, NaN where a value is missing."""
    apart = np.subtract(first, second, dtype=np.float64)
    size = np.abs(np.asarray(second, dtype=np.float64))
    there = np.isfinite(apart)
    if not there.any():
        return _told(apart)
    kept = there & (size >= TINY * size[there].max()) & (size > 0)
    values = np.full(apart.shape, np.nan)
    np.divide(100 * apart, size, out=values, where=kept)
    return _told(values, 1 - float(kept.sum()) / float(there.sum()))


def _told(values: NDArray[np.float64], left_out: float = 0.0) -> Difference:
    valid = values[np.isfinite(values)]
    if not valid.size:
        return Difference(values, np.nan, np.nan, np.nan, left_out)
    rmse, largest = np.sqrt(np.mean(valid**2)), np.abs(valid).max()
    return Difference(values, float(rmse), float(largest), float(valid.mean()), left_out)
