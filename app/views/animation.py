"""Maps that move over time, as GIF or MP4."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.views.panels import Look, Sheet
from app.views.printing import without_formulas
from app.views.prints import MapFigure
from cainr_core import __version__
from cainr_core.errors import CainrError

ANIMATIONS = {"GIF over time": "gif", "MP4 over time": "mp4"}
DPI = 120
MOST_FRAMES = 240  # of more time steps every second is taken, or every third
COLOURS, GREYS = 255, 25  # of a GIF: all, and of these for words and lines
GIF_RATE, MP4_RATE = 5, 8  # frames a second
_ASCII = str.maketrans({"·": "-", "×": "x", "°": " deg ", "σ": "sigma"})  # a GIF's words are ASCII
Told = Callable[[int, int], None]  # frames done, and all; raises where nobody wants them any more


def animation(sheet: Sheet, look: Look, kind: str, told: Told) -> bytes:
    """All time steps of maps as a moving picture. CainrError where MP4 cannot be written."""
    drawn = MapFigure(sheet, look)
    steps = shown(len(drawn.field.time))
    frames = _frames(drawn, steps, told)
    return _gif(frames, drawn) if kind == "gif" else _mp4(frames, drawn)


def shown(steps: int) -> range:
    """The time steps that are frames."""
    return range(0, steps, -(-steps // MOST_FRAMES))


def _frames(drawn: MapFigure, steps: range, told: Told) -> Iterator[NDArray[np.uint8]]:
    """Pictures one after the other, (height, width, 3), of even sides as videos want them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    drawn.figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(drawn.figure)
    for number, step in enumerate(steps):
        told(number, len(steps))
        drawn.show(step)
        without_formulas(drawn.figure)
        canvas.draw()
        image = np.asarray(canvas.buffer_rgba())[..., :3]
        yield np.ascontiguousarray(image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2])
    told(len(steps), len(steps))


def _gif(frames: Iterator[NDArray[np.uint8]], drawn: MapFigure) -> bytes:
    from PIL import Image

    shown_first = next(frames)  # the scales are known from then on
    palette = Image.new("P", (1, 1))
    palette.putpalette(drawn.colours(COLOURS, GREYS))

    def indexed(frame: NDArray[np.uint8]) -> Image.Image:
        return Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)

    first, rest = indexed(shown_first), map(indexed, frames)
    made = io.BytesIO()
    first.save(
        made, format="GIF", save_all=True, append_images=rest, duration=1000 // GIF_RATE, loop=0,
        comment=f"{drawn.title}\n{drawn.told}".translate(_ASCII).encode("ascii", "replace"),
    )  # fmt: skip
    return made.getvalue()


def _mp4(frames: Iterator[NDArray[np.uint8]], drawn: MapFigure) -> bytes:
    try:
        from imageio_ffmpeg import write_frames
    except ImportError as error:
        raise CainrError("MP4 needs the package imageio-ffmpeg; GIF does not.") from error
    first = next(frames)
    size = (first.shape[1], first.shape[0])
    words = ["-metadata", f"title={drawn.title}", "-metadata", f"comment={drawn.told}"]
    words += ["-metadata", f"encoder=cainr {__version__}"]
    with tempfile.TemporaryDirectory() as folder:  # ffmpeg goes back in what it has written
        path = Path(folder) / "animation.mp4"
        writer = write_frames(
            str(path), size, fps=MP4_RATE, macro_block_size=2, quality=7, output_params=words,
            ffmpeg_log_level="error",
        )  # fmt: skip
        writer.send(None)
        try:
            writer.send(first)
            for frame in frames:
                writer.send(frame)
        finally:
            writer.close()
        return path.read_bytes()
