"""The networks, as functions of a list of tensors.

The weights of a network are a plain list: matrix, bias, matrix, bias, ... That list is what is
fitted, quantised and written; nothing else has state.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from cainr_core.model.architecture import FOURIER_NETWORKS, LATENT_INPUTS, Architecture

FREQUENCY_SEED = 20250711  # the random frequencies belong to the format: never change it


def initial_tensors(architecture: Architecture, n_inputs: int, seed: int) -> list[Tensor]:
    """Weights to begin with: [matrix (units, inputs), bias (units,), ...], float32, on the CPU.

    SIREN: Sitzmann et al. 2020, section 3.2. FINER: Liu et al. 2024, section 3.2 (wide first
    biases). The others: He et al. 2015, as PyTorch's linear layers.
    """
    generator = torch.Generator().manual_seed(seed)

    def uniform(shape: tuple[int, ...], bound: float) -> Tensor:
        return (torch.rand(shape, generator=generator) * 2 - 1) * bound

    periodic = architecture.network in ("siren", "finer", "wire")
    shapes = architecture.layer_shapes(n_inputs)
    tensors: list[Tensor] = []
    for layer, (units, inputs) in enumerate(shapes):
        last = layer == len(shapes) - 1
        fan_in = architecture.width if last else inputs
        bound = math.sqrt(6 / fan_in)
        bias_bound = 1 / math.sqrt(fan_in)
        if periodic:
            bound = 1 / fan_in if layer == 0 else bound / architecture.omega
        elif not last and architecture.network == "gaussian":
            bound = 1 / fan_in if layer == 0 else 1 / math.sqrt(fan_in)
        if architecture.network == "finer" and layer == 0:
            bias_bound = 1.0
        matrix = uniform((units, inputs), bound)
        if last and architecture.has_skip:
            matrix[:, architecture.width :] = 0
        tensors += [matrix, uniform((units,), 0.0 if last else bias_bound)]
    return tensors


def views(flat: Tensor, like: list[Tensor]) -> list[Tensor]:
    """The parts of a row of weights, in the shapes of these tensors."""
    parts = flat.split([tensor.numel() for tensor in like])
    return [part.view_as(tensor) for part, tensor in zip(parts, like, strict=True)]


def frequencies(architecture: Architecture, n_inputs: int) -> Tensor | None:
    """The fixed random frequencies of a Fourier-feature network, (n_inputs, features)."""
    if architecture.network not in FOURIER_NETWORKS:
        return None
    # numpy guarantees that this generator's stream never changes, so a file needs no copy of it
    draw = np.random.RandomState(FREQUENCY_SEED).standard_normal((n_inputs, architecture.features))
    return torch.from_numpy((draw * architecture.bandwidth).astype(np.float32))


def forward(
    architecture: Architecture, tensors: list[Tensor], inputs: Tensor, waves: Tensor | None = None
) -> Tensor:
    """Value of the network, (n,), at inputs (n, n_inputs); `waves` are its `frequencies`."""
    hidden = inputs
    if waves is not None:
        phases = inputs @ waves
        hidden = torch.cat([torch.sin(phases), torch.cos(phases), inputs], dim=1)
    for matrix, bias in zip(tensors[:-2:2], tensors[1:-2:2], strict=True):
        hidden = _activate(architecture, functional.linear(hidden, matrix, bias))
    matrix, bias = tensors[-2:]
    output = functional.linear(hidden, matrix[:, : hidden.shape[1]], bias).squeeze(1)
    if architecture.has_skip:
        output = output + functional.linear(
            inputs.to(output.dtype), matrix[:, hidden.shape[1] :]
        ).squeeze(1)
    if architecture.has_latents:  # the network corrects what these say
        output = output.float() + inputs[:, -LATENT_INPUTS]
    return output


def _activate(architecture: Architecture, value: Tensor) -> Tensor:
    match architecture.network:
        case "siren":
            return torch.sin(architecture.omega * value)
        case "finer":
            return torch.sin(architecture.omega * (value.abs().detach() + 1) * value)
        case "wire":
            envelope = torch.exp(-((architecture.spread * value) ** 2))
            return torch.cos(architecture.omega * value) * envelope
        case "gaussian":
            return torch.exp(-((architecture.spread * value) ** 2) / 2)
        case "gelu" | "latent":
            return functional.gelu(value)
        case _:
            return functional.relu(value)
