"""Which cell a pixel shows: the nearest one, on every grid and in every projection."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.views.projections import (
    PROJECTIONS,
    frame,
    globe,
    graticule,
    nearest_cell,
    picture,
    project_lines,
)
from cainr_core.data.grid import Grid

ALL = pytest.mark.parametrize("name", PROJECTIONS)


def global_grid(n_lat: int = 24, n_lon: int = 48, lon0: float = 0.0, north_first: bool = False):
    lat = -90 + (np.arange(n_lat) + 0.5) * 180 / n_lat
    lon = lon0 + np.arange(n_lon) * 360 / n_lon
    return Grid.latlon(lat[::-1] if north_first else lat, lon)


def column_grid(n: int = 2000) -> Grid:
    """Columns spread evenly over the sphere (a Fibonacci spiral)."""
    k = np.arange(n) + 0.5
    lat, lon = np.degrees(np.arcsin(1 - 2 * k / n)), (k * 137.50776) % 360
    return Grid.columns(lat, lon)


def distance(lat1, lon1, lat2, lon2):
    """Degrees along the great circle."""
    a, b, d = np.radians(lat1), np.radians(lat2), np.radians(lon2 - lon1)
    return np.degrees(
        np.arccos(np.clip(np.sin(a) * np.sin(b) + np.cos(a) * np.cos(b) * np.cos(d), -1, 1))
    )


GRIDS = {
    "south first, 0..360": global_grid(),
    "north first, -180..180": global_grid(lon0=-180, north_first=True),
    "poles and both ends": Grid.latlon(np.linspace(-90, 90, 25), np.linspace(-180, 180, 49)),
    "columns": column_grid(),
}


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@settings(max_examples=40, deadline=None)
@given(st.floats(-90, 90), st.floats(-720, 720))
def test_the_nearest_cell_is_found_anywhere(grid: Grid, lat: float, lon: float):
    found = nearest_cell(grid, np.array([lat]), np.array([lon]))[0]
    assert found >= 0
    cells = grid.points()
    if grid.kind == "columns":
        apart = distance(lat, lon, *cells)
        assert apart[found] <= apart.min() + 1e-6
    else:  # the row and the column nearest, each for itself
        around = (cells[1] - lon + 180) % 360 - 180
        assert abs(cells[0][found] - lat) <= np.abs(grid.lat - lat).min() + 1e-9
        assert abs(around[found]) <= np.abs(around).min() + 1e-9


@ALL
@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_a_picture_shows_the_cells_values_and_nothing_else(grid: Grid, name: str):
    view = picture(grid, name)
    values = np.arange(grid.size, dtype=np.float64)
    image = view.draw(values)
    assert image.dtype == np.float32
    shown = view.index >= 0
    np.testing.assert_array_equal(image[shown], values[view.index[shown]])
    assert np.isnan(image[~shown]).all()
    assert np.isnan(view.lat[~shown]).all()
    lat, lon = grid.points()
    np.testing.assert_allclose(view.lat[shown], lat[view.index[shown]], rtol=1e-6)
    apart = (view.lon[shown] - lon[view.index[shown]]) % 360
    assert (np.minimum(apart, 360 - apart) < 1e-4).all()


@ALL
def test_the_globe_fills_its_outline(name: str):
    view = picture(global_grid(), name)
    share = (view.index >= 0).mean()
    outline = frame(name)[1]
    assert share == pytest.approx(outline.area / (view.extent.width * view.extent.height), abs=0.01)
    rows, columns = view.index.shape
    assert columns / rows == pytest.approx(PROJECTIONS[name].aspect, rel=0.02)


def test_north_is_up_and_the_centre_is_in_the_middle():
    view = picture(global_grid(36, 72), "plate_carree", 180)
    rows, columns = view.index.shape
    assert view.lat[-1].min() > 80
    assert view.lat[0].max() < -80
    middle = view.lon[rows // 2, columns // 2]
    assert abs(abs(middle) - 180) < 5


def test_polar_maps_show_their_pole_alone():
    north, south = (picture(global_grid(), name) for name in ("north", "south"))
    assert np.nanmin(north.lat) > 20
    assert np.nanmax(south.lat) < -20
    assert north.lat[north.lat.shape[0] // 2, north.lat.shape[1] // 2] > 80


@pytest.mark.parametrize("name", ["plate_carree", "robinson", "north", "orthographic"])
def test_of_a_regional_grid_the_surroundings_are_shown(name: str):
    grid = Grid.latlon(np.linspace(30, 60, 31), np.linspace(-20, 40, 61))
    view, globe = picture(grid, name), picture(global_grid(), name).extent
    shown = view.index >= 0
    assert 0.2 < shown.mean() < 0.8
    assert len(np.unique(view.index[shown])) == grid.size
    assert np.nanmin(view.lat) >= 30
    assert np.nanmax(view.lat) <= 60
    assert view.extent.width < 0.7 * globe.width
    assert view.extent.width / view.extent.height == pytest.approx(
        PROJECTIONS[name].aspect, rel=1e-6
    )


@pytest.mark.parametrize(
    ("name", "centre"), [("south", 0), ("orthographic", 180), ("robinson", 190)]
)
def test_a_regional_grid_that_a_map_cuts_is_shown_where_it_lies(name: str, centre: float):
    grid = Grid.latlon(np.linspace(-40, 60, 51), np.linspace(-20, 40, 61))
    assert picture(grid, name, centre).extent == picture(global_grid(), name, centre).extent


def test_a_picture_is_computed_once():
    assert picture(global_grid(), "robinson") is picture(global_grid(), "robinson")
    assert picture(global_grid(), "robinson") is not picture(global_grid(lon0=1), "robinson")


@ALL
@pytest.mark.parametrize("centre", [0, 90, 180])
def test_lines_stay_on_the_map_and_are_cut_at_its_edge(name: str, centre: float):
    outline = frame(name, centre)[1]
    x0, _, x1, _ = outline.bounds
    lines = project_lines(graticule(), name, centre)
    assert lines
    for line in lines:
        assert np.isfinite(line).all()
        assert line[:, 0].min() >= x0 - 1e-6 * (x1 - x0)
        assert line[:, 0].max() <= x1 + 1e-6 * (x1 - x0)
        assert all(abs(b[0] - a[0]) < 0.5 * (x1 - x0) for a, b in pairwise(line))


def test_the_globe_has_coastlines_graticule_and_outline():
    coast, grid, rim = globe("robinson")
    assert sum(map(len, coast)) > 3000
    assert len(grid) > 10
    assert len(rim) == 1


def test_threads_do_not_mix_up_their_lines():
    kinds = [graticule(30), graticule(15)] * 2
    alone = [project_lines(lines, "robinson") for lines in kinds]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda lines: project_lines(lines, "robinson"), kinds))
    for a, b in zip(alone, together, strict=True):
        assert len(a) == len(b)
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
