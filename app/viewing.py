"""How a page looks at what it shows."""

from __future__ import annotations

from typing import Any

import param

from app.views.projections import PROJECTIONS


class Viewing(param.Parameterized):
    """The view: what is declared here is brought back by a link and by a saved state."""

    time = param.Integer(default=0, bounds=(0, None), doc="Index of the time step shown.")
    projection: Any = param.Selector(
        default="robinson",
        objects={p.title: p.name for p in PROJECTIONS.values()},
        doc="How the globe is drawn; figures are computed on the cells, whatever is drawn.",
    )
    centre: Any = param.Selector(
        default=0,
        objects={"0°": 0, "90°E": 90, "180°": 180, "90°W": -90},
        doc="The longitude in the middle of the maps.",
    )
    place_lat = param.Number(
        default=None, bounds=(-90, 90), allow_None=True, label="Latitude (°N)",
        doc="Latitude in degrees of the place whose values over time are shown; south is negative.",
    )  # fmt: skip
    place_lon = param.Number(
        default=None, bounds=(-360, 360), allow_None=True, label="Longitude (°E)",
        doc="Longitude in degrees of that place; west is negative.",
    )  # fmt: skip
    tab = param.String(default="", doc="Title of the closer look that is open; empty for none.")


def view_of(viewing: Viewing) -> dict[str, Any]:
    """The values of the view by name."""
    return {name: getattr(viewing, name) for name in Viewing.param if name != "name"}
