"""What a layer computes, for gradients by hand: its outputs, and their slopes in place of its sums.

Sums come multiplied by the `gain` of the network, so that a sine is one pass over them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from cainr_core.model.architecture import Architecture

Activation = Callable[[Tensor, Tensor], None]


def gain(architecture: Architecture) -> float:
    """What the sums of a layer are multiplied by before its activation."""
    if architecture.network == "gaussian":
        return architecture.spread
    return architecture.omega if architecture.network in ("siren", "finer", "wire") else 1.0


def activation(architecture: Architecture) -> Activation:
    """A function of a layer's sums, times `gain`, and a place for its outputs, of one shape: it
    fills that place, and the sums become the derivatives of the outputs by them."""
    omega, sharpness = architecture.omega, (architecture.spread / architecture.omega) ** 2

    def sine(sums: Tensor, outputs: Tensor) -> None:
        torch.sin(sums, out=outputs)
        sums.cos_()

    def finer(sums: Tensor, outputs: Tensor) -> None:
        size = sums.abs().div_(omega).add_(1)  # counts as a constant (Liu et al. 2024)
        sine(sums.mul_(size), outputs)
        sums.mul_(size)

    def wavelet(sums: Tensor, outputs: Tensor) -> None:
        envelope = (sums * sums).mul_(-sharpness).exp_()
        torch.cos(sums, out=outputs).mul_(envelope)
        falling = (sums * outputs).mul_(2 * sharpness)
        sums.sin_().mul_(envelope).add_(falling).neg_()

    def bump(sums: Tensor, outputs: Tensor) -> None:
        torch.mul(sums, sums, out=outputs).mul_(-0.5).exp_()
        sums.mul_(outputs).neg_()

    def gelu(sums: Tensor, outputs: Tensor) -> None:
        torch.ops.aten.gelu.out(sums, out=outputs)
        torch.ops.aten.gelu_backward.grad_input(torch.ones_like(sums), sums, grad_input=sums)

    def relu(sums: Tensor, outputs: Tensor) -> None:
        torch.clamp(sums, min=0, out=outputs)
        torch.gt(sums, 0, out=sums)

    kinds = {
        "siren": sine,
        "finer": finer,
        "wire": wavelet,
        "gaussian": bump,
        "gelu": gelu,
        "latent": gelu,
        "relu": relu,
    }
    return kinds[architecture.network]
