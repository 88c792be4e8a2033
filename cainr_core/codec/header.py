"""What a file says about its field: name, attributes, coordinates, calendar, missing values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cainr_core.codec import attributes
from cainr_core.codec.arrays import DTYPES, decode_array, encode_array, pack, unpack
from cainr_core.codec.bounds import PLACES, decode_bounds, encode_bounds
from cainr_core.data.calendars import is_datetime
from cainr_core.data.fields import Field, Grid, TimeAxis
from cainr_core.data.layout import degrees
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    import xarray as xr

KEPT_ENCODING = ("units", "calendar", "dtype")
MOST_VALUES = 1 << 40  # a field of more values is a damaged header
VALUE_TYPES = ("<f4", "<f8")
MIDNIGHT = re.compile(r"[T ]0?0(:00(:00(\.0*)?)?)?")
DATES = ("cftime", "s", "ms", "us", "ns")
OF_BOUNDS = "bounds"  # values stand in the middles of the bounds that the time coordinate names


@dataclass(frozen=True, eq=False)
class Description:
    """A field without its values. Grid and mask, which take memory, are built when asked for."""

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype
    stored_dtype: np.dtype
    attrs: dict[str, Any]
    dataset_attrs: dict[str, Any]
    coords: xr.Dataset
    time: TimeAxis
    grid_entry: dict[str, Any]
    mask: tuple[str, bytes] | None

    @property
    def original_bytes(self) -> int:
        """Bytes of the original values at the type they had in their file."""
        return math.prod(self.shape) * self.stored_dtype.itemsize

    @cached_property
    def grid(self) -> Grid:
        """Where the values lie."""
        lat, lon = (degrees(self.coords.variables[self.grid_entry[key]]) for key in ("lat", "lon"))
        lat = np.clip(lat, -90, 90)
        if self.grid_entry["kind"] == "latlon":
            return Grid.latlon(lat, lon, (self.dims[1], self.dims[2]))
        area = self.grid_entry["area"]
        share = None if area is None else self.coords[area].values
        return Grid.columns(lat, lon, share, (self.dims[1],))

    @cached_property
    def missing(self) -> NDArray[np.bool_] | None:
        """Where values are missing, (time, *grid.shape); None if none is."""
        if self.mask is None:
            return None
        kind, packed = self.mask
        shape = self.shape[1:] if kind == "still" else self.shape
        count = math.prod(shape)
        bits = np.frombuffer(unpack(packed, (count + 7) // 8), dtype=np.uint8)
        mask = np.unpackbits(bits, count=count).view(np.bool_).reshape(shape)
        return np.broadcast_to(mask, self.shape)


def describe(field: Field) -> tuple[dict[str, Any], list[bytes]]:
    """Header entries and sections of a field: coordinates, times, missing values."""
    coords, sections = [], []
    numbers: dict[str, NDArray] = {}
    for entry, array in _encoded_coords(field.coords):
        coords.append(entry)
        if array is not None:
            stamps = numbers.get(entry["dims"][0]) if array.ndim == 2 else None
            sections.append(encode_bounds(array, stamps) or encode_array(array))
            numbers[entry["name"]] = array
    time, grid = field.time, field.grid
    name = field.dims[0] if field.dims[0] in field.coords else None
    middles: bool | str = not np.array_equal(time.days, time.coordinate)
    if middles and name and _days_of_bounds(_decoded_coords(coords, iter(sections)), name, time):
        middles = OF_BOUNDS
    sections += [encode_array(time.coordinate.astype("<f8"))] * (not name)
    sections += [encode_array(time.days.astype("<f8"))] * (middles is True)
    missing = _missing_kind(field.missing)
    if field.missing is not None:
        mask = field.missing[0] if missing == "still" else field.missing
        sections.append(pack(np.packbits(mask).tobytes()))
    header = {
        "variable": {
            "name": field.name,
            "dims": list(field.dims),
            "shape": list(field.shape),
            "dtype": field.values.dtype.newbyteorder("<").str,
            "stored": np.dtype(field.stored_dtype).newbyteorder("<").str,
            "attrs": attributes.to_json(field.attrs),
        },
        "attrs": attributes.to_json(field.dataset_attrs),
        "coords": coords,
        "grid": {
            "kind": grid.kind,
            "lat": _name_of(field, grid.lat, "latitudes"),
            "lon": _name_of(field, grid.lon, "longitudes"),
            "area": _area_name(field),
        },
        "time": {"name": name, "calendar": time.calendar, "middles": middles},
        "missing": missing,
    }
    return header, sections


def restore(header: dict[str, Any], sections: Iterator[bytes]) -> Description:
    """The description that `describe` was given; takes its sections from the iterator.

    CainrError, or whatever Python raises, where the header is none that `describe` gives: the
    caller tells it in one sentence.
    """
    variable, grid = header["variable"], header["grid"]
    name, dims, shape = variable["name"], tuple(variable["dims"]), tuple(variable["shape"])
    known = all(type(size) is int and size > 0 for size in shape)
    if not known or len(shape) != len(set(dims)) or math.prod(shape) > MOST_VALUES:
        raise CainrError("The file claims a field of an impossible shape: it is damaged.")
    if not all(isinstance(text, str) for text in (name, *dims)) or variable["dtype"] not in (
        VALUE_TYPES
    ):
        raise CainrError("The file claims a field that cannot be one: it is damaged.")
    coords = _decoded_coords(header["coords"], sections)
    time = _time(header["time"], dims[0], coords, shape[0], sections)
    lat, lon = (coords.variables[grid[key]] for key in ("lat", "lon"))
    sizes = lat.shape + lon.shape if grid["kind"] == "latlon" else lat.shape
    numeric = lat.dtype.kind + lon.dtype.kind
    if (len(time), *sizes) != shape or lat.ndim != 1 or not set(numeric) <= set("fiu"):
        raise CainrError("The file's coordinates do not fit its field: it is damaged.")
    mask = None
    if header["missing"] is not None:
        mask = {"still": "still", "moving": "moving"}[header["missing"]], next(sections)
    return Description(
        name=name,
        dims=dims,
        shape=shape,
        dtype=np.dtype(variable["dtype"]),
        stored_dtype=np.dtype({kind: kind for kind in DTYPES}[variable["stored"]]),
        attrs=attributes.from_json(variable["attrs"]),
        dataset_attrs=attributes.from_json(header["attrs"]),
        coords=coords,
        time=time,
        grid_entry=grid,
        mask=mask,
    )


def _encoded_coords(coords: xr.Dataset) -> Iterator[tuple[dict[str, Any], NDArray | None]]:
    """Header entry of each coordinate and its numbers; text stays in the entry, and dates become
    numbers as CF has them."""
    import xarray as xr

    for name, coordinate in coords.variables.items():
        dates = _kind_of_dates(coordinate)
        if dates:
            # packing of other coordinates is undone already: their encoding says nothing more
            kept = {k: v for k, v in coordinate.encoding.items() if k in KEPT_ENCODING}
            if not coordinate.isnull().any():
                kept["_FillValue"] = None  # else xarray names one for every float
            plain = xr.Variable(coordinate.dims, coordinate.values, coordinate.attrs, kept)
            coordinate = xr.conventions.encode_cf_variable(plain, name=name)
            told = str(kept.get("units", ""))
            if MIDNIGHT.fullmatch(told.removeprefix(coordinate.attrs.get("units", "?"))):
                coordinate.attrs["units"] = told  # xarray leaves the hour of a midnight away
        values = np.asarray(coordinate.values)
        entry: dict[str, Any] = {
            "name": str(name),
            "dims": list(coordinate.dims),
            "attrs": attributes.to_json(coordinate.attrs),
            "shape": list(values.shape),
        }
        if values.dtype.kind in "OUST":
            yield {**entry, "text": [str(item) for item in values.ravel()]}, None
        else:
            little = values.astype(values.dtype.newbyteorder("<"))
            yield (
                {**entry, "dtype": little.dtype.str, **({"dates": dates} if dates else {})},
                little,
            )


def _kind_of_dates(coordinate: xr.Variable) -> str | None:
    """ "cftime", or the unit of NumPy's dates or durations; None for other coordinates."""
    if coordinate.dtype.kind in "Mm":
        return np.datetime_data(coordinate.dtype)[0]
    return "cftime" if is_datetime(coordinate.values) else None


