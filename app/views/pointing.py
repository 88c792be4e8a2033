"""A place chosen by a click or tap on any map, and marked on all of them."""

from __future__ import annotations

from bokeh.events import Tap
from bokeh.models import ColumnDataSource, Scatter
from bokeh.plotting import figure

from app import shared
from app.views.maps import MapSet
from app.views.projections import point_of
from app.workbench import Workbench

TAB = "Place"  # which a click turns to
SIZE = 13  # px


class Pointing:
    """Reads clicks on maps as places of the workbench, and shows where its place is."""

    def __init__(self, workbench: Workbench, maps: MapSet) -> None:
        self.workbench, self.maps = workbench, maps
        self.mark = ColumnDataSource({"x": [], "y": []}, name="place")
        maps.finish(self._mark)
        workbench.param.watch(
            shared.held(self._show), ["place_lat", "place_lon", "projection", "centre"]
        )
        self._show()

    def _mark(self, plot: figure) -> None:
        for colour, width in (("#ffffff", 5), ("#101418", 2)):  # legible on any colour
            dot = Scatter(
                marker="circle_dot",
                size=SIZE,
                fill_alpha=0,
                line_color=colour,
                line_width=width,
            )
            plot.add_glyph(self.mark, dot)
        plot.on_event(Tap, shared.held(self._tapped))

    def _tapped(self, event: Tap) -> None:
        bench = self.workbench
        if event.x is None or event.y is None:
            return
        place = self.maps.cell_at(event.x, event.y)
        if place is not None:
            lat, lon = place
            bench.param.update(place_lat=round(lat, 2), place_lon=round(lon, 2), tab=TAB)

    def _show(self, *events: object) -> None:
        bench, point = self.workbench, None
        if bench.place_lat is not None and bench.place_lon is not None:
            where = (bench.place_lat, bench.place_lon)
            point = point_of(*where, bench.projection, bench.centre)
        x, y = ([], []) if point is None else ([point[0]], [point[1]])
        self.mark.data = {"x": x, "y": y}
