"""Regions: the same part of the globe whatever the map."""

from __future__ import annotations

import numpy as np
import pytest

from app.views.projections import PROJECTIONS, Extent, frame, place_at
from app.views.regions import REGIONS, Region, centred, named, region_of, window


def whole(name: str, centre: float = 0.0) -> Extent:
    return Extent(*np.array(frame(name, centre)[1].bounds)[[0, 2, 1, 3]])


@pytest.mark.parametrize("name", ["plate_carree", "robinson", "mollweide"])
def test_a_region_is_in_the_middle_of_what_is_seen_and_told_again(name: str):
    map_, region = whole(name), REGIONS["Europe"]
    seen = window(region, name, 0, map_)
    assert seen.width / seen.height == pytest.approx(PROJECTIONS[name].aspect)
    middle = place_at((seen.x0 + seen.x1) / 2, (seen.y0 + seen.y1) / 2, name)
    assert middle == pytest.approx((region.lat, region.lon), abs=1e-2)
    assert region_of(seen, name, 0, map_) == pytest.approx(region, abs=1e-2)


@pytest.mark.parametrize("name", PROJECTIONS)
@pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS)
def test_what_is_seen_lies_within_the_map(name: str, region: Region):
    map_ = whole(name)
    seen = window(region, name, 0, map_)
    if seen is not None:
        assert seen.within(map_.padded(1e-9)) == seen
        assert region_of(seen, name, 0, map_) is not None  # also where a corner is no place


def test_a_region_stays_around_another_centre():
    seen = window(REGIONS["Australia"], "robinson", 135, whole("robinson", 135))
    assert (seen.x0 + seen.x1) / 2 == pytest.approx(0, abs=1)


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("south", REGIONS["Europe"]),
        ("orthographic", REGIONS["Tropical Pacific"]),
        ("robinson", Region(0, 0, 0)),
    ],
)
def test_what_a_map_does_not_show_has_no_window(name: str, region: Region):
    assert window(region, name, 0, whole(name)) is None


def test_a_region_in_words():
    assert named(list(REGIONS["Arctic"])) == "Arctic"
    assert named([-30.0, -140.5, 42.04]) == "around 30.00°S 140.50°W, 42° across"
    assert named([]) == ""


def test_the_whole_map_is_no_region():
    map_ = whole("robinson")
    assert region_of(map_.padded(0.01), "robinson", 0, map_) is None


@pytest.mark.parametrize(
    ("name", "centre", "region", "expected"),
    [
        ("robinson", 0.0, "Europe", 0.0),
        ("robinson", 180.0, "Europe", 20.0),  # it would be cut
        ("robinson", 0.0, "Australia", 140.0),  # it would lean
        ("plate_carree", 0.0, "Australia", 0.0),
        ("plate_carree", 0.0, "Tropical Pacific", -150.0),
        ("north", 0.0, "Australia", 0.0),
    ],
)
def test_a_region_is_seen_whole_and_upright(name: str, centre: float, region: str, expected: float):
    assert centred(REGIONS[region], name, centre) == expected
