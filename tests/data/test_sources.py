from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import cainr_core
from cainr_core.data.sources import describe, list_variables, open_field, open_sample
from cainr_core.errors import CainrError
from tests import small

CALENDARS = ["noleap", "360_day", "all_leap", "julian", "standard", "proleptic_gregorian"]
LATLON = ("lat", "lon")


def refuse(source: object, words: str, variable: str | None = None, **options: object) -> None:
    with pytest.raises(CainrError, match=words):
        open_field(source, variable, **options)  # type: ignore[arg-type]


# --- the real files -----------------------------------------------------------


def test_the_sample() -> None:
    field = open_sample()
    assert (field.name, field.shape, field.units) == ("TS", (30, 192, 288), "K")
    assert field.values.dtype == np.float32
    assert field.time.calendar == "noleap"
    assert field.coords["time"].encoding["calendar"] == "noleap"
    assert field.coords["time"].encoding["units"] == "days since 1920-01-01 00:00:00"
    assert open_sample(time="1920-01-05:1920-01-06").shape[0] == 2


def test_every_shared_field_is_read(shared_field: tuple[Path, str]) -> None:
    path, variable = shared_field
    field = open_field(path)
    assert field.name == variable
    assert list_variables(path) == [variable]
    with xr.open_dataset(path) as dataset:
        expected = dataset[variable].load()
    np.testing.assert_array_equal(field.values, expected.values)
    xr.testing.assert_identical(field.to_dataarray().reset_coords(drop=True), expected)
    assert field.grid.area.sum() == pytest.approx(1)


def test_the_sample_is_the_shared_file(shared: Path) -> None:
    whole = open_field(shared / "cesm1_ts_daily.nc", "TS", time="0:30")
    sample = open_sample()
    np.testing.assert_array_equal(sample.values, whole.values)
    xr.testing.assert_identical(sample.coords, whole.coords)
    assert (sample.time.days == whole.time.days).all()


def test_months_of_e3sm_stand_in_their_middle(shared: Path) -> None:
    field = open_field(shared / "e3sm_trefht_monthly_2012_2013.nc", "TREFHT")
    assert field.time.phase[0] == pytest.approx(15.5 / 365)
    assert field.time.label(0) == "2012-01-16"
    with xr.open_dataset(shared / "e3sm_trefht_monthly_2012_2013.nc") as dataset:
        part = open_field(dataset, "TREFHT", time="2:5")
        np.testing.assert_array_equal(part.coords["time_bnds"], dataset["time_bnds"][2:5])
        year = open_field(dataset, "TREFHT", time="2012")  # though December is stamped 2013-01-01
        np.testing.assert_array_equal(year.coords["time_bnds"], dataset["time_bnds"][:12])


def test_the_columns_of_e3sm(shared: Path) -> None:
    field = open_field(shared / "e3sm_ne30pg2_trefht_annual.nc")
    assert field.grid.kind == "columns"
    assert field.shape == (6, 21600)
    assert field.dims == ("year", "ncol")
    assert set(field.coords.coords) == {"year", "lat", "lon", "area"}
    assert field.grid.area.std() > 0
    assert (field.time.phase == 0.5).all()


def test_what_has_no_time_is_one_step(shared: Path) -> None:
    for name, variable, shape in (
        ("e3sm_ne30pg2_topography.nc", "PHIS", (1, 21600)),
        ("topography_025.nc", None, (1, 720, 1440)),
    ):
        field = open_field(shared / name, variable)
        assert field.shape == shape
        assert field.dims[0] == "time"
        assert "time" not in field.coords
        assert field.time.label(0) == "no time"
    summary = describe(shared / "topography_025.nc")[0]
    assert summary.part() == summary.shape == (1, 720, 1440)
    assert summary.times_of() == ("no time", "no time")


# --- grids and times -----------------------------------------------------------


@pytest.mark.parametrize("calendar", CALENDARS)
def test_calendars_come_back(tmp_path: Path, calendar: str, make_dataset) -> None:
    dataset, path = make_dataset(60, calendar=calendar), tmp_path / "file.nc"
    dataset.to_netcdf(path)
    field = open_field(path, time="2000-02")
    expected = {"360_day": 30, "noleap": 28}.get(calendar, 29)
    assert field.shape[0] == expected
    assert field.time.label(0) == "2000-02-01"
    stored = "proleptic_gregorian" if calendar == "standard" else calendar
    assert field.coords["time"].encoding["calendar"] == stored
    with xr.open_dataset(path) as again:
        xr.testing.assert_identical(
            field.to_dataarray(), again["tas"].sel(time=field.coords["time"]).load()
        )


