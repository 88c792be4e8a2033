"""The rate-distortion figure: PSNR against bytes, one colour for each codec."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cainr_core.evaluate.baselines import CODECS
from cainr_core.evaluate.rate_distortion import ANOMALY
from cainr_core.evaluate.report import Report
from cainr_core.files import atomic_write

# Okabe and Ito's colours, which colour-blind readers tell apart.
COLOURS = {
    "sperr": "#000000",
    "sz3": "#0072B2",
    "zfp": "#56B4E9",
    "ebcc": "#009E73",
    "jpeg2000": "#E69F00",
    "bitround": "#CC79A7",
}
NETWORK_COLOURS = ("#FDBB84", "#FC8D59", "#EF6548", "#D7301F", "#990000")
SIZE = (7.2, 5.6)  # inches, across both columns of a paper
FORMATS = ("png", "svg")
MARGIN = 1.25  # times the bytes, and in dB, around what is shown


def draw(report: Report, stem: Path) -> list[Path]:
    """Write STEM.png and STEM.svg; the paths.

    Drawn is each codec's frontier over its modes, dashed where it was given the anomaly. The axes
    end where SPERR's curves (or, without these, all curves) do, so that a codec far behind does not
    press the others together.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    figure = Figure(figsize=SIZE, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    low, high = _window(report)
    networks = iter(NETWORK_COLOURS * len(report.curves()))
    for codec, on in report.curves():
        curve = report.curve(codec, on)
        if not ((curve >= low) & (curve <= high)).all(axis=1).any():
            continue
        known = codec in CODECS
        axes.plot(
            curve[:, 0],
            curve[:, 1],
            color=COLOURS[codec] if known else next(networks),
            linestyle="--" if on == ANOMALY else "-",
            linewidth=1.4 if known else 2.2,
            marker="o",
            markersize=3 if known else 4.5,
            label=_label(codec, on),
            zorder=2 if known else 3,
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: _bytes(size)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(low[0], high[0])
    axes.set_ylim(low[1], high[1])
    axes.set_xlabel("size of the file")
    axes.set_ylabel("PSNR (dB)")
    axes.grid(which="major", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    about = report.about
    shape = " × ".join(map(str, about["shape"]))
    axes.set_title(
        f"{about['variable']}, {shape}, {_bytes(about['original_bytes'])} as values", fontsize=10
    )
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    paths = [stem.with_suffix(f".{kind}") for kind in FORMATS]
    for path, kind in zip(paths, FORMATS, strict=True):

        def save(target: Path, kind: str = kind) -> None:
            # no date and no random names in the SVG: the same table gives the same file
            metadata = {"Date": None} if kind == "svg" else None
            with rc_context({"svg.hashsalt": "cainr"}):
                figure.savefig(target, format=kind, dpi=200, metadata=metadata)

        atomic_write(path, save)
    return paths


def _window(report: Report) -> tuple[np.ndarray, np.ndarray]:
    """(bytes, PSNR) of the lower left and the upper right corner of what matters."""
    strong = [(c, on) for c, on in report.curves() if c == "sperr" or c not in CODECS]
    points = _points(report, strong or report.curves())
    margin = np.array([MARGIN, 1.0])
    room = np.array([0.0, MARGIN])
    return points.min(axis=0) / margin - room, points.max(axis=0) * margin + room


def _points(report: Report, curves: Iterable[tuple[str, str]]) -> np.ndarray:
    return np.concatenate([report.curve(*one) for one in curves])


def _label(codec: str, on: str) -> str:
    if codec in CODECS:
        title = CODECS[codec].title
        return f"{title}, anomaly" if on == ANOMALY else title
    return f"{codec}: {on}"


def _bytes(size: float) -> str:
    for unit, factor in (("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size:.3g} B"
