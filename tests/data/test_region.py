from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.data.grid import Grid
from cainr_core.data.region import Region, choose_cells, find_cells
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError

LAT = np.linspace(-87.5, 87.5, 36)
CONVENTIONS = {
    "0 to 360": np.arange(0, 360, 5.0),
    "-180 to 180": np.arange(-180, 180, 5.0),
    "both ends": np.arange(-180, 181, 5.0),
    "westwards": np.arange(355, -1, -5.0),
}
each_convention = pytest.mark.parametrize("lon", CONVENTIONS.values(), ids=CONVENTIONS)


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("30:60,-10:40", (30, 60, -10, 50)),
        ("60:30, -10 : 40", (30, 60, -10, 50)),
        ("-30:30,170:-170", (-30, 30, 170, 20)),
        ("0:90,350:10", (0, 90, 350, 20)),
        ("0:90,0:360", (0, 90, 0, 360)),
        ("60:", (60, 90, 0, 360)),
        (":-60,:", (-90, -60, 0, 360)),
        (":,5.5:.5", (-90, 90, 5.5, 355)),
        ("0:0,7:7", (0, 0, 7, 0)),
    ],
)
def test_boxes(text: str, box: tuple[float, ...]) -> None:
    read = Region.parse(text)
    assert (read.south, read.north, read.west, read.width) == box


@pytest.mark.parametrize("text", ["Europe", "30", "30:60,10", "30:60,10:", "1:2,3:4,5:6"])
def test_texts_that_are_no_box(text: str) -> None:
    with pytest.raises(CainrError, match="is not understood; write LAT:LAT,LON:LON"):
        Region.parse(text)


@pytest.mark.parametrize(("text", "what"), [("0:91", "latitude"), ("0:1,0:400", "longitude")])
def test_degrees_that_are_not_there(text: str, what: str) -> None:
    with pytest.raises(CainrError, match=f"A {what} of the region"):
        Region.parse(text)


def test_a_region_without_cells() -> None:
    grid = Grid.latlon(LAT, CONVENTIONS["0 to 360"])
    with pytest.raises(
        CainrError, match=r"no cell: lat.* -87.5 to 87.5, .* in steps of 5 and 5 de"
    ):
        choose_cells(grid, "1:2,1:2")
    for thin in (0, 1.5):
        with pytest.raises(CainrError, match="1 or more"):
            choose_cells(grid, "", thin)  # type: ignore[arg-type]
    assert choose_cells(grid) is None


@each_convention
@given(west=st.integers(-360, 360), width=st.integers(5, 355))
def test_longitudes_run_on_eastwards(lon: np.ndarray, west: int, width: int) -> None:
    east = west + width if west + width <= 360 else west + width - 360
    part = choose_cells(Grid.latlon(LAT, lon), f"0:50,{west}:{east}")
    assert part is not None
    columns = part.index[1]
    taken = lon[columns] + 360 * (0 if part.turns is None else part.turns)
    turned = np.mod(taken - west, 360)
    assert (turned <= width).all()
    within = np.mod(np.arange(0, 360, 5) - west, 360) <= width
    assert np.unique(np.mod(taken, 360)).size == within.sum()
    steps = np.diff(taken)
    if columns.size < lon.size - 1:  # all but one may stay as they are
        assert (steps > 0).all() or (steps < 0).all()


@each_convention
@pytest.mark.parametrize("region", ["-20:33,-40:70", "0:90,100:-100", "30:", ""])
@pytest.mark.parametrize("thin", [1, 3])
def test_the_values_are_those_of_the_places(
    make_dataset, lon: np.ndarray, region: str, thin: int
) -> None:
    dataset = make_dataset(lat=LAT, lon=lon)
    field = open_field(dataset, region=region, thin=thin)
    assert field.values.shape == (len(field.time), *field.grid.shape)
    assert field.grid.area.sum() == pytest.approx(1)
    np.testing.assert_array_equal(field.coords["lon"], field.grid.lon)
    for row, column in ((0, 0), (-1, -1), (1, -2)):
        place = {
            "lat": int(np.argmin(np.abs(LAT - field.grid.lat[row]))),
            "lon": int(np.argmin(np.abs(np.mod(lon - field.grid.lon[column] + 180, 360) - 180))),
        }
        expected = dataset["tas"].isel(place).values[::thin]
        if abs(field.grid.lon[column]) != 180:  # there twice, with values of their own
            np.testing.assert_array_equal(field.values[:, row, column], expected)
    assert field.to_dataarray().dims == ("time", "lat", "lon")


@each_convention
@pytest.mark.parametrize("region", ["-20:33,-40:70", "0:90,100:-100", ""])
def test_cells_are_found_again(make_dataset, lon: np.ndarray, region: str) -> None:
    dataset = make_dataset(lat=LAT, lon=lon)
    grid = Grid.latlon(LAT, lon)
    field = open_field(dataset, region=region, thin=2)
    part = find_cells(grid, field.grid)
    assert part is not None
    np.testing.assert_array_equal(grid.lat[part.index[0]], field.grid.lat)
    assert part.turns is not None
    np.testing.assert_array_equal(grid.lon[part.index[1]] + 360 * part.turns, field.grid.lon)


def test_cells_that_are_no_part() -> None:
    grid = Grid.latlon(LAT, CONVENTIONS["0 to 360"])
    assert find_cells(grid, grid) is None
    assert find_cells(grid, Grid.latlon(LAT[:5] + 1, grid.lon)) is None
    assert find_cells(grid, Grid.latlon(LAT[:5][::-1], grid.lon)) is None
    assert find_cells(grid, Grid.columns(LAT, LAT)) is None
    columns = Grid.columns(LAT, LAT + 3)
    assert find_cells(columns, Grid.columns(LAT[:3], LAT[:3])) is None
    found = find_cells(columns, Grid.columns(LAT[4:9], LAT[4:9] + 363))
    assert found is not None
    assert found.index[0].tolist() == [4, 5, 6, 7, 8]


def test_longitudes_in_radians_run_on(make_dataset) -> None:
    dataset = make_dataset()
    lon = np.deg2rad(dataset["lon"].values)
    radians = dataset.assign_coords(lon=("lon", lon, {"units": "radians"}))
    field = open_field(radians, region="0:30,-20:20")
    np.testing.assert_allclose(field.grid.lon, np.arange(-20, 21, 5.0), atol=1e-9)


def test_the_sphere_of_e3sm(shared) -> None:
    field = open_field(shared / "e3sm_ne30pg2_trefht_annual.nc", region="60:90,:", thin=3)
    assert field.grid.kind == "columns"
    assert field.grid.lat.min() >= 60
    assert field.shape == (2, field.grid.size)
    assert 400 < field.grid.size < 600
