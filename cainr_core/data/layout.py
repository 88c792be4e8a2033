"""Which dimension is which: time, latitude, longitude, columns, and what must be selected.

Follows the CF conventions (standard_name, units, axis), then the names that are in use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cainr_core.data.calendars import is_datetime
from cainr_core.data.grid import Grid
from cainr_core.data.region import Part
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    import xarray as xr

_LAT_NAMES = ("lat", "latitude", "nav_lat", "latcell", "clat", "yt", "y", "j", "rlat")
_LON_NAMES = ("lon", "longitude", "long", "nav_lon", "loncell", "clon", "xt", "x", "i", "rlon")
_NORTH = ("degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn")
_EAST = ("degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese")
_TIME_NAMES = ("time", "times", "t", "date", "valid_time", "xtime", "step")
_NUMBERED_TIMES = ("year", "years", "yr", "month", "months", "dayofyear", "doy", "day_of_year")
_NOT_TIME = 9
_COLUMN_NAMES = ("ncol", "lndgrid", "ncells", "cell", "cells", "ncell", "values", "rgrid")


@dataclass(frozen=True)
class Layout:
    """The roles of the dimensions and coordinates of one variable, by name.

    time: the dimension of time; None where the variable has none or only a scalar one.
    scalar_time: a scalar coordinate that holds the one time, where there is no such dimension.
    lat, lon: the 1-D coordinate variables; space: their dimensions, (lat, lon) or (column,).
    others: the remaining dimensions (levels, members, ...).
    """

    variable: str
    kind: Literal["latlon", "columns"]
    time: str | None
    scalar_time: str | None
    lat: str
    lon: str
    space: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def has_time(self) -> bool:
        """Whether its values are of some time; topography's are not."""
        return bool(self.time or self.scalar_time)

    @property
    def times(self) -> str:
        """Name of the dimension of time that its values are read with: its own, that of its one
        time, or one of length 1 where it has none."""
        return self.time or self.scalar_time or "time"


def find_layout(dataset: xr.Dataset, name: str) -> Layout:
    """The layout of a variable; CainrError if it does not lie on a grid that can be used."""
    variables = dataset.variables
    dims = tuple(str(dim) for dim in variables[name].dims)
    lat, lon = _horizontal(dataset, name)
    lat_dim, lon_dim = str(variables[lat].dims[0]), str(variables[lon].dims[0])
    kind: Literal["latlon", "columns"] = "columns" if lat_dim == lon_dim else "latlon"
    space = (lat_dim,) if kind == "columns" else (lat_dim, lon_dim)
    rest = [dim for dim in dims if dim not in space]
    ranks = {dim: _time_rank(dataset, dim) for dim in rest}
    time = min(rest, key=lambda dim: (ranks[dim], rest.index(dim)), default=None)
    if time and ranks[time] == _NOT_TIME:
        time = None
    others = tuple(dim for dim in rest if dim != time)
    scalar = None if time else _scalar_time(dataset[name])
    return Layout(name, kind, time, scalar, lat, lon, space, others)


def places(dataset: xr.Dataset, layout: Layout, part: Part | None = None) -> xr.Dataset:
    """The latitudes and longitudes of a layout, and areas where the file has them; those of a
    part of the cells, if one is given."""
    names = [layout.lat, layout.lon, area_name(dataset, layout)]
    found = dataset[[name for name in names if name]].load()
    return found if part is None else part.cut(found, layout.space, layout.lon)


def build_grid(dataset: xr.Dataset, layout: Layout, part: Part | None = None) -> Grid:
    """The grid of a layout or of a part of its cells, coordinates in degrees; CainrError if they
    make no grid."""
    found = places(dataset, layout, part)
    lat, lon = degrees(found.variables[layout.lat]), degrees(found.variables[layout.lon])
    name = layout.variable
    if not (np.isfinite(lat).all() and np.isfinite(lon).all()):
        raise CainrError(f"The latitudes or longitudes of '{name}' have missing entries.")
    if np.abs(lat).max() > 90.01 or np.abs(lon).max() > 720:
        raise CainrError(
            f"'{layout.lat}' and '{layout.lon}' are not degrees of latitude and longitude; "
            f"'{name}' needs a lat-lon grid or columns with lat and lon in degrees."
        )
    lat = np.clip(lat, -90, 90)
    if layout.kind == "columns":
        area = area_name(dataset, layout)
        share = found.variables[area].values if area else None
        return Grid.columns(lat, lon, share, (layout.space[0],))
    for axis, values in ((layout.lat, lat), (layout.lon, np.mod(lon, 360))):
        # Both ends of the globe, 0 and 360, may be present; nothing else may come twice.
        repeated = values.size - np.unique(np.round(values, 9)).size
        if repeated > (1 if axis == layout.lon else 0):
            raise CainrError(f"'{axis}' has the same value more than once; remove the repeats.")
    return Grid.latlon(lat, lon, (layout.space[0], layout.space[1]))


def time_bounds_name(dataset: xr.Dataset, time: str) -> str | None:
    """Name of the variable with the bounds of the time coordinate, if there is one."""
    if time not in dataset.variables:
        return None
    variable = dataset.variables[time]
    told = variable.attrs.get("bounds") or variable.encoding.get("bounds")
    told = told or variable.attrs.get("climatology") or variable.encoding.get("climatology")
    usual = (f"{time}_bnds", f"{time}_bounds", f"{time}_bnd", "time_bound")
    return next((n for n in (told, *usual) if n and n in dataset.variables), None)