def _decoded_coords(entries: list[dict[str, Any]], sections: Iterator[bytes]) -> xr.Dataset:
    import xarray as xr

    variables = {}
    numbers: dict[str, NDArray] = {}
    for entry in entries:
        if "text" in entry:
            values = np.array(entry["text"], dtype=str).reshape(entry["shape"])
        else:
            section, shape = next(sections), entry["shape"]
            stamps = numbers.get(entry["dims"][0]) if len(shape) == 2 else None
            if stamps is not None and len(stamps) > 1 and section[0] in PLACES:
                values = decode_bounds(section, stamps)
            else:
                values = decode_array(section, entry["dtype"], shape)
            numbers[entry["name"]] = values
        variable = xr.Variable(entry["dims"], values, attributes.from_json(entry["attrs"]))
        if dates := entry.get("dates"):
            if dates not in DATES:
                raise CainrError("The file's dates have no known type: it is damaged.")
            options = {"use_cftime": True} if dates == "cftime" else {"time_unit": dates}
            dataset = xr.decode_cf(
                xr.Dataset({entry["name"]: variable}),
                decode_times=xr.coders.CFDatetimeCoder(**options),
                decode_timedelta=True,
            )
            variable = dataset.variables[entry["name"]]
        variables[entry["name"]] = variable
    return xr.Dataset(coords=variables)


