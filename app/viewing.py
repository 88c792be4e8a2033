"""How a page looks at what it shows."""

from __future__ import annotations

from typing import Any

import param

from app.views.palettes import OF_DIFFERENCES, OF_VALUES, titled
from app.views.projections import PROJECTIONS

TIMES = {"All times": "all", "This time": "time"}
MODES = {
    "Side by side": "side",
    "Swipe": "swipe",
    "Flicker": "flicker",
    "Difference": "difference",
    "Relative": "relative",
}
SCALES = {
    "Shared": "shared",
    "Locked": "locked",
    "Symmetric": "symmetric",
    "Percentile": "percentile",
}


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
    centre = param.Number(
        default=0.0,
        bounds=(-180, 360),
        label="Centre (°E)",
        doc="The longitude in the middle of the maps, in degrees; west is negative.",
    )
    region = param.List(
        default=[],
        item_type=(int, float),
        bounds=(0, 3),
        doc="What is zoomed in on: latitude and longitude of its middle, and its width, in degrees "
        "of arc; empty for all of the map.",
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
        default="all", objects=dict(TIMES), label="Times", doc="Whose errors the histogram counts."
    )
    log_counts = param.Boolean(
        default=False,
        label="Logarithmic",
        doc="Counts by their logarithm, so that rare errors show.",
    )
    spectrum_times: Any = param.Selector(
        default="time", objects=dict(TIMES), label="Times", doc="Whose power the spectrum shows."
    )
    axes: Any = param.Selector(
        default="Files",
        objects=["Files", "Paper"],
        doc="Compression and PSNR as cainr defines them, or as the CA-INR paper does.",
    )
    colour_by: Any = param.Selector(
        default="contexts",
        objects={"Contexts": "contexts", "Networks": "networks"},
        label="Colours",
        doc="What the colour of a run's point stands for.",
    )
    all_data = param.Boolean(
        default=False, label="All data", doc="Runs of other data, too, not only of those open."
    )
    mode: Any = param.Selector(
        default="side",
        objects=MODES,
        label="Compare",
        doc="Maps side by side, or one large map: of two things parted by a divider, of two in "
        "turn, or of their difference, as it is or in percent of the first.",
    )
    left = param.String(
        default="", doc="What others are compared with: original, fit, or a run's id."
    )
    right = param.String(default="", doc="What is compared with it; empty: chosen by itself.")
    divider = param.Number(
        default=50, bounds=(0, 100), doc="Percent of the width that is left of the divider."
    )
    scale: Any = param.Selector(
        default="shared",
        objects=SCALES,
        label="Scale",
        doc="Shared: all of the original; 99 % of the errors. Locked: limits stay. Symmetric: "
        "values around their mean, or zero. Percentile: 2 to 98 % of the cells seen.",
    )
    palette: Any = param.Selector(
        default="CET-L20",
        objects=titled(OF_VALUES),
        label="Colours of values",
        doc="Colour map of the field.",
    )
    contrast: Any = param.Selector(
        default="CET-D1A",
        objects=titled(OF_DIFFERENCES),
        label="Of differences",
        doc="Colour map of errors and differences.",
    )
    low = param.Number(default=None, allow_None=True, doc="Lower end of a locked scale.")
    high = param.Number(default=None, allow_None=True, doc="Upper end of a locked scale.")
    reach = param.Number(
        default=None,
        allow_None=True,
        bounds=(0, None),
        inclusive_bounds=(False, True),
        label="Errors up to",
        doc="Ends of a locked scale of errors, below and above zero.",
    )
    tab = param.String(default="", doc="Title of the closer look that is open; empty for none.")


def view_of(viewing: Viewing) -> dict[str, Any]:
    """The values of the view by name."""
    return {name: getattr(viewing, name) for name in Viewing.param if name != "name"}
