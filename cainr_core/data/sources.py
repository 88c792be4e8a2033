"""Open a field from NetCDF, Zarr or xarray, and say what there is to open."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cainr_core.data.blocks import read_blocks
from cainr_core.data.fields import Field
from cainr_core.data.grid import Grid
from cainr_core.data.layout import (
    Layout,
    area_name,
    build_grid,
    find_layout,
    places,
    time_bounds_name,
)
from cainr_core.data.reading import describe_source, opened
from cainr_core.data.region import Part, choose_cells, part_in_words
from cainr_core.data.samples import SAMPLE, coastlines, sample_path
from cainr_core.data.selection import entries_along, select_others, select_times
from cainr_core.data.times import TimeAxis
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "VariableSummary",
    "coastlines",
    "describe",
    "list_variables",
    "open_field",
    "open_sample",
    "sample_path",
]

# Surface or near-surface temperature, as E3SM, CESM, CMIP6 and ECMWF name it.
TEMPERATURE_NAMES = ("TREFHT", "TS", "tas", "ts", "t2m", "2t", "T2M", "t2", "skt", "SST", "tos")

MIDNIGHT = " 00:00"  # told where the other end of a range has an hour
_KEPT_ENCODING = ("units", "calendar", "dtype", "_FillValue", "scale_factor", "add_offset")
# Months since a date: xarray reads dates that are counted so, but writes none.
_OF_NO_LENGTH = ("mon", "year", "yr", "common_year")


@dataclass(frozen=True)
class VariableSummary:
    """A variable that can be fitted, for a person to choose from.

    dims, shape: of all that the file holds, time and levels included; itemsize: bytes of a value
        there.
    grid, axis: where and when it is known; levels: entries of each dimension to select from,
    and their units, or "".
    """

    name: str
    long_name: str
    units: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    itemsize: int
    grid: Grid
    axis: TimeAxis
    levels: dict[str, list[Any]]
    level_units: dict[str, str]

    def times_of(self, time: str = "", thin: int = 1) -> tuple[str, str]:
        """First and last time of a part as text; CainrError where it is none."""
        axis = self.axis[select_times(self.axis, time, thin)]
        first, last = axis.label(0), axis.label(len(axis) - 1)
        if len(first) < len(last) and not axis.words:
            first += MIDNIGHT
        elif len(last) < len(first) and not axis.words:
            last += MIDNIGHT
        return first, last

    def part(self, time: str = "", region: str = "", thin: int = 1) -> tuple[int, ...]:
        """Shape (time, *space) of a part, as `open_field` would take it; CainrError where it is
        none."""
        times = np.arange(len(self.axis))[select_times(self.axis, time, thin)].size
        part = choose_cells(self.grid, region, thin)
        return times, *(self.grid.shape if part is None else (each.size for each in part.index))


def open_field(
    source: str | Path | xr.Dataset,
    variable: str | None = None,
    *,
    time: str | slice | None = None,
    select: Mapping[str, object] | None = None,
    region: str | None = None,
    thin: int = 1,
) -> Field:
    """Read one variable with time and a lat-lon grid or columns; only the chosen part is read.

    source: a NetCDF file, a Zarr store (folder or URL) or an xarray dataset.
    variable: its name; left out, a known name of temperature or the only variable there is.
    time: "START:STOP" as steps (0:30, the last left out) or as dates (1920-01-05:1920-02-01, both
        ends included).
    select: one entry for each further dimension, such as {"lev": 850, "member": "r1i1p1f1"};
        numbers take the nearest.
    region: "LAT:LAT,LON:LON" in degrees, ends included, longitudes eastwards from the first to the
        second (-10:40 and 350:40 are the same, 170:-170 crosses the date line).
    thin: every n-th cell along each dimension of space and every n-th time, for a first try.

    Infinite values count as missing. CainrError if the data can't be read or fitted.
    """

    def choose(grid: Grid) -> Part | None:
        return choose_cells(grid, region or "", thin)

    field = read_field(source, variable, time, select, choose, thin)
    part = part_in_words(region or "", thin)
    return replace(field, source=f"{field.source}, {part}") if part else field


def read_field(
    source: str | Path | xr.Dataset,
    variable: str | None,
    time: str | slice | None,
    select: Mapping[str, object] | None,
    choose: Callable[[Grid], Part | None],
    thin: int = 1,
) -> Field:
    """As `open_field`, with cells as `choose` takes them from the grid; `thin` is that of times."""
    with opened(source) as dataset:
        if variable is None:
            variable = _only_variable(dataset, describe_source(source))
        elif variable not in dataset.variables:
            raise CainrError(_no_such_variable(dataset, variable, describe_source(source)))
        layout = find_layout(dataset, variable)
        part = choose(build_grid(dataset, layout))
        array = select_others(dataset[variable], layout.others, select)
        name, axis = layout.times, _axis(dataset, array, layout)
        index = select_times(axis, time, thin)
        cells: dict[Hashable, Any] = {}
        if part is not None:
            cells = dict(zip(layout.space, part.index, strict=True))
        if not layout.time:  # the cells before the dimension, which has all that is left read
            array, cells = array.isel(cells).expand_dims(name), {}
        # Read first: transposing before would turn plain reads into scattered ones.
        array = read_blocks(array, name, index, cells).transpose(name, *layout.space)
        values, stored = _values(array)
        field = Field(
            name=variable,
            values=values,
            grid=build_grid(dataset, layout, part),
            time=axis[index],
            coords=_coords(dataset, array, layout, index, part).load(),
            attrs=dict(array.attrs),
            dataset_attrs=dict(dataset.attrs),
            dims=tuple(str(dim) for dim in array.dims),
            stored_dtype=stored,
            source=describe_source(source),
        )
    _refuse_empty(field)
    return field


def open_sample(
    time: str | slice | None = None, *, region: str | None = None, thin: int = 1
) -> Field:
    """The bundled sample: 30 days of CESM1 surface temperature, 192x288, K."""
    return open_field(sample_path(SAMPLE), "TS", time=time, region=region, thin=thin)


def list_variables(source: str | Path | xr.Dataset) -> list[str]:
    """Names of the variables on a grid that `open_field` can take: those with time, or where
    there are none the others."""
    with opened(source) as dataset:
        return _candidates(dataset)


def describe(source: str | Path | xr.Dataset) -> list[VariableSummary]:
    """What can be fitted in a source; reads coordinates only. CainrError if nothing can."""
    with opened(source) as dataset:
        shared: dict[tuple[str, ...], Any] = {}  # grids and time axes: many variables share one
        found, refused = [], []
        for name in _candidates(dataset):
            try:
                found.append(_summary(dataset, name, shared))
            except CainrError as error:
                refused.append(error)
        if not found:
            raise (
                refused[0]
                if refused
                else CainrError(_nothing_to_fit(dataset, describe_source(source)))
            )
        return found


def time_axis(dataset: xr.Dataset, array: xr.DataArray, name: str) -> TimeAxis:
    """The time axis of an array along the dimension `name`, with bounds where the file has them."""
    if name not in array.coords:
        return TimeAxis.of_coordinate(name, np.arange(array.sizes[name]))
    coordinate = array.coords[name]
    bounds = time_bounds_name(dataset, name)
    values = dataset[bounds].values if bounds else None
    if values is not None and values.ndim == 1:
        values = values[np.newaxis]
    return TimeAxis.of_coordinate(
        name, np.atleast_1d(coordinate.values), str(coordinate.attrs.get("units", "")), values
    )


def _axis(dataset: xr.Dataset, array: xr.DataArray, layout: Layout) -> TimeAxis:
    """The times of a variable's values, which may have no dimension of time."""
    return time_axis(dataset, array, layout.times) if layout.has_time else TimeAxis.none()


