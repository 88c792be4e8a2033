"""Zooming: the page tells what is seen, the view brings it back, and cells are drawn finely."""

from __future__ import annotations

import numpy as np
import pytest

from app.views.mapboard import MapBoard
from app.views.regions import REGIONS
from app.views.zooming import BY_HAND, WHOLE
from app.workbench import Workbench


@pytest.fixture
def board() -> MapBoard:
    bench = Workbench()
    bench.open_data()
    return MapBoard(bench)


def zoom(board: MapBoard, factor: float) -> None:
    """What a wheel over the middle of a map does to the ranges that all share."""
    seen, maps = board.geography.seen, board.geography
    with_ = seen.padded((1 / factor - 1) / 2)
    maps._moving = True
    maps.x_range.update(start=with_.x0, end=with_.x1)
    maps.y_range.start = with_.y0
    maps._moving = False
    maps.y_range.end = with_.y1


def test_a_region_chosen_is_seen_and_drawn_finely(board: MapBoard):
    bench = board.workbench
    assert board.maps.near.source.data["x"] == []
    board.regions.choice.value = "Europe"
    assert bench.region == list(REGIONS["Europe"])
    near = board.maps.near
    assert near.picture.extent.within(board.geography.whole) == near.picture.extent
    seen = board.geography.seen
    assert seen.within(near.picture.extent) == seen
    # one pixel of the whole map is several of the part
    fine = near.picture.extent.width / near.picture.index.shape[1]
    coarse = board.maps.whole.picture.extent.width / board.maps.whole.picture.index.shape[1]
    assert fine < coarse / 2
    image = near.source.data["original"][0]
    cells = bench.field.values[0].ravel()
    inside = near.picture.index >= 0
    np.testing.assert_array_equal(image[inside], cells[near.picture.index[inside]])


def test_the_zoom_of_the_page_becomes_the_region_and_is_kept(board: MapBoard):
    bench = board.workbench
    zoom(board, 4)
    assert bench.region == pytest.approx([0, 0, 78], abs=8)
    assert board.regions.choice.value == BY_HAND
    seen, before = board.geography.seen, board.maps.near.source.data["original"][0]
    bench.look_at(3)
    assert board.maps.near.source.data["original"][0] is not before
    bench.param.update(mode="swipe", palette="Batlow", scale="percentile")
    assert board.geography.seen == seen
    assert board.large.maps.near.picture is not None
    bench.mode = "side"
    bench.projection = "mollweide"  # the same place, as wide
    assert bench.region == pytest.approx([0, 0, 78], abs=8)
    assert board.geography.seen.width == pytest.approx(seen.width, rel=0.02)


def test_the_whole_globe_is_one_click_away(board: MapBoard):
    assert board.regions.back.disabled
    board.workbench.region = [10, 20, 40]
    assert not board.regions.back.disabled
    board.regions.back.clicks += 1
    assert board.workbench.region == []
    assert board.regions.choice.value == WHOLE
    assert board.geography.seen == board.geography.whole
    assert board.maps.near.picture is None
    assert list(board.maps.near.source.data["original"]) == []


def test_a_region_that_the_map_would_cut_is_put_in_the_middle(board: MapBoard):
    bench = board.workbench
    bench.param.update(mode="swipe", centre=180.0)
    board.regions.choice.value = "Europe"
    assert (bench.centre, bench.region) == (20.0, list(REGIONS["Europe"]))
    assert board.geography.seen.x0 + board.geography.seen.x1 == pytest.approx(0, abs=1e6)
    assert board.regions.choice.value == "Europe"
    board.regions.back.clicks += 1
    assert (bench.centre, bench.region) == (180.0, [])  # as it was
    board.regions.choice.value = "Europe"
    bench.centre = 30.0
    board.regions.back.clicks += 1
    assert bench.centre == 30.0  # somebody's own


def test_a_saved_view_is_brought_back_at_once(board: MapBoard):
    bench = board.workbench
    bench.param.update(projection="plate_carree", centre=75.0, region=[20, 80, 60])
    seen = board.geography.seen
    assert (seen.x0, seen.x1, seen.y0, seen.y1) == pytest.approx((-25, 35, 5, 35))
    assert bench.region == [20, 80, 60]


@pytest.mark.parametrize("name", ["robinson", "plate_carree", "orthographic"])
def test_data_of_a_region_that_the_map_would_cut_are_put_in_the_middle(board: MapBoard, name: str):
    bench, whole = board.workbench, board.geography.whole
    bench.projection = name
    bench.data.region = "30:60,170:-170"
    bench.open_data()
    assert bench.centre == 180
    assert board.geography.whole.width < 0.5 * whole.width
    board.regions.back.clicks += 1
    assert bench.centre == 180
    bench.data.region = ""
    bench.open_data()
    assert bench.centre == 0
    bench.data.region = "30:60,170:-170"
    bench.open_data()
    bench.centre = 90.0
    bench.data.region = ""
    bench.open_data()
    assert bench.centre == 90.0


def test_a_region_that_a_map_does_not_show_is_told(board: MapBoard):
    bench = board.workbench
    bench.projection = "south"
    board.regions.choice.value = "Europe"
    assert "Europe is not on this map" in bench.problem
    assert board.regions.choice.value == WHOLE
    bench.param.update(projection="robinson", region=list(REGIONS["Europe"]))
    bench.projection = "south"
    assert bench.region == []


@pytest.mark.parametrize("mode", ["side", "swipe"])
def test_a_part_is_seen_of_other_data_too(board: MapBoard, mode: str):
    bench = board.workbench
    bench.scale = "percentile"
    bench.param.update(region=list(REGIONS["Europe"]), mode=mode)
    for thin in (2, 1):  # fewer cells than a picture of the former grid names, then more
        bench.data.thin = thin
        bench.open_data()
        bench.mode = "swipe" if bench.mode == "side" else "side"
        near = board.large.maps.near if bench.mode == "swipe" else board.maps.near
        assert near.picture.index.max() < bench.field.grid.size
    bench.region = []
    assert board.colours.now["original"].high > 300
