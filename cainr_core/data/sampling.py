"""A context at the points and times of a field.

On lat-lon grids the arithmetic is element by element and in a fixed order, so that every machine
gets the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cainr_core.data.calendars import month_middles
from cainr_core.data.grid import Grid, is_periodic
from cainr_core.errors import CainrError


@dataclass(frozen=True, eq=False)
class SampledContext:
    """Values at cells, as a mixture of two rows of a table at each time.

    table: (k, cells) float32; rows: (time, 2) int64; weights: (time, 2) float32.
    The value at time t and cell c is sum over j of weights[t, j] * table[rows[t, j], c].
    """

    table: np.ndarray
    rows: np.ndarray
    weights: np.ndarray

    def at(self, time: int) -> np.ndarray:
        """Values at one time, shape (cells,), float32."""
        (first, second), (left, right) = self.rows[time], self.weights[time]
        if right == 0:
            return self.table[first] * left
        return self.table[first] * left + self.table[second] * right


def mix_periodic(knots: np.ndarray, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and weights, (time, 2) each, linear between ascending knots in [0, 1), and round."""
    left = np.searchsorted(knots, phase, "right") - 1
    right = (left + 1) % knots.size
    start = np.where(left < 0, knots[left] - 1, knots[left])
    stop = np.where(right == 0, knots[right] + (left >= 0), knots[right])
    part = (phase - start) / (stop - start)
    return np.stack([left % knots.size, right], 1), _weights(part)


def mix_months(phase: np.ndarray, calendar: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows and weights to interpolate between mid-months, round the year."""
    return mix_periodic(month_middles(calendar), phase)


def mix_times(known: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and weights, linear between ascending times and constant beyond the ends."""
    left = np.clip(np.searchsorted(known, wanted, "right") - 1, 0, known.size - 2)
    part = np.clip((wanted - known[left]) / (known[left + 1] - known[left]), 0, 1)
    return np.stack([left, left + 1], 1), _weights(part)


def _weights(part: np.ndarray) -> np.ndarray:
    # Rounded, so that a time at a knot needs that knot alone.
    part = np.rint(part * 2**20) / 2**20
    return np.stack([1 - part, part], 1).astype(np.float32)


def used_rows(rows: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the full table that are needed, and `rows` counted among those."""
    rows = np.where(weights > 0, rows, np.where(weights[:, ::-1] > 0, rows[:, ::-1], rows))
    used, inverse = np.unique(rows, return_inverse=True)
    return used, inverse.reshape(rows.shape).astype(np.int64)


def interpolate(values: np.ndarray, grid: Grid, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Values (k, *grid.shape) of a canonical grid at points (cells,): shape (k, cells), float32.

    Lat-lon: bilinear, periodic in longitude; between the last row and a pole towards the mean of
    that row. Columns: the nearest column. CainrError where the grid does not reach a point.
    """
    if grid.kind == "columns":
        return values[:, _nearest_column(grid, lat, lon)]
    values, rows = _with_poles(values, grid)
    south, up = _cells_between(rows, lat)
    meridians, columns, offset = _meridians(grid.lon)
    west, along = _cells_between(meridians, np.mod(lon - offset, 360.0), wraps=True)
    n = grid.lon.size
    north, east = np.minimum(south + 1, rows.size - 1), np.minimum(west + 1, meridians.size - 1)
    corners = [row * n + columns[col] for row in (south, north) for col in (west, east)]
    shares = [(1 - up) * (1 - along), (1 - up) * along, up * (1 - along), up * along]
    table = np.empty((values.shape[0], lat.size), dtype=np.float32)
    for k, plane in enumerate(values):
        flat = plane.ravel()
        total = shares[0] * flat[corners[0]]
        for share, corner in zip(shares[1:], corners[1:], strict=True):
            total += share * flat[corner]
        table[k] = total
    return table


def _with_poles(values: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Values with rows added at the poles where the grid ends just before, and all latitudes."""
    rows, values = grid.lat, np.asarray(values, dtype=np.float64)
    step = float(np.median(np.diff(rows))) if rows.size > 1 else 0.0

    def pole(row: np.ndarray) -> np.ndarray:
        mean = np.add.accumulate(row, axis=-1)[..., -1:] / row.shape[-1]
        return np.broadcast_to(mean, row.shape)[:, np.newaxis]

    if -90 < rows[0] <= -90 + 1.5 * step:
        values, rows = np.concatenate([pole(values[:, 0]), values], 1), np.append(-90.0, rows)
    if 90 > rows[-1] >= 90 - 1.5 * step:
        values, rows = np.concatenate([values, pole(values[:, -1])], 1), np.append(rows, 90.0)
    return values, rows


def _meridians(lon: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Longitudes counted eastwards from the first one, the columns they stand for, that first."""
    n = lon.size
    if is_periodic(lon):
        return np.append(lon - lon[0], 360.0), np.append(np.arange(n), 0), float(lon[0])
    # A region begins after the widest gap.
    first = (int(np.argmax(np.diff(lon, append=lon[0] + 360))) + 1) % n
    columns = np.roll(np.arange(n), -first)
    return np.mod(lon[columns] - lon[first], 360.0), columns, float(lon[first])


def _cells_between(
    knots: np.ndarray, points: np.ndarray, wraps: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Index of the knot below each point and the fraction of the way to the next one."""
    margin = float(np.median(np.diff(knots))) if knots.size > 1 else 360.0
    if wraps:
        points = (
            np.where(points > 360 - margin, points - 360, points) if knots[-1] < 360 else points
        )
    if points.size and (points.min() < knots[0] - margin or points.max() > knots[-1] + margin):
        raise CainrError(
            "The context does not cover the region of the field; a context that reaches all of its "
            "points is needed."
        )
    if knots.size == 1:
        return np.zeros(points.shape, dtype=np.int64), np.zeros(points.shape)
    left = np.clip(np.searchsorted(knots, points, "right") - 1, 0, knots.size - 2)
    return left, np.clip((points - knots[left]) / (knots[left + 1] - knots[left]), 0, 1)


def _nearest_column(grid: Grid, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    if np.array_equal(lat, grid.lat) and np.array_equal(lon, grid.lon):
        return np.arange(grid.size)
    from scipy.spatial import cKDTree

    columns = _on_sphere(grid.lat, grid.lon)
    tree = cKDTree(columns)
    distance, nearest = tree.query(_on_sphere(lat, lon))
    apart = tree.query(columns, k=2)[0][:, 1].max() if grid.size > 1 else np.inf
    if distance.size and distance.max() > 4 * apart:
        raise CainrError(
            "The columns of the context do not cover the region of the field; a context that "
            "reaches all of its points is needed."
        )
    return np.asarray(nearest)


def _on_sphere(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    phi, theta = np.deg2rad(lat), np.deg2rad(lon)
    return np.stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], -1)
