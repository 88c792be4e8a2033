"""Dates of any CF calendar as plain days and as a fraction of the year.

Days are float64, counted from 0001-01-01 00:00 of the calendar itself; the names of calendars are
those of the CF conventions. numpy's datetime64 is the proleptic Gregorian calendar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from cainr_core.errors import CainrError

PROLEPTIC = "proleptic_gregorian"
YEAR_LENGTH = {"noleap": 365, "365_day": 365, "all_leap": 366, "366_day": 366, "360_day": 360}
MONTH_LENGTHS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

_EPOCH = np.datetime64("0001-01-01", "us")
_MICROSECONDS = 86_400_000_000
_DATE = re.compile(
    r"(?P<year>-?\d{4,})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2})"
    r"(?:[T ](?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?)?Z?)?)?)?"
)


def is_datetime(values: Any) -> bool:
    """Whether an array holds dates, as numpy's datetime64 or as cftime objects."""
    array = np.asarray(values)
    if array.dtype.kind == "M":
        return True
    return array.dtype == object and array.size > 0 and hasattr(array.flat[0], "calendar")


def days_of_dates(values: Any) -> tuple[np.ndarray, str]:
    """Days since 0001-01-01 (same shape, NaN for a missing date) and the calendar of dates."""
    array = np.asarray(values)
    if array.dtype.kind == "M":
        microseconds = (array.astype("M8[us]") - _EPOCH).astype(np.int64)
        days = microseconds // _MICROSECONDS + (microseconds % _MICROSECONDS) / _MICROSECONDS
        return np.where(np.isnat(array), np.nan, days), PROLEPTIC
    import cftime

    calendar = str(array.flat[0].calendar)
    days = cftime.date2num(array, "days since 0001-01-01", calendar=calendar)
    return np.asarray(days, dtype=np.float64), calendar


def days_of_parts(
    year: int,
    month: int = 1,
    day: int = 1,
    hour: int = 0,
    minute: int = 0,
    second: float = 0,
    *,
    calendar: str,
) -> float:
    """Days since 0001-01-01 of one instant of a calendar; ValueError if there is no such date."""
    import cftime

    midnight = cftime.datetime(year, month, day, hour, minute, calendar=calendar)
    days = cftime.date2num(midnight, "days since 0001-01-01", calendar=calendar)
    return float(days) + second / 86_400


def days_of_text(text: str, calendar: str) -> tuple[float, float]:
    """First and last instant, in days, of a date such as 1920, 1920-02, 1920-02-03T12:00.

    The last instant is where the next such year, month, day, ... begins. CainrError if the text is
    no date of this calendar.
    """
    match = _DATE.fullmatch(text.strip())
    if not match:
        raise CainrError(f"'{text}' is not a date; write it as 1920-01-31 or 1920-01-31T12:00.")
    parts = {k: float(v) if k == "second" else int(v) for k, v in match.groupdict().items() if v}
    second = parts.pop("second", None)
    whole: dict[str, Any] = dict(parts)
    try:
        start = days_of_parts(**whole, second=second or 0, calendar=calendar)
        if "month" not in whole:
            stop = days_of_parts(whole["year"] + 1, calendar=calendar)
        elif "day" not in whole:
            years, month = divmod(whole["month"], 12)
            stop = days_of_parts(whole["year"] + years, month + 1, calendar=calendar)
        else:
            finest = "second" if second is not None else list(whole)[-1]
            length = {"day": 1.0, "hour": 1 / 24, "minute": 1 / 1440, "second": 1 / 86_400}
            stop = start + length[finest]
    except ValueError as error:
        raise CainrError(f"There is no date '{text}' in the calendar {calendar}.") from error
    return start, stop


def text_of_days(days: float, calendar: str) -> str:
    """The date of one time as text, with the hour and minute where it is not midnight."""
    import cftime

    minutes = round(days * 1440)
    date = cftime.num2date(minutes, "minutes since 0001-01-01", calendar=calendar)
    return str(date.strftime("%Y-%m-%d" if minutes % 1440 == 0 else "%Y-%m-%d %H:%M"))


