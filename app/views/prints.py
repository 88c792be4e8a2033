"""Maps at print size: original, reconstruction and error side by side.

Plain Matplotlib: what it draws is projected already, and unlike GeoViews, which takes ten times
as long, it leaves alone what HoloViews draws the pages with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app import shared
from app.views.colours import Scale, sequential, symmetric
from app.views.printing import provenance, written
from app.views.projections import PROJECTIONS, Lines, Picture, globe, picture
from app.words import about, three
from cainr_core.runs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

PANEL = 3.6  # inches wide
HEAD, FOOT, TOLD = 0.62, 0.55, 0.13  # inches: titles, colour bars, a line of provenance
GREY = "#808080"


@dataclass(frozen=True)
class Look:
    """How maps are drawn: `scales` are those of the page, "original" and "error"; `step`: of the
    run's fit, None for the finished one."""

    projection: str
    centre: float
    scales: Mapping[str, Scale]
    step: int | None = None


def maps(run: Run, time: int, look: Look, kind: str) -> bytes:
    """A time step of a run in the projection and the colours of the page, as a file."""
    drawn = MapFigure(run, look)
    drawn.show(time)
    return written(drawn.figure, kind, drawn.title, drawn.told)


class MapFigure:
    """Three maps of a run that can show one time step after the other."""

    def __init__(self, run: Run, look: Look) -> None:
        from matplotlib.figure import Figure

        self.run, self.field = run, shared.open_choice(run.choices.data)
        self._step, self._name = look.step, shared.name_of(run, look.step)
        field = self.field
        self._view = picture(field.grid, look.projection, look.centre)
        self._values = look.scales.get("original") or sequential(field.lo, field.hi)
        self._errors = look.scales.get("error")
        self.title = ""
        self.told = provenance(run.choices.data, [run], field.units, look.step)
        height = PANEL / PROJECTIONS[look.projection].aspect
        foot = FOOT + TOLD * (1 + self.told.count("\n"))
        self._whole = whole = HEAD + height + foot
        self.figure: Figure = Figure(figsize=(3 * PANEL, whole))
        self._boxes = [
            ((number + 0.02) / 3, foot / whole, 0.96 / 3, height / whole) for number in range(3)
        ]
        self._lines = globe(look.projection, look.centre)
        self._images: list[AxesImage] = []
        left = 0.02 / 3
        self._head = self.figure.text(
            left, 1 - 0.1 / whole, "", size=9.5, weight="bold", va="top", in_layout=False
        )
        self.figure.text(left, 0.05 / whole, self.told, size=6.5, va="bottom", color="#505050")

    def show(self, time: int) -> None:
        """Draw a time step, in the colours of the first one drawn."""
        field = self.field
        time = min(time, len(field.time) - 1)
        truth = field.values.reshape(len(field.time), -1)[time]
        rebuilt = shared.decode(self.run, time, self._step)
        error = rebuilt - truth
        rmse = three(float(np.sqrt(np.nanmean(error**2))))
        titles = ("Original", self._name, f"Error, RMSE of this time {rmse} {field.units}")
        cells = (truth, rebuilt, error)
        self._errors = self._errors or symmetric(error)
        self.title = f"{about(field)}, {field.time.label(time)}"
        self._head.set_text(self.title)
        if not self._images:
            self._draw(cells)
        for image, title, values in zip(self._images, titles, cells, strict=True):
            image.set_data(np.ma.masked_invalid(self._view.draw(values)))
            assert image.axes is not None
            image.axes.set_title(title, fontsize=8, pad=4)

    def colours(self, each: int, greys: int) -> list[int]:
        """Red, green and blue, 0 to 255, of so many colours of both scales and of greys: one
        palette for all time steps, so that nothing flickers."""
        assert self._errors is not None
        told: list[int] = []
        for scale in (self._values, self._errors):
            for place in np.linspace(0, len(scale.palette) - 1, each).round().astype(int):
                told += bytes.fromhex(scale.palette[place][1:7])
        return told + [int(level) for level in np.linspace(0, 255, greys) for _ in range(3)]

    def _draw(self, cells: tuple[NDArray, NDArray, NDArray]) -> None:
        assert self._errors is not None
        scales = (self._values, self._values, self._errors)
        for box, values, scale in zip(self._boxes, cells, scales, strict=True):
            axes = self.figure.add_axes(box)
            self._images.append(_map(axes, self._view, self._lines, values, scale))
            low = box[1] - 0.32 * FOOT / self._whole
            bar = self.figure.add_axes((box[0] + 0.05, low, box[2] - 0.1, 0.1 / self._whole))
            _bar(bar, scale, values, self.field.units)


def _map(
    axes: Axes, view: Picture, lines: tuple[Lines, Lines, Lines], cells: NDArray, scale: Scale
) -> AxesImage:
    from matplotlib.collections import LineCollection

    whole, seen = view.extent, view.view
    image = axes.imshow(  # an image in vector formats too, where cells one by one would be huge
        np.ma.masked_invalid(view.draw(cells)), extent=(whole.x0, whole.x1, whole.y0, whole.y1),
        origin="lower", interpolation="nearest", **_colours(scale),
    )  # fmt: skip
    looks = ({"colors": "#101418", "linewidths": 0.45}, {"colors": GREY, "linewidths": 0.1})
    for some, look in zip(lines, (*looks, {"colors": GREY, "linewidths": 0.8}), strict=True):
        axes.add_collection(LineCollection([line[:, :2] for line in some], **look))  # type: ignore[arg-type]
    pad = 0.004 * seen.width  # for the rim
    axes.set(
        xlim=(seen.x0 - pad, seen.x1 + pad), ylim=(seen.y0 - pad, seen.y1 + pad), aspect="equal"
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
