"""The gradient of a network's misfit on a CPU, by hand, in tiles of points.

Points lie along rows, one row a unit: products then run along the points whatever the width, a row
of ones carries the biases, and the gradients of all hidden matrices are one batch of products. The
places that a tile is computed in are taken once and used again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from cainr_core.fit.kernels.activations import activation, gain
from cainr_core.model.architecture import LATENT_INPUTS, Architecture
from cainr_core.model.inputs import Inputs
from cainr_core.model.mlp import frequencies

MOST_NUMBERS = 1 << 19  # outputs of a layer in a tile, 2 MB: fewer, and threads wait for each other
MOST_POINTS = 1 << 13
MARGIN = 16  # unused columns: rows a power of two apart would share few places in a cache


class TiledGradient:
    """Squared errors of a network over points, and the gradient of their mean by all weights.

    `target`: (times x cells,) float32, NaN where missing.
    """

    def __init__(
        self,
        architecture: Architecture,
        inputs: Inputs,
        target: Tensor,
        most_points: int | None = None,
    ) -> None:
        """`most_points` of a tile: as many as serve the width best, if None."""
        self._architecture, self._inputs, self._target = architecture, inputs, target
        self._most_points = most_points or min(MOST_POINTS, MOST_NUMBERS // architecture.width)
        self._activate = activation(architecture)
        waves = frequencies(architecture, inputs.n_inputs)
        self._waves = None if waves is None else waves.T.contiguous()
        self._features = 0 if waves is None else waves.shape[1]
        self._weights = Packed(architecture, inputs.n_inputs)
        self._sums = Packed(architecture, inputs.n_inputs)
        self._tiles: dict[int, Tile] = {}  # by size: a fit has one, or two where it takes passes

    @torch.no_grad()
    def __call__(
        self, times: Tensor, cells: Tensor, tensors: Sequence[Tensor], total: int
    ) -> tuple[float, list[Tensor]]:
        """Sum of squared errors at points (n,), by time and cell indices, and their part of the
        gradient of the mean over `total` points, by each of the tensors."""
        self._weights.pack(tensors)
        self._sums.flat.zero_()
        size = math.ceil(len(times) / math.ceil(len(times) / self._most_points))
        error = 0.0
        for points in zip(times.split(size), cells.split(size), strict=True):
            error += self._learn(*points, total)
        return error, self._sums.unpack()

    def _learn(self, times: Tensor, cells: Tensor, total: int) -> float:
        """Add the gradients of a tile to the sums; its sum of squared errors."""
        tile = self._tiles.get(len(times))
        if tile is None:
            seen = self._weights.first.shape[1]
            tile = Tile(self._architecture, seen, self._inputs.n_inputs, len(times))
            self._tiles[len(times)] = tile
        self._look(tile, times, cells)
        wanted = self._target[times * self._inputs.n_cells + cells]
        error = self._forward(tile).sub_(wanted).masked_fill_(wanted.isnan(), 0)
        squared = float(error.square().sum(dtype=torch.float64))
        self._backward(tile, error.mul_(2 / total))
        return squared

    def _look(self, tile: Tile, times: Tensor, cells: Tensor) -> None:
        """Fill in what the first layer sees."""
        tile.given.copy_(self._inputs.gather(times, cells).T)
        if self._waves is not None:
            sines, cosines = tile.seen[: 2 * self._features].chunk(2)
            torch.mm(self._waves, tile.given, out=cosines)
            torch.sin(cosines, out=sines)
            cosines.cos_()

    def _forward(self, tile: Tile) -> Tensor:
        """Output of the network, (1, n); the layers' outputs and slopes stay in the tile."""
        below = tile.seen
        matrices = [self._weights.first, *self._weights.hidden]
        for matrix, place, (sums, outputs), above in zip(
            matrices, tile.slopes, tile.layers, tile.outputs, strict=True
        ):
            torch.mm(matrix, below, out=place)
            self._activate(sums, outputs)
            below = above
        output = self._weights.last @ below
        if self._architecture.has_skip:
            output.addmm_(self._weights.path, tile.given)
        if self._architecture.has_latents:
            output += tile.given[-LATENT_INPUTS]
        return output

    def _backward(self, tile: Tile, error: Tensor) -> None:
        """Add the gradients, from those by the outputs (1, n), to the sums."""
        sums = self._sums
        sums.last.addmm_(error, tile.outputs[-1].T)
        if self._architecture.has_skip:
            sums.path.addmm_(error, tile.given.T)
        torch.mul(self._weights.back[-1], error, out=tile.down)
        for layer in reversed(range(len(tile.slopes))):
            tile.layers[layer][0].mul_(tile.whole_down)
            if layer:
                torch.mm(self._weights.back[layer - 1], tile.slopes[layer], out=tile.down)
        sums.hidden.baddbmm_(tile.upper_slopes, tile.lower_outputs)
        sums.first.addmm_(tile.slopes[0], tile.seen.T)


