"""Bit rounding and Zstandard (Klöwer et al., Nature Computational Science 2021)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cainr_core.errors import CainrError
from cainr_core.evaluate.baselines.codec import Codec, Mode

ZSTD_LEVEL = 19


class BitRound(Codec):
    """Bits of the mantissa kept, bytes shuffled, then Zstandard at a high level."""

    name, title = "bitround", "BitRound + Zstd"
    modes = (Mode("keepbits", "bits", steps=tuple(map(float, range(1, 11)))),)

    def encode(self, values: NDArray[np.float32], mode: str, setting: float) -> bytes:
        rounded, shuffle, zstd = self._filters(int(setting))
        # BitRound writes into what it is given
        return bytes(zstd.encode(shuffle.encode(rounded.encode(values.copy()))))

    def decode(self, encoded: bytes, shape: tuple[int, ...]) -> NDArray[np.float32]:
        _, shuffle, zstd = self._filters(1)
        return np.frombuffer(shuffle.decode(zstd.decode(encoded)), np.float32).reshape(shape)

    @staticmethod
    def _filters(keepbits: int) -> tuple:
        try:
            from numcodecs import BitRound, Shuffle, Zstd
        except ImportError as error:
            raise CainrError(
                "The codec 'bitround' comes with the package numcodecs: pip install "
                "'cainr[codecs]'."
            ) from error
        return BitRound(keepbits), Shuffle(np.dtype(np.float32).itemsize), Zstd(ZSTD_LEVEL)
