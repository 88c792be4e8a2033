"""cainr as a codec of numcodecs: encode fits, decode evaluates."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numcodecs.abc import Codec
from numcodecs.compat import ensure_bytes, ndarray_copy
from numpy.typing import ArrayLike, NDArray

from cainr_core.choices import Target
from cainr_core.codec.arrays import decode_array, encode_array
from cainr_core.data.choices import ContextChoice, split_source
from cainr_core.data.contexts import Context, digest_of, load_context
from cainr_core.data.fields import Field, Grid
from cainr_core.data.quality import canonical, fill_missing
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError
from cainr_core.options import architecture_of, recipe_of

SHAPE = "array_shape"  # the attribute of a file whose array had not the dimensions time, lat, lon
TYPES = ("float32", "float64")
CONFIGURATION = (
    *("ratio", "bytes", "architecture", "steps", "seed", "device", "contexts"),
    *("lat", "lon", "time_units", "calendar", "time_step", "shape", "dtype"),
)


class Cainr(Codec):
    """Arrays (..., lat, lon) of float32 or float64 as .cainr files; dimensions before the last two
    are taken as one axis of time. NaN stays NaN.

    ratio, bytes: how small a file is to be, one of them or none; bytes is the most it may take.
    architecture, steps, seed, device: as `cainr compress` takes them.
    contexts: built-in names and FILE:VARIABLE lines as `cainr compress` takes them ("@embedded"
        puts one into every stream), and arrays: {"name": ..., "units": ..., "values": array of
        shape (lat, lon)}, spread between the same `lat` and `lon`. An array is embedded in the
        configuration, once for all streams, which name it by its digest.
    lat, lon: degrees: first and last of an even spacing, or one for each row or column. By default
        rows are the middles of equal bands from south to north, and columns go from 0 eastwards
        round the globe.
    time_units, calendar, time_step: CF units of the time, its calendar, and the distance of two
        steps in these units; every array begins at the date of the units.
    shape, dtype: of the array, where `encode` is given it as plain bytes or flat.

    CainrError, a ValueError, for what cannot be used.
    """

    codec_id = "cainr"

    def __init__(
        self,
        ratio: float | None = None,
        bytes: int | None = None,
        architecture: str = "latent",
        steps: int | None = None,
        seed: int = 0,
        device: str = "auto",
        contexts: Sequence[str | Mapping[str, Any]] = (),
        lat: Sequence[float] | None = None,
        lon: Sequence[float] | None = None,
        time_units: str = "days since 2000-01-01",
        calendar: str = "standard",
        time_step: float = 1.0,
        shape: Sequence[int] | None = None,
        dtype: str | None = None,
    ) -> None:
        if ratio is not None and bytes is not None:
            raise CainrError("Give ratio or bytes, not both.")
        if " since " not in time_units:
            raise CainrError(
                f"'{time_units}' is no unit of time from a date on: write 'days since 2000-01-01'."
            )
        self._target = Target()
        if ratio is not None or bytes is not None:
            kind = "ratio" if bytes is None else "bytes"
            self._target = Target(kind=kind, value=ratio if bytes is None else bytes)
        self._architecture = architecture_of(architecture)
        self._recipe = recipe_of("default", steps=steps, seed=seed)
        self.ratio, self.bytes = ratio, bytes
        self.architecture, self.steps, self.seed, self.device = architecture, steps, seed, device
        self.contexts = [_as_config(context) for context in contexts]
        self.lat, self.lon = _numbers(lat), _numbers(lon)
        self.time_units, self.calendar, self.time_step = time_units, calendar, float(time_step)
        self.shape = None if shape is None else [int(size) for size in shape]
        self.dtype = None if dtype is None else _checked_type(np.dtype(dtype)).name

    def encode(self, buf: Any) -> bytes:
        """Fit an array and give its .cainr file, which `cainr info` and xarray open too."""
        from cainr_core.compression import compress

        field = self._field(self._array(buf))
        return compress(
            field,
            [load_context(one, field) for one in self._named()] + self._arrays(),
            self._architecture,
            self._recipe,
            self._target,
            self.device,
        ).data

    def decode(self, buf: Any, out: Any = None) -> NDArray:
        """The array of a file, in its shape and type; written into `out` where that is given."""
        from cainr_core.codec.reconstruction import read

        files = [split_source(ContextChoice.parse(one).source)[0] for one in self._named()]
        opened = read(ensure_bytes(buf), [*self._arrays(), *files], self.device)
        shape = self.shape or opened.attrs.get(SHAPE, opened.shape)
        if math.prod(map(int, shape)) != math.prod(opened.shape):
            raise CainrError(
                f"The stream holds an array of shape {opened.shape}, not {tuple(shape)}."
            )
        values = opened.values().reshape([int(size) for size in shape])
        return values if out is None else _written(values, out)

    def get_config(self) -> dict[str, Any]:
        """What `from_config` makes the same codec of; plain values, for JSON."""
        return {"id": self.codec_id, **{name: getattr(self, name) for name in CONFIGURATION}}

    def _named(self) -> list[str]:
        return [one for one in self.contexts if isinstance(one, str)]

    def _arrays(self) -> list[Context]:
        arrays = [one for one in self.contexts if not isinstance(one, str)]
        return [_from_config(one, self._grid(*one["shape"])) for one in arrays]

    # --- from an array to a field --------------------------------------------------------

    def _array(self, buf: Any) -> NDArray:
        array = np.asarray(buf)
        if array.dtype.name not in TYPES and self.dtype is not None:
            raw = ensure_bytes(buf)
            if len(raw) % np.dtype(self.dtype).itemsize:
                raise CainrError(f"{len(raw)} bytes are not a whole number of {self.dtype} values.")
            array = np.frombuffer(raw, self.dtype)
        _checked_type(array.dtype)
        if self.shape is not None:
            if math.prod(self.shape) != array.size:
                raise CainrError(
                    f"The configuration says an array of shape {tuple(self.shape)}, and this one "
                    f"has the shape {array.shape}."
                )
            array = array.reshape(self.shape)
        if array.ndim < 2:
            raise CainrError(
                f"An array (..., lat, lon) is needed, not one of shape {array.shape}; name its "
                "shape in the configuration."
            )
        return array

    def _field(self, array: NDArray) -> Field:
        import xarray as xr

        grid = self._grid(*array.shape[-2:])
        values = array.reshape(-1, *array.shape[-2:])
        units = {"units": self.time_units, "calendar": self.calendar}
        dataset = xr.Dataset(
            {
                "values": (
                    ("time", "lat", "lon"),
                    values,
                    {} if array.ndim == 3 else {SHAPE: np.array(array.shape, np.int32)},
                )
            },
            {
                "time": ("time", np.arange(len(values)) * self.time_step, units),
                "lat": ("lat", grid.lat, {"units": "degrees_north"}),
                "lon": ("lon", grid.lon, {"units": "degrees_east"}),
            },
        )
        return open_field(dataset, "values")

    def _grid(self, rows: int, columns: int) -> Grid:
        half = 90 / rows
        lat = _axis("lat", self.lat, rows, [half - 90, 90 - half])
        lon = _axis("lon", self.lon, columns, [0, 360 - 360 / columns])
        return Grid.latlon(lat, lon)


# --- contexts -----------------------------------------------------------------------------


def _as_config(context: str | Mapping[str, Any]) -> str | dict[str, Any]:
    """A context as plain values: a line, or an array as base64 of its bytes without loss."""
    if isinstance(context, str):
        return ContextChoice.parse(context).spec
    try:
        name, units, values = context["name"], context.get("units", ""), context["values"]
    except (KeyError, TypeError, AttributeError) as error:
        raise CainrError(
            "A context is a name, a line FILE:VARIABLE, or an array: "
            '{"name": ..., "units": ..., "values": array}.'
        ) from error
    if isinstance(values, str):
        return dict(context)
    array = np.asarray(values, "<f4")
    if array.ndim != 2:
        raise CainrError(f"The context '{name}' should have the shape (lat, lon).")
    text = base64.b64encode(encode_array(array)).decode()
    return {"name": str(name), "units": str(units), "shape": list(array.shape), "values": text}


def _from_config(context: Mapping[str, Any], grid: Grid) -> Context:
    """The context of an array on a grid."""
    name, packed = context["name"], base64.b64decode(context["values"])
    values = decode_array(packed, "<f4", grid.shape)[np.newaxis]
    planes, grid = canonical(values.astype(np.float64), grid)
    planes = fill_missing(planes, grid).astype(np.float32)
    return Context(
        choice=ContextChoice(source=name),
        title=name,
        units=context["units"],
        grid=grid,
        values=planes,
        kind="static",
        digest=digest_of(grid, planes, "static", None, "noleap"),
        origin=name,
        nbytes=len(packed),
    )


def _axis(name: str, given: list[float] | None, size: int, default: list[float]) -> NDArray:
    ends = default if given is None else given
    if len(ends) == size:
        return np.array(ends, np.float64)
    if len(ends) != 2:
        raise CainrError(
            f"'{name}' should hold the first and the last of {size} degrees, or all of them; it "
            f"holds {len(ends)} numbers."
        )
    return np.linspace(ends[0], ends[1], size)


def _numbers(given: ArrayLike | None) -> list[float] | None:
    return None if given is None else np.asarray(given, np.float64).ravel().tolist()


def _checked_type(dtype: np.dtype) -> np.dtype:
    if dtype.name not in TYPES:
        raise CainrError(f"cainr takes arrays of {' or '.join(TYPES)}, not of {dtype.name}.")
    return dtype


def _written(values: NDArray, out: Any) -> Any:
    target = np.asarray(out)
    if target.nbytes != values.nbytes:
        raise CainrError(
            f"The array takes {values.nbytes:,} bytes, and 'out' holds {target.nbytes:,}."
        )
    return ndarray_copy(values, out)
