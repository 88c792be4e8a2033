"""SPERR: a wavelet codec of volumes (Li, Lindstrom and Clyne, IPDPS 2023)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cainr_core.evaluate.baselines.codec import Codec, Mode, decoded_by, encoded_by

# Which wavelet tree SPERR takes follows from the order of the axes, and neither always wins.
LAYOUTS = {"": (0, 1, 2), "lon first": (2, 0, 1)}
TILED = len(LAYOUTS)  # the first byte of a stream: the index of its layout, or this
CHUNK = 256  # values a side, of the chunks that the package cuts; up to half as much is added
LENGTH = np.dtype("<u4")
EMPTY = 59  # bytes of a stream at a vanishing rate


class Sperr(Codec):
    """The whole volume in one array, cut by the package into chunks of 256 values a side.

    Fixed rate (bpp) ends its bit planes best, but gives every chunk the same rate; a fixed
    quantisation step (q) shares the rate between chunks, and a fixed PSNR is no more than a
    choice of that step. "bpp, shared" has both: chunks by themselves, each at the rate that it
    takes at a step. pwe bounds the error. One byte tells which.
    """

    name, title = "sperr", "SPERR"
    modes = (
        Mode("bpp", "bits per value", 1e-3, 16),
        Mode("bpp, lon first", "bits per value", 1e-3, 16),
        Mode("bpp, shared", "", 2, 1e-6),
        Mode("q", "", 2, 1e-6),
        Mode("pwe", "", 2, 1e-6, bounds_error=True),
    )

    def encode(self, values: NDArray[np.float32], mode: str, setting: float) -> bytes:
        if mode == "bpp, shared":
            streams = [self._at_the_rate_of(values[tile], setting) for tile in tiles(values.shape)]
            lengths = np.array([len(stream) for stream in streams], LENGTH)
            return bytes([TILED]) + lengths.tobytes() + b"".join(streams)
        kind, _, layout = mode.partition(", ")
        order = list(LAYOUTS).index(layout) if values.ndim == 3 else 0
        if values.ndim == 3:
            values = values.transpose(LAYOUTS[layout])
        return bytes([order]) + encoded_by(self.name, values, mode=kind, **{kind: setting})

    def _at_the_rate_of(self, tile: NDArray[np.float32], step: float) -> bytes:
        size = len(encoded_by(self.name, tile, mode="q", q=step))
        rate = 8 * max(size - EMPTY, 1) / tile.size
        return encoded_by(self.name, tile, mode="bpp", bpp=rate)

    def decode(self, encoded: bytes, shape: tuple[int, ...]) -> NDArray[np.float32]:
        if encoded[0] == TILED:
            return self._from_tiles(encoded[1:], shape)
        order = list(LAYOUTS.values())[encoded[0]][: len(shape)]
        values = decoded_by(self.name, encoded[1:], mode="bpp", bpp=1)
        return values.reshape([shape[axis] for axis in order]).transpose(np.argsort(order))

    def _from_tiles(self, encoded: bytes, shape: tuple[int, ...]) -> NDArray[np.float32]:
        places = list(tiles(shape))
        values = np.empty(shape, np.float32)
        start = len(places) * LENGTH.itemsize
        for place, length in zip(places, np.frombuffer(encoded, LENGTH, len(places)), strict=True):
            stream = encoded[start : start + int(length)]
            part = decoded_by(self.name, stream, mode="bpp", bpp=1)
            values[place] = part.reshape(values[place].shape)
            start += int(length)
        return values


def tiles(shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Where the chunks of an array of that shape lie, as equal as can be."""
    edges = [np.linspace(0, side, max(1, round(side / CHUNK)) + 1).astype(int) for side in shape]
    for index in np.ndindex(*(len(one) - 1 for one in edges)):
        yield tuple(
            slice(int(one[at]), int(one[at + 1])) for one, at in zip(edges, index, strict=True)
        )