def _candidates(dataset: xr.Dataset) -> list[str]:
    """Variables with time; masks and heights are offered only where there is nothing else."""
    found = {str(name): _fitted_layout(dataset, str(name)) for name in dataset.data_vars}
    layouts = {name: layout for name, layout in found.items() if layout is not None}
    timed = [name for name, layout in layouts.items() if layout.has_time]
    return timed or [*layouts]


def _fitted_layout(dataset: xr.Dataset, name: str) -> Layout | None:
    """The layout of a variable that can be fitted, or None."""
    if dataset[name].dtype.kind not in "iuf":
        return None
    try:
        layout = find_layout(dataset, name)
    except CainrError:
        return None
    own = {layout.lat, layout.lon, area_name(dataset, layout)}
    return None if name in own else layout


def _only_variable(dataset: xr.Dataset, source: str) -> str:
    names = _candidates(dataset)
    known = [name for name in TEMPERATURE_NAMES if name in names]
    if known or len(names) == 1:
        return (known or names)[0]
    if not names:
        raise CainrError(_nothing_to_fit(dataset, source))
    raise CainrError(f"{source} holds several variables; name one of {', '.join(names)}.")


def _nothing_to_fit(dataset: xr.Dataset, source: str) -> str:
    for name in dataset.data_vars:
        if dataset[name].ndim >= 2:
            try:
                find_layout(dataset, str(name))
            except CainrError as error:
                return str(error)
    return (
        f"{source} holds no variable on a lat-lon grid or on columns (it holds: "
        f"{', '.join(map(str, dataset.variables)) or 'nothing'}); such a variable is needed."
    )


