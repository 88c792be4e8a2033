"""Fused gradients for the networks that they serve."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from cainr_core.fit.kernels import network as kernels
from cainr_core.model.architecture import FOURIER_NETWORKS, Architecture
from cainr_core.model.inputs import Inputs
from cainr_core.model.mlp import frequencies

KINDS = {
    "siren": kernels.SINE,
    "finer": kernels.FINER,
    "relu": kernels.RELU,
    "gelu": kernels.GELU,
}
WIDTHS = (16, 32, 64, 128)
MOST_DEPTH = 16


def refusal(architecture: Architecture, n_inputs: int) -> str:
    """Why the kernels do not serve a network; empty where they do."""
    if architecture.network not in KINDS:
        return f"the network '{architecture.network}'"
    if architecture.width > WIDTHS[-1]:
        return f"widths above {WIDTHS[-1]}"
    if architecture.depth > MOST_DEPTH:
        return f"depths above {MOST_DEPTH}"
    if architecture.network in FOURIER_NETWORKS and architecture.features > WIDTHS[-1]:
        return f"more than {WIDTHS[-1]} features"
    if n_inputs > kernels.INPUTS:
        return f"more than {kernels.INPUTS} inputs"
    return ""


class FusedGradient:
    """Mean squared error of a network over points, and its gradient by all weights.

    `target`: (times x cells,) float32, NaN where missing. The gradients of a call stay valid until
    the next one.
    """

    def __init__(
        self,
        architecture: Architecture,
        inputs: Inputs,
        target: Tensor,
        programs: int = 132,
        tile: int = 128,
        products: torch.dtype = torch.bfloat16,
    ) -> None:
        self._architecture, self._tables, self._target = architecture, inputs.tables(), target
        self._programs, self._tile = programs, tile
        self._width = next(width for width in WIDTHS if width >= architecture.width)
        self._n_inputs, self._n_cells = inputs.n_inputs, inputs.n_cells
        depth, width, kind = architecture.depth, self._width, KINDS[architecture.network]
        device = target.device
        self._first = torch.zeros(width, kernels.INPUTS, device=device)
        self._hidden = torch.zeros(depth - 1, width, width, dtype=products, device=device)
        waves = frequencies(architecture, inputs.n_inputs)
        features = 0 if waves is None else waves.shape[1]
        self._features = features and next(size for size in WIDTHS if size >= features)
        self._waves = torch.zeros(kernels.INPUTS, max(1, self._features), device=device)
        if waves is not None:
            self._waves[: len(waves), :features] = waves.to(device) / (2 * math.pi)
        self._first_waves = torch.zeros(2, width, self._features, dtype=products, device=device)
        self._bias = torch.zeros(depth, width, device=device)
        self._last = torch.zeros(width + kernels.INPUTS + 1, device=device)
        parts = (self._first, self._hidden, self._first_waves, self._bias, self._last)
        self._sizes = [part.numel() for part in parts] + [1]
        self._sums = torch.empty(programs, sum(self._sizes), device=device)
        kept = 2 if kind == kernels.FINER else 1
        self._scratch = torch.empty(
            programs * kept * depth * tile * width, dtype=torch.int16, device=device
        )
        self._kind = kind

    def __call__(self, points: Tensor, tensors: Sequence[Tensor], total: int) -> Tensor:
        """Sum of squared errors at points (n,) int64, time x cells + cell; `grad` of each tensor
        becomes that of their mean over `total` points."""
        self._pack(tensors)
        programs = min(self._programs, math.ceil(len(points) / self._tile))
        tables = self._tables
        kernels.gradient[(programs,)](
            points, len(points), 2.0 / total,
            tables.cells, tables.cells.shape[1], tables.times, tables.times.shape[1],
            tables.moving, self._n_cells, tables.rows, tables.parts, tables.slots, self._target,
            self._first, self._hidden, self._waves, self._first_waves, self._bias, self._last,
            self._architecture.omega,
            self._scratch, self._sums, self._sums.shape[1],
            KIND=self._kind, DEPTH=self._architecture.depth, WIDTH=self._width,
            MOVING=tables.n_moving, TILE=self._tile, INPUTS=kernels.INPUTS,
            FEATURES=self._features,
        )  # fmt: skip
        return self._unpack(self._sums[:programs].sum(0), tensors)

    @torch.no_grad()
    def _pack(self, tensors: Sequence[Tensor]) -> None:
        width, n_inputs = self._architecture.width, self._n_inputs
        *layers, last, last_bias = tensors
        first = layers[0]
        for part in self._first_waves if self._features else ():
            part[:width, : self._architecture.features] = first[:, : self._architecture.features]
            first = first[:, self._architecture.features :]
        self._first[:width, :n_inputs] = first
        for layer, matrix in enumerate(layers[2::2]):
            self._hidden[layer, :width, :width] = matrix
        for layer, bias in enumerate(layers[1::2]):
            self._bias[layer, :width] = bias
        self._last[:width] = last[0, :width]
        if self._architecture.has_skip:
            self._last[self._width : self._width + n_inputs] = last[0, width:]
        self._last[-1] = last_bias[0]

    def _unpack(self, sums: Tensor, tensors: Sequence[Tensor]) -> Tensor:
        width, n_inputs = self._architecture.width, self._n_inputs
        first, hidden, waves, bias, ends, total = sums.split(self._sizes)
        hidden = hidden.view(-1, self._width, self._width)[:, :width, :width]
        bias = bias.view(-1, self._width)[:, :width]
        last = ends[:width]
        if self._architecture.has_skip:
            last = torch.cat([last, ends[self._width : self._width + n_inputs]])
        first = first.view(self._width, -1)[:width, :n_inputs]
        if self._features:
            parts = waves.view(2, self._width, -1)[:, :width, : self._architecture.features]
            first = torch.cat([*parts, first], dim=1)
        gradients = [first, bias[0]]
        for matrix, vector in zip(hidden, bias[1:], strict=True):
            gradients += [matrix, vector]
        for tensor, gradient in zip(tensors, [*gradients, last[None], ends[-1:]], strict=True):
            tensor.grad = gradient.contiguous()
        return total[0]
