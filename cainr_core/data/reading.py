"""Open NetCDF and Zarr as an xarray dataset, or say in one sentence why not."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cainr_core.data.netcdf3 import is_cut_short
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    import xarray as xr

Source = "str | Path | xr.Dataset | xr.DataArray"

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZARR_MARKS = ("zarr.json", ".zgroup", ".zmetadata", ".zattrs")
_FOREIGN = {
    b"GRIB": "a GRIB file; convert it to NetCDF first, for example with 'cdo -f nc4 copy'",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"PK\x03\x04": "a zip archive; unpack it first",
    b"\x0e\x03\x13\x01": "an HDF4 file; convert it to NetCDF first",
}
_PROTOCOLS = ("http", "https", "s3", "gs", "gcs", "az", "abfs")
_CONNECTING, _ANSWERING, _WHOLE = 5, 10, 60  # seconds, of one request of a Zarr store
_DAMAGE = (OSError, RuntimeError, IndexError, KeyError, ValueError, TypeError)
_WHAT_WORKS = "NetCDF files (version 3 or 4) and Zarr stores can be read"


def describe_source(source: Any) -> str:
    """A source in words for a person: the file's name, or that it is a dataset in memory."""
    return Path(str(source)).name if isinstance(source, str | Path) else "the dataset given"


# The NetCDF library may not be in two threads at once, not even to open two files.
_LOCK = threading.RLock()


@contextmanager
def opened(source: Any) -> Iterator[xr.Dataset]:
    """The dataset behind a path, URL or xarray object, lazily; files are closed at the end.

    Errors of reading inside the block become a CainrError, as the values are read there.
    """
    # A Zarr store may be far away: nobody else is to wait for it.
    file = isinstance(source, str | Path) and not is_remote(str(source))
    with _LOCK if file else nullcontext():
        yield from _opened(source)


def is_remote(source: str) -> bool:
    """Whether a source is an address, and not a place on this machine."""
    return "://" in source and not source.startswith("file://")


def _opened(source: Any) -> Iterator[xr.Dataset]:
    import xarray as xr

    if isinstance(source, xr.DataArray):
        source = source.to_dataset(name=source.name or "values")
    if isinstance(source, xr.Dataset):
        dataset, mine, name = _decoded(source), False, "The dataset given"
    elif not isinstance(source, str | Path):
        raise CainrError(
            f"A path, a URL or an xarray dataset is needed, not {type(source).__name__}."
        )
    elif not str(source).strip():
        raise CainrError("The path of the data is empty; name a NetCDF file or a Zarr store.")
    else:
        dataset, mine, name = _open(str(source)), True, f"'{source}'"
    try:
        yield dataset
    except MemoryError as error:
        raise CainrError(
            f"{name} does not fit into memory in the chosen part; choose fewer times."
        ) from error
    except CainrError:
        raise
    except Exception as error:
        if isinstance(source, str | Path) and is_remote(str(source)):
            raise CainrError(_unreachable(str(source), error)) from error
        if not isinstance(error, _DAMAGE):
            raise
        raise CainrError(
            f"{name} can't be read, it seems damaged or cut short ({_first_line(error)}); "
            "fetch it again."
        ) from error
    finally:
        if mine:
            dataset.close()


def _open(source: str) -> xr.Dataset:
    engine = _engine(source)
    try:
        return _open_with(source, engine, decode_times=True)
    except MemoryError as error:
        raise CainrError(f"'{source}' takes more memory than there is to be opened.") from error
    except Exception as error:  # each backend has its own errors for a file that it can't read
        if "decode" in str(error) and "time" in str(error):
            return _decode_what_decodes(_open_with(source, engine, decode_times=False))
        if is_remote(source):
            raise CainrError(_unreachable(source, error)) from error
        raise CainrError(
            f"'{source}' can't be read as {'Zarr' if engine == 'zarr' else 'NetCDF'}, it seems "
            f"damaged, cut short or of another kind ({_first_line(error)}); {_WHAT_WORKS}."
        ) from error