def _horizontal(dataset: xr.Dataset, name: str) -> tuple[str, str]:
    """Names of the 1-D latitude and longitude of a variable."""
    variables, array = dataset.variables, dataset.variables[name]
    near = _coordinates_in_order(dataset, name)
    lats = [n for n in near if _is_lat(n, variables[n])]
    lons = [n for n in near if _is_lon(n, variables[n])]
    lat = next((n for n in lats if variables[n].ndim == 1), None)
    lon = next((n for n in lons if variables[n].ndim == 1), None)
    if lat and lon:
        return lat, lon
    if any(variables[n].ndim > 1 for n in lats + lons):
        raise CainrError(
            f"'{name}' is on a curvilinear grid (its latitudes and longitudes are 2-D); regrid it "
            "to a lat-lon grid first, for example with 'cdo remapbil,r360x180'."
        )
    column = next((str(d) for d in array.dims if str(d).lower() in _COLUMN_NAMES), None)
    if column:
        raise CainrError(
            f"'{name}' is on columns ('{column}') but the file has no lat and lon for them; add "
            "the variables lat and lon from the model's grid file."
        )
    found = ", ".join(map(str, array.dims)) or "none"
    raise CainrError(
        f"'{name}' has no latitude and longitude (its dimensions: {found}); a variable on a "
        "lat-lon grid or on columns with lat and lon is needed."
    )


def _coordinates_in_order(dataset: xr.Dataset, name: str) -> list[str]:
    """Variables that may locate `name`: its dimensions' own, its coordinates, then any other."""
    variables, array = dataset.variables, dataset.variables[name]
    told = str(array.attrs.get("coordinates") or array.encoding.get("coordinates") or "").split()
    names = [n for n in (*array.dims, *told, *dataset.coords, *variables) if n in variables]
    return [
        str(n)
        for n in dict.fromkeys(names)
        if n != name and variables[n].dims and set(variables[n].dims) <= set(array.dims)
    ]


def _is_lat(name: str, coordinate: xr.Variable) -> bool:
    return _is_axis(name, coordinate, "latitude", _NORTH, "Y", _LAT_NAMES, 90)


def _is_lon(name: str, coordinate: xr.Variable) -> bool:
    return _is_axis(name, coordinate, "longitude", _EAST, "X", _LON_NAMES, 360)


def _is_axis(
    name: str,
    coordinate: xr.Variable,
    standard: str,
    directed: tuple[str, ...],
    axis: str,
    names: tuple[str, ...],
    limit: float,
) -> bool:
    if coordinate.dtype.kind not in "iuf":
        return False
    told = str(coordinate.attrs.get("standard_name", "")).lower()
    units = str(coordinate.attrs.get("units", "")).strip().lower()
    if told:
        return told == standard
    if units in directed:
        return True
    if units and not units.startswith(("degree", "rad", "°")):
        return False
    if "north" in units or "east" in units:
        return False
    lowered = name.lower()
    if str(coordinate.attrs.get("axis", "")).upper() == axis and coordinate.ndim == 1:
        return True
    if lowered not in names or lowered in ("rlat", "rlon"):
        return False
    # A bare index is named y or x, too: only values that can be degrees are taken, and no 0, 1, 2.
    if lowered in ("y", "x", "yt", "xt", "i", "j"):
        values = coordinate.values
        counted = (
            values.size > 1 and bool(np.all(np.diff(values) == 1)) and values.flat[0] in (0, 1)
        )
        return not counted and bool(np.all(np.abs(values) <= limit))
    return True


def degrees(coordinate: xr.Variable) -> np.ndarray:
    """Values of a latitude or longitude in degrees, float64, also where the file has radians."""
    values = np.asarray(coordinate.values, dtype=np.float64)
    radians = str(coordinate.attrs.get("units", "")).strip().lower().startswith("rad")
    return np.rad2deg(values) if radians else values


def area_name(dataset: xr.Dataset, layout: Layout) -> str | None:
    """Name of the file's own cell areas on columns, if these are all positive."""
    variables = dataset.variables
    if layout.kind != "columns":
        return None
    measures = str(variables[layout.variable].attrs.get("cell_measures", "")).split()
    told = measures[measures.index("area:") + 1] if "area:" in measures[:-1] else ""
    standard = [str(n) for n in variables if _standard_name(variables[n]) == "cell_area"]
    for name in (told, "area", "cell_area", "areacella", *standard):
        if name in variables and variables[name].dims == layout.space:
            area = np.asarray(variables[name].values, dtype=np.float64)
            if np.isfinite(area).all() and (area > 0).all():
                return name
    return None


def _standard_name(variable: xr.Variable) -> str:
    return str(variable.attrs.get("standard_name", ""))


def _time_rank(dataset: xr.Dataset, dim: str) -> int:
    """How much a dimension is the time axis: 0 is most, _NOT_TIME is not at all."""
    lowered = dim.lower()
    if dim not in dataset.variables:
        return 5 if lowered == "time" else _NOT_TIME
    coordinate = dataset.variables[dim]
    dates = is_datetime(coordinate.values)
    if dates or coordinate.dtype.kind in "iuf":
        if _standard_name(coordinate) == "time" or coordinate.attrs.get("axis") == "T":
            return 0
        if dates:
            return 1 if lowered in _TIME_NAMES else 2
        if lowered in _TIME_NAMES:
            return 3
        if lowered in _NUMBERED_TIMES:
            return 4
    return _NOT_TIME


def _scalar_time(array: xr.DataArray) -> str | None:
    for name, coordinate in array.coords.items():
        if coordinate.ndim == 0 and is_datetime(coordinate.values):
            return str(name)
    return None
