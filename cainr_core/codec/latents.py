"""Latents as bits: a range coder that follows the integer entropy model, a group at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cainr_core.codec import entropy
from cainr_core.errors import CainrError
from cainr_core.model.entropy import TABLES, ScaleNet, Surroundings, scale_of
from cainr_core.model.latents import Pyramid
from cainr_core.model.wavelet import Bands

PLACES = 40  # binary places of a frequency
REACH = 16  # widths that a table reaches
MOST_REACH = 4095
HALF_WORD = 1 << 16


def encode_net(net: ScaleNet) -> bytes:
    """Bytes of the entropy model."""
    return entropy.encode([(0, tensor.ravel()) for tensor in net.tensors])


def decode_net(data: bytes, n_features: int) -> ScaleNet:
    """The entropy model of its bytes."""
    shapes = ScaleNet.shapes(n_features)
    coded = entropy.decode(data, [math.prod(shape) for shape in shapes])
    return ScaleNet(
        tuple(integers.reshape(shape) for (_, integers), shape in zip(coded, shapes, strict=True))
    )


def encode_group(latents: Bands, net: ScaleNet, around: Surroundings, pyramid: Pyramid) -> bytes:
    """Bytes of the latents (int32) of one group: which parts are all zero, then the others."""
    from constriction import stream

    parts = list(Surroundings.parts(pyramid, len(latents[0])))
    masks = {part: around.mask(part) for part in parts}
    chosen = [latents[part[0]][part[1].start : part[1].stop][masks[part]] for part in parts]
    filled = np.array([bool(values.any()) for values in chosen])
    coder = stream.queue.RangeEncoder()
    for part, values, some in zip(parts, chosen, filled, strict=True):
        if not some:
            continue
        order, counts = _by_table(net.tables(around.features(latents, part, masks[part])))
        _encode(coder, values[order].cpu().numpy(), counts)
    words: NDArray[Any] = coder.get_compressed().astype("<u4")
    return np.packbits(filled).tobytes() + words.tobytes()


def decode_group(
    data: bytes,
    times: int,
    net: ScaleNet,
    around: Surroundings,
    pyramid: Pyramid,
    device: torch.device,
) -> Bands:
    """The latents (times, rows, columns) of each band of one group, int32."""
    from constriction import stream

    parts = list(Surroundings.parts(pyramid, times))
    head = (len(parts) + 7) // 8
    if len(data) < head or (len(data) - head) % 4:
        raise CainrError("The file's latents are not as long as they need to be: it is damaged.")
    filled = np.unpackbits(np.frombuffer(data[:head], np.uint8), count=len(parts))
    coder = stream.queue.RangeDecoder(np.frombuffer(data[head:], "<u4").astype(np.uint32))
    latents = [
        torch.zeros((times, *shape), dtype=torch.int32, device=device) for shape in pyramid.shapes
    ]
    for part, some in zip(parts, filled, strict=True):
        if not some:
            continue
        mask = around.mask(part)
        order, counts = _by_table(net.tables(around.features(latents, part, mask)))
        try:
            values = torch.from_numpy(_decode(coder, counts)).to(device)
        except AssertionError as error:  # constriction's way to tell impossible words
            raise CainrError("The file's latents cannot be decoded: it is damaged.") from error
        found = torch.empty_like(values)
        found[order] = values
        latents[part[0]][part[1].start : part[1].stop][mask] = found
    return latents


def _by_table(tables: torch.Tensor) -> tuple[torch.Tensor, NDArray[np.int64]]:
    """The order in which latents of these tables (n,) are coded, and how many each table has."""
    counts = torch.bincount(tables, minlength=TABLES).cpu().numpy()
    return torch.argsort(tables, stable=True), counts


def _encode(coder: Any, values: NDArray[np.int32], counts: NDArray[np.int64]) -> None:
    first = 0
    for table in np.flatnonzero(counts).tolist():
        run = values[first : first + counts[table]]
        first += counts[table]
        reach = reach_of(table)
        beyond = np.abs(run) > reach
        symbols = np.where(beyond, 2 * reach + 1, run + reach).astype(np.int32)
        coder.encode(symbols, _model(table))
        for value in run[beyond].view(np.uint32):
            for word in divmod(int(value), HALF_WORD):
                coder.encode(np.array([word], dtype=np.int32), _uniform())


def _decode(coder: Any, counts: NDArray[np.int64]) -> NDArray[np.int32]:
    runs = []
    for table in np.flatnonzero(counts).tolist():
        reach = reach_of(table)
        run = coder.decode(_model(table), int(counts[table])).astype(np.int32) - reach
        for place in np.flatnonzero(run > reach):
            high, low = (int(coder.decode(_uniform(), 1)[0]) for _ in range(2))
            run[place] = np.array([high * HALF_WORD + low], np.uint32).view(np.int32)[0]
        runs.append(run)
    return np.concatenate(runs)


def reach_of(table: int) -> int:
    """Greatest magnitude that a table has a frequency for."""
    return min(MOST_REACH, math.ceil(REACH * scale_of(table)) + 2)


@lru_cache(TABLES)
def frequencies(table: int) -> NDArray[np.float64]:
    """Relative frequencies of the integers from -reach to reach, and of one beyond.

    Of a Laplace distribution rounded to integers, in whole 2^-40ths: exponentials from `decimal`,
    which rounds alike everywhere, and integer products from there on.
    """
    with localcontext() as context:
        context.prec = 40
        half = (Decimal(-1) / (2 * scale_of(table))).exp()
        one = int(half**2 * (1 << PLACES))
        first = int(half * (1 - half**2) / 2 * (1 << PLACES))
        zero = int((1 - half) * (1 << PLACES))
    side = [first]
    for _ in range(reach_of(table) - 1):
        side.append((side[-1] * one) >> PLACES)
    weights = [*reversed(side), zero, *side, 0]
    return np.array(weights, dtype=np.float64) + 1  # nothing is impossible


@lru_cache(TABLES)
def _model(table: int) -> Any:
    from constriction import stream

    return stream.model.Categorical(frequencies(table), perfect=False)


@lru_cache(1)
def _uniform() -> Any:
    from constriction import stream

    return stream.model.Uniform(HALF_WORD)


def encode(
    groups: Sequence[Bands], net: ScaleNet, around: Surroundings, pyramid: Pyramid
) -> list[bytes]:
    """The entropy model, then each group."""
    return [encode_net(net), *(encode_group(group, net, around, pyramid) for group in groups)]
