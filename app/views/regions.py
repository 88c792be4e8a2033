"""Parts of the globe to look at: the place in the middle, and how much of it is seen.

So a region stays what it is in another projection, and around another centre.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from app.views.projections import PART, PROJECTIONS, Extent, place_at, point_of
from app.words import degrees
from cainr_core.data.fields import Grid

METRES = 111_195.0  # a degree of arc
MOST = 0.95  # of the width of the map that a region takes
WHOLE = 0.98  # of the width: who sees as much sees all
SLANTED = 50.0  # degrees from the middle of a map, beyond which meridians lean
WALK = 50  # steps from a corner outside of the globe to its middle


class Region(NamedTuple):
    """A place in degrees, and the width of what is seen around it in degrees of arc."""

    lat: float
    lon: float
    across: float


REGIONS = {
    "Europe": Region(52, 15, 66),
    "Africa": Region(3, 18, 140),
    "South Asia": Region(22, 80, 80),
    "East Asia": Region(32, 115, 90),
    "Maritime Continent": Region(0, 120, 80),
    "Australia": Region(-27, 135, 80),
    "North America": Region(47, -98, 110),
    "South America": Region(-22, -60, 150),
    "Tropical Pacific": Region(0, -150, 110),
    "Arctic": Region(90, 0, 90),
    "Antarctica": Region(-90, 0, 90),
}


def name_of(region: Sequence[float]) -> str:
    """The name of a region, as three numbers; empty where it has none."""
    return next((name for name, each in REGIONS.items() if list(each) == list(region)), "")


def named(region: Sequence[float]) -> str:
    """A region, as three numbers, in words: Europe; or the place in its middle and its width. Empty
    for none, which is the whole map."""
    name = name_of(region)
    if name or not region:
        return name
    lat, lon, across = region
    return f"around {degrees(lat, lon)}, {across:.3g}° across"


def centred(region: Region, name: str, centre: float) -> float:
    """The central longitude to see a region from: the present one, or, where the map would cut the
    region or show it slanted, that of the region's middle, to ten degrees."""
    if PROJECTIONS[name].pole:
        return centre
    off = abs((region.lon - centre + 180) % 360 - 180)
    straight = 180 - region.across / 2 if name == "plate_carree" else SLANTED
    return centre if off <= straight else round(region.lon, -1)


def covered(grid: Grid) -> Region | None:
    """The region that a grid covers; None for one that goes around most of the globe."""
    east = np.unique(np.mod(grid.lon, 360))
    gaps = np.diff(east, append=east[0] + 360)
    widest = int(gaps.argmax())
    across = 360 - float(gaps[widest])
    if across > PART * 360:
        return None
    middle = float(east[(widest + 1) % len(east)]) + across / 2
    return Region(float(grid.lat.min() + grid.lat.max()) / 2, 180 - (180 - middle) % 360, across)


def window(region: Region, name: str, centre: float, whole: Extent) -> Extent | None:
    """What is seen of a region on a map, of the shape of the `whole` map and within it; None where
    the map does not show the region's middle."""
    middle = point_of(region.lat, region.lon, name, centre)
    if middle is None or not region.across > 0:
        return None
    width = region.across * (1.0 if name == "plate_carree" else METRES)
    width = min(width, MOST * float(whole.width))
    height = width / PROJECTIONS[name].aspect
    x = float(np.clip(middle[0], whole.x0 + width / 2, whole.x1 - width / 2))
    y = float(np.clip(middle[1], whole.y0 + height / 2, whole.y1 - height / 2))
    return Extent(x - width / 2, x + width / 2, y - height / 2, y + height / 2)


def region_of(seen: Extent, name: str, centre: float, whole: Extent) -> Region | None:
    """The region that is seen; None for the whole map."""
    if seen.width >= WHOLE * whole.width:
        return None
    here = np.array([seen.x0 + seen.x1, seen.y0 + seen.y1]) / 2
    middle = np.array([whole.x0 + whole.x1, whole.y0 + whole.y1]) / 2
    for step in range(WALK):  # a corner of the picture may lie outside of the globe
        x, y = here + (middle - here) * step / WALK
        place = place_at(float(x), float(y), name, centre)
        if place is not None:
            across = float(seen.width) / (1.0 if name == "plate_carree" else METRES)
            return Region(round(place[0], 3), round(place[1], 3), round(across, 3))
    return None
