"""Choose cells of a grid: those of a box of latitudes and longitudes, and of these every n-th."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.grid import Grid, is_periodic, on_sphere
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    import xarray as xr

_NUMBER = r"[-+]?\d+(?:\.\d*)?|[-+]?\.\d+"
_REGION = re.compile(rf"({_NUMBER})?:({_NUMBER})?(?:,(?:({_NUMBER}):({_NUMBER})|:?))?")
_CLOSE = 1e-4  # degrees: what a coordinate of 32 bits may be off


@dataclass(frozen=True)
class Region:
    """A box, degrees: from south to north, and eastwards from west to west + width."""

    south: float
    north: float
    west: float
    width: float

    @classmethod
    def parse(cls, text: str) -> Region:
        """Read "LAT:LAT,LON:LON"; CainrError if it is no box.

        Latitudes come in either order, and one left out is the pole; longitudes run eastwards from
        the first to the second, across the date line where that is on the way. Both longitudes
        left out (30:60) take the whole turn.
        """
        match = _REGION.fullmatch(text.replace(" ", ""))
        if not match:
            raise CainrError(
                f"The region '{text}' is not understood; write LAT:LAT,LON:LON in degrees, such as "
                "30:60,-10:40."
            )
        first, second, west, east = (None if n is None else float(n) for n in match.groups())
        south, north = sorted(
            (-90.0 if first is None else first, 90.0 if second is None else second)
        )
        if south < -90 or north > 90:
            raise CainrError(f"A latitude of the region '{text}' is none: they go from -90 to 90.")
        if west is None or east is None:
            return cls(south, north, 0.0, 360.0)
        if min(west, east) < -360 or max(west, east) > 360:
            raise CainrError(
                f"A longitude of the region '{text}' is none: they go from -180 to 180 or from 0 "
                "to 360."
            )
        whole = east - west >= 360
        return cls(south, north, west, 360.0 if whole else (east - west) % 360)

    def rows(self, lat: NDArray) -> NDArray[np.bool_]:
        """Which latitudes lie within, ends included."""
        return (lat >= self.south - _CLOSE) & (lat <= self.north + _CLOSE)

    def columns(self, lon: NDArray) -> NDArray[np.bool_]:
        """Which longitudes lie within, ends included."""
        return np.mod(lon - self.west + _CLOSE, 360) <= self.width + 2 * _CLOSE


@dataclass(frozen=True, eq=False)
class Part:
    """Chosen cells of a grid.

    index: positions along each dimension of space, in the order in which they are taken.
    turns: for each longitude of `index`, the turns of the globe to be added to it, so that they
        run on where the region crosses the seam of the file; None where it does not.
    """

    index: tuple[NDArray[np.intp], ...]
    turns: NDArray[np.int64] | None = None

    def cut(self, dataset: xr.Dataset, space: Sequence[str], lon_name: str) -> xr.Dataset:
        """The dataset at the chosen cells, longitudes run on; `space`: names of the dimensions of
        the grid."""
        index = dict(zip(space, self.index, strict=True))
        dataset = dataset.isel(index, missing_dims="ignore")
        if self.turns is None:
            return dataset
        lon = dataset.variables[lon_name]
        turn = 2 * np.pi if str(lon.attrs.get("units", "")).lower().startswith("rad") else 360
        turned = lon.values + turn * self.turns
        turned = turned.astype(lon.dtype) if lon.dtype.kind == "f" else turned
        return dataset.assign_coords({lon_name: lon.copy(data=turned)})


def part_in_words(region: str, thin: int) -> str:
    """Region and thinning in a few words, "" where all is taken."""
    return ", ".join(filter(None, [region.strip(), f"thinned by {thin}" if thin > 1 else ""]))


def choose_cells(grid: Grid, region: str = "", thin: int = 1) -> Part | None:
    """The cells of a region, and of these every n-th along each dimension; None if all are taken.

    CainrError where the region holds none.
    """
    if thin < 1 or thin != int(thin):
        raise CainrError(f"Thinning takes every n-th cell and time: 1 or more, not {thin}.")
    box = Region.parse(region) if region.strip() else None
    if box is None and thin == 1:
        return None
    turns = None
    if grid.kind == "columns":
        inside = np.ones(grid.shape, bool)
        if box is not None:
            inside = box.rows(grid.lat) & box.columns(grid.lon)
        index: tuple[NDArray[np.intp], ...] = (np.flatnonzero(inside)[::thin],)
    else:
        rows, columns = np.arange(grid.lat.size), np.arange(grid.lon.size)
        if box is not None:
            rows = np.flatnonzero(box.rows(grid.lat))
            columns, turns = _eastwards(grid.lon, box)
        index = (rows[::thin], columns[::thin])
        turns = None if turns is None else turns[::thin]
    if not all(each.size for each in index):
        raise CainrError(
            f"The region '{region}' holds no cell: latitudes go from {grid.lat.min():g} to "
            f"{grid.lat.max():g}, longitudes from {grid.lon.min():g} to {grid.lon.max():g}"
            f"{_spacing(grid)}."
        )
    return Part(index, turns)


def _spacing(grid: Grid) -> str:
    """How far cells are apart, in words; nothing of columns, which have no such measure."""
    steps = [np.abs(np.diff(axis)) for axis in (grid.lat, grid.lon)]
    if grid.kind == "columns" or not all(each.size for each in steps):
        return ""
    lat, lon = (f"{np.median(each):.3g}" for each in steps)
    return f", in steps of {lat} and {lon} degrees"


def find_cells(grid: Grid, wanted: Grid) -> Part | None:
    """The cells of a grid that another grid consists of, as a region of it does; None where that
    is all of them, or where it is not a part."""
    if grid.kind != wanted.kind or grid.shape == wanted.shape or wanted.size > grid.size:
        return None
    if grid.kind == "columns":
        found = _nearest_columns(grid, wanted)
        return None if found is None else Part((found,))
    rows = _nearest(grid.lat, wanted.lat, 0)
    columns = _nearest(grid.lon, wanted.lon, 360)
    if rows is None or columns is None:
        return None
    return Part((rows, columns), np.rint((wanted.lon - grid.lon[columns]) / 360).astype(np.int64))


def _nearest(known: NDArray, wanted: NDArray, period: float) -> NDArray[np.intp] | None:
    """Positions of the values that are wanted; None where one is not there, or they are in
    another order."""
    keys, asked = (np.mod(each, period) if period else each for each in (known, wanted))
    order = np.argsort(keys, kind="stable")
    place = np.searchsorted(keys[order], asked)
    near = order[np.stack([place - 1, place]) % known.size]
    apart = np.abs(known[near] - wanted)
    if period:
        apart = np.minimum(np.mod(apart, period), np.mod(-apart, period))
    best = apart.argmin(axis=0)[np.newaxis]
    found = np.take_along_axis(near, best, 0)[0]
    there = bool((np.take_along_axis(apart, best, 0) <= _CLOSE).all())
    return found if there and np.count_nonzero(np.diff(found) < 0) <= bool(period) else None


def _nearest_columns(grid: Grid, wanted: Grid) -> NDArray[np.intp] | None:
    from scipy.spatial import cKDTree

    apart, found = cKDTree(on_sphere(grid.lat, grid.lon)).query(on_sphere(wanted.lat, wanted.lon))
    there = bool((apart <= np.deg2rad(_CLOSE)).all()) and bool((np.diff(found) > 0).all())
    return found.astype(np.intp) if there else None


def _eastwards(lon: NDArray, box: Region) -> tuple[NDArray[np.intp], NDArray[np.int64] | None]:
    """Positions of the longitudes of a box, and the turns to be added to each.

    Where the box crosses the seam of a file that goes round the globe, its two parts are joined
    there: neighbours on the globe are neighbours in the field.
    """
    inside = box.columns(lon)
    found = np.flatnonzero(inside)
    gap = np.flatnonzero(np.diff(found) > 1)
    if gap.size != 1 or not (inside[0] and inside[-1]) or not is_periodic(lon):
        return found, None
    found = np.roll(found, -(gap[0] + 1))
    turns = np.ceil((box.west - _CLOSE - lon[found]) / 360).astype(np.int64)
    run_on = lon[found] + 360 * turns
    # A file with both ends of the globe has the meridian at its seam twice.
    apart = np.abs(np.diff(run_on, prepend=run_on[0] + 360)) > _CLOSE
    return found[apart], turns[apart]
