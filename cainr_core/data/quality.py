"""Lower the quality of a context on purpose: coarser, noisier, fewer bits.

A file names the context that it was made with by a digest, so every machine has to get the same
bits. Hence only single additions, multiplications and divisions of float64 in a fixed order (no
matrix product, no library sine, no pairwise sum), rounded to float32 at the end. The noise comes
from numpy's RandomState, whose stream is frozen, rounded to a 4096th of a standard deviation.
"""

from __future__ import annotations

import math

import numpy as np

from cainr_core.data.grid import Grid, cell_edges, is_periodic
from cainr_core.errors import CainrError


def canonical(values: np.ndarray, grid: Grid) -> tuple[np.ndarray, Grid]:
    """Latitudes ascending, longitudes ascending in [0, 360), each once; columns as they are.

    values: shape (k, *grid.shape).
    """
    if grid.kind == "columns":
        return values, grid
    order = np.argsort(grid.lat, kind="stable")
    east = np.mod(grid.lon, 360.0)
    lon, first = np.unique(np.where(east >= 360, 0.0, east), return_index=True)
    return values[:, order][:, :, first], Grid.latlon(grid.lat[order], lon)


def fill_missing(values: np.ndarray, grid: Grid) -> np.ndarray:
    """Values, shape (k, *grid.shape), with NaN filled in; CainrError if nothing is there.

    On lat-lon: from the nearest valid cell along the parallel (the western one of two), or the
    nearest parallel (the southern one of two). On columns: the mean by area of the valid ones.
    """
    missing = np.isnan(values)
    if not missing.any():
        return values
    if missing.reshape(values.shape[0], -1).all(axis=1).any():
        raise CainrError("The context has a time at which all values are missing.")
    filled = values.copy()
    for plane, gaps in zip(filled, missing, strict=True):
        if grid.kind == "columns":
            share = np.where(gaps, 0.0, grid.area)
            plane[gaps] = _total(share * np.where(gaps, 0.0, plane)) / _total(share)
            continue
        for row in np.flatnonzero(gaps.any(axis=1) & ~gaps.all(axis=1)):
            source = _nearest(np.flatnonzero(~gaps[row]), gaps.shape[1], is_periodic(grid.lon))
            plane[row] = plane[row, source]
        plane[:] = plane[_nearest(np.flatnonzero(~gaps.all(axis=1)), gaps.shape[0], False)]
    return filled


def _nearest(valid: np.ndarray, size: int, periodic: bool) -> np.ndarray:
    """For each of `size` places in a row the nearest valid one, the lower of two."""
    known = np.concatenate([valid - size, valid, valid + size]) if periodic else valid
    place = np.arange(size)
    right = np.clip(np.searchsorted(known, place), 0, known.size - 1)
    left = np.clip(right - 1, 0, None)
    nearer = np.abs(place - known[left]) <= np.abs(known[right] - place)
    return np.mod(np.where(nearer, known[left], known[right]), size)


def average(values: np.ndarray, grid: Grid, resolution: float) -> tuple[np.ndarray, Grid]:
    """Means by area over blocks of about `resolution` degrees, aligned with pole and Greenwich.

    values: shape (k, *grid.shape). Whole blocks fit the globe: 7 degrees become 180/26. What is no
    finer than the blocks stays as it is; columns come out on the lat-lon grid of the blocks.
    """
    rows, columns = max(1, round(180 / resolution)), max(1, round(360 / resolution))
    if grid.kind == "columns":
        if resolution <= math.sqrt(41_253 / grid.size):
            return values, grid
        return _average_columns(values, grid, rows, columns)
    if grid.lat.size < 2 or grid.lon.size < 2 or resolution <= _spacing(grid):
        return values, grid
    south_north = np.linspace(-90, 90, rows + 1)
    edges = cell_edges(grid.lat, -90, 90)
    meridional = _overlaps(_sine(edges), _sine(south_north))
    west_east = np.linspace(0, 360, columns + 1)
    zonal = sum(_overlaps(_longitude_edges(grid.lon) + turn, west_east) for turn in (-360, 0, 360))
    values, lat = _mean_along(values, 1, meridional, (south_north[1:] + south_north[:-1]) / 2)
    values, lon = _mean_along(values, 2, np.asarray(zonal), (west_east[1:] + west_east[:-1]) / 2)
    return values, Grid.latlon(lat, lon)


