"""Dates along an axis: round ones, in the calendar of the field."""

import numpy as np
import pytest

from app.views.dates import date_ticks, word_ticks
from cainr_core.data.calendars import days_of_text


def ticks(start: str, end: str, calendar: str = "noleap") -> list[str]:
    first, last = (days_of_text(text, calendar)[0] for text in (start, end))
    return list(date_ticks(first, last, calendar).values())


@pytest.mark.parametrize(
    ("start", "end", "read"),
    [
        ("1920-01-05", "1920-01-06", ["1920-01-05", "06:00", "12:00", "18:00", "1920-01-06"]),
        ("1920-01-05", "1920-01-09", [f"1920-01-0{day}" for day in range(5, 10)]),
        ("1920-02-27", "1920-03-02", ["1920-02-27", "1920-02-28", "1920-03-01", "1920-03-02"]),
        ("2012-01-16", "2013-12-16", ["2012-07", "2013-01", "2013-07"]),
        ("2085-07-02", "2090-07-02", ["2086", "2087", "2088", "2089", "2090"]),
        ("1850-01-01", "2014-12-31", ["1850", "1900", "1950", "2000"]),
    ],
)
def test_dates_are_round(start: str, end: str, read: list[str]):
    assert ticks(start, end) == read


def test_a_leap_day_is_a_date_where_the_calendar_has_one():
    assert "1920-02-29" in ticks("1920-02-27", "1920-03-02", "standard")
    assert "1920-02-30" in ticks("1920-02-28", "1920-03-02", "360_day")


def test_some_dates_are_there_whatever_the_span():
    start = days_of_text("1900-01-01", "noleap")[0]
    for days in (0.5, 1, 3, 10, 29, 40, 100, 200, 400, 800, 2000, 10_000, 100_000):
        assert 2 <= len(date_ticks(start - 0.1, start + days, "noleap")) <= 6, days


def test_times_without_dates_read_as_the_file_counts_them():
    days, words = np.arange(20.0), [f"time {number}" for number in range(20)]
    assert word_ticks(days, words, 2.5, 5.5) == {3: "time 3", 4: "time 4", 5: "time 5"}
    assert list(word_ticks(days, words, 0, 19, 5).values()) == words[::4]
    assert word_ticks(days, words, 30, 40) == {}
