"""Means along circles of latitude."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.grid import Grid

BAND = 2.0  # degrees of latitude over which columns are averaged


def zonal_mean(
    values: NDArray[np.floating], grid: Grid
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes (n,) in degrees, ascending, and the mean of the values there, (..., n).

    `values`: (..., *grid.shape). On a lat-lon grid each row gives its mean; columns are averaged
    over bands of two degrees, weighted with their areas. Missing values are left out; where there
    are no others the mean is NaN.
    """
    leading = values.shape[: values.ndim - len(grid.shape)]
    if grid.kind == "latlon":
        lat, row = np.unique(grid.lat, return_inverse=True)
        rows, area = np.repeat(row, grid.shape[1]), np.ones(grid.size)
    else:
        edges = np.arange(-90.0, 90.0 + BAND, BAND)
        rows = np.clip(np.digitize(grid.lat, edges) - 1, 0, len(edges) - 2)
        present, rows = np.unique(rows, return_inverse=True)
        lat, area = edges[present] + BAND / 2, np.asarray(grid.area, dtype=np.float64)
    flat = values.reshape(-1, grid.size)
    means = np.empty((len(flat), len(lat)))
    for step, cells in zip(means, flat, strict=True):
        valid = np.isfinite(cells)
        weight = np.bincount(rows[valid], area[valid], len(lat))
        total = np.bincount(rows[valid], area[valid] * cells[valid], len(lat))
        with np.errstate(invalid="ignore"):
            step[:] = total / np.where(weight > 0, weight, np.nan)
    return lat, means.reshape(*leading, len(lat))
