"""Maps at print size: original, reconstruction and error side by side, as a PNG file.

Plain Matplotlib: what it draws is projected already, and unlike GeoViews, which takes ten times
as long, it leaves alone what HoloViews draws the pages with.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app import shared
from app.views.colours import Scale, sequential, symmetric
from app.views.projections import PROJECTIONS, Lines, Picture, globe, picture
from app.words import about, three
from cainr_core.runs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 300
PANEL = 3.6  # inches wide
HEAD, FOOT = 0.62, 0.55  # inches, for titles and colour bars
GREY = "#808080"


def png(run: Run, time: int, projection: str, centre: float, scales: Mapping[str, Scale]) -> bytes:
    """A time step of a run in the projection and the colours of the page ("original", "error")."""
    from matplotlib.figure import Figure

    field = shared.open_choice(run.choices.data)
    time = min(time, len(field.time) - 1)
    truth = field.values.reshape(len(field.time), -1)[time]
    rebuilt = shared.decode(run, time)
    error = rebuilt - truth
    values = scales.get("original") or sequential(field.lo, field.hi)
    errors = scales.get("error") or symmetric(error)
    view = picture(field.grid, projection, centre)
    lines = globe(projection, centre)
    height = PANEL / PROJECTIONS[projection].aspect
    whole = HEAD + height + FOOT
    figure = Figure(figsize=(3 * PANEL, whole), dpi=DPI)
    rmse = three(float(np.sqrt(np.nanmean(error**2))))
    shown = (
        ("Original", truth, values),
        (run.name, rebuilt, values),
        (f"Error, RMSE of this time {rmse} {field.units}", error, errors),
    )
    for number, (title, cells, scale) in enumerate(shown):
        box = ((number + 0.02) / 3, FOOT / whole, 0.96 / 3, height / whole)
        axes = figure.add_axes(box)
        _map(axes, view, lines, cells, scale)
        axes.set_title(title, fontsize=8, pad=4)
        bar = figure.add_axes((box[0] + 0.05, 0.68 * FOOT / whole, box[2] - 0.1, 0.1 / whole))
        _bar(bar, scale, cells, field.units)
    measures = run.metrics
    of_run = f"PSNR {measures.psnr:.2f} dB, RMSE {three(measures.rmse)} {field.units}"
    left, top = 0.02 / 3, 1 - 0.1 / whole
    figure.text(
        left, top, f"{about(field)}, {field.time.label(time)}", size=9.5, weight="bold", va="top"
    )
    figure.text(
        1 - left, top, f"{of_run} over all steps, {measures.file_bytes:,} bytes",
        size=8, va="top", ha="right",
    )  # fmt: skip
    made = io.BytesIO()
    figure.savefig(made, format="png", dpi=DPI)
    return made.getvalue()


def _map(
    axes: Axes, view: Picture, lines: tuple[Lines, Lines, Lines], cells: NDArray, scale: Scale
) -> None:
    from matplotlib.collections import LineCollection

    whole, seen = view.extent, view.view
    image = np.ma.masked_invalid(view.draw(cells))
    axes.imshow(
        image, extent=(whole.x0, whole.x1, whole.y0, whole.y1), origin="lower",
        interpolation="nearest", **_colours(scale),
    )  # fmt: skip
    looks = ({"colors": "#101418", "linewidths": 0.45}, {"colors": GREY, "linewidths": 0.1})
    for some, look in zip(lines, (*looks, {"colors": GREY, "linewidths": 0.8}), strict=True):
        axes.add_collection(LineCollection([line[:, :2] for line in some], **look))  # type: ignore[arg-type]
    pad = 0.004 * seen.width  # for the rim
    axes.set(
        xlim=(seen.x0 - pad, seen.x1 + pad), ylim=(seen.y0 - pad, seen.y1 + pad), aspect="equal"
    )
    axes.set_axis_off()


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
