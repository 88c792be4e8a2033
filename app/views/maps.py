"""Maps side by side over one data source: linked in view, read by one hover."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import numpy as np
from bokeh.models import (
    BoxZoomTool,
    ColumnDataSource,
    CrosshairTool,
    CustomJS,
    CustomJSHover,
    HoverTool,
    Image,
    Line,
    LinearColorMapper,
    PanTool,
    Range1d,
    ResetTool,
    WheelZoomTool,
)
from bokeh.models.annotations import Span
from bokeh.models.renderers import GlyphRenderer
from bokeh.plotting import figure

from app import shared
from app.style import TOOLS
from app.views.colours import Scale
from app.views.layer import Layer
from app.views.projections import (
    EVERY,
    PROJECTIONS,
    Array,
    Cells,
    Extent,
    Lines,
    Picture,
    cells_of,
    globe,
)

FAINT = 0.35  # opacity of a map that shows another time step than the one asked for
MARGIN = 0.01  # of the width, around a map
DEEPEST = 200  # times that a map is magnified at most

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
        self.x_range = Range1d(start=0, end=1, name="seen-x")
        self.y_range = Range1d(start=0, end=1)
        self.whole = Extent(0, 1, 0, 1)  # all of the map
        self._moving = False
        self.coast, self.grid, self.rim = (ColumnDataSource({"x": [], "y": []}) for _ in range(3))
        # One cursor cross for all maps: spans that every figure's crosshair moves.
        self.cross = (
            Span(dimension="width", line_color="#888888", line_alpha=0.7),
            Span(dimension="height", line_color="#888888", line_alpha=0.7),
        )
        self.shown = CustomJS(code=_SHOWN)
        self.north = CustomJSHover(code=_DEGREES.format(negative="S", positive="N"))
        self.east = CustomJSHover(code=_DEGREES.format(negative="W", positive="E"))
        self.value = CustomJSHover(code=_VALUE)

    def show(self, projection: str, centre: float, picture: Picture) -> None:
        """Look at the whole of a new picture."""
        sources = (self.coast, self.grid, self.rim)
        for source, lines in zip(sources, globe(projection, centre), strict=True):
            source.data = _joined(lines)
        self.whole = picture.extent.padded(MARGIN)
        # A page takes of what it is to see what the bounds that it knows allow, and tells that in
        # turn, as if somebody had moved; so it does when it hears of others. So the former bounds
        # go first, and the others come once it shows what it is to.
        for axis in (self.x_range, self.y_range):
            axis.update(bounds=None, min_interval=None)
        self.look_at(self.whole)
        shared.after_maps(self._bound)

    def _bound(self) -> None:
        """Let nobody leave the map."""
        for axis, low, high in (
            (self.x_range, self.whole.x0, self.whole.x1),
            (self.y_range, self.whole.y0, self.whole.y1),
        ):
            axis.update(
                bounds=(low, high),
                reset_start=low,
                reset_end=high,
                min_interval=(high - low) / DEEPEST,
            )

    @property
    def seen(self) -> Extent:
        """The part of the map that is seen."""
        x: Any = self.x_range
        y: Any = self.y_range
        return Extent(x.start, x.end, y.start, y.end)

    def look_at(self, part: Extent) -> None:
        """See that part of the map."""
        self._moving = True
        self.x_range.update(start=part.x0, end=part.x1)
        self.y_range.update(start=part.y0, end=part.y1)
        self._moving = False

    def on_move(self, told: Callable[[], None]) -> None:
        """Call that when somebody pans or zooms in the page."""

        def moved(name: str, old: object, new: object) -> None:
            if not self._moving:
                told()

        for axis in (self.x_range, self.y_range):
            axis.on_change("start", moved)
            axis.on_change("end", moved)


def _joined(lines: Lines) -> dict[str, Array]:
    """One line with gaps: the page draws it at once, which hundreds of lines take long for."""
    gap = np.full((1, 2), np.nan)
    points = np.concatenate([part for line in lines for part in (line[:, :2], gap)] or [gap])
    return {"x": points[:, 0], "y": points[:, 1]}


@dataclass(frozen=True)
class Plate:
    """One map of a set: the column it draws, its title, what pointing at the title adds, and on
    which side of the pointer the hover box stands: one at the page's edge would be cut there."""

    column: str
    title: str
    hint: str = ""
    box: Literal["horizontal", "left", "right"] = "horizontal"  # on either side


