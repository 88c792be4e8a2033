"""How wide a latent is spread, told from what lies around it: a small network of integers.

What the range coder follows must be the same on every machine. So both what the network sees
(`Surroundings`) and the network itself (`ScaleNet`) work on integers: sums of less than 2^24, which
float32 holds without rounding in whatever order they are added.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cainr_core.data.sampling import SampledContext
from cainr_core.model.latents import Pyramid, frequency_bins
from cainr_core.model.wavelet import Bands

HIDDEN = 16
FIRST_POWER = -2.0  # of two: the width that a network begins with
N_PLAIN = 12  # features besides those of the contexts
FEATURE_UNIT = 32  # of a feature: integers from -128 to 127 stand for -4 to 4
WEIGHT_UNIT = 64  # of a weight: integers from -127 to 127
LARGEST_WEIGHT = 127
LARGEST_HIDDEN = 255
LEAST_SCALE = 0.04  # of table 0, in steps of a latent
TABLES = 48
OCTAVE = 0.3  # octaves from a table to the next
INDEX_UNIT = round(OCTAVE * FEATURE_UNIT * WEIGHT_UNIT)
MEAN_UNIT = 16  # of a mean magnitude
LARGEST_MEAN = (1 << 16) - 1

Part = tuple[int, range, int]  # band, frequencies, first or second half of a chequerboard


def _logarithms() -> NDArray[np.int32]:
    """8 log2(n + 1) - 32, rounded down, for means n in sixteenths."""
    return np.array(
        [((n + 1) ** 8).bit_length() - 1 - 32 for n in range(LARGEST_MEAN + 1)], dtype=np.int32
    )


class Surroundings:
    """Features of the latents of a group, from those coded before them and from the contexts.

    `maps`: (features, rows, columns) of the field's grid, integers of 8 bits.
    """

    def __init__(self, pyramid: Pyramid, maps: NDArray[np.int32], device: torch.device) -> None:
        self._pyramid, self.device = pyramid, device
        self._logs = torch.from_numpy(_logarithms()).to(device)
        self._maps = [torch.from_numpy(part).to(device) for part in _shrunk(maps, pyramid)]
        self.n_features = N_PLAIN + len(maps)

    @staticmethod
    def parts(pyramid: Pyramid, times: int) -> Iterator[Part]:
        """The parts of a group of so many times, in the order in which they are coded."""
        for band in range(len(pyramid.shapes)):
            for frequencies in frequency_bins(times):
                for half in (0, 1):
                    yield band, frequencies, half

    def mask(self, part: Part) -> Tensor:
        """Which latents (frequency, row, column) of its band and frequencies belong to a part."""
        band, frequencies, half = part
        rows, columns = self._pyramid.shapes[band]
        axes = [
            torch.arange(size, device=self.device) for size in (len(frequencies), rows, columns)
        ]
        board = axes[0][:, None, None] + axes[1][:, None] + axes[2] + frequencies.start
        return board % 2 == half

    def features(self, latents: Bands, part: Part, mask: Tensor) -> Tensor:
        """Features (n, n_features), int32, of the latents of a part, from what was coded before."""
        band, frequencies, half = part
        chosen = slice(frequencies.start, frequencies.stop)
        own = latents[band]
        _, rows, columns = own.shape
        unknown = torch.full((len(frequencies), rows, columns), -32, device=self.device)
        unknown = unknown.to(torch.int32)
        above = over = unknown
        if band > 0:
            parent = latents[max(0, band - 3)][chosen].abs()
            place = _spread if band > 3 else _fit  # the coarsest mean is of the same level
            above = self._log(place(parent, rows, columns) * MEAN_UNIT)
            over = self._log(place(self._box(parent), rows, columns))
        before = unknown
        if frequencies.start > 0:
            earlier = own[frequencies.start // 2 : frequencies.start].abs()
            mean = self._box(earlier.sum(0, keepdim=True)) // len(earlier)
            before = self._log(mean).expand(len(frequencies), -1, -1)
        beside = unknown
        siblings = [latents[other] for other in range(band - (band - 1) % 3, band)] if band else []
        if siblings:
            boxes = [self._box(_fit(s[chosen].abs(), rows, columns)) for s in siblings]
            beside = self._log(torch.stack(boxes).sum(0) // len(boxes))
        around = across = unknown
        if half:
            around, across = self._neighbours(own[chosen].abs() * ~mask)
        level = self._pyramid.levels - self._pyramid.level(band)
        frequency = torch.arange(frequencies.start, frequencies.stop, device=self.device)
        moving = [above, over, before, beside, around, across]
        moving.append(self._logs[frequency * MEAN_UNIT][:, None, None].expand_as(unknown))
        still = [32 * half, 8 * level, 32 * (band % 3 == 1), 32 * (band % 3 == 2), 32 * (band == 0)]
        n = int(mask.sum())
        columns_ = [feature[mask] for feature in moving]
        columns_ += [torch.full((n,), value, device=self.device) for value in still]
        columns_ += [plane.expand_as(unknown)[mask] for plane in self._maps[band]]
        return torch.stack([column.to(torch.int32) for column in columns_], dim=1)

    def _log(self, mean: Tensor) -> Tensor:
        return self._logs[mean.clamp(max=LARGEST_MEAN).long()]

    def _box(self, magnitude: Tensor) -> Tensor:
        """Mean over 3 x 3 latents, in sixteenths."""
        padded = self._padded(magnitude)
        total = padded[:, :, :-2] + padded[:, :, 1:-1] + padded[:, :, 2:]
        total = total[:, :-2] + total[:, 1:-1] + total[:, 2:]
        return (total * MEAN_UNIT) // 9

    def _neighbours(self, magnitude: Tensor) -> tuple[Tensor, Tensor]:
        """Logarithms of the means over the four neighbours in space, and the two in frequency."""
        padded = self._padded(magnitude)
        total = padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:]
        total = total + padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1]
        lower = torch.cat([magnitude[:1], magnitude[:-1]])
        upper = torch.cat([magnitude[1:], magnitude[-1:]])
        # at the ends the latent itself would take the place of a neighbour: it is not known yet
        if len(magnitude) > 1:
            lower[0], upper[-1] = upper[0], lower[-1]
            across = self._log((lower + upper) * (MEAN_UNIT // 2))
        else:
            across = torch.full_like(magnitude, -32)
        return self._log(total * (MEAN_UNIT // 4)), across

    def _padded(self, x: Tensor) -> Tensor:
        west, east = (-1, 0) if self._pyramid.periodic else (0, -1)
        x = torch.cat([x[:, :, west, None], x, x[:, :, east, None]], dim=2)
        north = x[:, 1:2] if x.shape[1] > 1 else x[:, :1]
        south = x[:, -2:-1] if x.shape[1] > 1 else x[:, :1]
        return torch.cat([north, x, south], dim=1)


def surroundings(
    pyramid: Pyramid, lat: NDArray, scaled: Sequence[SampledContext], device: torch.device
) -> Surroundings:
    """What the entropy model of a field sees; `lat` and contexts, in [-1, 1], at its cells."""
    shape = (pyramid.rows, pyramid.columns)
    tables = [context.table.reshape(-1, *shape) for context in scaled]
    return Surroundings(pyramid, context_maps(lat.reshape(shape), tables), device)


def context_maps(
    latitudes: NDArray[np.float64], contexts: Sequence[NDArray[np.float32]]
) -> NDArray[np.int32]:
    """What the entropy model sees of a place, (2 + 2 n, rows, columns), integers of 8 bits.

    `latitudes`: (rows, columns), degrees. `contexts`: n of (k, rows, columns), scaled to [-1, 1].
    Of each the rank of its mean over k and how much that changes from cell to cell.
    """
    north = np.rint(latitudes * (127 / 90)).astype(np.int64)
    maps = [north, np.abs(north)]
    for context in contexts:
        fine = np.rint(np.clip(context, -1, 1) * 4096).astype(np.int64).sum(0) // len(context)
        change = np.abs(np.diff(fine, axis=0, append=fine[-1:]))
        change = change + np.abs(fine - np.roll(fine, 1, axis=1))
        maps += [_ranks(fine), _logarithms()[np.minimum(change, LARGEST_MEAN)]]
    return np.stack(maps).astype(np.int32)


def _ranks(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each value stands among all, -127 to 127: shores and foothills are told apart as well
    as trenches and summits."""
    ordered = np.sort(values, axis=None)
    below, up_to = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return (below + up_to) * 127 // values.size - 127


