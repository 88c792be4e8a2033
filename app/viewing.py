"""How a page looks at what it shows."""

from __future__ import annotations

from typing import Any

import param

from app.views.projections import PROJECTIONS

TIMES = {"All times": "all", "This time": "time"}


class Viewing(param.Parameterized):
    """The view: what is declared here is brought back by a link and by a saved state."""

    time = param.Integer(default=0, bounds=(0, None), doc="Index of the time step shown.")
    step = param.Integer(
        default=None,
        allow_None=True,
        bounds=(0, None),
        label="Training step",
        doc="The step of their fits at which runs are shown, as far as states were kept; none for "
        "the finished fits.",
    )
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
    sine_latitude = param.Boolean(
        default=False, label="Equal areas",
        doc="Latitudes are spaced by their sine, so that equal widths are equal areas.",
    )  # fmt: skip
    error_times: Any = param.Selector(
        default="all", objects=dict(TIMES), doc="Whose errors the histogram counts."
    )
    log_counts = param.Boolean(
        default=False,
        label="Logarithmic",
        doc="Counts by their logarithm, so that rare errors show.",
    )
    spectrum_times: Any = param.Selector(
        default="time", objects=dict(TIMES), doc="Whose power the spectrum shows."
    )
    axes: Any = param.Selector(
        default="Files",
        objects=["Files", "Paper"],
        doc="Compression and PSNR as cainr defines them, or as the CA-INR paper does.",
    )
    colour_by: Any = param.Selector(
        default="contexts",
        objects={"Contexts": "contexts", "Networks": "networks"},
        doc="What a colour stands for.",
    )
    all_data = param.Boolean(
        default=False, label="All data", doc="Runs of other data, too, not only of those open."
    )
    tab = param.String(default="", doc="Title of the closer look that is open; empty for none.")


def view_of(viewing: Viewing) -> dict[str, Any]:
    """The values of the view by name."""
    return {name: getattr(viewing, name) for name in Viewing.param if name != "name"}