def days_of_times(times: Any, calendar: str) -> np.ndarray:
    """Days since 0001-01-01 in `calendar` of any notation of time, shape as given.

    Numbers are taken as such days already. Text and dates of another calendar are read by their
    year, month, day and hour, so that 5 January stays 5 January.
    """
    array = np.asarray(times)
    if array.dtype.kind in "iuf":
        return array.astype(np.float64)
    if array.dtype.kind == "M":
        if calendar in (PROLEPTIC, "standard", "gregorian"):
            days = days_of_dates(array)[0]
            # The mixed calendar counts two days more, those that 1582 left out.
            return days if calendar == PROLEPTIC else days + 2
        array = array.astype("M8[us]").astype(str)
    flat = [_days_of_one(item, calendar) for item in array.ravel()]
    return np.array(flat, dtype=np.float64).reshape(array.shape)


def _days_of_one(item: Any, calendar: str) -> float:
    if isinstance(item, str):
        return days_of_text(item, calendar)[0]
    if isinstance(item, np.datetime64):
        return _days_of_one(str(item.astype("M8[us]")), calendar)
    if not hasattr(item, "year"):
        return float(item)
    second = getattr(item, "second", 0) + getattr(item, "microsecond", 0) / 1e6
    try:
        return days_of_parts(
            item.year,
            item.month,
            item.day,
            getattr(item, "hour", 0),
            getattr(item, "minute", 0),
            second,
            calendar=calendar,
        )
    except ValueError as error:
        raise CainrError(f"There is no date {item} in the calendar {calendar}.") from error


def year_and_phase(days: np.ndarray, calendar: str) -> tuple[np.ndarray, np.ndarray]:
    """Year (integer) and fraction of that year passed, in [0, 1), at `days`; shapes as given."""
    days = np.asarray(days, dtype=np.float64)
    if calendar in YEAR_LENGTH:
        length = YEAR_LENGTH[calendar]
        year, rest = np.floor_divide(days, length), np.mod(days, length)
        phase = rest / length
        year = year.astype(np.int64) + 1
    elif calendar == PROLEPTIC:
        whole = np.floor(days)
        date = _EPOCH.astype("M8[D]") + whole.astype(np.int64)
        first = date.astype("M8[Y]")
        passed = (date - first.astype("M8[D]")).astype(np.float64) + (days - whole)
        length = ((first + 1).astype("M8[D]") - first.astype("M8[D]")).astype(np.float64)
        year, phase = first.astype(np.int64) + 1970, passed / length
    else:
        year, phase = _year_and_phase_cftime(days, calendar)
    return year, np.where(phase < 1, phase, 0.0)


def _year_and_phase_cftime(days: np.ndarray, calendar: str) -> tuple[np.ndarray, np.ndarray]:
    import cftime

    flat = days.ravel()
    dates: Iterable[Any] = np.atleast_1d(
        cftime.num2date(np.floor(flat), "days since 0001-01-01", calendar=calendar)
    )
    year = np.array([date.year for date in dates], dtype=np.int64)
    start, stop = np.empty(flat.shape), np.empty(flat.shape)
    for one in np.unique(year):
        # The calendars with a Julian part go from -1 straight to 1.
        following = 1 if one == -1 and calendar in ("standard", "gregorian", "julian") else one + 1
        start[year == one] = days_of_parts(int(one), calendar=calendar)
        stop[year == one] = days_of_parts(int(following), calendar=calendar)
    return year.reshape(days.shape), ((flat - start) / (stop - start)).reshape(days.shape)


def month_starts(calendar: str) -> np.ndarray:
    """Fractions of the year, shape (13,), where months begin and the year ends.

    Leap years are taken as common years: the difference is below one day.
    """
    lengths = np.full(12, 30) if calendar == "360_day" else MONTH_LENGTHS
    return np.concatenate([[0], np.cumsum(lengths)]) / lengths.sum()


def month_middles(calendar: str) -> np.ndarray:
    """Fractions of the year, shape (12,), in the middle of the months."""
    starts = month_starts(calendar)
    return (starts[1:] + starts[:-1]) / 2