class Packed:
    """Weights, or gradients, in one piece: biases as the last column of their matrices, and the
    layers times the gain of the network."""

    def __init__(self, architecture: Architecture, n_inputs: int) -> None:
        width, depth = architecture.width, architecture.depth
        latents = LATENT_INPUTS if architecture.has_latents else 0
        seen = architecture.layer_shapes(n_inputs - latents)[0][1] + 1
        skip = n_inputs if architecture.has_skip else 0
        shapes = [(width, seen), (depth - 1, width, width + 1), (1, width + 1), (1, skip)]
        sizes = [math.prod(shape) for shape in shapes]
        self.flat = torch.zeros(sum(sizes))
        self.first, self.hidden, self.last, self.path = (
            part.view(shape) for part, shape in zip(self.flat.split(sizes), shapes, strict=True)
        )
        self._gain = gain(architecture)
        rows = [self.first, *self.hidden, self.last]
        self._layers = [part for row in rows[:-1] for part in (row[:, :-1], row[:, -1])]
        self.back = [row[:, :-1].T for row in rows[1:]]

    def pack(self, tensors: Sequence[Tensor]) -> None:
        """Take up the weights of a network."""
        *layers, last, last_bias = tensors
        for place, tensor in zip(self._layers, layers, strict=True):
            torch.mul(tensor, self._gain, out=place)
        width = self.last.shape[1] - 1
        self.last[0, :width], self.path[0] = last[0, :width], last[0, width:]
        self.last[0, width] = last_bias[0]

    def unpack(self) -> list[Tensor]:
        """Gradients by the weights of a network, from those by what they are packed to."""
        layers = [part * self._gain for part in self._layers]
        last = torch.cat([self.last[:, :-1], self.path], dim=1)
        return [part.contiguous() for part in (*layers, last, self.last[0, -1:].clone())]


class Tile:
    """Places for what is computed of `n` points, (rows, n) each: the inputs `given`, what the first
    layer has `seen` (waves, inputs, ones), of each layer `outputs` (and ones) and `slopes`."""

    def __init__(self, architecture: Architecture, seen: int, n_inputs: int, n: int) -> None:
        depth, width, columns = architecture.depth, architecture.width, n + MARGIN
        self.seen = torch.zeros(seen, columns)[:, :n]
        self.given = self.seen[-1 - n_inputs : -1]
        slopes = torch.zeros(depth, width, columns)
        outputs = torch.zeros(depth, width + 1, columns)
        self.seen[-1], outputs[:, -1] = 1, 1
        self.slopes, self.outputs = list(slopes[:, :, :n]), list(outputs[:, :, :n])
        self.upper_slopes = slopes[1:, :, :n]
        self.lower_outputs = outputs[:-1, :, :n].transpose(1, 2)
        # with the margin a layer is one run of memory, for what goes number by number
        self.layers = list(zip(slopes, outputs[:, :-1], strict=True))
        self.whole_down = torch.zeros(width, columns)
        self.down = self.whole_down[:, :n]
