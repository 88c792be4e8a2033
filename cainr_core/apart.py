"""Read a file that nobody vouches for in a process of its own, with little time and memory.

A file that breaks the library that reads it, or grows without end when it is unpacked, then ends
that process and no other. What comes back is JSON and plain arrays.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cainr_core.choices import DataChoice, values_of
from cainr_core.data.fields import Field, Grid, TimeAxis
from cainr_core.data.reading import describe_source
from cainr_core.data.sources import VariableSummary
from cainr_core.errors import CainrError

SECONDS = 60  # of reading
MEMORY = 4 << 30  # bytes of addresses, of which half a gigabyte are libraries
ANSWER = "answer.npz"
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Arrays = dict[str, NDArray[Any]]
Answer = tuple[dict[str, Any], Arrays]


@dataclass(frozen=True)
class Contents:
    """What a file holds.

    variables: those that can be fitted, and why there are none; contexts: names of the variables
    that lie on a grid, and so can be one.
    """

    variables: list[VariableSummary]
    contexts: list[str]
    problem: str


def describe_apart(path: str | Path) -> Contents:
    """What there is to fit in a file; CainrError if it can't be read."""
    told, arrays = _ask("describe", path=str(path))
    grids = [_grid(one, arrays, f"grid{i}") for i, one in enumerate(told["grids"])]
    axes = [_axis(one, arrays, f"axis{i}") for i, one in enumerate(told["axes"])]
    variables = [
        VariableSummary(
            **{**one, "dims": tuple(one["dims"]), "shape": tuple(one["shape"])}
            | {"grid": grids[one["grid"]], "axis": axes[one["axis"]]}
        )
        for one in told["variables"]
    ]
    return Contents(variables, told["contexts"], told["problem"])


def open_apart(choice: DataChoice) -> Field:
    """The field of a choice, as `open_data` gives it; CainrError if it can't be read."""
    from cainr_core.codec.header import restore

    told, arrays = _ask("open", **values_of(choice))
    values = arrays.pop("values")
    sections = [arrays[f"section{i}"].tobytes() for i in range(len(arrays))]
    found = restore(told["header"], iter(sections))
    return Field(
        name=found.name,
        values=values,
        grid=found.grid,
        time=found.time,
        coords=found.coords,
        attrs=found.attrs,
        dataset_attrs=found.dataset_attrs,
        dims=found.dims,
        stored_dtype=found.stored_dtype,
        source=", ".join(filter(None, [describe_source(choice.path), choice.part])),
    )


def copy_context(path: str | Path, variable: str, target: Path) -> None:
    """Write one variable of a file to a new NetCDF file, which a context can be read from like any
    other; CainrError if it can't be read."""
    told, arrays = _ask("context", source=f"{path}:{variable}")
    _write_context(target, told, arrays, _grid(told["grid"], arrays, "grid"))


# --- here ---------------------------------------------------------------------------------------