@pytest.mark.parametrize("dims", [("lon", "lat", "time"), ("lat", "time", "lon")])
def test_dimensions_in_another_order(make_dataset, dims: tuple[str, ...]) -> None:
    dataset = make_dataset()
    field = open_field(dataset.transpose(*dims))
    assert field.dims == ("time", "lat", "lon")
    np.testing.assert_array_equal(field.values, dataset["tas"].values)
    assert field.values.flags.c_contiguous


def test_orientation_and_convention_are_kept(make_dataset) -> None:
    dataset = make_dataset()
    turned = dataset.isel(lat=slice(None, None, -1))
    turned = turned.assign_coords(
        lon=np.where(turned["lon"] > 180, turned["lon"] - 360, turned["lon"])
    )
    turned = turned.sortby("lon")
    turned["lon"].attrs["units"] = "degrees_east"
    field = open_field(turned)
    assert field.grid.lat[0] > field.grid.lat[-1]
    assert field.grid.lon[0] == -175
    np.testing.assert_array_equal(field.values, turned["tas"].values)
    plain = open_field(dataset)
    assert (field.grid.area * field.values[0]).sum() == pytest.approx(
        (plain.grid.area * plain.values[0]).sum()
    )


def test_dimensions_of_length_one_are_dropped_but_told(make_dataset) -> None:
    field = open_field(make_dataset().expand_dims(height=[2.0]))
    assert field.dims == ("time", "lat", "lon")
    assert float(field.coords["height"]) == 2


def test_a_level_and_a_member(make_dataset) -> None:
    base = make_dataset()
    levels = xr.concat([base, base + 1], xr.Variable("lev", [500.0, 850], {"units": "hPa"}))
    both = xr.concat([levels, levels + 10], xr.Variable("member", ["r1", "r2"]))
    refuse(both, "choose one entry", "tas")
    field = open_field(both, "tas", select={"lev": 850, "member": "r2"})
    np.testing.assert_allclose(field.values, base["tas"] + 11)
    assert float(field.coords["lev"]) == 850
    assert str(field.coords["member"].values) == "r2"


def test_a_scalar_time_becomes_one_time(make_dataset) -> None:
    field = open_field(make_dataset().isel(time=2))
    assert field.shape == (1, 36, 72)
    assert field.time.label(0) == "2000-01-03"


def test_repeated_times_are_kept(make_dataset) -> None:
    dataset = make_dataset()
    assert open_field(xr.concat([dataset, dataset], "time")).shape[0] == 8


def test_both_ends_of_the_globe_are_kept(make_dataset) -> None:
    field = open_field(make_dataset(lon=np.linspace(-180, 180, 73)))
    assert field.shape == (4, 36, 73)
    assert field.grid.area[0, 0] == pytest.approx(field.grid.area[0, 1] / 2)


def test_latitudes_that_are_plain_variables_become_coordinates(make_dataset) -> None:
    dataset = make_dataset()
    rows = xr.Dataset(
        {
            "tas": (("time", "y", "x"), dataset["tas"].values),
            "lat": ("y", dataset["lat"].values, {"units": "degrees_north"}),
            "lon": ("x", dataset["lon"].values, {"units": "degrees_east"}),
        },
        {"time": dataset["time"]},
    )
    assert set(open_field(rows).coords.coords) == {"time", "lat", "lon"}


# --- values ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "expected"),
    [("f4", "f4"), ("f8", "f8"), ("i4", "f4"), ("i2", "f4"), ("u1", "f4"), ("f2", "f4")],
)
def test_types(make_dataset, stored: str, expected: str) -> None:
    dataset = make_dataset()
    dataset["tas"] = (dataset["tas"] - 200).astype(stored)
    field = open_field(dataset)
    assert field.values.dtype == np.dtype(expected)
    assert field.stored_dtype == np.dtype(stored)


def test_infinite_values_are_missing(make_dataset) -> None:
    dataset = make_dataset()
    dataset["tas"][0, 0, :2] = [np.inf, -np.inf]
    field = open_field(dataset)
    assert field.missing is not None
    assert field.missing.sum() == 2
    assert np.isinf(dataset["tas"].values).sum() == 2


def test_the_caller_keeps_the_dataset_as_it_was(make_dataset) -> None:
    dataset = make_dataset()
    dataset["time"].encoding["chunksizes"] = (4,)
    copy = dataset.copy(deep=True)
    open_field(dataset)
    xr.testing.assert_identical(dataset, copy)
    assert dataset["time"].encoding == {"chunksizes": (4,)}


