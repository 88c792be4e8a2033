from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.data.times import TimeAxis
from cainr_core.errors import CainrError


def monthly(calendar: str = "noleap") -> TimeAxis:
    """Twelve months stamped at their end, with bounds, as E3SM writes them."""
    edges = xr.date_range("1850-01-01", periods=13, freq="MS", calendar=calendar, use_cftime=True)
    bounds = np.stack([edges[:-1], edges[1:]], axis=1)
    return TimeAxis.of_coordinate("time", np.array(edges[1:]), bounds=bounds)


def test_months_stamped_at_their_end_stand_in_their_middle() -> None:
    axis = monthly()
    assert axis.phase[0] == pytest.approx(15.5 / 365)
    assert (axis.coordinate - axis.days)[0] == 15.5
    assert axis.calendar == "noleap"
    assert axis.label(0) == "1850-01-16"


def test_a_label_is_the_stamp_where_that_is_near() -> None:
    stamps = np.array(["2000-01-02", "2000-01-03T06"], dtype="M8[ns]")
    bounds = np.stack([stamps - np.timedelta64(1, "D"), stamps], axis=1)
    axis = TimeAxis.of_coordinate("time", stamps, bounds=bounds)
    assert [axis.label(0), axis.label(1)] == ["2000-01-02", "2000-01-03 06:00"]


def test_without_bounds_the_coordinate_counts() -> None:
    dates = np.array(["2000-01-01", "2000-07-02"], dtype="M8[ns]")
    axis = TimeAxis.of_coordinate("time", dates)
    assert axis.days is axis.coordinate or (axis.days == axis.coordinate).all()
    assert axis.phase == pytest.approx([0, 0.5])


@pytest.mark.parametrize("bounds", [np.zeros((2, 2)), np.zeros((2, 3)), None])
def test_bounds_that_say_nothing_are_left_out(bounds: np.ndarray | None) -> None:
    dates = np.array(["2000-01-01", "2000-01-02"], dtype="M8[ns]")
    same = np.stack([dates, dates], axis=1)
    for useless in (bounds, same):
        axis = TimeAxis.of_coordinate("time", dates, bounds=useless)
        assert (axis.days == axis.coordinate).all()


def test_the_first_time_may_be_an_instant() -> None:
    dates = np.array(["2000-01-01", "2000-01-02", "2000-01-03"], dtype="M8[ns]")
    bounds = np.stack([dates[[0, 0, 1]], dates], axis=1)
    axis = TimeAxis.of_coordinate("time", dates, bounds=bounds)
    assert (axis.coordinate - axis.days).tolist() == [0, 0.5, 0.5]


def test_years_stand_in_their_middle() -> None:
    axis = TimeAxis.of_coordinate("year", np.array([2085, 2086]))
    assert axis.phase.tolist() == [0.5, 0.5]
    assert axis.calendar == "noleap"
    assert axis.years == pytest.approx([2085.5, 2086.5])
    assert axis.parse("2085-07-02T12:00") == axis.coordinate[0]


def test_times_without_dates_are_called_as_the_file_counts_them() -> None:
    axis = TimeAxis.of_coordinate("time", np.arange(0, 24, 6), "hours")
    assert axis.label(1) == "time 6 hours"
    assert axis[2:].label(0) == "time 12 hours"
    assert axis[np.array([3, 0])].label(0) == "time 18 hours"
    assert TimeAxis.of_coordinate("month", np.arange(1, 13)).label(6) == "month 7"
    assert monthly().words == ()


def test_months_and_days_of_the_year() -> None:
    months = TimeAxis.of_coordinate("month", np.arange(1, 13))
    assert months.phase[0] == pytest.approx(15.5 / 365)
    assert months.phase[-1] == pytest.approx(1 - 15.5 / 365)
    days = TimeAxis.of_coordinate("dayofyear", np.arange(1, 366))
    assert days.phase == pytest.approx((np.arange(365) + 0.5) / 365)
    with pytest.raises(CainrError, match="from 1 to 12"):
        TimeAxis.of_coordinate("month", np.arange(12))


@pytest.mark.parametrize(
    ("units", "step"), [("days", 1), ("hours", 1 / 24), ("h", 1 / 24), ("", 1)]
)
def test_plain_numbers_are_days(units: str, step: float) -> None:
    axis = TimeAxis.of_coordinate("time", np.arange(3), units)
    assert axis.coordinate == pytest.approx(np.arange(3) * step)


def test_times_without_meaning_are_refused() -> None:
    with pytest.raises(CainrError, match="name no dates"):
        TimeAxis.of_coordinate("time", np.arange(3), "months since 2000-01-01")
    with pytest.raises(CainrError, match="neither dates nor numbers"):
        TimeAxis.of_coordinate("time", np.array(["a", "b"]))
    with pytest.raises(CainrError, match="missing entries"):
        TimeAxis.of_coordinate("time", np.array(["2000-01-01", "NaT"], dtype="M8[ns]"))


def test_at_gives_the_axis_itself_back() -> None:
    axis = monthly()
    again = axis.at(axis.coordinate)
    assert again.days == pytest.approx(axis.days)
    assert again.phase == pytest.approx(axis.phase)


@given(st.floats(-1000, 2000), st.floats(0.001, 100))
def test_at_goes_on_linearly_and_upwards(start: float, step: float) -> None:
    axis = monthly()
    wanted = axis.coordinate[0] + start + np.arange(3) * step
    days = axis.at(wanted).days
    assert (np.diff(days) > 0).all()
    assert (np.abs(days - wanted) < 400).all()


def test_at_with_one_time_shifts_only() -> None:
    axis = monthly()[:1]
    moved = axis.at(axis.coordinate + 3)
    assert moved.days == pytest.approx(axis.days + 3)


def test_at_bears_repeated_and_descending_times() -> None:
    axis = TimeAxis.of_days(np.array([3.0, 2.0, 2.0, 1.0]), "noleap")
    assert axis.at(np.array([1.5, 4.0])).days == pytest.approx([1.5, 4.0])


def test_slices() -> None:
    axis = monthly()
    assert len(axis[2:5]) == 3
    assert (axis[2:5].phase == axis.phase[2:5]).all()
