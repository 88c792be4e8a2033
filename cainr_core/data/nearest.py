"""The cell of a grid that is nearest to a place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.grid import Grid


def nearest_cell(
    grid: Grid, lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> NDArray[np.int64]:
    """The index of the cell nearest to each place (degrees), -1 where the grid has none."""
    if grid.kind == "columns":
        from scipy.spatial import KDTree

        tree = KDTree(_on_sphere(*grid.points()))
        reach = 3 * np.sqrt(4 * np.pi / grid.size)  # a regional set of columns ends here
        apart, nearest = tree.query(_on_sphere(lat, lon), distance_upper_bound=reach)
        return np.where(np.isfinite(apart), nearest, -1)
    row, row_there = _nearest_sorted(grid.lat, lat, period=None)
    column, column_there = _nearest_sorted(grid.lon, lon, period=360.0)
    return np.where(row_there & column_there, row * grid.shape[1] + column, -1)


def _on_sphere(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    phi, theta = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])


def _nearest_sorted(
    centres: NDArray[np.float64], wanted: NDArray[np.float64], period: float | None
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Nearest of 1-D `centres` (any order), and whether it is near enough to be shown."""
    order = np.argsort(centres % period if period else centres, kind="stable")
    ordered = (centres % period if period else centres)[order]
    spacing = float(np.max(np.abs(np.diff(centres)))) if centres.size > 1 else 180.0
    if period:
        spacing = min(spacing, period - spacing) if centres.size > 2 else spacing
        wanted = wanted % period
        ordered = np.concatenate([[ordered[-1] - period], ordered, [ordered[0] + period]])
        order = np.concatenate([[order[-1]], order, [order[0]]])
    found = np.searchsorted((ordered[1:] + ordered[:-1]) / 2, wanted)
    return order[found], np.abs(ordered[found] - wanted) <= spacing
