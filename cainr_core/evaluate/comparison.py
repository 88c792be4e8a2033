"""A .cainr file against the original that it was made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cainr_core.codec.reconstruction import Reconstruction
from cainr_core.data.calendars import text_of_days
from cainr_core.data.fields import Field, TimeAxis
from cainr_core.data.region import find_cells
from cainr_core.data.sources import describe, read_field
from cainr_core.errors import CainrError
from cainr_core.evaluate.metrics import Metrics, measure

SAME_TIME = 1e-6  # days, a tenth of a second: what a calendar's arithmetic may differ by
VALUES_AT_ONCE = 1 << 23


def compare(
    reconstruction: Reconstruction,
    original: str | Path,
    variable: str | None = None,
    *,
    time: str | None = None,
    select: Mapping[str, object] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Metrics, int]:
    """Compare a file with its original, time by time; the measures and the number of times.

    As `matched` and `measured`.
    """
    field, values = matched(
        reconstruction, original, variable, time=time, select=select, on_progress=on_progress
    )
    return measured(reconstruction, field, values), len(values)


def matched(
    reconstruction: Reconstruction,
    original: str | Path,
    variable: str | None = None,
    *,
    time: str | None = None,
    select: Mapping[str, object] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Field, NDArray]:
    """The original and what a file makes of it, at the times that both have.

    `variable`: by default of the name that the file holds; a level or member is chosen as the file
    has it, and of a region or a thinned grid the same cells. `time`: START:STOP of the original;
    by default all times that both have. `on_progress` is called with the times done and all times.
    CainrError where the two do not belong together.
    """
    field = _open(reconstruction, original, variable, time, select)
    _same_grid(reconstruction, field)
    rows = _rows(field.time, reconstruction.time)
    if time is not None and (rows < 0).any():
        absent = field.time.label(int(np.argmin(rows)))
        raise CainrError(f"The file does not hold {absent}: it holds {_span(reconstruction.time)}.")
    both = np.flatnonzero(rows >= 0)
    if both.size == 0:
        raise CainrError(_no_common_time(reconstruction))
    return field.isel_time(both), values_of(reconstruction, rows[both], on_progress)


def measured(reconstruction: Reconstruction, field: Field, values: NDArray) -> Metrics:
    """The measures of what `matched` gives.

    Quality is that of these times; bytes, ratios and bits are those of the whole file.
    """
    metrics = measure(
        field.values,
        values,
        field.grid.area,
        original_bytes=int(reconstruction.info()["original_bytes"]),
        file_bytes=reconstruction.file_bytes,
        context_bytes=reconstruction.context_bytes,
        weights=reconstruction.n_weights,
    )
    return _of_the_whole(metrics, reconstruction)


def values_of(
    reconstruction: Reconstruction,
    rows: NDArray[np.int64] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> NDArray:
    """Some or all times of a file, (time, *grid.shape), evaluated in parts that tell progress."""
    rows = np.arange(reconstruction.shape[0]) if rows is None else rows
    values = np.empty((len(rows), *reconstruction.grid.shape), reconstruction.dtype)
    part = max(1, VALUES_AT_ONCE // max(1, reconstruction.grid.size))
    for first in range(0, len(rows), part):
        chosen = rows[first : first + part]
        values[first : first + part] = reconstruction.values(chosen.tolist())
        if on_progress is not None:
            on_progress(first + len(chosen), len(rows))
    return values


def _open(
    reconstruction: Reconstruction,
    original: str | Path,
    variable: str | None,
    time: str | None,
    select: Mapping[str, object] | None,
) -> Field:
    name = variable or reconstruction.name
    if not select:
        # a level that was chosen for the fit is a coordinate of one value in the file
        scalars: dict[Any, Any] = {
            key: coord.item()
            for key, coord in reconstruction.coords.coords.items()
            if not coord.ndim
        }
        levels = {dim for one in describe(original) if one.name == name for dim in one.levels}
        select = {key: value for key, value in scalars.items() if key in levels}
    axis = reconstruction.time
    known = np.concatenate([axis.coordinate, axis.called])  # the original may have no bounds
    span = slice(*(text_of_days(float(end), axis.calendar) for end in (known.min(), known.max())))
    return read_field(
        original, name, time or span, select, lambda grid: find_cells(grid, reconstruction.grid)
    )


def _same_grid(reconstruction: Reconstruction, field: Field) -> None:
    ours, theirs = reconstruction.grid, field.grid
    same = ours.shape == theirs.shape and all(
        np.allclose(a, b, rtol=0, atol=1e-4)
        for a, b in zip(ours.points(), theirs.points(), strict=True)
    )
    if not same:
        raise CainrError(
            f"The original lies on another grid: {theirs.shape} cells, where the file holds "
            f"{ours.shape} or others; name the original that the file was made from."
        )


def _rows(wanted: TimeAxis, known: TimeAxis) -> NDArray[np.int64]:
    """For each wanted time its index among the known ones, -1 where it is not among them."""
    order = np.argsort(known.coordinate, kind="stable")
    ranked = known.coordinate[order]
    place = np.searchsorted(ranked, wanted.coordinate - SAME_TIME).clip(max=len(ranked) - 1)
    found = np.abs(ranked[place] - wanted.coordinate) <= SAME_TIME
    return np.where(found & (wanted.calendar == known.calendar), order[place], -1)


def _span(time: TimeAxis) -> str:
    return f"{len(time)} times from {time.label(0)} to {time.label(len(time) - 1)}"


def _no_common_time(reconstruction: Reconstruction) -> str:
    return (
        "The original has none of the times of the file, which holds "
        f"{_span(reconstruction.time)} of the calendar {reconstruction.time.calendar}."
    )


def _of_the_whole(metrics: Metrics, reconstruction: Reconstruction) -> Metrics:
    """Costs for a value and a weight, of the whole file whatever part of it was compared."""
    count = int(np.prod(reconstruction.shape))
    return replace(
        metrics,
        bits_per_value=8 * metrics.file_bytes / count,
        compression_gain_paper=8 * count / (4 * metrics.weights),
    )
