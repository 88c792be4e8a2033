"""Latents as bits: a range coder that follows the integer entropy model, a group at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cainr_core.codec import entropy
from cainr_core.codec.entropy import Coded
from cainr_core.codec.quantize import from_integers, step_index, to_integers
from cainr_core.data.contexts import Context
from cainr_core.errors import CainrError
from cainr_core.model.columns import latent_grid
from cainr_core.model.coordinates import Frame
from cainr_core.model.entropy import TABLES, ScaleNet, scale_of
from cainr_core.model.latents import Latents, Pyramid
from cainr_core.model.prior import Prior
from cainr_core.model.surroundings import Run, Surroundings, surroundings
from cainr_core.model.wavelet import Bands

PLACES = 40  # binary places of a frequency
REACH = 16  # widths that a table reaches
MOST_REACH = 4095
HALF_WORD = 1 << 16
PRIOR_STEPS = 64  # to the largest weight of a context: the latents make up for the rest


@dataclass(frozen=True, eq=False)
class Known:
    """What writer and reader both know before the first latent: from the field's grid and times,
    and from its contexts where the latents lie."""

    pyramid: Pyramid
    around: Surroundings
    prior: Prior

    @classmethod
    def of(
        cls,
        frame: Frame,
        contexts: Sequence[Context],
        device: torch.device,
        coder: torch.device | None = None,
    ) -> Known:
        """What is known of the field of a frame with these contexts.

        `coder`: where latents are coded, if not on `device`.
        """
        pyramid = Pyramid.of(frame.grid, len(frame.time))
        lat, lon = latent_grid(frame.grid).points()
        scaled = frame.scaled([context.sample(lat, lon, frame.time) for context in contexts])
        around = surroundings(pyramid, lat, scaled, coder or device)
        return cls(pyramid, around, Prior(pyramid, scaled, device))


def encode_model(net: ScaleNet, prior: Sequence[Coded]) -> bytes:
    """Bytes of the entropy model, all matrices and all biases, and of the weights of the prior, a
    tensor for each context."""
    kinds = [np.concatenate([t.ravel() for t in net.tensors[kind::2]]) for kind in (0, 1)]
    return entropy.encode([*((0, integers) for integers in kinds), *prior])


def decode_model(
    data: bytes, known: Known, hidden: int, version: int
) -> tuple[ScaleNet, torch.Tensor]:
    """The entropy model and the weights of the prior, (contexts, levels, runs), from a file of this
    format version."""
    shapes = ScaleNet.shapes(known.around.n_features, hidden)
    contexts, *rest = known.prior.shape
    sizes = [[math.prod(shape) for shape in shapes[kind::2]] for kind in (0, 1)]
    coded = entropy.decode(data, [*map(sum, sizes), *[math.prod(rest)] * contexts], version)
    parts = [
        np.split(integers, np.cumsum(each)[:-1])
        for (_, integers), each in zip(coded, sizes, strict=False)
    ]
    tensors = [part for layer in zip(*parts, strict=True) for part in layer]
    net = tuple(part.reshape(shape) for part, shape in zip(tensors, shapes, strict=True))
    return ScaleNet(net), prior_weights(coded[2:], known)


def coded_prior(weights: torch.Tensor) -> list[Coded]:
    """Step index and integers of the weights of each context, in `PRIOR_STEPS` to the largest."""
    coded = []
    for context in weights:
        step = step_index(float(context.abs().max()) / PRIOR_STEPS)
        coded.append((step, to_integers(context, step).ravel()))
    return coded


def prior_weights(coded: Sequence[Coded], known: Known) -> torch.Tensor:
    """The weights that these stand for, (contexts, levels, runs)."""
    weights = torch.zeros(known.prior.shape)
    for number, (step, integers) in enumerate(coded):
        values = from_integers(integers, step).reshape(known.prior.shape[1:])
        weights[number] = torch.from_numpy(values)
    return weights


def drawn(
    known: Known,
    latents: Latents,
    weights: torch.Tensor,
    integers: Callable[[int], Bands],
    rows: Sequence[int],
) -> NDArray[np.float32]:
    """What the network is given at these times, (LATENT_INPUTS, time, cells), where the latents
    lie, of `weights` of the prior and the `integers` of each group."""
    result: NDArray[np.float32] | None = None
    wanted = np.asarray(rows)
    for number, group in enumerate(known.pyramid.groups):
        places = np.flatnonzero((wanted >= group.start) & (wanted < group.stop))
        if not len(places):
            continue
        prior = known.prior.bands(group, weights)
        times = wanted[places] - group.start
        found = latents.at(known.pyramid, integers(number), prior, times)
        if result is None:
            result = np.empty((len(found), len(wanted), found.shape[2]), np.float32)
        result[:, places] = found
    assert result is not None
    return result


def encode_group(latents: Bands, net: ScaleNet, around: Surroundings, pyramid: Pyramid) -> bytes:
    """Bytes of the latents (int32) of one group: which runs are all zero, then the others."""
    from constriction import stream

    runs = list(Surroundings.runs(pyramid, len(latents[0])))
    some = [latents[band][frequencies.start : frequencies.stop].any() for band, frequencies in runs]
    filled = np.array(torch.stack(some).tolist())
    coder = stream.queue.RangeEncoder()
    for part, places, features in _halves(around, latents, runs, filled):
        order, counts = _by_table(net.tables(features))
        _encode(coder, part[places[order]].cpu().numpy(), counts)
    words: NDArray[Any] = coder.get_compressed().astype("<u4")
    return np.packbits(filled).tobytes() + words.tobytes()


def decode_group(
    data: bytes,
    times: int,
    net: ScaleNet,
    around: Surroundings,
    pyramid: Pyramid,
) -> Bands:
    """The latents (times, rows, columns) of each band of one group, int32."""
    from constriction import stream

    runs = list(Surroundings.runs(pyramid, times))
    head = (len(runs) + 7) // 8
    if len(data) < head or (len(data) - head) % 4:
        raise CainrError("The file's latents are not as long as they need to be: it is damaged.")
    filled = np.unpackbits(np.frombuffer(data[:head], np.uint8), count=len(runs))
    coder = stream.queue.RangeDecoder(np.frombuffer(data[head:], "<u4").astype(np.uint32))
    latents = [
        torch.zeros((times, band.rows, band.columns), dtype=torch.int32, device=around.device)
        for band in pyramid.bands
    ]
    for part, places, features in _halves(around, latents, runs, filled):
        order, counts = _by_table(net.tables(features))
        try:
            found = torch.from_numpy(_decode(coder, counts)).to(around.device)
        except AssertionError as error:  # constriction's way to tell impossible words
            raise CainrError("The file's latents cannot be decoded: it is damaged.") from error
        part[places[order]] = found
    return latents


def _halves(
    around: Surroundings, latents: Bands, runs: Sequence[Run], filled: NDArray[Any]
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Halves of the runs that are not all zero, in the order in which they are coded: the flat run,
    a view of `latents`, the places of the half in it and their features (n, n_features).

    Features are those of `latents` as they are when a half is asked for.
    """
    some = [run for run, one in zip(runs, filled, strict=True) if one]
    for number, group in groupby(some, key=lambda run: run[0]):
        bins = [frequencies for _, frequencies in group]
        lowest = bins[0].start
        whole = around.whole(latents, (number, range(lowest, bins[-1].stop)))
        for frequencies in bins:
            run = number, frequencies
            part = latents[number][frequencies.start : frequencies.stop].view(-1)
            board = whole[:, frequencies.start - lowest : frequencies.stop - lowest]
            for tell, places in zip((around.first, around.second), around.halves(run), strict=True):
                told = tell(board, latents, run).flatten(1)
                yield part, places, told.index_select(1, places).T


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
    return np.concatenate(runs) if runs else np.empty(0, np.int32)


@lru_cache(TABLES)
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
