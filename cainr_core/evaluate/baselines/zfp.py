"""ZFP: a transform of blocks of 4 x 4 x 4 values (Lindstrom, IEEE TVCG 2014)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cainr_core.evaluate.baselines.codec import Codec, Mode, decoded_by, encoded_by

OFFSET = np.dtype("<f4")


class Zfp(Codec):
    """The whole volume in three dimensions, less its mean.

    ZFP spends bits of every block on a mean that is far from zero, as of kelvin; the mean of all
    values goes ahead of the stream, four bytes.
    """

    name, title = "zfp", "ZFP"
    modes = (
        # only the power of two below a tolerance is used
        Mode("accuracy", "", steps=tuple(2.0**-k for k in range(-4, 10)), bounds_error=True),
        Mode("rate", "bits per value", 0.05, 16),
        Mode("precision", "bit planes", steps=tuple(map(float, range(1, 13)))),
    )

    def encode(self, values: NDArray[np.float32], mode: str, setting: float) -> bytes:
        offset = np.asarray(values.mean(dtype=np.float64), OFFSET)
        number = {"tolerance" if mode == "accuracy" else mode: setting}
        if mode == "precision":
            number[mode] = int(setting)
        stream = encoded_by(self.name, values - offset, mode=f"fixed-{mode}", **number)
        return offset.tobytes() + stream

    def decode(self, encoded: bytes, shape: tuple[int, ...]) -> NDArray[np.float32]:
        offset = np.frombuffer(encoded, OFFSET, 1)[0]
        values = decoded_by(self.name, encoded[OFFSET.itemsize :], mode="fixed-rate", rate=1.0)
        return values.reshape(shape) + offset