def _ask(task: str, **asked: Any) -> Answer:
    """Have a process do a task; its answer."""
    path = asked.get("path") or asked["source"].rpartition(":")[0]
    name = describe_source(path)
    with tempfile.TemporaryDirectory(prefix="cainr-apart-") as folder:
        request = json.dumps({"task": task, "folder": folder, "asked": asked})
        try:
            done = subprocess.run(
                [sys.executable, "-m", "cainr_core.apart"],
                input=request.encode(),
                env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1")},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=2 * SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise CainrError(_TOO_LONG.format(name)) from error
        answer = Path(folder) / ANSWER
        if done.returncode == -_CPU_TIME:
            raise CainrError(_TOO_LONG.format(name))
        if done.returncode or not answer.exists():
            raise CainrError(
                f"'{name}' can't be read: the process that read it broke off, so it seems damaged, "
                "or takes more memory than it may."
            )
        with np.load(answer, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    told = json.loads(arrays.pop("told").tobytes())
    if told.get("refused"):  # of the place of the file nobody need know
        raise CainrError(told["refused"].replace(f"{Path(path).parent}/", ""))
    return told, arrays


_CPU_TIME = 24  # the signal SIGXCPU of Linux
_TOO_LONG = f"'{{}}' takes more than {SECONDS} seconds to be read; choose a smaller part of it."


def _grid(told: dict[str, Any], arrays: Arrays, name: str) -> Grid:
    lat, lon, dims = arrays[f"{name}.lat"], arrays[f"{name}.lon"], tuple(told["dims"])
    if told["kind"] == "latlon":
        return Grid.latlon(lat, lon, dims)
    return Grid.columns(lat, lon, arrays[f"{name}.area"], dims)


def _axis(told: dict[str, Any], arrays: Arrays, name: str) -> TimeAxis:
    coordinate, days = arrays[f"{name}.coordinate"], arrays[f"{name}.days"]
    return TimeAxis.of_days(coordinate, told["calendar"], days, tuple(told["words"]))


def _write_context(target: Path, told: dict[str, Any], arrays: Arrays, grid: Grid) -> None:
    import xarray as xr

    values, dims = arrays["values"], grid.dims
    axis = ("lat", "lon") if grid.kind == "latlon" else (dims[0], dims[0])
    coords: dict[str, Any] = {
        "lat": (axis[0], grid.lat, {"units": "degrees_north"}),
        "lon": (axis[1], grid.lon, {"units": "degrees_east"}),
    }
    space = ("lat", "lon") if grid.kind == "latlon" else dims
    if "days" in arrays:
        units = {"units": "days since 0001-01-01", "calendar": told["calendar"]}
        coords["time"] = ("time", arrays["days"], units)
    else:
        values = values[0]
    if grid.kind == "columns":
        coords["area"] = (space, grid.area)
    attrs = {"units": told["units"], "long_name": told["long_name"]}
    variable = (("time", *space) if "days" in arrays else space, values, attrs)
    xr.Dataset({told["name"]: variable}, coords).to_netcdf(target, engine="netcdf4")


# --- over there ---------------------------------------------------------------------------------


def _main() -> None:
    request = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MEMORY, MEMORY))
    try:
        told, arrays = _TASKS[request["task"]](**request["asked"])
    except CainrError as error:
        told, arrays = {"refused": str(error)}, {}
    except MemoryError:
        told, arrays = {"refused": "The file takes more memory to be read than it may."}, {}
    text = np.frombuffer(json.dumps(told).encode(), np.uint8)
    np.savez(Path(request["folder"]) / ANSWER, allow_pickle=False, told=text, **arrays)


def _describe(path: str) -> Answer:
    from cainr_core.data.context_files import list_contexts
    from cainr_core.data.sources import describe

    contexts, problem = list_contexts(path), ""
    try:
        found = describe(path)
    except CainrError as error:
        if not contexts:
            raise
        found, problem = [], str(error)
    grids = list({id(one.grid): one.grid for one in found}.values())
    axes = list({id(one.axis): one.axis for one in found}.values())
    arrays: Arrays = {}
    for i, grid in enumerate(grids):
        arrays |= _arrays_of_grid(grid, f"grid{i}")
    for i, axis in enumerate(axes):
        arrays |= {f"axis{i}.coordinate": axis.coordinate, f"axis{i}.days": axis.days}
    told = {
        "variables": [
            {**vars(one), "grid": grids.index(one.grid), "axis": axes.index(one.axis)}
            for one in found
        ],
        "grids": [{"kind": grid.kind, "dims": grid.dims} for grid in grids],
        "axes": [{"calendar": axis.calendar, "words": axis.words} for axis in axes],
        "contexts": contexts,
        "problem": problem,
    }
    return told, arrays


def _open(**asked: Any) -> Answer:
    from cainr_core.codec.header import describe
    from cainr_core.compression import open_data

    field = open_data(DataChoice(**asked))
    header, sections = describe(field)
    arrays = {f"section{i}": np.frombuffer(one, np.uint8) for i, one in enumerate(sections)}
    return {"header": header}, {**arrays, "values": field.values}


def _context(source: str) -> Answer:
    from cainr_core.data.calendars import month_middles
    from cainr_core.data.choices import ContextChoice, split_source
    from cainr_core.data.context_files import read_file

    raw = read_file(ContextChoice(source=source))
    arrays = {"values": raw.values, **_arrays_of_grid(raw.grid, "grid")}
    days = 365 * month_middles("noleap") if raw.kind == "monthly" else raw.days
    if days is not None:
        arrays["days"] = days
    told = {
        "name": split_source(source)[1],
        "long_name": raw.title.rpartition(" (")[0] or raw.title,
        "units": raw.units,
        "calendar": "noleap" if raw.kind == "monthly" else raw.calendar,
        "grid": {"kind": raw.grid.kind, "dims": raw.grid.dims},
    }
    return told, arrays


def _arrays_of_grid(grid: Grid, name: str) -> Arrays:
    arrays = {f"{name}.lat": grid.lat, f"{name}.lon": grid.lon}
    return arrays | ({f"{name}.area": grid.area} if grid.kind == "columns" else {})


_TASKS: dict[str, Callable[..., Answer]] = {
    "describe": _describe,
    "open": _open,
    "context": _context,
}

if __name__ == "__main__":
    _main()
