from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cainr_core.data.layout import build_grid, find_layout, time_bounds_name
from cainr_core.errors import CainrError


def bare(dataset: xr.Dataset, lat: str, lon: str) -> xr.Dataset:
    """The dataset with other names and no attributes on its coordinates."""
    renamed = dataset.rename(lat=lat, lon=lon)
    for name in (lat, lon):
        renamed[name].attrs.clear()
    return renamed


@pytest.mark.parametrize(
    ("lat", "lon"),
    [("lat", "lon"), ("latitude", "longitude"), ("Latitude", "Longitude"), ("y", "x")],
)
def test_names_suffice(make_dataset, lat: str, lon: str) -> None:
    layout = find_layout(bare(make_dataset(), lat, lon), "tas")
    assert (layout.lat, layout.lon, layout.space) == (lat, lon, (lat, lon))
    assert layout.time == "time"


@pytest.mark.parametrize(
    "attributes",
    [
        ({"standard_name": "latitude"}, {"standard_name": "longitude"}),
        ({"units": "degrees_north"}, {"units": "degreesE"}),
        ({"axis": "Y"}, {"axis": "X", "units": "degrees"}),
    ],
)
def test_attributes_suffice(make_dataset, attributes: tuple[dict, dict]) -> None:
    dataset = bare(make_dataset(), "north", "east")
    dataset["north"].attrs, dataset["east"].attrs = attributes
    assert find_layout(dataset, "tas").lat == "north"


def test_one_dimensional_coordinates_of_other_dimensions(make_dataset) -> None:
    dataset = make_dataset()
    rows = xr.Dataset(
        {"tas": (("time", "y", "x"), dataset["tas"].values)},
        {
            "time": dataset["time"],
            "lat": ("y", dataset["lat"].values),
            "lon": ("x", dataset["lon"].values),
            "y": np.arange(36),
            "x": np.arange(72),
        },
    )
    layout = find_layout(rows, "tas")
    assert (layout.lat, layout.lon, layout.space) == ("lat", "lon", ("y", "x"))


def refuse(dataset: xr.Dataset, words: str) -> None:
    with pytest.raises(CainrError, match=words):
        build_grid(dataset, find_layout(dataset, "tas"))


def test_bare_indices_are_no_grid(make_dataset) -> None:
    dataset = bare(make_dataset(), "y", "x").assign_coords(y=np.arange(36), x=np.arange(72))
    refuse(dataset, "no latitude and longitude")


@pytest.mark.parametrize("dims", [("y", "x"), ("time", "y", "x")])
def test_curvilinear_grids_are_told_apart(make_dataset, dims: tuple[str, ...]) -> None:
    values = make_dataset()["tas"].values
    where = np.broadcast_to(values[0] * 0, values.shape[-len(dims) :])
    coords = {
        "nav_lat": (dims, where, {"units": "degrees_north"}),
        "nav_lon": (dims, where, {"units": "degrees_east"}),
    }
    dataset = xr.Dataset({"tas": (("time", "y", "x"), values)}, coords)
    refuse(dataset, "curvilinear")


def test_rotated_poles_are_no_latitudes(make_dataset) -> None:
    dataset = make_dataset().rename(lat="rlat", lon="rlon")
    dataset["rlat"].attrs = {"standard_name": "grid_latitude", "units": "degrees", "axis": "Y"}
    dataset["rlon"].attrs = {"standard_name": "grid_longitude", "units": "degrees", "axis": "X"}
    refuse(dataset, "no latitude and longitude")


def test_columns_need_their_coordinates(make_dataset) -> None:
    dataset = xr.Dataset({"tas": (("time", "ncol"), np.zeros((4, 10)))})
    refuse(dataset, "on columns .'ncol'. but the file has no lat and lon")


def test_columns_with_area(make_dataset) -> None:
    area = np.array([1.0, 2, 1])
    dataset = xr.Dataset(
        {
            "tas": (("time", "ncol"), np.zeros((4, 3))),
            "lat": ("ncol", np.array([0.0, 10, 20]), {"units": "degrees_north"}),
            "lon": ("ncol", np.array([0.0, 10, 20]), {"units": "degrees_east"}),
            "area": ("ncol", area),
        },
        {"time": np.arange(4)},
    )
    grid = build_grid(dataset, find_layout(dataset, "tas"))
    assert grid.kind == "columns"
    assert grid.area.tolist() == [0.25, 0.5, 0.25]
    dataset["area"][0] = np.nan
    assert build_grid(dataset, find_layout(dataset, "tas")).area[0] == pytest.approx(1 / 3)


def test_radians_become_degrees(make_dataset) -> None:
    dataset = make_dataset()
    degrees = dataset["lat"].values
    radians = {"units": "radian", "standard_name": "latitude"}
    dataset = dataset.assign_coords(lat=("lat", np.deg2rad(degrees), radians))
    assert build_grid(dataset, find_layout(dataset, "tas")).lat == pytest.approx(degrees)


def test_latitudes_beyond_the_pole(make_dataset) -> None:
    refuse(make_dataset(lat=np.linspace(-100, 100, 36)), "not degrees")


def test_repeated_and_missing_coordinates(make_dataset) -> None:
    dataset = make_dataset()
    refuse(dataset.isel(lat=[0, 0, 1]), "same value more than once")
    refuse(dataset.isel(lon=[0, 0, 1, 1, 2]), "same value more than once")
    refuse(dataset.assign_coords(lat=np.full(36, np.nan)), "missing entries")


def test_both_ends_of_the_globe_may_be_there(make_dataset) -> None:
    dataset = make_dataset(lon=np.linspace(-180, 180, 73))
    assert build_grid(dataset, find_layout(dataset, "tas")).shape == (36, 73)


def test_which_of_several_times(make_dataset) -> None:
    dataset = make_dataset().expand_dims(year=[2000, 2001]).expand_dims(lev=[1.0, 2.0])
    layout = find_layout(dataset, "tas")
    assert layout.time == "time"
    assert set(layout.others) == {"year", "lev"}


@pytest.mark.parametrize("name", ["year", "month", "dayofyear"])
def test_counted_times(make_dataset, name: str) -> None:
    dataset = make_dataset().rename(time=name).assign_coords({name: np.arange(1, 5)})
    assert find_layout(dataset, "tas").time == name


def test_a_scalar_time(make_dataset) -> None:
    layout = find_layout(make_dataset().isel(time=0), "tas")
    assert (layout.time, layout.scalar_time) == (None, "time")


def test_time_bounds(make_dataset) -> None:
    dataset = make_dataset()
    assert time_bounds_name(dataset, "time") is None
    assert time_bounds_name(dataset, "none") is None
    dataset["time_bnds"] = (("time", "nbnd"), np.zeros((4, 2)))
    assert time_bounds_name(dataset, "time") == "time_bnds"
    dataset["edges"] = dataset["time_bnds"]
    dataset["time"].attrs["bounds"] = "edges"
    assert time_bounds_name(dataset, "time") == "edges"
