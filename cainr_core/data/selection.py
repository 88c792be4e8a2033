"""Choose a part of a variable: a range of times, one level, one member."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cainr_core.data.calendars import days_of_text
from cainr_core.data.times import TimeAxis
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    import xarray as xr

_DATE = r"-?\d{4,}(?:-\d{1,2}(?:-\d{1,2}(?:[T ]\d{1,2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?Z?)?)?)?"
_DATES = re.compile(rf"({_DATE})?:({_DATE})?")
_INDICES = re.compile(r"(-?\d*):(-?\d*)(?::(-?\d*))?")


def parse_time_range(text: str) -> slice:
    """A slice of integers or of date texts from "START:STOP"; CainrError if it is neither.

    Integers count steps, the last one left out; dates are as an axis labels its times, both ends
    included.
    """
    text = text.strip()
    if match := _INDICES.fullmatch(text):
        start, stop, step = (int(part) if part else None for part in match.groups())
        if step is not None and step < 1:
            raise CainrError(f"The step of the time range '{text}' should be 1 or more.")
        return slice(start, stop, step)
    if match := _DATES.fullmatch(text):
        return slice(*match.groups())
    if re.fullmatch(_DATE, text):
        return slice(text, text)
    raise CainrError(
        f"The time range '{text}' is not understood; write START:STOP as steps (0:30) or as dates "
        "(1920-01-05:1920-02-01)."
    )


def select_times(axis: TimeAxis, time: str | slice | None, thin: int = 1) -> slice | np.ndarray:
    """Index of the chosen times along the axis, of these every `thin`-th: a slice where they are
    evenly placed.

    CainrError if none is chosen.
    """
    chosen = _select_times(axis, time)
    if thin == 1:
        return chosen
    return _as_slice(np.arange(len(axis))[chosen][::thin])


def _select_times(axis: TimeAxis, time: str | slice | None) -> slice | np.ndarray:
    if len(axis) == 0:
        raise CainrError("There are no times in the data; data with at least one is needed.")
    if time is None or (isinstance(time, str) and not time.strip()):
        return slice(None)
    chosen = parse_time_range(time) if isinstance(time, str) else time
    if not isinstance(chosen, slice):
        raise CainrError("The time range should be a text START:STOP or a slice.")
    ends = (chosen.start, chosen.stop)
    if all(end is None or isinstance(end, int | np.integer) for end in ends):
        index: slice | np.ndarray = chosen
        count = len(range(*chosen.indices(len(axis))))
    else:
        found = np.flatnonzero(_between(axis, *ends))[:: chosen.step or 1]
        count = found.size
        index = _as_slice(found)
    if count == 0:
        first, last = axis.label(0), axis.label(len(axis) - 1)
        raise CainrError(
            f"The time range '{_range_text(time)}' chooses nothing: there are {len(axis)} times, "
            f"from {first} to {last}."
        )
    return index


def _between(axis: TimeAxis, start: Any, stop: Any) -> np.ndarray:
    chosen = np.ones(len(axis), dtype=bool)
    # A millisecond of tolerance, as days are rounded.
    if start is not None:
        chosen &= axis.called >= _first_instant(axis, start) - 1e-8
    if stop is not None and isinstance(stop, str):
        chosen &= axis.called < days_of_text(stop, axis.calendar)[1] - 1e-8
    elif stop is not None:
        chosen &= axis.called <= _first_instant(axis, stop) + 1e-8
    return chosen


def _first_instant(axis: TimeAxis, date: Any) -> float:
    return float(axis.parse(date))


def _as_slice(index: np.ndarray) -> slice | np.ndarray:
    steps = np.unique(np.diff(index))
    if index.size == 0 or steps.size > 1:
        return index
    step = int(steps[0]) if steps.size else 1
    return slice(int(index[0]), int(index[-1]) + 1, step)


def _range_text(time: str | slice) -> str:
    if isinstance(time, str):
        return time
    return f"{'' if time.start is None else time.start}:{'' if time.stop is None else time.stop}"


def select_others(
    array: xr.DataArray, others: tuple[str, ...], select: Mapping[str, object] | None
) -> xr.DataArray:
    """One entry along each of the other dimensions: the only one, or the one in `select`.

    Numbers take the nearest entry, labels the equal one. CainrError where a choice is missing,
    is not there, or names no such dimension.
    """
    wanted = dict(select or {})
    for key in wanted:
        along = key in array.coords and array.coords[key].dims
        if key not in others and (along is False or (along and along[0] not in others)):
            known = ", ".join(others) or "none"
            raise CainrError(
                f"'{array.name}' has no dimension '{key}' to select from; there are: {known}."
            )
    for dim in others:
        keys = [key for key in wanted if key == dim or _runs_along(array, key, dim)]
        if keys:
            key = keys[0]
            array = array.isel({dim: _position(array, key, dim, wanted.pop(key))})
        elif array.sizes[dim] == 1:
            array = array.isel({dim: 0})
        elif array.sizes[dim] == 0:
            raise CainrError(
                f"'{array.name}' has no entries along '{dim}'; data with at least one are needed."
            )
        else:
            example = entries_along(array, dim)[0]
            raise CainrError(
                f"'{array.name}' also has the dimension '{dim}' ({_list_entries(array, dim)}); "
                f"choose one entry, for example select={{'{dim}': {example!r}}}."
            )
    return array


def _runs_along(array: xr.DataArray, key: str, dim: str) -> bool:
    return key in array.coords and array.coords[key].dims == (dim,)


def entries_along(array: xr.DataArray, dim: str) -> list[Any]:
    """Entries along a dimension as plain Python values, counted from 0 where they have no name."""
    if dim not in array.coords:
        return list(range(array.sizes[dim]))
    values = array.coords[dim].values
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8")
    if values.dtype.kind == "M":
        values = values.astype("M8[s]").astype(str)
    plain = values.tolist()
    return [item if isinstance(item, int | float) else str(item).strip() for item in plain]


def _position(array: xr.DataArray, key: str, dim: str, value: object) -> int:
    labels = entries_along(array if key == dim else array.swap_dims({dim: key}), key)
    if value in labels:
        return labels.index(value)
    texts = [str(label) for label in labels]
    if str(value).strip() in texts:
        return texts.index(str(value).strip())
    numeric = all(isinstance(label, int | float) for label in labels)
    try:
        number = float(str(value))
    except ValueError:
        numeric = False
    if numeric and key in array.coords:
        numbers = np.array(labels, dtype=np.float64)
        spread = np.ptp(numbers) / max(numbers.size - 1, 1) or max(abs(number), 1.0) * 1e-6
        if numbers.min() - spread <= number <= numbers.max() + spread:
            return int(np.argmin(np.abs(numbers - number)))
    raise CainrError(
        f"'{key}' has no entry {value!r} in '{array.name}'; there are: {_list_entries(array, dim)}."
    )


def _list_entries(array: xr.DataArray, dim: str) -> str:
    labels = [f"{x:.6g}" if isinstance(x, float) else str(x) for x in entries_along(array, dim)]
    units = str(array.coords[dim].attrs.get("units", "")) if dim in array.coords else ""
    shown = labels if len(labels) <= 12 else [*labels[:6], "...", *labels[-3:]]
    return f"{', '.join(shown)}{' ' + units if units not in ('', '1') else ''}"
