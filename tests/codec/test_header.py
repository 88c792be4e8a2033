from __future__ import annotations

import json
import warnings
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import xarray as xr

from cainr_core.codec.header import Description, describe, restore
from cainr_core.data.fields import Field, TimeAxis
from cainr_core.data.sources import open_field
from tests import small


def through(field: Field) -> Description:
    header, sections = describe(field)
    remaining = iter(sections)
    description = restore(json.loads(json.dumps(header)), remaining)
    assert next(remaining, None) is None
    return description


def comes_back(field: Field) -> Description:
    """All that a description holds is what the field was."""
    back = through(field)
    assert (back.name, back.dims, back.shape) == (field.name, field.dims, field.shape)
    assert back.dtype == field.values.dtype
    assert back.stored_dtype == field.stored_dtype.newbyteorder("<")
    assert back.original_bytes == field.original_bytes
    assert xr.Variable((), 0, back.attrs).identical(xr.Variable((), 0, field.attrs))
    assert xr.Dataset(attrs=back.dataset_attrs).identical(xr.Dataset(attrs=field.dataset_attrs))
    xr.testing.assert_identical(back.coords, field.coords)
    for name, coordinate in field.coords.variables.items():
        if coordinate.dtype.kind not in "Om":
            assert back.coords.variables[name].dtype == coordinate.dtype
    for part in ("coordinate", "days", "phase"):
        np.testing.assert_array_equal(getattr(back.time, part), getattr(field.time, part))
    assert back.time.calendar == field.time.calendar
    assert (back.grid.kind, back.grid.dims) == (field.grid.kind, field.grid.dims)
    for part in ("lat", "lon", "area"):
        np.testing.assert_array_equal(getattr(back.grid, part), getattr(field.grid, part))
    if field.missing is None:
        assert back.missing is None
    else:
        np.testing.assert_array_equal(back.missing, field.missing)
    return back


def test_steps_without_a_coordinate_are_called_as_before() -> None:
    field = open_field(small.dataset().drop_vars("time"))
    back = comes_back(field)
    assert (
        [back.time.label(i) for i in (0, 5)]
        == ["time 0", "time 5"]
        == [field.time.label(i) for i in (0, 5)]
    )


# --- calendars and times ---------------------------------------------------------------


@pytest.mark.parametrize(
    "calendar", ["noleap", "360_day", "standard", "proleptic_gregorian", "all_leap", "julian"]
)
@pytest.mark.parametrize("freq", ["D", "6h", "ME"])
def test_calendars_come_back(calendar: str, freq: str) -> None:
    back = comes_back(small.field(calendar=calendar, freq=freq))
    if calendar not in ("standard", "proleptic_gregorian"):
        assert back.coords["time"].values[0].calendar == calendar


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_numpy_dates_keep_their_unit(unit: str) -> None:
    dataset = small.dataset(calendar="standard")
    dates = xr.Variable("time", dataset["time"].values.astype(f"M8[{unit}]"))
    comes_back(open_field(dataset.assign_coords(time=dates)))


