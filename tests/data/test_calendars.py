from __future__ import annotations

import cftime
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.data.calendars import (
    days_of_dates,
    days_of_text,
    days_of_times,
    is_datetime,
    month_middles,
    month_starts,
    text_of_days,
    year_and_phase,
)
from cainr_core.errors import CainrError

CALENDARS = ["noleap", "360_day", "all_leap", "julian", "standard", "proleptic_gregorian"]
calendars = st.sampled_from(CALENDARS)


@given(calendars, st.integers(1600, 2300), st.integers(1, 12), st.integers(1, 28))
def test_year_and_phase_agree_with_cftime(calendar: str, year: int, month: int, day: int) -> None:
    date = cftime.datetime(year, month, day, 12, calendar=calendar)
    days, told = days_of_dates(np.array([date]))
    assert told == calendar
    length = {"360_day": 360, "noleap": 365, "all_leap": 366}.get(calendar)
    if length is None:
        first, after = (cftime.datetime(y, 1, 1, calendar=calendar) for y in (year, year + 1))
        length = (after - first).days
    found, phase = year_and_phase(days, calendar)
    assert found[0] == year
    assert phase[0] == pytest.approx((date.dayofyr - 0.5) / length, abs=1e-9)


@given(calendars, st.floats(600_000, 800_000))
def test_phase_stays_below_one(calendar: str, days: float) -> None:
    _, phase = year_and_phase(np.array([days]), calendar)
    assert 0 <= phase[0] < 1


@pytest.mark.filterwarnings("ignore::cftime._cftime.CFWarning")
@pytest.mark.parametrize("calendar", ["julian", "standard"])
def test_the_year_before_the_first_has_an_end(calendar: str) -> None:
    days = days_of_dates(np.array([cftime.datetime(-1, 7, 1, calendar=calendar)]))[0]
    year, phase = year_and_phase(days, calendar)
    assert year[0] == -1
    assert phase[0] == pytest.approx(0.5, abs=0.01)


def test_datetime64_counts_as_cftime_does() -> None:
    text = ["0001-01-01", "1582-10-15", "1970-01-01", "2026-02-18T06:00"]
    days, calendar = days_of_dates(np.array(text, dtype="M8[us]"))
    same = [days_of_text(one, "proleptic_gregorian")[0] for one in text]
    assert calendar == "proleptic_gregorian"
    assert days == pytest.approx(same)
    assert np.isnan(days_of_dates(np.array(["NaT"], dtype="M8[ns]"))[0]).all()


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1920", 365),
        ("1920-02", 28),
        ("1920-12", 31),
        ("1920-02-03", 1),
        ("1920-02-03T06", 1 / 24),
        ("1920-02-03 06:30", 1 / 1440),
        ("1920-02-03T06:30:15.5", 1 / 86400),
    ],
)
def test_a_date_lasts_as_long_as_it_is_precise(text: str, length: float) -> None:
    start, stop = days_of_text(text, "noleap")
    assert stop - start == pytest.approx(length, abs=1e-9)


@pytest.mark.parametrize("text", ["1920-02-30", "1920-13", "1920-1-1T25"])
def test_no_such_date(text: str) -> None:
    with pytest.raises(CainrError, match="There is no date"):
        days_of_text(text, "noleap")


def test_not_a_date() -> None:
    with pytest.raises(CainrError, match="is not a date"):
        days_of_text("yesterday", "noleap")


@given(calendars, st.integers(700_000, 760_000), st.integers(0, 1439))
def test_text_of_days_is_read_back(calendar: str, day: int, minute: int) -> None:
    days = day + minute / 1440
    text = text_of_days(days, calendar)
    assert days_of_text(text, calendar)[0] == pytest.approx(days, abs=1e-9)
    assert (" " in text) == bool(minute)


@pytest.mark.parametrize("calendar", CALENDARS)
def test_every_notation_of_a_time_means_the_same(calendar: str) -> None:
    notations = [
        "1995-03-04T12:00",
        np.datetime64("1995-03-04T12:00"),
        cftime.datetime(1995, 3, 4, 12, calendar="noleap"),
        days_of_text("1995-03-04T12:00", calendar)[0],
    ]
    days = [float(days_of_times(one, calendar)) for one in notations]
    assert days == pytest.approx([days[0]] * 4)
    assert days_of_times([notations[0]], calendar).shape == (1,)


def test_a_date_that_the_calendar_lacks_is_told() -> None:
    with pytest.raises(CainrError, match="no date"):
        days_of_times(np.datetime64("2000-02-29"), "noleap")
    with pytest.raises(CainrError, match="no date"):
        days_of_times(np.array([cftime.datetime(2000, 2, 30, calendar="360_day")]), "noleap")


def test_is_datetime() -> None:
    assert is_datetime(np.array(["2000-01-01"], dtype="M8[s]"))
    assert is_datetime(np.array([cftime.datetime(2000, 1, 1)]))
    assert not is_datetime(np.array([1.0]))
    assert not is_datetime(np.array(["2000-01-01"], dtype=object))


@pytest.mark.parametrize("calendar", ["noleap", "360_day"])
def test_months_fill_the_year(calendar: str) -> None:
    starts, middles = month_starts(calendar), month_middles(calendar)
    assert starts[0] == 0
    assert starts[-1] == 1
    assert ((starts[:-1] < middles) & (middles < starts[1:])).all()
