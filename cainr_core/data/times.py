"""The time axis of a field: where its values stand in days and in the year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cainr_core.data.calendars import (
    MONTH_LENGTHS,
    days_of_dates,
    days_of_times,
    is_datetime,
    text_of_days,
    year_and_phase,
)
from cainr_core.errors import CainrError

_DAYS_PER = {"day": 1.0, "hour": 1 / 24, "hr": 1 / 24, "minute": 1 / 1440, "second": 1 / 86_400}


@dataclass(frozen=True, eq=False)
class TimeAxis:
    """Times of a field, shape (n,) each, in days since 0001-01-01 of the calendar.

    `coordinate` is the time coordinate as the file has it. `days` is the time that the values are
    valid for: the middle of the time bounds where there are any (a monthly mean is often stamped
    at the end of its month), else the coordinate. `phase` is the fraction of the year passed at
    `days`, in [0, 1). `words` are what times are called that a file counts without dates.
    """

    coordinate: np.ndarray
    days: np.ndarray
    phase: np.ndarray
    calendar: str
    words: tuple[str, ...] = ()

    @classmethod
    def of_days(
        cls,
        coordinate: np.ndarray,
        calendar: str,
        days: np.ndarray | None = None,
        words: tuple[str, ...] = (),
    ) -> TimeAxis:
        """Build from days since 0001-01-01; `days` are the middles of the bounds if known."""
        coordinate = np.asarray(coordinate, dtype=np.float64)
        days = coordinate if days is None else np.asarray(days, dtype=np.float64)
        return cls(coordinate, days, year_and_phase(days, calendar)[1], calendar, words)

    @classmethod
    def of_coordinate(
        cls, name: str, values: np.ndarray, units: str = "", bounds: np.ndarray | None = None
    ) -> TimeAxis:
        """Build from a decoded coordinate: dates, or plain numbers.

        Numbers named year, month or dayofyear stand in the middle of that period, in the calendar
        noleap; other numbers are days (hours, minutes, seconds if `units` says so) of noleap.
        `bounds` are dates of shape (n, 2). CainrError if a time is missing or has no meaning.
        """
        values = np.asarray(values)
        middles = None
        words: tuple[str, ...] = ()
        if is_datetime(values):
            coordinate, calendar = days_of_dates(values)
            middles = _middles(bounds, coordinate.size)
        else:
            coordinate, calendar = _days_of_numbers(name, values, units), "noleap"
            words = tuple(f"{name} {value:.10g} {units}".rstrip() for value in values)
        if not np.isfinite(coordinate).all():
            raise CainrError(
                f"The time coordinate '{name}' has missing entries; select times that have a date."
            )
        return cls.of_days(coordinate, calendar, middles, words)

    @classmethod
    def none(cls) -> TimeAxis:
        """The axis of values that are of no time, which are one step."""
        return cls.of_days(np.zeros(1), "noleap", words=("no time",))

    def __len__(self) -> int:
        return self.coordinate.size

    def __getitem__(self, index: slice | np.ndarray) -> TimeAxis:
        words = tuple(np.array(self.words)[index].tolist()) if self.words else ()
        return TimeAxis(
            self.coordinate[index], self.days[index], self.phase[index], self.calendar, words
        )

    @property
    def years(self) -> np.ndarray:
        """Decimal years at `days`, shape (n,), to compare times of different calendars."""
        year, phase = year_and_phase(self.days, self.calendar)
        return year + phase

    @property
    def called(self) -> np.ndarray:
        """The times that people call the values by, shape (n,), in days: those of the coordinate,
        but the day in the middle where the values stand more than a day from their stamp; many
        models stamp January's mean 1 February."""
        near = np.abs(self.days - self.coordinate) <= 1
        return np.where(near, self.coordinate, np.floor(self.days))

    def label(self, index: int) -> str:
        """One of the times `called` as text: its date, and the hour where it is not midnight."""
        if self.words:
            return self.words[index]
        return text_of_days(float(self.called[index]), self.calendar)

    def parse(self, times: Any) -> np.ndarray:
        """Coordinate days of datetime64, cftime, text or numbers (days already), any shape."""
        return days_of_times(times, self.calendar)

    def at(self, coordinate: np.ndarray) -> TimeAxis:
        """The axis at any coordinate days, shape (m,): linear between those known, and beyond."""
        coordinate = np.asarray(coordinate, dtype=np.float64)
        known, first = np.unique(self.coordinate, return_index=True)
        shift = self.days[first] - known
        if known.size == 1:
            days = coordinate + shift[0]
        else:
            left = np.clip(np.searchsorted(known, coordinate, "right") - 1, 0, known.size - 2)
            part = (coordinate - known[left]) / (known[left + 1] - known[left])
            days = coordinate + shift[left] + part * (shift[left + 1] - shift[left])
        return TimeAxis.of_days(coordinate, self.calendar, days)


def _middles(bounds: np.ndarray | None, size: int) -> np.ndarray | None:
    """Middles of time bounds in days, or None where the bounds say nothing sensible."""
    if bounds is None or bounds.shape != (size, 2) or not is_datetime(bounds):
        return None
    days = days_of_dates(bounds)[0]
    if not np.isfinite(days).all() or (days[:, 0] == days[:, 1]).all():
        return None
    return days.mean(axis=1)


def _days_of_numbers(name: str, values: np.ndarray, units: str) -> np.ndarray:
    if values.dtype.kind not in "iuf":
        raise CainrError(
            f"The time coordinate '{name}' holds neither dates nor numbers; give it CF units such "
            "as 'days since 1850-01-01'."
        )
    if " since " in f" {units} " or " as " in f" {units} ":
        raise CainrError(
            f"The time coordinate '{name}' has the units '{units}', which name no dates; rewrite "
            "it with units such as 'days since 1850-01-01'."
        )
    numbers = values.astype(np.float64)
    lowered = name.lower()
    if lowered in ("year", "years", "yr"):
        return (numbers - 1) * 365 + 182.5
    if lowered in ("month", "months"):
        if not np.isin(numbers, np.arange(1, 13)).all():
            raise CainrError(f"'{name}' should count months from 1 to 12.")
        ends = np.cumsum(MONTH_LENGTHS)
        return (ends - MONTH_LENGTHS / 2)[numbers.astype(int) - 1]
    if lowered in ("dayofyear", "doy", "day_of_year"):
        return numbers - 0.5
    unit = units.strip().lower().removesuffix("s")
    return numbers * _DAYS_PER.get(
        {"h": "hour", "min": "minute", "sec": "second"}.get(unit, unit), 1.0
    )
