"""Dates along an axis, as the calendar of a field has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.calendars import days_of_parts, text_of_days, year_and_phase

MOST = 6  # dates along an axis
_YEARS = tuple(size * 10**power for power in range(4) for size in (1, 2, 5))
_MONTHS = (1, 2, 3, 6)
_DAYS = (1, 2, 5, 10, 15)
_HOURS = (1, 2, 3, 6, 12)


def date_ticks(start: float, end: float, calendar: str, most: int = MOST) -> dict[float, str]:
    """Where dates stand on an axis from `start` to `end`, days since 0001-01-01 of the calendar,
    and how they read: round ones, at most `most`, and the first and last of these no further
    apart than need be."""
    for ticks in _candidates(start, end, calendar, most):
        if len(ticks) <= most:
            return ticks
    return {}


def word_ticks(
    days: NDArray[np.float64], words: Sequence[str], start: float, end: float, most: int = MOST
) -> dict[float, str]:
    """The same of times that have no dates: at most `most` of them, evenly placed in their row."""
    every = zip(days.tolist(), words, strict=True)
    seen = [(day, word) for day, word in every if start <= day <= end]
    return dict(seen[:: -(-len(seen) // most) or 1])


def _candidates(start: float, end: float, calendar: str, most: int) -> Iterator[dict[float, str]]:
    """From the finest step that may do to the widest."""
    span = end - start
    for hours in _HOURS:
        if span * 24 / hours <= most + 1:
            yield {day: _hour(day, calendar) for day in _multiples(start, end, hours / 24)}
    first = float(np.floor(start))
    for days in _DAYS:
        if span / days <= most + 1:
            yield {
                day: text_of_days(day, calendar)
                for day in first + _multiples(start - first, end - first, days)
            }
    years = year_and_phase(np.array([start, end]), calendar)[0]
    every = range(int(years[0]), int(years[1]) + 1)
    for months in _MONTHS:
        if len(every) * 12 / months <= 3 * most + 12:
            dates = [(year, month) for year in every for month in range(1, 13, months)]
            yield {
                day: f"{year:04d}-{month:02d}"
                for year, month in dates
                if start <= (day := days_of_parts(year, month, calendar=calendar)) <= end
            }
    for step in _YEARS:
        if len(every) / step <= most + 1:
            dates = [(year, 1) for year in every if year % step == 0 and year]
            yield {
                day: f"{year:04d}"
                for year, month in dates
                if start <= (day := days_of_parts(year, month, calendar=calendar)) <= end
            }


def _multiples(start: float, end: float, step: float) -> np.ndarray:
    first, last = np.ceil(start / step - 1e-9), np.floor(end / step + 1e-9)
    return np.arange(first, last + 1) * step


def _hour(day: float, calendar: str) -> str:
    """The hour, at midnight the date."""
    date, _, hour = text_of_days(day, calendar).partition(" ")
    return hour or date
