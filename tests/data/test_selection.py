from __future__ import annotations

import cftime
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.data.selection import parse_time_range, select_others, select_times
from cainr_core.data.times import TimeAxis
from cainr_core.errors import CainrError


def axis(days: int = 60, calendar: str = "noleap") -> TimeAxis:
    dates = xr.date_range("2000-01-01", periods=days, calendar=calendar, use_cftime=True)
    return TimeAxis.of_coordinate("time", np.array(dates))


ends = st.none() | st.integers(-80, 80)


@given(ends, ends, st.none() | st.integers(1, 5))
def test_integers_are_a_slice(start: int | None, stop: int | None, step: int | None) -> None:
    text = ":".join("" if part is None else str(part) for part in (start, stop))
    text += "" if step is None else f":{step}"
    expected = list(range(60))[slice(start, stop, step)]
    if not expected:
        with pytest.raises(CainrError, match="chooses nothing: there are 60 times"):
            select_times(axis(), text)
    else:
        chosen = np.arange(60)[select_times(axis(), text)]
        assert chosen.tolist() == expected


@given(st.integers(0, 59), st.integers(0, 59))
def test_dates_are_labels_with_both_ends(first: int, last: int) -> None:
    first, last = sorted((first, last))
    times = axis()
    chosen = np.arange(60)[select_times(times, f"{times.label(first)}:{times.label(last)}")]
    assert chosen.tolist() == list(range(first, last + 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2000-02", slice(31, 59, 1)),
        ("2000-01-05", slice(4, 5, 1)),
        ("2000-02-20:", slice(50, 60, 1)),
        (":2000-01-02", slice(0, 2, 1)),
        ("2000-01-30T00:00:2000-02-01T12:00:00", slice(29, 32, 1)),
        ("", slice(None)),
    ],
)
def test_how_a_range_may_be_written(text: str, expected: slice) -> None:
    assert select_times(axis(), text) == expected


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        ("2000-01-05", "2000-01-07"),
        (cftime.DatetimeNoLeap(2000, 1, 5), cftime.DatetimeNoLeap(2000, 1, 7)),
        (np.datetime64("2000-01-05"), np.datetime64("2000-01-07")),
    ],
)
def test_slices_of_dates(start: object, stop: object) -> None:
    assert select_times(axis(), slice(start, stop)) == slice(4, 7, 1)


def test_uneven_times_come_as_an_index() -> None:
    times = TimeAxis.of_days(np.array([0.0, 400, 1, 2]), "noleap")
    assert np.asarray(select_times(times, "0001-01-01:0001-12-31")).tolist() == [0, 2, 3]


@pytest.mark.parametrize("text", ["a:b", "2000-1-1-1", "1:2:3:4", "5..7"])
def test_ranges_that_are_none(text: str) -> None:
    with pytest.raises(CainrError, match="is not understood"):
        parse_time_range(text)


def test_other_refusals() -> None:
    with pytest.raises(CainrError, match="step of the time range"):
        parse_time_range("0:5:-1")
    with pytest.raises(CainrError, match="There is no date"):
        select_times(axis(), "2000-02-30:")
    with pytest.raises(CainrError, match="text START:STOP or a slice"):
        select_times(axis(), 5)  # type: ignore[arg-type]
    with pytest.raises(CainrError, match="from 2000-01-01 to 2000-03-01"):
        select_times(axis(), slice("1900", "1901"))
    with pytest.raises(CainrError, match="no times"):
        select_times(axis()[:0], None)


LEVELS = [100.0, 500.0, 850.0]


@pytest.fixture
def array() -> xr.DataArray:
    return xr.DataArray(
        np.arange(12).reshape(3, 2, 2, 1),
        dims=("lev", "member", "lat", "band"),
        coords={
            "lev": ("lev", LEVELS, {"units": "hPa"}),
            "member": ["r1i1p1f1", "r2i1p1f1"],
            "height": ("lev", [16.0, 5.5, 1.5]),
            "lat": [0.0, 1.0],
        },
        name="T",
    )


OTHERS = ("lev", "member", "band")


@pytest.mark.parametrize(
    ("level", "index"), [(850, 2), (850.0, 2), ("850", 2), ("850.0", 2), (600, 1), (90, 0)]
)
def test_a_level_exact_or_nearest(array: xr.DataArray, level: object, index: int) -> None:
    chosen = select_others(array, OTHERS, {"lev": level, "member": "r2i1p1f1"})
    assert chosen.dims == ("lat",)
    assert float(chosen["lev"]) == LEVELS[index]
    assert str(chosen["member"].values) == "r2i1p1f1"


def test_by_another_coordinate_of_the_dimension(array: xr.DataArray) -> None:
    chosen = select_others(array, OTHERS, {"height": 5, "member": "r1i1p1f1"})
    assert float(chosen["lev"]) == 500


def test_by_position_where_entries_have_no_name(array: xr.DataArray) -> None:
    plain = array.drop_vars(["lev", "height", "member"])
    chosen = select_others(plain, OTHERS, {"lev": 2, "member": "1"})
    assert chosen.values.tolist() == [[10], [11]] or chosen.values.tolist() == [10, 11]


def test_a_choice_must_be_made(array: xr.DataArray) -> None:
    with pytest.raises(CainrError, match=r"'lev' \(100, 500, 850 hPa\); choose one entry"):
        select_others(array, OTHERS, {"member": "r1i1p1f1"})
    with pytest.raises(CainrError, match=r"r1i1p1f1, r2i1p1f1"):
        select_others(array, OTHERS, {"lev": 850})


@pytest.mark.parametrize("value", [85000, "low", -5000, None])
def test_entries_that_are_not_there(array: xr.DataArray, value: object) -> None:
    with pytest.raises(CainrError, match="has no entry"):
        select_others(array, OTHERS, {"lev": value, "member": "r1i1p1f1"})


@pytest.mark.parametrize("key", ["plev", "lat"])
def test_dimensions_that_are_not_there(array: xr.DataArray, key: str) -> None:
    with pytest.raises(CainrError, match=f"no dimension '{key}'"):
        select_others(array, OTHERS, {key: 1})


def test_a_chosen_scalar_may_be_named_again(array: xr.DataArray) -> None:
    one = array.isel(lev=0, member=0)
    assert select_others(one, ("band",), {"lev": 100}).dims == ("lat",)


def test_many_entries_are_shortened() -> None:
    array = xr.DataArray(np.zeros(72), dims="lev", coords={"lev": np.arange(72.0)}, name="T")
    with pytest.raises(CainrError, match=r"0, 1, 2, 3, 4, 5, \.\.\., 69, 70, 71"):
        select_others(array, ("lev",), None)
