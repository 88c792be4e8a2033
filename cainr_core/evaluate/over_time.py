"""Errors over time: at each cell, and at each time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rmse(
    error: NDArray[np.floating], axis: int | tuple[int, ...] | None = None
) -> NDArray[np.float64]:
    """The root of the mean of the squares along `axis`, or of all, in the units of the error.

    Missing values are left out; where there are no others it is NaN.
    """
    valid = np.isfinite(error)
    squares = np.square(np.where(valid, error, 0), dtype=np.float64).sum(axis)
    count = valid.sum(axis)
    return np.sqrt(squares / np.where(count > 0, count, np.nan))


def rmse_of_cells(error: NDArray[np.floating]) -> NDArray[np.float64]:
    """RMSE over time at each cell, shape (*grid.shape), of errors (time, *grid.shape)."""
    return rmse(error, 0)


def rmse_of_times(error: NDArray[np.floating]) -> NDArray[np.float64]:
    """RMSE over all cells at each time, shape (time,), of errors (time, *grid.shape)."""
    return rmse(error, tuple(range(1, error.ndim)))
