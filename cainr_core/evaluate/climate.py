"""What analyses of climate ask of a field, of an original and its reconstruction side by side.

Means over the globe and along circles of latitude, and percentiles, are series over time; seasonal
cycles, trends and lag-1 autocorrelations belong to each cell. All are weighted by the areas of the
cells; memory is bounded by one time, or by a block of cells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.fields import Field, Grid
from cainr_core.evaluate.record import Record, lag_one

PERCENTILES = (1, 99)
BAND_DEGREES = 5.0  # of latitude, where columns stand on no rows
VALUES_AT_ONCE = 1 << 21
Tell = Callable[[], None]


@dataclass(frozen=True, eq=False)
class Both:
    """The same quantity of original and reconstruction, of one shape."""

    original: NDArray
    other: NDArray

    @classmethod
    def empty(cls, *shape: int) -> Both:
        """To be filled."""
        return cls(np.full(shape, np.nan), np.full(shape, np.nan))

    @property
    def error(self) -> NDArray:
        """Reconstruction less original."""
        return self.other - self.original


@dataclass(frozen=True, eq=False)
class Bands:
    """Circles of latitude: the rows of a grid, or bands of columns.

    index: the band of each cell, shape (cells,); lat: of each band, degrees; share: of the area.
    """

    index: NDArray
    lat: NDArray
    share: NDArray

    @classmethod
    def of(cls, grid: Grid) -> Bands:
        """The rows of a grid in its own order, or bands of 5 degrees that hold columns."""
        if grid.kind == "latlon":
            index = np.repeat(np.arange(grid.lat.size), grid.lon.size)
            return cls(index, grid.lat, grid.area.sum(axis=1))
        bands = np.clip((grid.lat + 90) // BAND_DEGREES, 0, 180 / BAND_DEGREES - 1)
        held, index = np.unique(bands, return_inverse=True)
        lat = (held + 0.5) * BAND_DEGREES - 90
        return cls(index, lat, np.bincount(index, weights=grid.area))

    def means(self, values: NDArray, area: NDArray) -> NDArray:
        """Mean of each band, shape (bands,), of cells (cells,); NaN where a band has no values."""
        weight = np.where(np.isnan(values), 0, area)
        sums = np.bincount(self.index, weights=np.nan_to_num(values) * weight)
        with np.errstate(invalid="ignore"):
            return sums / np.bincount(self.index, weights=weight)


@dataclass(frozen=True, eq=False)
class Series:
    """Over the times (n): global means (n,), zonal means (n, bands), percentiles (n, 2)."""

    bands: Bands
    mean: Both
    zonal: Both
    percentiles: Both

    @classmethod
    def of(cls, field: Field, other: NDArray, tell: Tell) -> Series:
        """Of a field and values of its shape; `tell` is called after each time."""
        bands, area = Bands.of(field.grid), field.grid.area.ravel()
        times = len(field.values)
        series = cls(
            bands,
            Both.empty(times),
            Both.empty(times, bands.lat.size),
            Both.empty(times, len(PERCENTILES)),
        )
        for which, of in (("original", field.values), ("other", other)):
            mean, zonal, percentiles = (
                getattr(one, which) for one in (series.mean, series.zonal, series.percentiles)
            )
            for time in range(times):
                values = of[time].ravel().astype(np.float64)
                there = ~np.isnan(values)
                mean[time] = np.average(values[there], weights=area[there])
                zonal[time] = bands.means(values, area)
                percentiles[time] = np.quantile(
                    values[there],
                    np.divide(PERCENTILES, 100),
                    weights=area[there],
                    method="inverted_cdf",
                )
                tell()
        return series


@dataclass(frozen=True, eq=False)
class Cells:
    """Of each cell that has a value at every time, shape (cells,) each.

    area: its share of the sphere. natural: standard deviation of natural variability. season,
    season_error: root mean squares over the times, 0 where the record shows no season. trend: per
    year, 0 where it shows none. lag: lag-1 autocorrelation.
    """

    area: NDArray
    natural: NDArray
    season: NDArray
    season_error: NDArray
    trend: Both
    lag: Both

    @classmethod
    def of(cls, field: Field, other: NDArray, record: Record, tell: Tell) -> Cells:
        """Of a field and values of its shape; `tell` is called after each block of cells."""
        times = len(field.values)
        originals, others = field.values.reshape(times, -1), other.reshape(times, -1)
        area = field.grid.area.ravel()
        parts = []
        for block in blocks(times, area.size):
            x, y = (one[:, block].astype(np.float64) for one in (originals, others))
            whole = ~np.isnan(x).any(axis=0)
            parts.append(_of_block(x[:, whole], y[:, whole], area[block][whole], record))
            tell()
        area, natural, season, season_error, *pairs = map(np.concatenate, zip(*parts, strict=True))
        return cls(area, natural, season, season_error, Both(*pairs[:2]), Both(*pairs[2:]))


def blocks(times: int, cells: int) -> list[slice]:
    """Blocks of cells of a bounded number of values."""
    step = max(1, VALUES_AT_ONCE // max(1, times))
    return [slice(first, first + step) for first in range(0, cells, step)]


def _of_block(x: NDArray, y: NDArray, area: NDArray, record: Record) -> tuple[NDArray, ...]:
    fitted, refitted = record.solver @ x, record.solver @ y
    none = np.zeros(x.shape[1])
    season = season_error = trend = retrend = none
    if record.season:
        season = _root_mean_square(record.season_of(fitted))
        season_error = _root_mean_square(record.season_of(refitted - fitted))
    if record.drift:
        trend, retrend = fitted[1], refitted[1]
    lags = lag_one(x - record.design @ fitted), lag_one(y - record.design @ refitted)
    return area, record.natural(x), season, season_error, trend, retrend, *lags


def _root_mean_square(values: NDArray) -> NDArray:
    return np.sqrt((values**2).mean(axis=0))
