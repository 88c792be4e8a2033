"""What a field and its reconstructions hold at one place, over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.grid import Grid
from cainr_core.data.nearest import nearest_cell
from cainr_core.errors import CainrError


@dataclass(frozen=True)
class Cell:
    """A cell of a grid: its place among them in C order, and its centre, degrees; `lon` in
    [-180, 180)."""

    index: int
    lat: float
    lon: float

    def of(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """The values there, (time,), of values of shape (time, *grid.shape)."""
        return values.reshape(len(values), -1)[:, self.index].astype(np.float64)


def cell_at(grid: Grid, lat: float, lon: float) -> Cell:
    """The cell nearest to a place, degrees; CainrError where the grid has none there."""
    index = int(nearest_cell(grid, np.array([lat]), np.array([lon]))[0])
    if index < 0:
        raise CainrError("The grid has no cell there: choose a place within its region.")
    every_lat, every_lon = grid.points()
    return Cell(index, float(every_lat[index]), float((every_lon[index] + 180) % 360 - 180))
