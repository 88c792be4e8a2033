"""Contexts as they are in files: those that come with cainr, and any of a user."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from cainr_core.data.calendars import MONTH_LENGTHS, month_middles, month_starts
from cainr_core.data.choices import BUILTIN_CONTEXTS, ContextChoice, split_source
from cainr_core.data.grid import Grid
from cainr_core.data.insolation import daily_mean
from cainr_core.data.layout import Layout, build_grid, find_layout
from cainr_core.data.reading import opened
from cainr_core.data.samples import sample_path
from cainr_core.data.selection import select_others
from cainr_core.data.sources import time_axis
from cainr_core.data.times import TimeAxis
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    import xarray as xr

SEARCH_VARIABLE = "CAINR_CONTEXT_PATH"


@dataclass(frozen=True, eq=False)
class RawContext:
    """A context at its own quality: values of shape (k, *grid.shape), NaN where missing.

    kind: "static" (k = 1), "monthly" (k = 12) or "times" with ascending `days` of `calendar`.
    """

    title: str
    units: str
    grid: Grid
    values: np.ndarray
    kind: Literal["static", "monthly", "times"]
    days: np.ndarray | None = None
    calendar: str = "noleap"
    origin: str = ""
    nbytes: int = 0


@lru_cache(maxsize=8)
def read_builtin(name: str) -> RawContext:
    """One of BUILTIN_CONTEXTS; insolation as a table of months at 1 degree."""
    title = BUILTIN_CONTEXTS[name][0]
    if name in ("topography", "land_sea_mask"):
        raw = _read(sample_path("topography_025.nc"), "topography")
        land = name == "land_sea_mask"
        values = (raw.values > 0).astype(np.float32) if land else raw.values
        units = "1" if land else raw.units
        return RawContext(
            title, units, raw.grid, values, "static", None, "noleap", raw.origin, raw.nbytes
        )
    if name in ("climatology", "climatology_annual"):
        raw = _read(sample_path("climatology_monthly_075.nc"), "t2m_climatology")
        if name == "climatology":
            return raw
        mean = np.zeros(raw.grid.shape)
        for days, month in zip(MONTH_LENGTHS, raw.values, strict=True):
            mean = mean + int(days) * month.astype(np.float64)
        mean = mean / 365
        return RawContext(
            title,
            raw.units,
            raw.grid,
            mean[np.newaxis],
            "static",
            None,
            "noleap",
            raw.origin,
            raw.nbytes,
        )
    lat = np.arange(180) - 89.5
    monthly = daily_mean(lat, month_middles("noleap")[:, np.newaxis])
    # Rounded to a 16th, so that the last bit of a machine's cosine does not matter.
    table = np.rint(monthly * 16) / 16
    grid = Grid.latlon(lat, np.arange(360) + 0.5)
    values = np.repeat(table[:, :, np.newaxis], 360, axis=2).astype(np.float32)
    return RawContext(title, "W m-2", grid, values, "monthly")


def read_file(choice: ContextChoice, search: Sequence[str | Path] = ()) -> RawContext:
    """The variable of a user's file that a choice names; CainrError if it can't be had."""
    path, variable = split_source(choice.source)
    return _read(find_file(path, search), variable, choice)


def list_contexts(source: str | Path) -> list[str]:
    """Names of the variables on a lat-lon grid or on columns, without further dimensions; a
    dimension of time may be there."""
    with opened(source) as dataset:
        return [name for name, layout in _on_a_grid(dataset) if _is_plain(dataset, layout)]


def find_file(path: str, search: Sequence[str | Path] = ()) -> str:
    """The path itself, or the file of that name in a folder to search; CainrError if nowhere."""
    if "://" in path or Path(path).exists():
        return path
    told = [Path(p) for p in os.environ.get(SEARCH_VARIABLE, "").split(os.pathsep) if p]
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    for folder in (*map(Path, search), *told):
        if name and (folder / name).exists():
            return str(folder / name)
    if name != path or Path(name).suffix:
        raise CainrError(
            f"There is no file '{path}' to take a context from, nor one of that name in a folder "
            f"that {SEARCH_VARIABLE} names; check the path."
        )
    raise CainrError(
        f"There is no context '{path}'; there are {', '.join(BUILTIN_CONTEXTS)}, or FILE:VARIABLE "
        f"with a file at its path or in a folder that {SEARCH_VARIABLE} names."
    )


def _read(path: str | Path, variable: str, choice: ContextChoice | None = None) -> RawContext:
    origin = Path(str(path)).name
    with opened(path) as dataset:
        variable = variable or _only_variable(dataset, origin)
        if variable not in dataset.variables:
            names = ", ".join(map(str, dataset.data_vars)) or "none"
            raise CainrError(f"There is no variable '{variable}' in {origin}; there are: {names}.")
        layout = find_layout(dataset, variable)
        grid = build_grid(dataset, layout)
        array = select_others(dataset[variable], layout.others, choice.select if choice else None)
        axis = time_axis(dataset, array, layout.time) if layout.time else None
        order = (layout.time, *layout.space) if layout.time else layout.space
        array = array.load().transpose(*order)
        if array.dtype.kind not in "iufb":
            raise CainrError(f"'{variable}' in {origin} holds no numbers.")
        values = np.asarray(array.values, dtype=np.float32)
        units = str(array.attrs.get("units", ""))
        long_name = str(array.attrs.get("long_name", "")) or variable
    values = np.where(np.isfinite(values), values, np.float32(np.nan))
    kind, chosen, days = _kind(axis)
    values = values[np.newaxis] if axis is None else values[chosen]
    if np.isnan(values).reshape(values.shape[0], -1).all(axis=1).any():
        raise CainrError(f"'{variable}' in {origin} has a time at which all values are missing.")
    title = f"{long_name} ({origin})" if choice else long_name
    calendar = axis.calendar if axis else "noleap"
    return RawContext(title, units, grid, values, kind, days, calendar, origin, _bytes(path))


def _kind(
    axis: TimeAxis | None,
) -> tuple[Literal["static", "monthly", "times"], np.ndarray, np.ndarray | None]:
    """What the times of a context mean, the order to take them in, and the days of "times".

    Twelve times that fall into the twelve months, at the middle of their bounds, are months.
    """
    if axis is None or len(axis) == 1:
        return "static", np.arange(1), None
    months = np.searchsorted(month_starts(axis.calendar), axis.phase + 1e-6, "right") - 1
    if len(axis) == 12 and np.array_equal(np.sort(months), np.arange(12)):
        return "monthly", np.argsort(months), None
    days, first = np.unique(axis.days, return_index=True)
    return ("times", first, days) if days.size > 1 else ("static", first, None)


def _on_a_grid(dataset: xr.Dataset) -> Iterator[tuple[str, Layout]]:
    for name in map(str, dataset.data_vars):
        try:
            layout = find_layout(dataset, name)
        except CainrError:
            continue
        if name not in (layout.lat, layout.lon, "area"):
            yield name, layout


def _is_plain(dataset: xr.Dataset, layout: Layout) -> bool:
    array = dataset[layout.variable]
    return array.dtype.kind in "iuf" and all(array.sizes[dim] == 1 for dim in layout.others)


def _only_variable(dataset: xr.Dataset, origin: str) -> str:
    names = [name for name, _ in _on_a_grid(dataset)]
    if len(names) == 1:
        return names[0]
    raise CainrError(
        f"{origin} holds several variables; name one as {origin}:VARIABLE, of {', '.join(names)}."
        if names
        else f"{origin} holds no variable on a lat-lon grid or on columns with lat and lon."
    )


def _bytes(path: str | Path) -> int:
    """Size of a file, or of all files of a Zarr store; 0 for what is not on this machine."""
    place = Path(path)
    if place.is_dir():
        return sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    return place.stat().st_size if place.exists() else 0
