"""JPEG 2000 (OpenJPEG), on values rounded to 16 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cainr_core.evaluate.baselines.codec import (
    Codec,
    Mode,
    decoded_by,
    encoded_by,
    stacked,
    unstacked,
)

LEVELS = 2**16 - 1
LIMITS = np.dtype("<f4")


class Jpeg2000(Codec):
    """One image of all time steps, at a rate or a quality.

    It takes integers only: values are rounded to 16 bits between their smallest and largest, which
    go ahead of the stream, eight bytes. The rounding is far below the error of any lossy setting.
    """

    name, title = "jpeg2000", "JPEG 2000"
    modes = (
        Mode("rate", "ratio to 16-bit values", 1e5, 1.1),
        Mode("psnr", "dB", 10.0, 110.0),
    )

    def encode(self, values: NDArray[np.float32], mode: str, setting: float) -> bytes:
        limits = np.array([values.min(), values.max()], LIMITS)
        lo, hi = limits.astype(np.float64)
        levels = np.rint((stacked(values) - lo) * (LEVELS / ((hi - lo) or 1.0)))
        stream = encoded_by(self.name, levels.astype(np.uint16), mode=mode, **{mode: setting})
        return limits.tobytes() + stream

    def decode(self, encoded: bytes, shape: tuple[int, ...]) -> NDArray[np.float32]:
        lo, hi = np.frombuffer(encoded, LIMITS, 2).astype(np.float64)
        levels = decoded_by(self.name, encoded[2 * LIMITS.itemsize :], mode="lossless")
        return unstacked(lo + levels * ((hi - lo) / LEVELS), shape).astype(np.float32)