def _engine(source: str) -> str:
    """The backend for a source, found from what it is and not from its name."""
    if is_remote(source):
        protocol = source.partition("://")[0]
        if protocol not in _PROTOCOLS or "::" in source:
            raise CainrError(
                f"'{source}' is no address that cainr reads; it reads Zarr stores from "
                f"{', '.join(_PROTOCOLS)}."
            )
        return "zarr"
    path = Path(source.removeprefix("file://"))
    if path.is_dir():
        if any((path / mark).exists() for mark in _ZARR_MARKS):
            return "zarr"
        raise CainrError(f"'{source}' is a folder but not a Zarr store; {_WHAT_WORKS}.")
    if not path.exists():
        raise CainrError(f"There is no file '{source}'; check the path.")
    try:
        with path.open("rb") as file:
            start = file.read(8)
            # HDF5 may begin after a block of the user's own, of 512 bytes times a power of two.
            for offset in (0, 512, 1024, 2048):
                file.seek(offset)
                if file.read(8) == _HDF5:
                    return "netcdf4"
    except OSError as error:
        raise CainrError(f"'{source}' can't be opened: {error.strerror}.") from error
    if start[:3] == b"CDF" and start[3:4] in (b"\x01", b"\x02", b"\x05"):
        if is_cut_short(path):
            raise CainrError(f"'{source}' is cut short; fetch it again.")
        return "netcdf4"
    if not start:
        raise CainrError(f"'{source}' is empty; {_WHAT_WORKS}.")
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            raise CainrError(f"'{source}' is {what}; {_WHAT_WORKS}.")
    raise CainrError(f"'{source}' is not a data file; {_WHAT_WORKS}.")


def _open_with(source: str, engine: str, *, decode_times: bool) -> xr.Dataset:
    import xarray as xr

    source = source.removeprefix("file://")
    more: dict[str, Any] = {}
    if source.startswith("http"):
        from aiohttp import ClientTimeout

        patience = ClientTimeout(_WHOLE, sock_connect=_CONNECTING, sock_read=_ANSWERING)
        more["storage_options"] = {"client_kwargs": {"timeout": patience}}
    with warnings.catch_warnings():
        # xarray tells of several fill values and of dates beyond nanoseconds; both are handled.
        warnings.simplefilter("ignore")
        return xr.open_dataset(
            source, engine=engine, decode_times=decode_times, decode_timedelta=False, **more
        )


def _decode_what_decodes(dataset: xr.Dataset) -> xr.Dataset:
    """Dates decoded where they can be; a variable whose units name no dates stays numbers."""
    import xarray as xr

    for name in list(dataset.variables):
        if " since " in str(dataset[name].attrs.get("units", "")):
            try:
                one = xr.decode_cf(dataset[[name]], decode_timedelta=False)
            except (ValueError, OverflowError):
                continue
            dataset = dataset.assign({name: one[name]})
    return dataset


def _decoded(dataset: xr.Dataset) -> xr.Dataset:
    """A dataset from a caller, decoded in case that it was opened without decoding."""
    import xarray as xr

    packed = ("_FillValue", "missing_value", "scale_factor", "add_offset")
    for variable in dataset.variables.values():
        since = " since " in str(variable.attrs.get("units", ""))
        if any(key in variable.attrs for key in packed) or (
            since and np.issubdtype(variable.dtype, np.number)
        ):
            try:
                return xr.decode_cf(dataset, decode_timedelta=False)
            except ValueError:
                masked = xr.decode_cf(dataset, decode_times=False, decode_timedelta=False)
                return _decode_what_decodes(masked)
    return dataset


def _unreachable(source: str, error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):  # so Zarr calls a host that does not answer, too
        return f"'{source}' does not answer, or is no Zarr store; check the address."
    why = "no answer in time" if isinstance(error, TimeoutError) else _first_line(error)
    return f"'{source}' can't be read as a Zarr store ({why}); check the address."


def _first_line(error: BaseException) -> str:
    told = error.strerror if isinstance(error, OSError) else None
    text = str(told or error).strip() or type(error).__name__
    return text.splitlines()[0][:160].rstrip(".")
