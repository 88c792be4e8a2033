"""Images of one picture: a column of a data source for each map that draws it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource

from app.views.projections import Array, Picture

# Of a map that is not drawn at all: the page would colour each cell of a blank one at each change.
NOTHING = np.full((1, 1), np.nan, dtype=np.float32)
PLACE = ("x", "y", "dw", "dh", "lat", "lon")


class Layer:
    """What maps draw in one place of the globe, all of them from one source."""

    def __init__(self, columns: Iterable[str], name: str, leaves: bool = False) -> None:
        """`name`: that of the source, for who looks for it in the page. `leaves`: whether it is
        often taken away: a change of some columns just before that would reach the page as one to
        columns that are empty beside others that are not yet."""
        self.columns, self._leaves = tuple(columns), leaves
        self.source = ColumnDataSource(self._nothing(), name=name)
        self.picture: Picture | None = None
        self._place: dict[str, list[Any]] = {}  # of a picture that was not drawn yet

    def _nothing(self) -> dict[str, list[Any]]:
        return {column: [] for column in (*PLACE, *self.columns)}

    def place(self, picture: Picture | None) -> None:
        """Take another picture; the images stay as they were until `draw`. None: draw nothing."""
        self.picture = picture
        if picture is None:
            self._place = {}
            if len(self.source.data["x"]):
                self.source.data = self._nothing()
            return
        extent = picture.extent
        self._place = {
            "x": [extent.x0],
            "y": [extent.y0],
            "dw": [extent.width],
            "dh": [extent.height],
            "lat": [picture.lat],
            "lon": [picture.lon],
            **{column: [NOTHING] for column in self.columns},
        }

    def draw(self, values: Mapping[str, Array | None]) -> None:
        """Show values on native cells (any shape of `grid.size`); None blanks a map."""
        picture = self.picture
        if picture is None:
            return
        now: Any = self._place or self.source.data
        images = {
            column: [NOTHING if cells is None else picture.draw(cells)]
            for column, cells in values.items()
            if cells is not None or now[column][0] is not NOTHING
        }
        if self._place:  # all at once, or the page would show the blank ones meanwhile
            self.source.data, self._place = self._place | images, {}
        elif images and self._leaves:
            self.source.data = dict(self.source.data) | images
        elif images:  # one patch that carries only these columns
            self.source.data.update(images)
