"""SZ3: prediction, quantisation and entropy coding (Liang et al., IEEE TBD 2023)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cainr_core.evaluate.baselines.codec import Codec, Mode, decoded_by, encoded_by


class Sz3(Codec):
    """The whole volume, by an absolute error, with the predictors that can win on smooth fields.

    SZ3 has no fixed rate; its bounds on the relative error, the PSNR and the L2 norm are turned
    into the absolute one. The pure Lorenzo predictors took twice the bytes wherever they were
    tried.
    """

    name, title = "sz3", "SZ3"
    modes = tuple(
        Mode(f"abs, {predictor}", "", 0.5, 1e-6, bounds_error=True)
        for predictor in ("interpolation-lorenzo", "interpolation", "lorenzo-regression")
    )

    def encode(self, values: NDArray[np.float32], mode: str, setting: float) -> bytes:
        predictor = mode.partition(", ")[2]
        return encoded_by(self.name, values, eb_mode="abs", eb_abs=setting, predictor=predictor)

    def decode(self, encoded: bytes, shape: tuple[int, ...]) -> NDArray[np.float32]:
        return decoded_by(self.name, encoded, eb_mode="abs", eb_abs=1.0).reshape(shape)
