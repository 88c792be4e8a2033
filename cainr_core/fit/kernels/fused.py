"""Networks of one kind, depth and padded width that learn the same field side by side on a GPU."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import torch
import triton
from torch import Tensor

from cainr_core.fit.kernels import learning, network
from cainr_core.fit.kernels.served import FEATURES, HEADS, KINDS, SINES, WIDTHS, padded
from cainr_core.model.architecture import Architecture
from cainr_core.model.inputs import PLACES, Inputs
from cainr_core.model.mlp import frequencies

PROGRAMS_A_COPY = 32  # of the sums of gradients: more wait for each other, fewer leave the cache
INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"


class FusedNetworks:
    """Weights of networks as the kernels take them, their gradients, and their steps of Adam.

    `architectures` share the kind of network, depth and `padded` width; of the inputs each takes
    those that `chosen` names, by default all. `target`: (times x cells,) float32, NaN where
    missing.
    """

    def __init__(
        self,
        architectures: Sequence[Architecture],
        inputs: Inputs,
        target: Tensor,
        chosen: Sequence[Sequence[int]] | None = None,
        tile: int | None = None,
        programs: int | None = None,
    ) -> None:
        self.architectures = list(architectures)
        one, device = self.architectures[0], target.device
        self._tables, self._target = inputs.tables(), target
        self._n_cells, self._n_inputs = inputs.n_cells, self._tables.slots.shape[1]
        self._chosen = chosen or [range(inputs.n_inputs)] * len(self.architectures)
        self._kind, self._depth = KINDS[one.network], one.depth
        self._width = width = padded(one.width)
        self._omega = one.omega if one.network in SINES else 1.0
        n = len(self.architectures)
        # the interpreter multiplies no numbers of 16 bits
        up, down = (torch.float32,) * 2 if INTERPRETED else (torch.float16, torch.bfloat16)

        def zeros(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.zeros(shape, dtype=dtype, device=device)

        # of fewer inputs they are the first of these rows
        waves = frequencies(one, max(map(len, self._chosen)))
        features = one.features if waves is not None else 0
        self._features = features and next(size for size in FEATURES if size >= features)
        self._waves = zeros(self._n_inputs, max(1, self._features))
        if waves is not None:
            self._waves[: len(waves), :features] = waves.to(device)
        slots = torch.full((n, 3, self._n_inputs), -1, dtype=torch.int32, device=device)
        for own, columns in zip(slots, self._chosen, strict=True):
            own[:, : len(columns)] = self._tables.slots[:, list(columns)]
        self._slots = slots
        self._first = zeros(n, 2, width, self._n_inputs, dtype=up)
        self._hidden = zeros(n, self._depth - 1, width, width, dtype=up)
        self._backward = zeros(n, self._depth - 1, width, width, dtype=down)
        self._first_waves = zeros(n, 2, width, self._features, dtype=up)
        self._bias = zeros(n, self._depth, width)
        self._last = zeros(n, width + self._n_inputs + 1)
        parts = (self._first[:, 0], self._hidden, self._first_waves, self._bias, self._last)
        starts = [0]
        for part in parts:
            starts.append(starts[-1] + part[0].numel())
        self._size = starts[-1]
        self.places = [
            _places(one, len(columns), self._n_inputs, width, self._features, starts).to(device)
            for one, columns in zip(self.architectures, self._chosen, strict=True)
        ]
        self.weights, self.mean, self.square, self.sizes = (zeros(n, self._size) for _ in range(4))
        for number in range(n):
            self.round(number, 0.0)

        options, at_once, served = _launch(width)
        self._tile = tile = tile or served
        share = programs or max(1, at_once * _multiprocessors(device) // n)
        self._per_network = share
        sums_size = -(-(self._size + 1) // 32) * 32  # rows of the kernel's sums begin aligned
        self._copies = 1 << (share // PROGRAMS_A_COPY).bit_length() >> 1 or 1
        self._sums = zeros(n, self._copies, sums_size)
        kept = 2 if one.network == "finer" else 1
        self._scratch = zeros(n * share * kept * self._depth * tile * width, dtype=torch.int16)
        self._options: dict[str, Any] = {} if INTERPRETED else options

    # ------------------------------------------------------------------ weights in and out

    @torch.no_grad()
    def load(self, number: int, tensors: Sequence[Tensor]) -> None:
        """Take the weights of a network, as `mlp` lists them."""
        self.put(number, self.weights, torch.cat([tensor.detach().flatten() for tensor in tensors]))

    def put(self, number: int, of: Tensor, flat: Tensor) -> None:
        """Set a network's own numbers in (networks, size) to those of a row; others stay zero."""
        of[number, self.places[number]] = flat

    def round(self, number: int, sizes: Tensor | float) -> None:
        """Round the weights of a network for products, each to its size or all to one; 0: not."""
        self.sizes[number] = -1.0  # what is no weight of the network does not learn
        self.sizes[number, self.places[number]] = sizes

    def flat(self, number: int, of: Tensor) -> Tensor:
        """Numbers of a network's own weights out of (networks, size), one after the other."""
        return of[number, self.places[number]]

    def prepare(self) -> None:
        """Bring the weights, after a change, into the form that the kernels take."""
        self._learn(self.weights, self.weights, 0, update=False)

    # ------------------------------------------------------------------ what kernels do

    def errors_and_gradients(self, points: Tensor, total: int) -> Tensor:
        """Gradients (networks, size) of the mean squared error over `total` points, and as one more
        column the sum of squared errors over these points (n,) int32."""
        self._sums.zero_()
        self._add_gradients(points, total)
        sums = self._sums.sum(1)[:, : self._size + 1]
        sums[:, : self._size - self._last.shape[1]] *= self._omega
        return sums

    def step(self, points: Tensor, total: int, rates: Tensor, count: Tensor, number: int) -> None:
        """One step of Adam on points (n,) int32; `rates` (steps, networks), `number` of them."""
        self._add_gradients(points, total)
        self._learn(rates, count, number, update=True)

    def outputs(self, points: Tensor | tuple[int, int]) -> Tensor:
        """Outputs (networks, n) at points (n,) int32, or at all from a first to before a last."""
        listed = isinstance(points, Tensor)
        n = len(points) if isinstance(points, Tensor) else points[1] - points[0]
        count = len(self.architectures)
        values = torch.empty(count, n, device=self._target.device)
        share = max(
            1, min(math.ceil(n / self._tile), 12 * _multiprocessors(values.device) // count)
        )
        network.outputs[(share * count,)](
            points if isinstance(points, Tensor) else points[0], n, values,
            *self._of_inputs(), *self._of_network(), 1.0 / self._omega,
            self._depth, share, **self._shape(), TILE=self._tile, LISTED=listed, **self._options,
        )  # fmt: skip
        return values

    def _add_gradients(self, points: Tensor, total: int) -> None:
        _allow_descriptors()
        tables = self._of_inputs()
        first, hidden, waves, first_waves, bias, last = self._of_network()
        share = max(1, min(self._per_network, math.ceil(len(points) / self._tile)))
        network.gradient[(share * len(self.architectures),)](
            points, len(points), 2.0 / total, *tables, self._target,
            first, hidden, self._backward, waves, first_waves, bias, last, 1.0 / self._omega,
            self._depth, self._scratch, self._sums, self._sums.shape[2], self._copies, share,
            **self._shape(), TILE=self._tile, **self._options,
        )  # fmt: skip

    def _learn(self, rates: Tensor, count: Tensor, number: int, update: bool) -> None:
        block = 128
        learning.learn[(len(self.architectures), math.ceil(self._size / block))](
            self.weights, self.mean, self.square, self.sizes, self._size,
            self._sums, self._sums.shape[2], rates, count, number, self._omega, self._depth,
            self._first, self._hidden, self._backward, self._first_waves, self._bias, self._last,
            WIDTH=self._width, INPUTS=self._n_inputs, FEATURES=self._features,
            COPIES=self._copies, BLOCK=block, UPDATE=update,
        )  # fmt: skip

    def _of_inputs(self) -> tuple[Any, ...]:
        tables = self._tables
        return (
            tables.cells, tables.cells.shape[1], tables.times, tables.times.shape[1],
            tables.moving, self._n_cells, tables.rows, tables.parts, self._slots,
        )  # fmt: skip

    def _of_network(self) -> tuple[Tensor, ...]:
        return (
            self._first, self._hidden, self._waves, self._first_waves, self._bias, self._last
        )  # fmt: skip

    def _shape(self) -> dict[str, Any]:
        return {
            "KIND": self._kind,
            "HEAD": min(self._width, HEADS[-1]),
            "TAIL": max(0, self._width - HEADS[-1]),
            "MOVING": self._tables.n_moving,
            "INPUTS": self._n_inputs,
            "FEATURES": self._features,
            "NATIVE": not INTERPRETED,
        }


def try_out(device: torch.device) -> None:
    """Compile and launch a small kernel; raises what Triton raises where that fails."""
    width, inputs = WIDTHS[0], PLACES[0]
    size = width * inputs + width + width + inputs + 1
    zeros = torch.zeros(size, device=device)
    factors = torch.zeros(2 * size, dtype=torch.float16, device=device)
    learning.learn[(1, 1)](
        zeros, zeros, zeros, zeros, size, zeros, size, zeros, zeros, 0, 1.0, 1,
        factors, factors, factors, factors, zeros, zeros,
        WIDTH=width, INPUTS=inputs, FEATURES=0, COPIES=1, BLOCK=128, UPDATE=False,
    )  # fmt: skip
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _places(
    architecture: Architecture,
    n_inputs: int,
    most_inputs: int,
    width: int,
    features: int,
    starts: list[int],
) -> Tensor:
    """Where the weights of a network, one tensor after the other, lie among those of its sums."""
    first, hidden, waves, bias, last, _ = starts
    own = torch.arange(architecture.width)
    into = first + own[:, None] * most_inputs + torch.arange(n_inputs)
    if features:
        wave = own[:, None] * features + torch.arange(architecture.features)
        into = torch.cat([waves + wave, waves + width * features + wave, into], dim=1)
    found = [into.flatten(), bias + own]
    for number in range(architecture.depth - 1):
        found.append((hidden + number * width**2 + own[:, None] * width + own).flatten())
        found.append(bias + (number + 1) * width + own)
    found.append(last + own)
    if architecture.has_skip:
        found.append(last + width + torch.arange(n_inputs))
    return torch.cat([*found, torch.tensor([last + width + most_inputs])])


def _launch(width: int) -> tuple[dict[str, Any], int, int]:
    """How a kernel of that padded width is compiled, how many of its programs a multiprocessor is
    to run at once (more of them wait for each other's traffic, or write registers to memory), and
    the points of a tile."""
    if width <= HEADS[-1]:
        return {"num_warps": 4, "maxnreg": 168}, 3, 64
    if width < 2 * HEADS[-1]:
        return {"num_warps": 4, "num_stages": 2}, 2, 64
    return {"num_warps": 8, "num_stages": 2}, 1, 128


def _multiprocessors(device: torch.device) -> int:
    if device.type != "cuda":
        return 1
    return torch.cuda.get_device_properties(device).multi_processor_count


def _allow_descriptors() -> None:
    """Let the kernels describe their sums to the engine that adds to them."""

    def memory(size: int, alignment: int, stream: int | None) -> Tensor:
        return torch.empty(size, dtype=torch.int8, device="cuda")

    if not INTERPRETED:
        triton.set_allocator(memory)
