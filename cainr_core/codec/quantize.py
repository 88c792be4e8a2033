"""Weights as integers: how coarse each tensor may be, and rounding while learning."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.fit.fitting import Fitting
from cainr_core.fit.rounding import HIGHEST, Rounding

OCTAVE = 8  # steps between two powers of two
# 2^(k/8) as written here, not as a platform's pow() rounds it: the file must mean the same anywhere
MANTISSAS = (
    1.0,
    1.0905077326652577,
    1.189207115002721,
    1.2968395546510096,
    1.4142135623730951,
    1.5422108254079407,
    1.681792830507429,
    1.8340080864093424,
)
SMALLEST, LARGEST = -128, 127  # of a step index: steps from 2^-24 to 2^7.875
LOWEST_OCTAVE = -8  # of step index 0
PROBES = 8  # random projections that estimate a tensor's influence
PROBE_POINTS = 1 << 13


def step_size(index: int) -> float:
    """Rounding step 2^(index / 8 - 8) of a step index from -128 to 127."""
    octave, part = divmod(index, OCTAVE)
    return math.ldexp(MANTISSAS[part], octave + LOWEST_OCTAVE)


def step_index(size: float) -> int:
    """Index of the greatest step that is at most `size`."""
    index = math.floor(OCTAVE * (math.log2(max(size, 1e-30)) - LOWEST_OCTAVE))
    return min(max(index, SMALLEST), LARGEST)


def influences(fitting: Fitting, probes: int = PROBES, points: int = PROBE_POINTS) -> list[float]:
    """For each tensor, the squared error of the output per squared error of its weights.

    The sum over the weights of the mean squared derivative of the output (a diagonal Gauss-Newton
    trace), estimated with random signs: the gradient of a sum of outputs with random signs has that
    expected square, and no trial rounding with its noise is needed. `probes`: projections, each of
    so many `points`.
    """
    generator = torch.Generator(fitting.device).manual_seed(fitting.recipe.seed)
    total = [0.0] * len(fitting.tensors)
    for _ in range(probes):
        output = fitting.outputs(points, generator)
        signs = torch.randint(0, 2, output.shape, generator=generator, device=output.device)
        gradients = torch.autograd.grad((output * (2 * signs - 1)).sum(), fitting.tensors)
        squares = torch.stack([gradient.double().square().sum() for gradient in gradients])
        for index, square in enumerate(squares.tolist()):  # one wait for the device
            total[index] += square / (probes * len(output))
    return total


def choose_steps(
    tensors: Sequence[Tensor], influence: Sequence[float], squared_error: float
) -> list[int]:
    """Step index of each tensor such that rounding adds `squared_error` to the output's.

    Bits are spent where they buy most: minimising the sum of n log2(1 / step) at a given sum of
    influence x step^2 / 12 gives every weight an equal share of the error, step^2 ~ n / influence.
    """
    count = sum(tensor.numel() for tensor in tensors)
    chosen = []
    for tensor, weight in zip(tensors, influence, strict=True):
        share = squared_error * tensor.numel() / count
        size = math.sqrt(12 * share / max(weight, 1e-20))
        peak = float(tensor.detach().abs().max())
        index = step_index(min(size, max(peak, 1e-4)))
        while peak / step_size(index) > HIGHEST and index < LARGEST:
            index += 1
        chosen.append(index)
    return chosen


def rounding(indices: Sequence[int]) -> Rounding:
    """What rounds tensors to the steps with these indices."""
    return Rounding(tuple(step_size(index) for index in indices))


def to_integers(tensor: Tensor, index: int) -> NDArray[np.int32]:
    """Integers of a tensor on the step with this index, flat."""
    scaled = tensor.detach().float().cpu() / step_size(index)
    return scaled.round().clamp(-HIGHEST, HIGHEST).to(torch.int32).numpy().ravel()


def from_integers(integers: NDArray[np.int32], index: int) -> NDArray[np.float32]:
    """Weights of flat integers."""
    return (integers.astype(np.float64) * step_size(index)).astype(np.float32)
