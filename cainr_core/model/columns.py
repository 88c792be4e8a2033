"""Columns on a grid of latents: read bilinearly, laid out by least squares."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.grid import Grid

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CELLS_PER_COLUMN = 1.35  # so that near the equator a cell is hardly wider than columns lie apart
SMOOTH = 0.05  # weight of the differences between cells, which fill those where no column lies
TOLERANCE = 1e-4


def latent_grid(grid: Grid) -> Grid:
    """The latitude-longitude grid that latents of a field lie on: its own, or, for columns, one of
    about as many cells, over the whole globe."""
    if grid.kind == "latlon":
        return grid
    rows = 2 * max(2, round(math.sqrt(grid.size * CELLS_PER_COLUMN / 2) / 2))
    lat = (np.arange(rows) + 0.5) * (180 / rows) - 90
    return Grid.latlon(lat, np.arange(2 * rows) * (180 / rows))


@lru_cache(2)
def reading(grid: Grid) -> csr_array:
    """The bilinear interpolation from `latent_grid` to columns, (columns, cells)."""
    from scipy.sparse import csr_array

    rows, cols = latent_grid(grid).shape
    row = np.clip((grid.lat + 90) * (rows / 180) - 0.5, 0, rows - 1)
    column = np.mod(grid.lon, 360) * (cols / 360)
    south, west = np.minimum(row.astype(int), rows - 2), column.astype(int)
    up, along = row - south, column - west
    parts = []
    for step, share in ((0, 1 - up), (1, up)):
        for side, part in ((0, 1 - along), (1, along)):
            parts.append(((south + step) * cols + (west + side) % cols, share * part))
    places = np.stack([place for place, _ in parts], 1)
    shares = np.stack([share for _, share in parts], 1).astype(np.float32)
    starts = np.arange(0, 4 * grid.size + 1, 4)
    return csr_array((shares.ravel(), places.ravel(), starts), (grid.size, rows * cols))


def at_cells(planes: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """Planes (..., cells of `latent_grid`) at the cells of the field: (..., cells)."""
    if grid.kind == "latlon":
        return planes
    read = reading(grid)
    flat = planes.reshape(-1, planes.shape[-1])
    return np.ascontiguousarray((read @ flat.T).T).reshape(*planes.shape[:-1], grid.size)


def laid_out(values: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """Planes (time, rows, columns) on `latent_grid` that are read as the values (time, columns).

    The smoothest ones of those that come near enough; NaN is not looked at.
    """
    from scipy.sparse import vstack
    from scipy.sparse.linalg import lsqr

    shape = latent_grid(grid).shape
    read, smooth = reading(grid), SMOOTH * _differences(*shape)
    planes = np.empty((len(values), math.prod(shape)), dtype=np.float32)
    first = None
    for time, row in enumerate(values):
        known = np.isfinite(row)
        system = vstack([read[known], smooth])
        target = np.concatenate([row[known], np.zeros(smooth.shape[0], np.float32)])
        first = lsqr(system, target, atol=TOLERANCE, btol=TOLERANCE, x0=first)[0]
        planes[time] = first
    return planes.reshape(len(values), *shape)


def _differences(rows: int, columns: int) -> csr_array:
    """Between each cell and the next one to the north and to the east, (pairs, cells)."""
    from scipy.sparse import csr_array

    cells = np.arange(rows * columns).reshape(rows, columns)
    pairs = [(cells[:-1], cells[1:]), (cells, np.roll(cells, -1, 1))]
    here, there = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
    both = np.stack([here, there], 1).ravel()
    signs = np.tile(np.array([-1, 1], dtype=np.float32), len(here))
    return csr_array((signs, both, np.arange(0, 2 * len(here) + 1, 2)), (len(here), rows * columns))