@pytest.mark.parametrize("units", ["hours since 1850-01-01", "days since 0001-01-01 06:00:00"])
@pytest.mark.parametrize("dtype", ["float64", "int32", "int64", "float32"])
@pytest.mark.parametrize("calendar", ["noleap", "standard"])
def test_the_units_of_time_come_back(units: str, dtype: str, calendar: str) -> None:
    dataset = small.dataset(calendar=calendar, freq="6h")
    dataset["time"].encoding = {"units": units, "calendar": calendar, "dtype": np.dtype(dtype)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whole days cannot hold hours: xarray takes finer units
        back = comes_back(open_field(dataset))
    if units.startswith("hours") and dtype != "float32":
        assert back.coords["time"].encoding["units"].startswith("hours since 1850-01-01")
        assert back.coords["time"].encoding["calendar"] == calendar


def test_times_at_the_end_of_their_months_keep_their_middles() -> None:
    dataset = small.dataset(freq="ME")
    ends = xr.date_range("1999-12-01", periods=7, freq="MS", calendar="noleap", use_cftime=True)
    dataset["time"] = ends[1:]
    dataset["time"].attrs["bounds"] = "time_bnds"
    dataset["time_bnds"] = (("time", "nbnd"), np.stack([ends[:-1], ends[1:]], 1))
    field = open_field(dataset, "tas")
    assert not np.array_equal(field.time.days, field.time.coordinate)
    comes_back(field)


@pytest.mark.parametrize("place", [0, 0.25, 0.5, 1])
@pytest.mark.parametrize("gap", [False, True])
def test_bounds_and_middles_come_back_wherever_the_stamps_stand(place: float, gap: bool) -> None:
    dataset = small.dataset(times=8, freq="D")
    starts = dataset["time"].values
    lengths = np.array([timedelta(days=1)] * 8)
    lengths[3] -= timedelta(hours=6) * gap
    dataset["time"] = starts + place * lengths
    dataset["time"].attrs["bounds"] = "time_bnds"
    dataset["time_bnds"] = (("time", "nbnd"), np.stack([starts, starts + lengths], 1))
    for name in ("time", "time_bnds"):
        dataset[name].encoding["units"] = "hours since 1999-01-01"
    field = open_field(dataset, "tas")
    comes_back(field)
    header, sections = describe(field)
    assert header["time"]["middles"] == ("bounds" if place != 0.5 else False)
    told = dict(zip([entry["name"] for entry in header["coords"]], sections, strict=False))
    assert (len(told["time_bnds"]) <= 5) == (place in (0, 0.5, 1) and not gap)


def test_middles_that_no_bounds_tell_have_their_own_numbers() -> None:
    field = small.field(times=5)
    moved = TimeAxis.of_days(field.time.coordinate, field.time.calendar, field.time.days + 0.3)
    back = comes_back(replace(field, time=moved))
    assert not np.array_equal(back.time.days, back.time.coordinate)


@pytest.mark.parametrize("name", ["year", "month"])
def test_numbers_of_years_and_months_are_times(name: str) -> None:
    dataset = small.dataset().assign_coords(time=np.arange(6) + 3).rename(time=name)
    back = comes_back(open_field(dataset))
    assert back.coords[name].dtype == np.int64


def test_times_that_are_not_told_are_counted() -> None:
    dataset = small.dataset().drop_vars("time")
    back = comes_back(open_field(dataset, time="2:5"))
    np.testing.assert_array_equal(back.time.coordinate, [2, 3, 4])


def test_a_lone_time_comes_back() -> None:
    comes_back(small.field(times=1))
    comes_back(open_field(small.dataset().isel(time=2)))


def test_times_in_any_order_come_back() -> None:
    comes_back(open_field(small.dataset().isel(time=[4, 0, 2, 2])))


# --- grids --------------------------------------------------------------------------------


GRIDS = {
    "southward": {"lat": small.LAT[::-1]},
    "float32": {"lat": small.LAT.astype("f4"), "lon": small.LON.astype("f4")},
    "poles": {"lat": np.linspace(-90, 90, 9)},
    "from -180": {"lon": np.arange(-180, 180, 30.0)},
    "both ends": {"lon": np.linspace(-180, 180, 13)},
    "region": {"lat": np.array([10.0, 11, 13]), "lon": np.array([350.0, 355, 5])},
    "integers": {"lat": np.arange(-80, 81, 20), "lon": np.arange(0, 360, 20)},
}


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_grids_come_back(grid: dict[str, np.ndarray]) -> None:
    comes_back(small.field(**grid))


def test_columns_come_back_with_their_areas() -> None:
    field = open_field(small.column_dataset())
    assert field.grid.kind == "columns"
    assert "area" in comes_back(field).coords
    without = open_field(small.column_dataset().drop_vars("area"))
    comes_back(without)


def test_columns_at_equal_latitudes_and_longitudes_come_back() -> None:
    dataset = small.column_dataset()
    dataset["lon"] = dataset["lat"].copy()
    dataset["lon"].attrs["units"] = "degrees_east"
    comes_back(open_field(dataset))


def test_radians_come_back_as_radians() -> None:
    dataset = small.column_dataset()
    for name in ("lat", "lon"):
        dataset[name] = ("ncol", np.deg2rad(dataset[name].values), {"units": "radians"})
    back = comes_back(open_field(dataset))
    assert float(np.abs(back.coords["lat"]).max()) < 2
    assert float(np.abs(back.grid.lat).max()) > 80


def test_other_names_and_dimensions_come_back() -> None:
    dataset = small.dataset().rename(lat="latitude", lon="x_points", tas="skt")
    comes_back(open_field(dataset))
    comes_back(open_field(dataset.transpose("x_points", "latitude", "time")))


# --- coordinates besides -------------------------------------------------------------------


COORDS: dict[str, Any] = {
    "level": np.float32(850.0),
    "member": np.int16(3),
    "text": "r1i1p1f1",
    "flag": np.bool_(True),
    "date": np.datetime64("2000-01-01T06:00:00", "ns"),
    "delay": np.timedelta64(6, "h").astype("m8[ns]"),
    "texts": ("time", ["a", "b", "c", "ä", "", "long text"]),
    "hours": ("time", np.arange(6, dtype=np.int32)),
    "gaps": ("time", np.array([1, np.nan, 3, np.inf, -0.0, 6], dtype=np.float32)),
    "delays": ("time", np.arange(6).astype("m8[D]").astype("m8[ns]")),
    "dates": ("time", np.array(["2001-01-01", "NaT"] * 3, dtype="M8[ns]")),
    "region": ("lat", np.arange(15, dtype=np.uint8)),
    "angle": (("lat", "lon"), np.ones((15, 24), dtype=np.float32)),
    "half": ("lon", np.arange(24, dtype=np.float16)),
    "since": ("time", np.arange(6.0), {"units": "days since 1900-01-01", "scale_factor": 2.0}),
}


@pytest.mark.parametrize("name", COORDS)
def test_other_coordinates_come_back(name: str) -> None:
    comes_back(open_field(small.dataset().assign_coords({name: COORDS[name]}), "tas"))


def test_a_packed_coordinate_comes_back_unpacked() -> None:
    """Its encoding says int16; its values are not whole."""
    dataset = small.dataset()
    dataset["lat"].encoding = {"dtype": np.dtype("int16"), "scale_factor": 0.5, "add_offset": 1.0}
    comes_back(open_field(dataset))


# --- values ---------------------------------------------------------------------------------


def test_types_on_disk_are_kept_for_the_ratio() -> None:
    for dtype in ("int16", "float32", "float64", ">f4"):
        dataset = small.dataset()
        dataset["tas"].encoding["dtype"] = np.dtype(dtype)
        back = comes_back(open_field(dataset))
        assert back.stored_dtype.itemsize == np.dtype(dtype).itemsize


@pytest.mark.parametrize("moving", [False, True])
def test_missing_values_come_back(moving: bool) -> None:
    field = small.with_gaps(small.field(), moving=moving)
    header, _ = describe(field)
    assert header["missing"] == ("moving" if moving else "still")
    comes_back(field)
    columns = small.with_gaps(open_field(small.column_dataset()), moving=moving)
    comes_back(columns)


def test_grid_and_mask_are_built_when_asked_for() -> None:
    back = through(small.with_gaps(small.field()))
    assert not {"grid", "missing"} & set(vars(back))
    assert back.grid is back.grid
    assert back.missing is back.missing
