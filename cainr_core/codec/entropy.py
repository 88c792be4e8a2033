"""Integers as bits: small parametric models and constriction's range coder.

The tables that the range coder follows come from integer arithmetic alone, so that every machine
reads the same integers from the same file.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cainr_core.codec import varints
from cainr_core.errors import CainrError

FLAT, GAUSSIAN, LAPLACE = range(3)
FIXED = 32  # binary places of a ratio
TOP = 1 << 48  # weight of the most likely integer before normalisation
SPREADS = 127  # of each kind of model: 2^(k/8 - 3) for k from 0
REACH = 1 << 20  # of an integer, at most
MODEL_BYTES = 6  # of a tensor's model, at most two more: step index, code, lowest integer, span
OLD_MODEL = struct.Struct("<bBhhI")  # of versions 1 to 3: step index, kind, lowest, highest, ratio

Coded = tuple[int, NDArray[np.int32]]
Model = tuple[int, int, int, int]  # kind, lowest and highest integer, ratio


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


@lru_cache
def ratio_of(kind: int, spread: int) -> int:
    """The ratio of a model whose spread, mean magnitude or standard deviation, has this index.

    From decimals, whose powers are rounded alike on every machine.
    """
    with localcontext() as context:
        context.prec = 40
        scale = Decimal(2) ** (Decimal(spread) / 8 - 3)
        return int((-1 / (scale if kind == LAPLACE else 2 * scale**2)).exp() * 2**FIXED)


def _best_model(integers: NDArray[np.int32]) -> tuple[int, int, int]:
    """Code, lowest and highest integer of the model that takes the fewest bits."""
    low, high = int(integers.min()), int(integers.max())
    wide = integers.astype(float)
    codes = [0]
    for kind, size in (
        (GAUSSIAN, math.sqrt(float(np.square(wide).mean()))),
        (LAPLACE, float(np.abs(wide).mean())),
    ):
        spread = round(8 * (math.log2(max(size, 1e-3)) + 3))
        codes.append(1 + (kind - GAUSSIAN) * SPREADS + min(max(spread, 0), SPREADS - 1))

    def bits(code: int) -> float:
        table = frequencies(*_model_of(code, low, high))
        return float(-np.log2(table[integers - low] / table.sum()).sum())

    return min(codes, key=bits), low, high


def _model_of(code: int, low: int, high: int) -> Model:
    """0 is flat; then come the spreads of Gaussian models, then those of Laplace ones."""
    if code == 0:
        return FLAT, low, high, 0
    kind, spread = divmod(code - 1, SPREADS)
    return GAUSSIAN + kind, low, high, ratio_of(GAUSSIAN + kind, spread)


def encode(tensors: Sequence[Coded]) -> bytes:
    """Bytes of (step index, flat integers) of each tensor: the models, then one range-coded run."""
    from constriction import stream

    coder = stream.queue.RangeEncoder()
    models = []
    for index, integers in tensors:
        code, low, high = _best_model(integers)
        models.append(struct.pack("<bB", index, code))
        models.append(varints.packed(varints.signed(low), high - low))
        if high > low:
            model = _categorical(_model_of(code, low, high))
            coder.encode((integers - low).astype(np.int32), model)
    words = coder.get_compressed().astype("<u4").tobytes()
    return b"".join(models) + words


def _models(data: bytes, count: int, version: int) -> tuple[list[tuple[int, Model]], int]:
    """Step index and model of each tensor, and where the words begin."""
    if version < 4:
        end = OLD_MODEL.size * count
        if len(data) < end:
            raise CainrError("A part of the file is shorter than it says: it is damaged.")
        return [(k, (*model,)) for k, *model in OLD_MODEL.iter_unpack(data[:end])], end
    reader = varints.Reader(data)
    models = []
    for _ in range(count):
        index, code, low = reader.byte(), reader.byte(), reader.signed()
        model = _model_of(code, low, low + reader.number())
        models.append((index - ((index & 0x80) << 1), model))
    return models, reader.at


def decode(data: bytes, sizes: Sequence[int], version: int) -> list[Coded]:
    """(step index, flat integers) of each tensor, given the number of weights of each, from a file
    of this format version."""
    from constriction import stream

    models, head = _models(data, len(sizes), version)
    if (len(data) - head) % 4:
        raise CainrError("The file's weights are not as long as its network needs: it is damaged.")
    coder = stream.queue.RangeDecoder(np.frombuffer(data[head:], dtype="<u4").astype(np.uint32))
    result = []
    for size, (index, model) in zip(sizes, models, strict=True):
        kind, low, high, _ = model
        if kind not in (FLAT, GAUSSIAN, LAPLACE) or not -REACH <= low <= high <= REACH:
            raise CainrError("The file's weights follow no model that is known: it is damaged.")
        if high == low:
            integers = np.full(size, low, dtype=np.int32)
        else:
            try:
                integers = coder.decode(_categorical(model), size).astype(np.int32) + low
            except AssertionError as error:  # constriction's way to tell impossible words
                raise CainrError("The file's weights cannot be decoded: it is damaged.") from error
        result.append((index, integers))
    return result


def _categorical(model: Model):  # type: ignore[no-untyped-def]
    from constriction import stream

    return stream.model.Categorical(frequencies(*model), perfect=False)