def _time(
    entry: dict[str, Any], dim: str, coords: xr.Dataset, count: int, sections: Iterator[bytes]
) -> TimeAxis:
    name, calendar, middles = entry["name"], entry["calendar"], entry["middles"]
    if middles == OF_BOUNDS:
        return _axis(coords, name, bounds=True)
    words: tuple[str, ...] = ()
    if name is None:
        coordinate = decode_array(next(sections), "<f8", (count,))
        words = tuple(f"{dim} {step:.10g}" for step in coordinate)  # counted, as `time_axis` does
    else:
        axis = _axis(coords, name)
        coordinate, calendar, words = axis.coordinate, axis.calendar, axis.words
    days = decode_array(next(sections), "<f8", (count,)) if middles else None
    return TimeAxis.of_days(coordinate, calendar, days, words)


def _axis(coords: xr.Dataset, name: str, *, bounds: bool = False) -> TimeAxis:
    """The axis of a coordinate; its values in the middles of its `bounds`, or at its stamps."""
    known = coords.variables[name]
    interval = coords.variables[known.attrs["bounds"]].values if bounds else None
    units = str(known.attrs.get("units", ""))
    return TimeAxis.of_coordinate(name, np.atleast_1d(known.values), units, interval)


def _days_of_bounds(coords: xr.Dataset, name: str, time: TimeAxis) -> bool:
    """Whether a reader of these coordinates finds the days of the values in the time's bounds."""
    if str(coords.variables[name].attrs.get("bounds")) not in coords.variables:
        return False
    return np.array_equal(_axis(coords, name, bounds=True).days, time.days)


def _name_of(field: Field, values: NDArray, what: str) -> str:
    """Name of the coordinate that holds these values, in degrees or radians."""
    for name, coordinate in field.coords.variables.items():
        if not coordinate.dims or not set(coordinate.dims) <= set(field.dims[1:]):
            continue
        if coordinate.dtype.kind not in "fiu" or coordinate.shape != values.shape:
            continue
        own = degrees(coordinate)
        if np.array_equal(own, values) or np.array_equal(np.clip(own, -90, 90), values):
            return str(name)
    raise CainrError(f"The field's {what} are not among its coordinates.")


def _area_name(field: Field) -> str | None:
    """Name of the coordinate that the areas of columns come from; None where they are equal."""
    area = field.grid.area
    if field.grid.kind == "latlon" or (area == area[0]).all():
        return None
    for name, coordinate in field.coords.variables.items():
        if coordinate.dims == field.dims[1:] and coordinate.dtype.kind in "fiu":
            lat, lon = field.grid.lat, field.grid.lon
            if np.array_equal(Grid.columns(lat, lon, coordinate.values).area, area):
                return str(name)
    raise CainrError("The areas of the field's columns are not among its coordinates.")


def _missing_kind(missing: NDArray[np.bool_] | None) -> str | None:
    if missing is None:
        return None
    return "still" if (missing == missing[0]).all() else "moving"