def _average_columns(
    values: np.ndarray, grid: Grid, rows: int, columns: int
) -> tuple[np.ndarray, Grid]:
    row = np.clip(np.floor((grid.lat + 90) / 180 * rows).astype(int), 0, rows - 1)
    column = np.clip(np.floor(np.mod(grid.lon, 360) / 360 * columns).astype(int), 0, columns - 1)
    block = row * columns + column
    share = np.bincount(block, grid.area, rows * columns)
    sums = [np.bincount(block, grid.area * plane, rows * columns) for plane in values]
    with np.errstate(invalid="ignore"):
        means = (np.array(sums) / share).reshape(-1, rows, columns)
    lat = (np.arange(rows) + 0.5) * 180 / rows - 90
    blocks = Grid.latlon(lat, (np.arange(columns) + 0.5) * 360 / columns)
    return fill_missing(means, blocks), blocks


def _spacing(grid: Grid) -> float:
    """The coarser of the typical spacings of latitude and longitude, degrees."""
    steps = (np.median(np.diff(grid.lat)), np.median(np.diff(grid.lon)))
    return float(max(steps)) * (1 + 1e-9)


def _longitude_edges(lon: np.ndarray) -> np.ndarray:
    """Edges, shape (n + 1,), of cells around ascending longitudes; round the globe if they go."""
    if not is_periodic(lon):
        return cell_edges(lon, -np.inf, np.inf)
    ahead = np.append(lon, lon[0] + 360)
    middles = (ahead[1:] + ahead[:-1]) / 2
    return np.append(middles[-1] - 360, middles)


def _overlaps(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Length that each target cell shares with each source cell, shape (target, source)."""
    lower = np.maximum(target[:-1, None], source[None, :-1])
    upper = np.minimum(target[1:, None], source[None, 1:])
    return np.maximum(upper - lower, 0.0)


def _mean_along(
    values: np.ndarray, axis: int, weights: np.ndarray, centres: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted means along an axis, term by term, and the centres of the cells that hold any."""
    moved = np.moveaxis(values, axis, 0)
    means, kept = [], []
    for row, centre in zip(weights, centres, strict=True):
        sources = np.flatnonzero(row)
        if sources.size:
            total, share = np.zeros(moved.shape[1:]), 0.0
            for source in sources:
                total = total + row[source] * moved[source]
                share = share + row[source]
            means.append(total / share)
            kept.append(centre)
    return np.moveaxis(np.array(means), 0, axis), np.array(kept)


def _sine(degrees: np.ndarray) -> np.ndarray:
    """Sine for angles within 90 degrees as a plain polynomial: the same bits on every machine."""
    x = degrees * (math.pi / 180)
    square = x * x
    result = np.zeros_like(x)
    for order in range(21, 0, -2):
        sign = 1 if order % 4 == 1 else -1
        result = result * square + sign / math.factorial(order)
    return result * x


def add_noise(values: np.ndarray, noise: float, seed: int) -> np.ndarray:
    """Values with Gaussian noise of `noise` times their standard deviation, drawn for `seed`."""
    mean = _total(values) / values.size
    deviation = math.sqrt(_total((values - mean) * (values - mean)) / values.size)
    drawn = np.random.RandomState(seed).standard_normal(values.shape)
    return values + noise * deviation * (np.rint(drawn * 4096) / 4096)


def quantise(values: np.ndarray, bits: int) -> tuple[np.ndarray, float, float]:
    """Levels q (uint16, same shape), lo and step; the values become float32(lo + q * step)."""
    lo, hi = float(values.min()), float(values.max())
    step = (hi - lo) / (2**bits - 1)
    levels = np.rint((values - lo) / step) if step > 0 else np.zeros(values.shape)
    return np.clip(levels, 0, 2**bits - 1).astype(np.uint16), lo, step


def dequantise(levels: np.ndarray, lo: float, step: float) -> np.ndarray:
    """float32(lo + q * step), computed in float64, shape of `levels`."""
    return (lo + levels.astype(np.float64) * step).astype(np.float32)


def _total(values: np.ndarray) -> float:
    """The sum, one term after the other: numpy's own sum may group terms by the machine."""
    return float(np.add.accumulate(values.ravel())[-1])
