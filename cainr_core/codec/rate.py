"""How finely a network's weights are rounded, for a quality or for a number of bytes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from cainr_core.codec.entropy import Coded, encode
from cainr_core.codec.quantize import choose_steps, to_integers

DEFAULT_NOISE = 0.05  # squared error that rounding adds before the tail, as a part of the fit's own
LATENT_NOISE = 0.004  # the same behind latents, beside which the weights are few
FINEST = 1e-4  # that part at least, when a number of bytes is to be met
COARSEST = 1e2  # squared error that rounding adds at most, of values that vary by about 1
HALVINGS = 14  # to a hundredth of a step
LEAST_ERROR = 1e-12  # squared, of a perfect fit: no parts of nothing can be searched


def coded(tensors: Sequence[Tensor], steps: Sequence[int]) -> list[Coded]:
    """Step index and integers of each tensor."""
    return [(step, to_integers(tensor, step)) for tensor, step in zip(tensors, steps, strict=True)]


def steps_for(
    tensors: Sequence[Tensor],
    influence: Sequence[float],
    error: float,
    most_bytes: int | None = None,
    noise: float = DEFAULT_NOISE,
) -> list[int]:
    """Step indices of the tensors of a network whose mean squared error is `error`.

    Without `most_bytes`, rounding adds the part `noise` of that error. With it, the steps are the
    finest ones whose coded weights take at most so many bytes; the coarsest, if none do.
    """
    error = max(error, LEAST_ERROR)
    if most_bytes is None:
        return choose_steps(tensors, influence, noise * error)
    low, high = FINEST * error, COARSEST
    if size(tensors, choose_steps(tensors, influence, low)) <= most_bytes:
        return choose_steps(tensors, influence, low)
    for _ in range(HALVINGS):
        middle = (low * high) ** 0.5
        if size(tensors, choose_steps(tensors, influence, middle)) <= most_bytes:
            high = middle
        else:
            low = middle
    return choose_steps(tensors, influence, high)


def size(tensors: Sequence[Tensor], steps: Sequence[int]) -> int:
    """Bytes of the coded weights."""
    return len(encode(coded(tensors, steps)))