def test_the_path_of_the_file_is_not_kept(tmp_path: Path, make_dataset) -> None:
    make_dataset().to_netcdf(tmp_path / "file.nc")
    field = open_field(tmp_path / "file.nc")
    assert str(tmp_path) not in str([v.encoding for v in field.coords.variables.values()])


# --- only what is chosen is read ------------------------------------------------------


def test_only_the_chosen_part_is_read(make_dataset) -> None:
    base = make_dataset(10).expand_dims(lev=[1.0, 2.0, 3.0]).chunk(time=1, lev=1)

    def guard(block: np.ndarray, block_info: dict | None = None) -> np.ndarray:
        if block_info:
            level, time = block_info[0]["chunk-location"][:2]
            assert (level, time) in ((1, 4), (1, 5)), "this block was not asked for"
        return block

    guarded = base["tas"].data.map_blocks(guard, dtype="f4", meta=np.empty((0, 0, 0, 0), "f4"))
    dataset = base.assign(tas=base["tas"].copy(data=guarded))
    field = open_field(dataset, "tas", time="4:6", select={"lev": 2})
    assert field.shape == (2, 36, 72)


@pytest.mark.parametrize("kind", ["nc", "zarr"])
def test_a_large_file_stays_on_disk(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"large.{kind}"
    values = np.zeros((200, 180, 360), dtype=np.float32)  # 52 MB
    values[:, 0, 0] = 1
    dataset = xr.Dataset(
        {"tas": (("time", "lat", "lon"), values)},
        {"time": np.arange(200), "lat": np.arange(180) - 89.5, "lon": np.arange(360.0)},
    ).chunk(time=1)
    if kind == "nc":
        encoding = {"tas": {"zlib": True, "chunksizes": (1, 180, 360)}}
        dataset.to_netcdf(path, encoding=encoding)
    else:
        dataset.to_zarr(path)
    del values, dataset
    tracemalloc.start()
    field = open_field(path, time="10:12")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert field.shape == (2, 180, 360)
    assert peak < 20e6


# --- which variable -----------------------------------------------------------------


def test_a_known_name_of_temperature_is_chosen(make_dataset) -> None:
    dataset = make_dataset()
    both = dataset.rename(tas="PRECT").assign(TREFHT=dataset["tas"] + 1)
    assert open_field(both).name == "TREFHT"
    assert list_variables(both) == ["PRECT", "TREFHT"]


def test_one_of_several_must_be_named(make_dataset) -> None:
    dataset = make_dataset()
    refuse(dataset.rename(tas="a").assign(b=dataset["tas"]), "name one of a, b")


def test_bounds_and_coordinates_are_no_candidates(make_dataset) -> None:
    dataset = make_dataset().rename(tas="pr")
    dataset["time_bnds"] = (("time", "nbnd"), np.zeros((4, 2)))
    dataset["lat_bnds"] = (("lat", "nbnd"), np.zeros((36, 2)))
    dataset["name"] = (("time", "lat", "lon"), np.full((4, 36, 72), "x"))
    assert list_variables(dataset) == ["pr"]
    assert open_field(dataset).name == "pr"


def test_what_has_no_time_is_described_unread(make_dataset, tmp_path: Path) -> None:
    """A dimension that xarray adds would have all of the values read."""
    still = make_dataset()["tas"].isel(time=0)  # with its one time as a scalar
    for name, array in (("dated", still), ("undated", still.drop_vars("time"))):
        array.to_netcdf(tmp_path / f"{name}.nc")
        with xr.open_dataset(tmp_path / f"{name}.nc") as dataset:
            assert describe(dataset)[0].shape == (1, 36, 72)
            assert not dataset["tas"].variable._in_memory
            part = open_field(dataset, "tas", region="0:20,10:40")
            assert not dataset["tas"].variable._in_memory
        whole = open_field(tmp_path / f"{name}.nc")
        rows, columns = (np.isin(getattr(whole.grid, of), getattr(part.grid, of)) for of in LATLON)
        np.testing.assert_array_equal(part.values, whole.values[:, rows][:, :, columns])


def test_what_has_no_time_is_offered_where_there_is_nothing_else(make_dataset) -> None:
    dataset = make_dataset()
    still = dataset["tas"].isel(time=0, drop=True)
    dataset["orog"] = still
    assert list_variables(dataset) == ["tas"]
    field = open_field(dataset, "orog")  # asked for by its name
    np.testing.assert_array_equal(field.values[0], still)
    assert list_variables(dataset[["orog"]]) == ["orog"]


def test_refusals(make_dataset) -> None:
    dataset = make_dataset()
    refuse(dataset, "no variable 'TS' in the dataset given; there are: tas", "TS")
    refuse(dataset.mean("lat"), r"no latitude and longitude \(its dimensions: time, lon\)", "tas")
    refuse(dataset.mean("lat"), "no latitude and longitude")
    refuse(dataset * np.nan, "All values of 'tas' are missing", "tas")
    refuse(dataset * 0, "is constant", "tas")
    refuse(dataset.astype(str), "holds no numbers", "tas")
    refuse(xr.Dataset(), "it holds: nothing")
    refuse(dataset, "chooses nothing", time="100:200")
    refuse(dataset, "no dimension 'lev'", select={"lev": 1})
    refuse(dataset.isel(time=slice(0, 0)), "no entries along 'time'", "tas")
    plain = dataset.assign_coords(time=np.arange(4)).isel(time=slice(0, 0))
    refuse(plain, "no times", "tas")


def test_dates_counted_in_months_are_read_and_can_be_written(make_dataset) -> None:
    dataset = make_dataset()
    dataset["time"] = "time", np.arange(4), {"units": "months since 2000-01-01",
                                             "calendar": "360_day"}  # fmt: skip
    field = open_field(xr.decode_cf(dataset), "tas")
    assert field.time.label(1) == "2000-02-01"
    told = cainr_core.open(small.file_of(field)).coords["time"]
    assert [str(date)[:10] for date in told.values] == [field.time.label(n) for n in range(4)]


def test_times_all_missing_in_the_chosen_part_only(make_dataset) -> None:
    dataset = make_dataset()
    dataset["tas"][2:] = np.nan
    assert open_field(dataset).missing is not None
    refuse(dataset, "missing in the chosen part", time="2:")


# --- to choose from -------------------------------------------------------------------


def test_describe(make_dataset) -> None:
    base = make_dataset()
    base["T"] = base["tas"].expand_dims(lev=[500.0, 850.0])
    base["tas"].attrs["long_name"] = "air temperature"
    surface, levels = describe(base)
    assert (surface.name, surface.long_name, surface.units) == ("tas", "air temperature", "K")
    assert surface.times_of() == ("2000-01-01", "2000-01-04")
    assert surface.times_of("1:4", 2) == ("2000-01-02", "2000-01-04")
    times = np.array(["2000-01-01T06", "2000-01-02"], "M8[ns]")
    hourly = base.isel(time=slice(2)).assign_coords(time=times)
    assert describe(hourly)[0].times_of() == ("2000-01-01 06:00", "2000-01-02 00:00")
    assert (surface.shape, surface.levels, surface.grid.kind) == ((4, 36, 72), {}, "latlon")
    assert levels.levels == {"lev": [500.0, 850.0]}
    assert levels.part() == surface.part() == (4, 36, 72)
    assert levels.part("1:", "0:90,-20:20", 2) == (2, 9, 5)
    assert surface.itemsize == 4
    with pytest.raises(CainrError, match="chooses nothing"):
        surface.part("9:")
    assert levels.long_name == "air_temperature"


def test_dates_to_select_from_are_text(make_dataset) -> None:
    runs = np.array(["2000-01-01", "2000-01-02"], dtype="M8[ns]")
    dataset = make_dataset(calendar="standard").expand_dims(forecast_run=runs)
    (summary,) = describe(dataset)
    label = "2000-01-02T00:00:00"
    assert summary.levels["forecast_run"][1] == label
    field = open_field(dataset, select={"forecast_run": label})
    assert field.coords["forecast_run"].values == runs[1]


def test_describe_takes_arrays_and_empty_axes(make_dataset) -> None:
    assert describe(make_dataset()["tas"].rename(None))[0].name == "values"
    plain = make_dataset().assign_coords(time=np.arange(4)).isel(time=slice(0, 0))
    assert len(describe(plain)[0].axis) == 0


def test_describe_tells_why_there_is_nothing(make_dataset) -> None:
    dataset = make_dataset()
    with pytest.raises(CainrError, match="no latitude and longitude"):
        describe(dataset.mean("lat"))
    with pytest.raises(CainrError, match="missing entries"):
        describe(dataset.assign_coords(lat=dataset["lat"] * np.nan))
    dataset["other"] = ("time", "row", "lon"), dataset["tas"].values
    dataset["nav"] = "row", np.full(36, np.nan), {"units": "degrees_north"}
    assert [each.name for each in describe(dataset)] == ["tas"]


def test_importing_is_light() -> None:
    heavy = ("torch", "xarray", "netCDF4", "zarr", "scipy", "pandas")
    code = (
        "import sys, cainr_core.data.sources, cainr_core.data.contexts\n"
        f"sys.exit(str([m for m in {heavy} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