def _no_such_variable(dataset: xr.Dataset, variable: str, source: str) -> str:
    names = _candidates(dataset) or [str(name) for name in dataset.data_vars]
    return (
        f"There is no variable '{variable}' in {source}; there are: {', '.join(names) or 'none'}."
    )


def _values(array: xr.DataArray) -> tuple[np.ndarray, np.dtype]:
    """Values as float32, or float64 where the file holds float64, and the type on disk."""
    if array.dtype.kind not in "iuf":
        raise CainrError(f"'{array.name}' holds no numbers; a numeric variable is needed.")
    stored = np.dtype(array.encoding.get("dtype", array.dtype))
    double = stored.kind == "f" and stored.itemsize == 8
    values = np.ascontiguousarray(array.values, dtype=np.float64 if double else np.float32)
    infinite = np.isinf(values)
    if infinite.any():
        values = np.where(infinite, values.dtype.type(np.nan), values)
    return values, stored


def _coords(
    dataset: xr.Dataset,
    array: xr.DataArray,
    layout: Layout,
    times: slice | np.ndarray,
    part: Part | None,
) -> xr.Dataset:
    """The coordinates of the array, with lat, lon and area where these are plain variables, and the
    bounds of the time, without which a mean stamped at the end of its month would be misread."""
    coords = array.coords.to_dataset()
    for name, place in places(dataset, layout, part).variables.items():
        if name not in coords or part is not None:
            coords = coords.assign_coords({name: place})
    bounds = time_bounds_name(dataset, layout.time) if layout.time else None
    if bounds and dataset[bounds].ndim == 2 and dataset[bounds].dims[0] == layout.time:
        coords = coords.assign_coords({bounds: dataset[bounds].variable[times]})
    coords = coords.copy()
    for variable in coords.variables.values():
        # The rest of the encoding (chunks, filters, path of the file) belongs to that file alone.
        kept = {k: v for k, v in variable.encoding.items() if k in _KEPT_ENCODING}
        if str(kept.get("units", "")).strip().lower().startswith(_OF_NO_LENGTH):
            kept = {"calendar": kept["calendar"]} if "calendar" in kept else {}
        variable.encoding = kept
    return coords


def _refuse_empty(field: Field) -> None:
    if field.values.size == 0:
        raise CainrError(f"'{field.name}' is empty: its shape is {field.shape}.")
    if field.missing is not None and field.missing.all():
        raise CainrError(
            f"All values of '{field.name}' are missing in the chosen part; choose other times, "
            "another level or another variable."
        )
    if field.lo == field.hi:
        raise CainrError(
            f"'{field.name}' is constant (every value is {field.lo:g}), there is nothing to fit; "
            "choose another variable or other times."
        )


def _summary(dataset: xr.Dataset, name: str, shared: dict[tuple[str, ...], Any]) -> VariableSummary:
    layout = find_layout(dataset, name)
    array = dataset[name]
    time, where = (layout.times, str(layout.has_time)), (layout.lat, layout.lon)
    if time not in shared:
        shared[time] = _axis(dataset, array, layout)
    if where not in shared:
        shared[where] = build_grid(dataset, layout)
    levels = {dim: entries_along(array, dim) for dim in layout.others}
    added = () if layout.time else (layout.times,)  # by name: xarray would read all to add it
    return VariableSummary(
        name=name,
        long_name=str(array.attrs.get("long_name") or array.attrs.get("standard_name") or name),
        units=str(array.attrs.get("units", "")),
        dims=(*added, *map(str, array.dims)),
        shape=(*(1 for _ in added), *array.shape),
        itemsize=np.dtype(array.encoding.get("dtype", array.dtype)).itemsize,
        grid=shared[where],
        axis=shared[time],
        levels=levels,
        level_units={
            dim: str(array[dim].attrs.get("units", "")) if dim in array.coords else ""
            for dim in levels
        },
    )
