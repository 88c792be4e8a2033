"""The rate-distortion figure: PSNR against bytes, networks in colour, other codecs in grey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from cainr_core.evaluate.baselines import CODECS
from cainr_core.evaluate.drawing import new_figure, prepare, save, title_of
from cainr_core.evaluate.rate_distortion import ANOMALY, NO_CONTEXT
from cainr_core.evaluate.report import REFERENCE, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

SIZE = (9.2, 5.6)  # inches
MARGIN = 1.25  # times the bytes, and in dB, around what is shown
LEGEND_WIDTH = 34  # letters
GREYS = {
    "sperr": ("#000000", "o"),
    "sz3": ("#8C8C8C", "s"),
    "zfp": ("#A8A8A8", "^"),
    "jpeg2000": ("#8C8C8C", "D"),
    "bitround": ("#BBBBBB", "v"),
    "ebcc": ("#A8A8A8", "P"),
}


@dataclass(frozen=True)
class Family:
    """How the curves of one kind of network look; `colours` from light, no context, to dark, all.

    The hues are Okabe and Ito's, which colour-blind readers tell apart; so do the markers.
    """

    title: str
    marker: str
    colours: tuple[str, ...]


FAMILIES = {
    "cainr latent": Family("cainr, latent grids", "o", ("#F7BE98", "#D55E00", "#7A2500")),
    "cainr siren": Family("cainr, weights alone", "s", ("#A6D0EC", "#0072B2", "#00334F")),
    "paper": Family("Protocol of the CA-INR paper", "D", ("#7FD1B6", "#009E73", "#00503A")),
}
OTHER_COLOURS = ("#E6BCD3", "#CC79A7", "#6E2F54")


def draw(report: Report, stem: Path) -> list[Path]:
    """Write STEM.png and STEM.svg; the paths.

    Drawn is each codec's frontier over its modes, dashed where it was given the anomaly; a network
    is darker the more contexts it has. The axes end where the curves of SPERR and of networks (or,
    without these, all curves) do, so that a codec far behind does not press the others together.
    """
    figure = new_figure(*SIZE)
    axes = figure.add_subplot()
    prepare(axes)
    low, high = _window(report)
    axes.set_xlim(low[0], high[0])
    axes.set_ylim(low[1], high[1])
    axes.set_ylabel("PSNR (dB)")
    axes.set_title(title_of(report.about), fontsize=10)
    shown = [one for one in report.curves() if _is_within(report.curve(*one), low, high)]
    groups = [*_networks(axes, report, shown), _codecs(axes, report, shown)]
    handles: list[Line2D] = []
    for title, lines in groups:
        handles += [_heading(title, first=not handles), *lines] if lines else []
    legend = figure.legend(
        handles=handles, loc="outside right upper", frameon=False, fontsize=8, handlelength=2.6
    )
    for text, handle in zip(legend.get_texts(), handles, strict=True):
        if handle.get_linestyle() == "None":
            text.set_fontweight("bold")
    return save(figure, stem)


def _networks(
    axes: Axes, report: Report, shown: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, list[Line2D]]]:
    """Title and lines of each kind of network, those with most contexts first."""
    from matplotlib.colors import LinearSegmentedColormap

    found = dict.fromkeys(codec for codec, _ in shown if codec not in CODECS)
    for codec in sorted(found, key=[*FAMILIES, *found].index):
        family = FAMILIES.get(codec, Family(codec, "h", OTHER_COLOURS))
        sets = sorted((on for one, on in shown if one == codec), key=_n_contexts)
        shades = LinearSegmentedColormap.from_list(codec, family.colours)
        lines = []
        for place, on in enumerate(sets):
            last = place == len(sets) - 1
            lines += axes.plot(
                *report.curve(codec, on).T,
                color=shades(place / (len(sets) - 1) if len(sets) > 1 else 0.5),
                linewidth=2.2 if last else 1.5,
                marker=family.marker,
                markersize=5 if last else 4,
                label=fill(on[:1].upper() + on[1:], LEGEND_WIDTH),
                zorder=4 if last else 3,
            )
        yield family.title, lines[::-1]


def _codecs(
    axes: Axes, report: Report, shown: Sequence[tuple[str, str]]
) -> tuple[str, list[Line2D]]:
    """Title and lines of other codecs: one for each, and one that says what a dash is."""
    from matplotlib.lines import Line2D

    named: dict[str, Line2D] = {}
    for codec, on in shown:
        if codec not in CODECS:
            continue
        colour, marker = GREYS[codec]
        style: dict[str, Any] = {
            "color": colour,
            "linewidth": 1.6 if codec == REFERENCE else 0.9,
            "marker": marker,
            "markersize": 3.2,
        }
        axes.plot(*report.curve(codec, on).T, linestyle="--" if on == ANOMALY else "-", **style)
        named[codec] = Line2D([], [], label=CODECS[codec].title, **style)
    lines = [named[codec] for codec in CODECS if codec in named]
    if any(codec in CODECS and on == ANOMALY for codec, on in shown):
        lines.append(Line2D([], [], color="0.4", linestyle="--", label="the same, on the anomaly"))
    return "Other codecs", lines


def _heading(title: str, first: bool) -> Line2D:
    """An entry of the legend without a line, a little below the group before it."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="none", label=title if first else f"\n{title}")


def _n_contexts(on: str) -> int:
    return 0 if on == NO_CONTEXT else 1 + on.count(" + ")


def _is_within(curve: np.ndarray, low: np.ndarray, high: np.ndarray) -> bool:
    return bool(((curve >= low) & (curve <= high)).all(axis=1).any())


def _window(report: Report) -> tuple[np.ndarray, np.ndarray]:
    """(bytes, PSNR) of the lower left and the upper right corner of what matters."""
    strong = [(c, on) for c, on in report.curves() if c == REFERENCE or c not in CODECS]
    points = np.concatenate([report.curve(*one) for one in strong or report.curves()])
    margin = np.array([MARGIN, 1.0])
    room = np.array([0.0, MARGIN])
    return points.min(axis=0) / margin - room, points.max(axis=0) * margin + room
