"""A click on a map: the place that it chooses, and its mark on every map."""

import numpy as np
import pytest
from bokeh.events import Tap

from app.views.maps import Geography, MapSet, Plate
from app.views.pointing import Pointing
from app.views.projections import PROJECTIONS, picture, place_at, point_of
from app.workbench import Workbench
from cainr_core.data.grid import Grid


@pytest.mark.parametrize("name", PROJECTIONS)
@pytest.mark.parametrize("centre", [0, 180])
def test_a_place_comes_back_from_where_it_stands(name: str, centre: float):
    lat = {"north": 60.0, "south": -60.0}.get(name, 20.0)
    for lon in (centre - 40.0, centre + 40.0):
        point = point_of(lat, lon, name, centre)
        assert point is not None
        place = place_at(*point, name, centre)
        assert place is not None
        assert place[0] == pytest.approx(lat, abs=1e-6)
        assert np.cos(np.radians(place[1] - lon)) == pytest.approx(1, abs=1e-9)


def test_what_a_map_does_not_show_is_no_place():
    assert point_of(-45, 0, "north") is None
    assert point_of(0, 180, "orthographic") is None
    assert place_at(1e8, 0, "robinson") is None


def test_a_click_marks_the_place_in_any_projection():
    bench = Workbench()
    maps = MapSet([Plate("original", "Original", ["#000000"])], Geography())
    grid = Grid.latlon(np.arange(-88.0, 90, 4), np.arange(0.0, 360, 5))
    maps.place(picture(grid, "robinson"), 2.0)
    pointing = Pointing(bench, maps)
    assert not pointing.mark.data["x"]
    plot = maps.figures["original"]
    pointing._tapped(Tap(plot, x=0.0, y=0.0))
    assert (bench.place_lat, bench.place_lon) == (0, 0)
    pointing._tapped(Tap(plot, x=500e3, y=111e3))  # of a cell the middle, as the hover box reads it
    assert (bench.place_lat, bench.place_lon) == (0, 5)
    assert bench.tab == "Place"
    bench.param.update(place_lat=60.0, place_lon=-100.0, projection="north")
    assert pointing.mark.data["x"][0] == pytest.approx(point_of(60, -100, "north")[0])
    bench.projection = "south"
    assert not pointing.mark.data["x"]
    pointing._tapped(Tap(plot, x=1e9, y=0.0))  # beside the globe
    assert bench.place_lat == 60
