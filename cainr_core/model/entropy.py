"""How wide a latent is spread, told from what lies around it: a small network of integers.

What the range coder follows must be the same on every machine. So both what the network sees (see
`surroundings`) and the network itself work on integers: sums of less than 2^24, which float32 holds
without rounding in whatever order they are added.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

HIDDEN = (
    (800, 2),
    (5_000, 4),
    (16_000, 8),
    (120_000, 16),
)  # units of a layer, up to so many bytes of latents
MOST_HIDDEN = 32
FIRST_POWER = -2.0  # of two: the width that a network begins with
FEATURE_UNIT = 32  # of a feature: integers from -128 to 127 stand for -4 to 4
WEIGHT_UNIT = 64  # of a weight: integers from -127 to 127
LARGEST_WEIGHT = 127
LARGEST_HIDDEN = 255
LEAST_SCALE = 0.04  # of table 0, in steps of a latent
TABLES = 48
OCTAVE = 0.3  # octaves from a table to the next
INDEX_UNIT = round(OCTAVE * FEATURE_UNIT * WEIGHT_UNIT)


@dataclass(frozen=True)
class ScaleNet:
    """A network of two hidden layers from features to the table that a latent is coded with.

    `tensors`: matrix (units, inputs) and bias (units,) of each layer, integers.
    """

    tensors: tuple[NDArray[np.int32], ...]

    @staticmethod
    def shapes(n_features: int, hidden: int) -> list[tuple[int, ...]]:
        """Shapes of the tensors, with so many units in each hidden layer."""
        sizes = [n_features, hidden, hidden, 1]
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
    """values @ matrix.T of integers, whose sums float32 holds exactly; but TF32, which a fit in
    another thread may have asked for, does not."""
    kind = torch.float64 if values.is_cuda else torch.float32
    return (values.to(kind) @ matrix.to(kind).T).to(torch.int32)


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


def hidden_for(nbytes: int) -> int:
    """Units of a hidden layer that pay where latents take about so many bytes."""
    return next((units for most, units in HIDDEN if nbytes <= most), MOST_HIDDEN)


def first_weights(n_features: int, hidden: int, seed: int) -> list[Tensor]:
    """Weights to begin with, on the CPU."""
    generator = torch.Generator().manual_seed(seed)
    weights = []
    for shape in ScaleNet.shapes(n_features, hidden):
        spread = 1 / math.sqrt(shape[-1]) if len(shape) == 2 else 0.0
        weights.append(torch.randn(*shape, generator=generator) * spread)
    weights[-1] += FIRST_POWER
    return weights
