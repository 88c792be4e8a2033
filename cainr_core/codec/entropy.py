"""Integers as bits: small parametric models and constriction's range coder.

The tables that the range coder follows come from integer arithmetic alone, so that every machine
reads the same integers from the same file.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cainr_core.errors import CainrError

FLAT, GAUSSIAN, LAPLACE = range(3)
FIXED = 32  # binary places of a ratio
TOP = 1 << 48  # weight of the most likely integer before normalisation
MODEL = struct.Struct("<bBhhI")  # step index, kind, lowest, highest, ratio: one for each tensor

Coded = tuple[int, NDArray[np.int32]]


def frequencies(kind: int, low: int, high: int, ratio: int) -> NDArray[np.float64]:
    """Relative frequency of each integer from `low` to `high`.

    `ratio`, a 32-bit fixed-point fraction: Laplace: of one frequency to the one before, going away
    from 0. Gaussian: exp(-1 / (2 sigma^2)), of that of 1 to that of 0.
    """
    if kind == FLAT:
        return np.ones(high - low + 1)
    reach = max(abs(low), abs(high))
    weights = [TOP]
    step, square = ratio, (ratio * ratio) >> FIXED
    for _ in range(reach):
        weights.append((weights[-1] * step) >> FIXED)
        if weights[-1] == 0:  # and all that follow
            weights += [0] * (reach + 1 - len(weights))
            break
        if kind == GAUSSIAN:
            step = (step * square) >> FIXED
    # one is added so that no integer of the range is impossible; below 2^53 floats are exact
    table = np.array(weights, dtype=np.float64) + 1
    return table[np.abs(np.arange(low, high + 1))]


def _ratio(kind: int, integers: NDArray[np.int32]) -> int:
    """Fixed-point ratio of the model of that kind that suits the integers."""
    if kind == LAPLACE:
        spread = max(float(np.abs(integers).mean()), 1e-3)
        # geometric on both sides of 0 with this mean magnitude
        ratio = (math.sqrt(1 + spread * spread) - 1) / spread
    else:
        ratio = math.exp(-0.5 / max(float(np.square(integers.astype(float)).mean()), 0.05))
    return min(max(round(ratio * 2**FIXED), 1), 2**FIXED - 1)


def _best_model(integers: NDArray[np.int32]) -> tuple[int, int, int, int]:
    low, high = int(integers.min()), int(integers.max())
    options = [
        (kind, low, high, _ratio(kind, integers) if kind != FLAT else 0)
        for kind in (FLAT, GAUSSIAN, LAPLACE)
    ]

    def bits(option: tuple[int, int, int, int]) -> float:
        table = frequencies(*option)
        return float(-np.log2(table[integers - low] / table.sum()).sum())

    return min(options, key=bits)


def encode(tensors: Sequence[Coded]) -> bytes:
    """Bytes of (step index, flat integers) of each tensor: the models, then one range-coded run."""
    from constriction import stream

    coder = stream.queue.RangeEncoder()
    models = []
    for index, integers in tensors:
        model = _best_model(integers)
        models.append(MODEL.pack(index, *model))
        low, high = model[1:3]
        if high > low:
            coder.encode((integers - low).astype(np.int32), _categorical(model))
    words = coder.get_compressed().astype("<u4").tobytes()
    return b"".join(models) + words


def decode(data: bytes, sizes: Sequence[int]) -> list[Coded]:
    """(step index, flat integers) of each tensor, given the number of weights of each."""
    from constriction import stream

    head = MODEL.size * len(sizes)
    if len(data) < head or (len(data) - head) % 4:
        raise CainrError("The file's weights are not as long as its network needs: it is damaged.")
    coder = stream.queue.RangeDecoder(np.frombuffer(data[head:], dtype="<u4").astype(np.uint32))
    result = []
    edges = range(0, head + 1, MODEL.size)
    for size, (first, last) in zip(sizes, pairwise(edges), strict=True):
        index, *model = MODEL.unpack(data[first:last])
        kind, low, high, _ = model
        if kind not in (FLAT, GAUSSIAN, LAPLACE) or high < low:
            raise CainrError("The file's weights follow no model that is known: it is damaged.")
        if high == low:
            integers = np.full(size, low, dtype=np.int32)
        else:
            try:
                integers = coder.decode(_categorical(tuple(model)), size).astype(np.int32) + low
            except AssertionError as error:  # constriction's way to tell impossible words
                raise CainrError("The file's weights cannot be decoded: it is damaged.") from error
        result.append((index, integers))
    return result


def _categorical(model: tuple[int, int, int, int]):  # type: ignore[no-untyped-def]
    from constriction import stream

    return stream.model.Categorical(frequencies(*model), perfect=False)