class MapSet:
    """Figures that draw the columns of one source; every hover reads all of them."""

    def __init__(
        self,
        plates: Sequence[Plate],
        geography: Geography,
        name: str = "maps",
        later: Sequence[Plate] = (),
    ) -> None:
        """`name`: that of the data source, for who looks for it in the page. `later`: maps whose
        figures are left to `add`."""
        self.geography = geography
        self.mappers = {
            plate.column: LinearColorMapper(palette=["#808080"], nan_color="#00000000")
            for plate in (*plates, *later)
        }
        self.whole = Layer(self.mappers, name)
        # over it, of the part that is seen
        self.near = Layer(self.mappers, f"{name}-near", leaves=True)
        self.source = self.whole.source
        self._late: dict[str, Array | None] = {}  # what all of the map does not show yet
        self._hovers: dict[str, HoverTool] = {}
        self._images: dict[str, tuple[GlyphRenderer, GlyphRenderer]] = {}  # of each layer
        self._aspect = PROJECTIONS["plate_carree"].aspect
        self._finish: list[Callable[[figure], None]] = []
        self.figures: dict[str, figure] = {}
        self.add(plates)

    def add(self, plates: Sequence[Plate]) -> None:
        """Make the figures of some maps: each costs server and browser a tenth of a second."""
        for plate in plates:
            self.figures[plate.column] = plot = self._figure(plate)
            for finish in self._finish:
                finish(plot)

    def finish(self, finish: Callable[[figure], None]) -> None:
        """Do something to each figure, also to those made later."""
        self._finish.append(finish)
        for plot in self.figures.values():
            finish(plot)

    def place(self, picture: Picture, aspect: float) -> None:
        """Take another grid or projection; the images stay as they were until `draw`."""
        self.whole.place(picture)
        self._late, self._aspect = {}, aspect
        for plot in self.figures.values():
            plot.aspect_ratio = aspect

    def zoom(self, picture: Picture | None) -> None:
        """Draw a part of the map as finely as that picture from the next `draw` on; None: as all
        of it."""
        self.near.place(picture)
        for column, (whole, near) in self._images.items():
            self._hovers[column].renderers = [whole if picture is None else near]

    def seen(self) -> Cells:
        """Flat native cells that the part zoomed in on shows, each once; all of them, where no
        part is."""
        picture = self.near.picture
        return EVERY if picture is None else cells_of(picture, self.geography.seen)

    def cell_at(self, x: float, y: float) -> tuple[float, float] | None:
        """Latitude and longitude, degrees, of the cell that is drawn there, which the hover box
        reads; None where none is."""
        picture = self.near.picture or self.whole.picture
        return None if picture is None else picture.cell_at(x, y)

    def draw(self, values: Mapping[str, Array | None]) -> None:
        """Show values on native cells (any shape of `grid.size`); None blanks a map. Where a part
        is zoomed in on, the rest follows once that is drawn."""
        self._late |= values
        if self.near.picture is None:
            self._draw_whole()
            return
        self.near.draw(values)
        shared.after_maps(self._draw_whole)

    def _draw_whole(self) -> None:
        values, self._late = self._late, {}
        if values:
            self.whole.draw(values)

    def colour(self, scales: Mapping[str, Scale]) -> None:
        """Set limits and colours by column."""
        for column, scale in scales.items():
            mapper = self.mappers[column]
            mapper.update(low=scale.low, high=scale.high)
            if mapper.palette != list(scale.palette):
                mapper.palette = list(scale.palette)

    def fade(self, columns: Collection[str]) -> None:
        """Draw some maps faintly, the others in full."""
        for column, images in self._images.items():
            for image in images:
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
        for hover in self._hovers.values():
            hover.tooltips = html

    def _figure(self, plate: Plate) -> figure:
        common = self.geography
        phone = shared.on_phone()
        hover = HoverTool(
            renderers=[],
            visible=False,
            attachment="horizontal" if phone else plate.box,  # whose maps stand alone
            filters={"@lat": common.shown},
            formatters={
                "@lat": common.north,
                "@lon": common.east,
                **{f"@{column}": common.value for column in self.mappers},
            },
        )
        wheel = WheelZoomTool(modifiers="ctrl", visible=False)
        pan = PanTool(visible=phone)  # where a finger on a map scrolls the page, until it is to pan
        plot = figure(
            x_range=common.x_range,
            y_range=common.y_range,
            aspect_ratio=self._aspect,
            sizing_mode="scale_width",
            min_border=1,  # px: Bokeh clears its canvas from half a pixel on
            outline_line_color=None,
            background_fill_alpha=0,
            border_fill_alpha=0,
            toolbar_location="right",
            toolbar_inner=True,
            tools=[
                pan,
                wheel,
                BoxZoomTool(match_aspect=True),
                ResetTool(),
                hover,
                CrosshairTool(overlay=common.cross, visible=False),
            ],
            active_drag=None if phone else pan,
            active_scroll=wheel,
            output_backend="canvas",
            x_axis_type=None,
            y_axis_type=None,
        )
        plot.toolbar.autohide = True
        plot.toolbar.logo = None
        plot.toolbar.stylesheets = [TOOLS]
        image: Any = {"image": plate.column, "x": "x", "y": "y", "dw": "dw", "dh": "dh"}
        mapper = self.mappers[plate.column]
        whole, near = (
            plot.add_glyph(layer.source, Image(**image, color_mapper=mapper))
            for layer in (self.whole, self.near)
        )
        hover.renderers = [whole if self.near.picture is None else near]
        self._images[plate.column] = (whole, near)
        self._hovers[plate.column] = hover
        for source, colour, alpha, width in (
            (common.grid, "#808080", 0.25, 0.6),
            # A light halo keeps dark coastlines legible on the dark end of the scale.
            (common.coast, "#ffffff", 0.35, 2),
            (common.coast, "#101418", 0.9, 0.8),
            (common.rim, "#808080", 0.8, 1),
        ):
            line: Any = {"line_color": colour, "line_alpha": alpha, "line_width": width}
            # app/page.html strokes what is still once for what is seen
            plot.add_glyph(source, Line(x="x", y="y", **line), tags=["still"])
        return plot
