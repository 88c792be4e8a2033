"""Maps side by side over one data source: linked in view, read by one hover."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from bokeh.models import (
    BoxZoomTool,
    ColumnDataSource,
    CrosshairTool,
    CustomJS,
    CustomJSHover,
    HoverTool,
    LinearColorMapper,
    PanTool,
    Range1d,
    ResetTool,
    WheelZoomTool,
)
from bokeh.models.annotations import Span
from bokeh.models.renderers import GlyphRenderer
from bokeh.plotting import figure

from app.views.colours import Scale
from app.views.projections import PROJECTIONS, Array, Extent, Lines, Picture, globe

# The tools lie over the map, on light and dark.
_TOOLS = """
:host { background: transparent !important; }
div { --icon-color: var(--panel-on-surface-color); border-radius: 4px;
  background: color-mix(in srgb, var(--panel-surface-color) 85%, transparent); }
"""
FAINT = 0.35  # opacity of a map that shows another time step than the one asked for
_PLACE = ("x", "y", "dw", "dh", "lat", "lon")

# What the hover's numbers look like; NaN is a pixel that shows nothing.
_SHOWN = "return !isNaN(cb_data.value)"
_VALUE = (
    "return isNaN(value) ? '\u2013' : value.toFixed(Math.abs(value) < 10 ? 3 : 2)"
    ".replace('-', '\u2212')"
)
_DEGREES = "return Math.abs(value).toFixed(2) + '°' + (value < 0 ? '{negative}' : '{positive}')"


class Geography:
    """What maps share: the view (pan, zoom), coastlines, graticule and outline."""

    def __init__(self) -> None:
        self.x_range = Range1d(start=0, end=1)
        self.y_range = Range1d(start=0, end=1)
        self.coast, self.grid, self.rim = (ColumnDataSource({"xs": [], "ys": []}) for _ in range(3))
        # One cursor cross for all maps: spans that every figure's crosshair moves.
        self.cross = (
            Span(dimension="width", line_color="#888888", line_alpha=0.7),
            Span(dimension="height", line_color="#888888", line_alpha=0.7),
        )

    def show(self, projection: str, centre: float, picture: Picture) -> None:
        """Look at the whole of a new picture."""
        sources = (self.coast, self.grid, self.rim)
        for source, lines in zip(sources, globe(projection, centre), strict=True):
            source.data = _columns(lines)
        whole, view = picture.extent, picture.view
        margin = 0.01
        for axis, (low, high), (start, end) in (
            (self.x_range, (whole.x0, whole.x1), (view.x0, view.x1)),
            (self.y_range, (whole.y0, whole.y1), (view.y0, view.y1)),
        ):
            pad = margin * (high - low)
            start, end = max(start, low) - pad, min(end, high) + pad
            axis.update(
                bounds=(low - pad, high + pad),
                start=start,
                end=end,
                reset_start=start,
                reset_end=end,
                min_interval=(high - low) / 200,
            )


def _columns(lines: Lines) -> dict[str, list[np.ndarray]]:
    return {"xs": [line[:, 0] for line in lines], "ys": [line[:, 1] for line in lines]}


@dataclass(frozen=True)
class Plate:
    """One map of a set: the column it draws, its title, its colours, and what pointing at the
    title adds."""

    column: str
    title: str
    palette: Sequence[str]
    hint: str = ""


class MapSet:
    """Figures that draw the columns of one source; every hover reads all of them."""

    def __init__(self, plates: Sequence[Plate], geography: Geography) -> None:
        self.geography = geography
        self.mappers = {
            plate.column: LinearColorMapper(palette=list(plate.palette), nan_color="#00000000")
            for plate in plates
        }
        self.source = ColumnDataSource(
            {column: [] for column in (*_PLACE, *self.mappers)}, name="maps"
        )
        self._hovers: list[HoverTool] = []
        self._images: dict[str, GlyphRenderer] = {}
        self.figures = {plate.column: self._figure(plate) for plate in plates}
        self._picture: Picture | None = None
        self._place: dict[str, list[Any]] = {}  # of a picture that was not drawn yet

    def place(self, picture: Picture, aspect: float) -> None:
        """Take another grid or projection; the images stay as they were until `draw`."""
        self._picture = picture
        extent: Extent = picture.extent
        blank = np.full(picture.index.shape, np.nan, dtype=np.float32)
        self._place = {
            "x": [extent.x0],
            "y": [extent.y0],
            "dw": [extent.width],
            "dh": [extent.height],
            "lat": [picture.lat],
            "lon": [picture.lon],
            **{column: [blank] for column in self.mappers},
        }
        for plot in self.figures.values():
            plot.aspect_ratio = aspect

    def draw(self, values: Mapping[str, Array | None]) -> None:
        """Show values on native cells (any shape of `grid.size`); None blanks a map."""
        picture = self._picture
        if picture is None:
            return
        blank = np.full(picture.index.shape, np.nan, dtype=np.float32)
        images = {
            column: [blank if cells is None else picture.draw(cells)]
            for column, cells in values.items()
        }
        if self._place:  # all at once, or the page would show the blank ones meanwhile
            self.source.data, self._place = self._place | images, {}
        else:  # one patch that carries only these columns
            self.source.data.update(images)

    def colour(self, scales: Mapping[str, Scale]) -> None:
        """Set limits by column."""
        for column, scale in scales.items():
            self.mappers[column].update(low=scale.low, high=scale.high)

    def fade(self, columns: Collection[str]) -> None:
        """Draw some maps faintly, the others in full."""
        for column, image in self._images.items():
            image.glyph.global_alpha = FAINT if column in columns else 1.0

    def name(self, titles: Mapping[str, str], unit: str) -> None:
        """What the hover reads: names of columns, in order."""
        rows = "".join(
            f"<tr><td>{escape(title)}</td><td style='text-align:right;padding-left:12px'>"
            f"<b>@{column}{{custom}}</b> {escape(unit)}</td></tr>"
            for column, title in titles.items()
        )
        html = (
            "<div style='font-size:12px;font-variant-numeric:tabular-nums'>"
            "<div style='opacity:.75'>@lat{custom}, @lon{custom}</div>"
            f"<table style='border-spacing:0'>{rows}</table></div>"
        )
        for hover in self._hovers:
            hover.tooltips = html

    def _figure(self, plate: Plate) -> figure:
        shared = self.geography
        hover = HoverTool(
            renderers=[],
            visible=False,
            filters={"@lat": CustomJS(code=_SHOWN)},
            formatters={
                "@lat": CustomJSHover(code=_DEGREES.format(negative="S", positive="N")),
                "@lon": CustomJSHover(code=_DEGREES.format(negative="W", positive="E")),
                **{f"@{column}": CustomJSHover(code=_VALUE) for column in self.mappers},
            },
        )
        wheel = WheelZoomTool(modifiers="ctrl", visible=False)
        plot = figure(
            x_range=shared.x_range,
            y_range=shared.y_range,
            aspect_ratio=PROJECTIONS["plate_carree"].aspect,
            sizing_mode="scale_width",
            min_border=1,  # px: Bokeh clears its canvas from half a pixel on
            outline_line_color=None,
            background_fill_alpha=0,
            border_fill_alpha=0,
            toolbar_location="right",
            toolbar_inner=True,
            tools=[
                PanTool(visible=False),
                wheel,
                BoxZoomTool(match_aspect=True),
                ResetTool(),
                hover,
                CrosshairTool(overlay=shared.cross, visible=False),
            ],
            active_scroll=wheel,
            output_backend="canvas",
        )
        plot.axis.visible = False
        plot.grid.visible = False
        plot.toolbar.autohide = True
        plot.toolbar.logo = None
        plot.toolbar.stylesheets = [_TOOLS]
        image = plot.image(
            image=plate.column,
            x="x",
            y="y",
            dw="dw",
            dh="dh",
            source=self.source,
            color_mapper=self.mappers[plate.column],  # type: ignore[call-arg]
        )
        hover.renderers = [image]
        self._images[plate.column] = image
        self._hovers.append(hover)
        plot.multi_line("xs", "ys", source=shared.grid, color="#808080", alpha=0.25, line_width=0.6)
        # A light halo keeps dark coastlines legible on the dark end of the scale.
        plot.multi_line("xs", "ys", source=shared.coast, color="#ffffff", alpha=0.35, line_width=2)
        plot.multi_line("xs", "ys", source=shared.coast, color="#101418", alpha=0.9, line_width=0.8)
        plot.multi_line("xs", "ys", source=shared.rim, color="#808080", alpha=0.8, line_width=1)
        return plot