def _shrunk(maps: NDArray[np.int32], pyramid: Pyramid) -> list[NDArray[np.int32]]:
    """The maps at the latents of each band: (features, rows, columns) each."""
    levels = []
    for _ in range(pyramid.levels):
        maps = _halved(_halved(maps, 1), 2)
        levels.append(maps)
    coarse = levels[-1] if levels else maps
    result = [coarse]
    for band in range(1, len(pyramid.shapes)):
        rows, columns = pyramid.shapes[band]
        result.append(levels[pyramid.levels - pyramid.level(band)][:, :rows, :columns])
    return [np.ascontiguousarray(part) for part in result]


def _halved(maps: NDArray[np.int32], axis: int) -> NDArray[np.int32]:
    size = maps.shape[axis]
    even = np.take(maps, range(0, size, 2), axis)
    odd = np.take(maps, [min(index + 1, size - 1) for index in range(0, size, 2)], axis)
    return (even + odd + 1) >> 1


def _spread(coarse: Tensor, rows: int, columns: int) -> Tensor:
    """Each latent of a coarser band at the places of the finer one that it lies over."""
    row = (torch.arange(rows, device=coarse.device) // 2).clamp(max=coarse.shape[1] - 1)
    column = (torch.arange(columns, device=coarse.device) // 2).clamp(max=coarse.shape[2] - 1)
    return coarse[:, row][:, :, column]


def _fit(band: Tensor, rows: int, columns: int) -> Tensor:
    """A band of the same level, whose rows or columns may be one more or fewer."""
    row = torch.arange(rows, device=band.device).clamp(max=band.shape[1] - 1)
    column = torch.arange(columns, device=band.device).clamp(max=band.shape[2] - 1)
    return band[:, row][:, :, column]


@dataclass(frozen=True)
class ScaleNet:
    """A network of two hidden layers from features to the table that a latent is coded with.

    `tensors`: matrix (units, inputs) and bias (units,) of each layer, integers.
    """

    tensors: tuple[NDArray[np.int32], ...]

    @staticmethod
    def shapes(n_features: int) -> list[tuple[int, ...]]:
        """Shapes of the tensors."""
        sizes = [n_features, HIDDEN, HIDDEN, 1]
        return [shape for n, m in pairwise(sizes) for shape in ((m, n), (m,))]

    @classmethod
    def of(cls, weights: Sequence[Tensor]) -> ScaleNet:
        """The integers of weights as `widths` takes them."""
        units = [WEIGHT_UNIT, WEIGHT_UNIT * FEATURE_UNIT] * (len(weights) // 2)
        limits = [LARGEST_WEIGHT, 1 << 20] * (len(weights) // 2)
        return cls(
            tuple(
                np.clip(np.rint(w.detach().cpu().double().numpy() * unit), -most, most).astype(
                    np.int32
                )
                for w, unit, most in zip(weights, units, limits, strict=True)
            )
        )

    def tables(self, features: Tensor) -> Tensor:
        """Table (n,), int64, of latents with these features (n, n_features), on any device."""
        *hidden, matrix, last = (
            torch.from_numpy(tensor).to(features.device) for tensor in self.tensors
        )
        value = features
        for weight, bias in zip(hidden[::2], hidden[1::2], strict=True):
            total = _exact(value, weight) + bias
            value = ((total + WEIGHT_UNIT // 2) >> 6).clamp(0, LARGEST_HIDDEN)
        total = _exact(value, matrix)[:, 0] + last[0]
        lowest = round(math.log2(LEAST_SCALE) * FEATURE_UNIT * WEIGHT_UNIT)
        return torch.div(total - lowest, INDEX_UNIT, rounding_mode="floor").clamp(0, TABLES - 1)


def _exact(values: Tensor, matrix: Tensor) -> Tensor:
    """values @ matrix.T of integers, whose sums float32 holds exactly: not in TF32's 11 bits."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        return (values.float() @ matrix.float().T).to(torch.int64)
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


def scale_of(table: int) -> Decimal:
    """Spread of the latents that a table is for, in steps: the middle of what it serves.

    In decimals, whose powers are rounded alike on every machine.
    """
    with localcontext() as context:
        context.prec = 40
        return Decimal(str(LEAST_SCALE)) * Decimal(2) ** (
            Decimal(str(OCTAVE)) * (table + Decimal("0.5"))
        )


def widths(weights: Sequence[Tensor], features: Tensor) -> Tensor:
    """Spread (n,) of latents, in steps, as a function to be learned: weights rounded as the file
    holds them, gradients straight through."""
    *hidden, matrix, last = weights
    value = features
    for weight, bias in zip(hidden[::2], hidden[1::2], strict=True):
        value = functional.linear(value, _straight(weight), bias)
        value = value.clamp(0, LARGEST_HIDDEN / FEATURE_UNIT)
    power = functional.linear(value, _straight(matrix), last)[:, 0]
    return torch.exp2(power.clamp(math.log2(LEAST_SCALE), 10))


def _straight(weight: Tensor) -> Tensor:
    limit = LARGEST_WEIGHT / WEIGHT_UNIT
    nearest = (weight.detach() * WEIGHT_UNIT).round().div(WEIGHT_UNIT).clamp(-limit, limit)
    return weight + (nearest - weight).detach()


def bits(magnitude: Tensor, width: Tensor) -> Tensor:
    """Bits of latents of a magnitude (n,) whose Laplace distribution has these widths (n,)."""
    decay = torch.exp(-0.5 / width)
    other = decay ** (2 * magnitude - 1) * (1 - decay**2) / 2
    return -torch.log2(torch.where(magnitude < 0.5, 1 - decay, other).clamp(min=1e-12))


def first_weights(n_features: int, seed: int) -> list[Tensor]:
    """Weights to begin with, on the CPU."""
    generator = torch.Generator().manual_seed(seed)
    weights = []
    for shape in ScaleNet.shapes(n_features):
        spread = 1 / math.sqrt(shape[-1]) if len(shape) == 2 else 0.0
        weights.append(torch.randn(*shape, generator=generator) * spread)
    weights[-1] += FIRST_POWER
    return weights
