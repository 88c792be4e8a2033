"""What a file says about its field: name, attributes, coordinates, calendar, missing values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cainr_core.codec import attributes
from cainr_core.codec.arrays import decode_array, encode_array, pack, unpack
from cainr_core.data.fields import Field, Grid, TimeAxis
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    import xarray as xr

KEPT_ENCODING = ("units", "calendar", "dtype")
MOST_VALUES = 1 << 40  # a field of more values is a damaged header


@dataclass(frozen=True)
class Description:
    """A field without its values."""

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype
    stored_dtype: np.dtype
    attrs: dict[str, Any]
    dataset_attrs: dict[str, Any]
    coords: xr.Dataset
    grid: Grid
    time: TimeAxis
    missing: NDArray[np.bool_] | None

    @property
    def original_bytes(self) -> int:
        """Bytes of the original values at the type they had in their file."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.stored_dtype.itemsize


def describe(field: Field) -> tuple[dict[str, Any], list[bytes]]:
    """Header entries and sections of a field: coordinates, middles of times, missing values."""
    coords, sections = [], []
    for entry, array in _encoded_coords(field.coords):
        coords.append(entry)
        if array is not None:
            sections.append(encode_array(array))
    middles = not np.array_equal(field.time.days, field.time.coordinate)
    if middles:
        sections.append(encode_array(field.time.days.astype("<f8")))
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
            "kind": field.grid.kind,
            "lat": _name_of(field, field.grid.lat),
            "lon": _name_of(field, field.grid.lon),
            "area": _area_name(field),
        },
        "time": {"name": _time_name(field), "calendar": field.time.calendar, "middles": middles},
        "missing": missing,
    }
    return header, sections


def restore(header: dict[str, Any], sections: Iterator[bytes]) -> Description:
    """The description that `describe` was given; takes its sections from the iterator."""
    variable = header["variable"]
    shape = tuple(int(size) for size in variable["shape"])
    if min(shape) < 1 or np.prod([float(size) for size in shape]) > MOST_VALUES:
        raise CainrError(f"The file claims a field of shape {shape}: it is damaged.")
    coords = _decoded_coords(header["coords"], sections)
    grid = _grid(header["grid"], coords, tuple(variable["dims"][1:]))
    time = _time(header["time"], coords, shape[0], sections)
    if (len(time), *grid.shape) != shape:
        raise CainrError("The file's coordinates do not fit its field: it is damaged.")
    missing = None
    if header["missing"] is not None:
        part = shape[1:] if header["missing"] == "still" else shape
        count = int(np.prod(part))
        bits = np.frombuffer(unpack(next(sections), (count + 7) // 8), dtype=np.uint8)
        mask = np.unpackbits(bits, count=count).astype(bool).reshape(part)
        missing = np.broadcast_to(mask, shape)
    return Description(
        name=variable["name"],
        dims=tuple(variable["dims"]),
        shape=shape,
        dtype=np.dtype(variable["dtype"]),
        stored_dtype=np.dtype(variable["stored"]),
        attrs=attributes.from_json(variable["attrs"]),
        dataset_attrs=attributes.from_json(header["attrs"]),
        coords=coords,
        grid=grid,
        time=time,
        missing=missing,
    )


def _encoded_coords(coords: xr.Dataset) -> Iterator[tuple[dict[str, Any], NDArray | None]]:
    """Header entry of each coordinate and its numbers; text stays in the entry."""
    import xarray as xr

    for name, coordinate in coords.coords.items():
        kept = {
            key: coordinate.encoding[key] for key in KEPT_ENCODING if key in coordinate.encoding
        }
        plain = xr.Variable(coordinate.dims, coordinate.values, coordinate.attrs, kept)
        encoded = xr.conventions.encode_cf_variable(plain, name=name)
        values = np.asarray(encoded.values)
        entry = {
            "name": str(name),
            "dims": list(encoded.dims),
            "attrs": attributes.to_json(encoded.attrs),
        }
        if values.dtype.kind in "OUS":
            texts = [str(item) for item in values.ravel()]
            yield {**entry, "shape": list(values.shape), "text": texts}, None
        else:
            little = values.astype(values.dtype.newbyteorder("<"))
            yield {**entry, "shape": list(values.shape), "dtype": little.dtype.str}, little


def _decoded_coords(entries: list[dict[str, Any]], sections: Iterator[bytes]) -> xr.Dataset:
    import xarray as xr

    variables = {}
    for entry in entries:
        if "text" in entry:
            values = np.array(entry["text"], dtype=str).reshape(entry["shape"])
        else:
            values = decode_array(next(sections), entry["dtype"], entry["shape"])
        attrs = attributes.from_json(entry["attrs"])
        variables[entry["name"]] = xr.Variable(entry["dims"], values, attrs)
    decoded = xr.decode_cf(xr.Dataset(variables), decode_timedelta=False)
    return decoded.set_coords(list(variables))


def _grid(entry: dict[str, Any], coords: xr.Dataset, dims: tuple[str, ...]) -> Grid:
    lat, lon = coords[entry["lat"]].values, coords[entry["lon"]].values
    if entry["kind"] == "latlon":
        return Grid.latlon(lat, lon, (dims[0], dims[1]))
    area = None if entry["area"] is None else coords[entry["area"]].values
    return Grid.columns(lat, lon, area, (dims[0],))


def _time(
    entry: dict[str, Any], coords: xr.Dataset, count: int, sections: Iterator[bytes]
) -> TimeAxis:
    name = entry["name"]
    coordinate = coords[name]
    axis = TimeAxis.of_coordinate(
        name, np.atleast_1d(coordinate.values), str(coordinate.attrs.get("units", ""))
    )
    if not entry["middles"]:
        return axis
    days = decode_array(next(sections), "<f8", (count,))
    return TimeAxis.of_days(axis.coordinate, axis.calendar, days)


def _name_of(field: Field, values: NDArray) -> str:
    """Name of the coordinate that holds these values."""
    for name, coordinate in field.coords.coords.items():
        same = coordinate.dims and set(coordinate.dims) <= set(field.dims[1:])
        if same and coordinate.shape == values.shape and np.array_equal(coordinate, values):
            return str(name)
    raise CainrError("The field's latitudes or longitudes are not among its coordinates.")


def _area_name(field: Field) -> str | None:
    if field.grid.kind == "latlon" or "area" not in field.coords:
        return None
    return "area"


def _time_name(field: Field) -> str:
    dim = field.dims[0]
    if dim in field.coords:
        return dim
    for name, coordinate in field.coords.coords.items():
        if coordinate.dims == (dim,):
            return str(name)
    raise CainrError(f"The field's time dimension '{dim}' has no coordinate.")


def _missing_kind(missing: NDArray[np.bool_] | None) -> str | None:
    if missing is None:
        return None
    return "still" if (missing == missing[0]).all() else "moving"
