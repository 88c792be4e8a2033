"""Maps at print size, as the page shows them.

Plain Matplotlib: what it draws is projected already, and unlike GeoViews, which takes ten times
as long, it leaves alone what HoloViews draws the pages with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.views.charts import HIGH, draw_chart
from app.views.colours import Scale, sequential, symmetric
from app.views.lineplot import Chart
from app.views.panels import Look, Sheet
from app.views.printing import DPI, written
from app.views.projections import (
    EVERY,
    PROJECTIONS,
    Cells,
    Lines,
    Picture,
    cells_of,
    detail,
    globe,
    picture,
)
from app.words import about

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

PANEL = 3.6  # inches wide
ACROSS = 3  # maps in a row, at most
TITLE, HEAD, FOOT, TOLD = 0.3, 0.32, 0.42, 0.13  # inches: of all, of a map, colour bar, a line
GREY = "#808080"
RIM = 0.004  # of the width, around a whole map, whose rim would be cut in halves


def maps(
    sheet: Sheet, time: int, look: Look, kind: str, charts: Sequence[Chart] = (), title: str = ""
) -> bytes:
    """A time step of maps, with charts below them, as a file; `title` in place of field and
    time."""
    drawn = MapFigure(sheet, look, charts)
    drawn.show(time, title)
    return written(drawn.figure, kind, drawn.title, drawn.told)


class MapFigure:
    """Maps that can show one time step after the other."""

    def __init__(self, sheet: Sheet, look: Look, charts: Sequence[Chart] = ()) -> None:
        from matplotlib.figure import Figure

        self.sheet, self.field, self._part = sheet, sheet.field, look.part
        field, count = sheet.field, len(sheet.panels)
        shape = (look.projection, look.centre)
        self._seen: Cells = EVERY
        if look.seen is None:
            self._view = picture(field.grid, *shape)
        else:
            self._view = detail(field.grid, *shape, look.seen, round(PANEL * DPI))
            self._seen = cells_of(self._view, look.seen)
        self._pad = RIM * self._view.extent.width * (look.seen is None)
        self._scales = dict(look.scales)
        self._scales.setdefault("original", sequential(field.lo, field.hi))
        self.title, self.told = "", sheet.told
        across, down = min(ACROSS, count), -(-count // ACROSS)
        high = PANEL / PROJECTIONS[look.projection].aspect
        row, below = HEAD + high + FOOT, HIGH * len(charts)
        foot = 0.12 + TOLD * (1 + self.told.count("\n"))
        whole = self._whole = TITLE + row * down + below + foot
        self.figure: Figure = Figure(figsize=(across * PANEL, whole))
        self._boxes = []
        for number in range(count):
            column, line = number % ACROSS, number // ACROSS
            bottom = foot + below + row * (down - 1 - line) + FOOT
            self._boxes.append(
                ((column + 0.02) / across, bottom / whole, 0.96 / across, high / whole)
            )
        for number, chart in enumerate(charts):
            bottom = foot + HIGH * (len(charts) - 1 - number) + 0.5
            box = (0.6 / (across * PANEL), bottom / whole, 1 - 0.9 / (across * PANEL))
            draw_chart(self.figure.add_axes((*box, (HIGH - 0.75) / whole)), chart)
        self._lines = globe(*shape)
        self._images: list[AxesImage] = []
        left = 0.02 / across
        self._head = self.figure.text(
            left, 1 - 0.1 / whole, "", size=9.5, weight="bold", va="top", in_layout=False
        )
        self.figure.text(left, 0.05 / whole, self.told, size=6.5, va="bottom", color="#505050")

    def show(self, time: int, title: str = "") -> None:
        """Draw a time step, in the colours of the first one drawn."""
        field, panels = self.field, self.sheet.panels
        time = min(time, len(field.time) - 1)
        cells = [panel.cells(time) for panel in panels]
        for panel, values in zip(panels, cells, strict=True):
            if panel.kind not in self._scales:
                self._scales[panel.kind] = symmetric(values)
        self.title = title or f"{about(field)}, {field.time.label(time)}"
        self.title += f", {self._part}" if self._part else ""
        self._head.set_text(self.title)
        if not self._images:
            self._draw(cells)
        for image, panel, values in zip(self._images, panels, cells, strict=True):
            image.set_data(np.ma.masked_invalid(self._view.draw(values)))
            assert image.axes is not None
            image.axes.set_title(panel.heading(values, self._seen), fontsize=8, pad=4)

    def colours(self, most: int, greys: int) -> list[int]:
        """Red, green and blue, 0 to 255, of at most so many colours, of all scales and of greys:
        one palette for all time steps, so that nothing flickers."""
        kinds = dict.fromkeys(panel.kind for panel in self.sheet.panels)
        each = (most - greys) // len(kinds)
        told: list[int] = []
        for scale in map(self._scales.__getitem__, kinds):
            for place in np.linspace(0, len(scale.palette) - 1, each).round().astype(int):
                told += bytes.fromhex(scale.palette[place][1:7])
        return told + [int(level) for level in np.linspace(0, 255, greys) for _ in range(3)]

    def _draw(self, cells: Sequence[NDArray]) -> None:
        for box, panel, values in zip(self._boxes, self.sheet.panels, cells, strict=True):
            scale = self._scales[panel.kind]
            axes = self.figure.add_axes(box)
            self._images.append(_map(axes, self._view, self._pad, self._lines, values, scale))
            low = box[1] - 0.4 * FOOT / self._whole
            inner = 0.05 * box[2]
            bar = self.figure.add_axes((box[0] + inner, low, box[2] - 2 * inner, 0.1 / self._whole))
            _bar(bar, scale, values, panel.unit)


def _map(
    axes: Axes,
    view: Picture,
    pad: float,
    lines: tuple[Lines, Lines, Lines],
    cells: NDArray,
    scale: Scale,
) -> AxesImage:
    from matplotlib.collections import LineCollection

    whole = view.extent
    image = axes.imshow(  # an image in vector formats too, where cells one by one would be huge
        np.ma.masked_invalid(view.draw(cells)), extent=(whole.x0, whole.x1, whole.y0, whole.y1),
        origin="lower", interpolation="nearest", **_colours(scale),
    )  # fmt: skip
    looks = ({"colors": "#101418", "linewidths": 0.45}, {"colors": GREY, "linewidths": 0.1})
    for some, look in zip(lines, (*looks, {"colors": GREY, "linewidths": 0.8}), strict=True):
        axes.add_collection(LineCollection([line[:, :2] for line in some], **look))  # type: ignore[arg-type]
    axes.set(
        xlim=(whole.x0 - pad, whole.x1 + pad), ylim=(whole.y0 - pad, whole.y1 + pad), aspect="equal"
    )
    axes.set_axis_off()
    return image


def _bar(axes: Axes, scale: Scale, cells: NDArray, unit: str) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    below, above = scale.exceeded(cells)
    extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[below, above]
    colours = _colours(scale)
    limits = Normalize(colours.pop("vmin"), colours.pop("vmax"))
    assert axes.figure is not None
    bar = axes.figure.colorbar(
        ScalarMappable(limits, **colours), cax=axes, orientation="horizontal", extend=extend
    )
    bar.set_ticks(list(scale.ticks))
    bar.ax.tick_params(labelsize=7, length=2, pad=2)
    bar.set_label(unit, size=7, labelpad=1)
    bar.outline.set_visible(False)  # type: ignore[operator]


def _colours(scale: Scale) -> dict[str, Any]:
    from matplotlib.colors import ListedColormap

    return {"cmap": ListedColormap(list(scale.palette)), "vmin": scale.low, "vmax": scale.high}
