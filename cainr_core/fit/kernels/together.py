"""Fits whose steps are taken in one launch: of one network, or of many of one shape."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.fit.device import recorded
from cainr_core.fit.kernels.served import refusal
from cainr_core.fit.learner import Learner
from cainr_core.fit.rounding import Rounding
from cainr_core.model.architecture import Architecture
from cainr_core.model.coordinates import Frame
from cainr_core.model.inputs import Inputs
from cainr_core.model.mlp import views

if TYPE_CHECKING:
    from cainr_core.fit.kernels.fused import FusedNetworks

logger = logging.getLogger(__name__)


def unserved(
    architecture: Architecture, n_points: int, device: torch.device, n_inputs: int = 0
) -> str:
    """Why a fit's steps are not fused on this machine; empty where they are."""
    reason = refusal(architecture, n_points, device, n_inputs)
    return reason or ("" if device.type != "cuda" or _runs(device) else "this machine")


def serves(architecture: Architecture, inputs: Inputs, device: torch.device) -> bool:
    """Whether a fit's steps can be fused; says in the log why not, on CUDA."""
    n_points = inputs.n_times * inputs.n_cells
    reason = unserved(architecture, n_points, device, inputs.n_inputs)
    if reason and device.type == "cuda":
        logger.info("The fused kernels do not serve %s: the plain way is taken.", reason)
    return not reason


@cache
def _runs(device: torch.device) -> bool:
    """Whether Triton can compile here and launch: it asks for a C compiler, among others."""
    try:
        from cainr_core.fit.kernels import fused

        fused.try_out(device)
    except Exception as error:  # whatever a compiler or a driver leads to
        logger.warning("Triton does not run on this machine: %s", error)
        return False
    return True


class Together:
    """Fits of networks of one kind, depth and padded width on one field, with one recipe; a network
    behind latents is alone, for they are its own.

    Each of the `size` fits that join asks for its steps, and waits where it is not alone; `learn`
    takes the steps of all. The points of a batch are the same for all of them.
    """

    def __init__(self, size: int = 1) -> None:
        self.size = size
        self._fits: list[Learner] = []
        self._networks: FusedNetworks | None = None
        self._asked: dict[int, list[float]] = {}
        self._errors: list[float] = []
        self._graph: torch.cuda.CUDAGraph | None = None
        self._graph_of = (0, 0)

    def join(self, fit: Learner) -> FusedSteps:
        """The steps of a fit, from the beginning of Adam's memory."""
        if fit not in self._fits:
            self._fits.append(fit)
        number = self._fits.index(fit)
        if self._networks is not None:
            self._forget(number)
            self._round(number, fit.rounding)
        return FusedSteps(self, number)

    def learn(self) -> None:
        """Take the steps that all fits have asked for."""
        networks, asked = self._built(), self._asked
        steps = max(len(rates) for rates in asked.values())
        rates = torch.zeros(steps, len(self._fits))
        for number, wanted in asked.items():
            rates[: len(wanted), number] = torch.tensor(wanted)
        while True:
            for number in asked:
                networks.put(number, networks.weights, self._fits[number].flat)
            networks.prepare()
            try:
                self._run(networks, rates)
                break
            except torch.cuda.OutOfMemoryError:
                self._graph, self._graph_of = None, (0, 0)
                if self.size == 1:  # the fit itself says so, and goes on with less
                    raise
                told = [fit.shrink() for fit in self._fits]
                logger.info(told[0])
        for number in asked:
            self._fits[number].flat.copy_(networks.flat(number, networks.weights))
        points, target = self._checks
        misses = networks.outputs(points) - target
        self._errors = misses.square().mean(1, dtype=torch.float64).tolist()
        self._asked = {}

    def close(self) -> None:
        """Give back what learning took on the GPU; what was learned lies with the fits."""
        self._networks = self._graph = None

    def _built(self) -> FusedNetworks:
        """The networks of all fits, once these have joined."""
        if self._networks is not None:
            return self._networks
        from cainr_core.fit.kernels.fused import FusedNetworks

        one, size = self._fits[0], len(self._fits)
        inputs, chosen = self._inputs()
        architectures = [fit.architecture for fit in self._fits]
        target = one.misfit.to_learn()
        networks = FusedNetworks(architectures, inputs, target, chosen)
        (times, cells), self._sampler = one.misfit.checks, one.sampler
        points = times * inputs.n_cells + cells
        self._checks = points.int(), target[points]
        self._rates = torch.zeros(0, size, device=one.device)
        self._count = torch.zeros(size, dtype=torch.int64, device=one.device)
        self._networks = networks
        networks.step(points[:1].int(), 1, self._rates.new_zeros(1, size), self._count, 0)
        for number, fit in enumerate(self._fits):
            self._forget(number)
            self._round(number, fit.rounding)
        return networks

    def _inputs(self) -> tuple[Inputs, list[list[int]]]:
        """What the fits' networks see, all together, and for each of them which of these."""
        one = self._fits[0]
        if len(self._fits) == 1:
            return one.inputs, [[*range(one.inputs.n_inputs)]]
        contexts = {context.digest: context for fit in self._fits for context in fit.contexts}
        inputs, order = one.inputs, list(contexts)
        if len(contexts) > len(one.contexts):
            field = one.field
            lat, lon = field.grid.points()
            sampled = [context.sample(lat, lon, field.time) for context in contexts.values()]
            frame = Frame.of(one.architecture.coordinates, field.grid, field.time, sampled)
            inputs = Inputs(frame, lat, lon, field.time, sampled, one.device)
        first = inputs.n_inputs - len(order)
        chosen = [
            [*range(first), *(first + order.index(context.digest) for context in fit.contexts)]
            for fit in self._fits
        ]
        return inputs, chosen

    def _run(self, networks: FusedNetworks, rates: Tensor) -> None:
        steps, batch = len(rates), self._fits[0].batch
        if len(self._rates) != steps:
            self._graph = None
            self._rates = torch.zeros_like(rates, device=self._count.device)
        self._rates.copy_(rates)
        if self._graph_of == (steps, batch) and self._graph is not None:
            self._graph.replay()
            return
        # a run of this length once more is likely: it is recorded the second time
        if self._graph_of != (steps, batch) or self._count.device.type != "cuda":
            self._graph, self._graph_of = None, (steps, batch)
            self._take(networks, steps, batch)
            return
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self._sampler.generator)
        with recorded(graph):
            self._take(networks, steps, batch)
        self._graph = graph
        graph.replay()

    def _take(self, networks: FusedNetworks, steps: int, batch: int) -> None:
        for number in range(steps):
            points = self._sampler.draw_points(batch).int()
            networks.step(points, batch, self._rates, self._count, number)
        self._count += steps

    # ------------------------------------------------------------------ what one fit asks

    def ask(self, number: int, rates: list[float]) -> None:
        """Have steps of a fit taken with the next `learn`; at once where it is alone."""
        self._asked[number] = rates
        if self.size == 1:
            self.learn()

    def error(self, number: int) -> float:
        """Mean squared error of a fit after its last steps."""
        return self._errors[number]

    def memory(self, number: int) -> list[NDArray]:
        """Adam's state as `checkpoint` keeps it; empty before the first step."""
        if self._networks is None:
            return []
        networks, arrays = self._networks, []
        parts = [
            views(networks.flat(number, of), self._fits[number].tensors)
            for of in (networks.mean, networks.square)
        ]
        count = self._count[number].float().cpu().numpy()
        for average, square in zip(*parts, strict=True):
            arrays += [count.copy(), average.cpu().numpy(), square.cpu().numpy()]
        return arrays

    def restore(self, number: int, memory: Sequence[NDArray]) -> None:
        """Put back what `memory` gave."""
        networks = self._built()
        self._count[number] = int(memory[0])
        for of, first in ((networks.mean, 1), (networks.square, 2)):
            flat = torch.cat([torch.from_numpy(array).flatten() for array in memory[first::3]])
            networks.put(number, of, flat.to(of.device))

    def forget(self, number: int) -> None:
        """Drop Adam's memory of a fit."""
        if self._networks is not None:
            self._forget(number)

    def _forget(self, number: int) -> None:
        assert self._networks is not None
        for of in (self._networks.mean, self._networks.square, self._count):
            of[number] = 0

    def _round(self, number: int, rounding: Rounding | None) -> None:
        assert self._networks is not None
        if rounding is None:
            self._networks.round(number, 0.0)
            return
        parts = zip(self._fits[number].tensors, rounding.sizes, strict=True)
        each = [torch.full((part.numel(),), size) for part, size in parts]
        self._networks.round(number, torch.cat(each).to(self._count.device))


class FusedSteps:
    """The steps of one fit among those that learn together; as `Step`, many at a time."""

    def __init__(self, together: Together, number: int) -> None:
        self._together, self._number = together, number

    @property
    def waits(self) -> bool:
        """Whether others have to ask before any step is taken."""
        return self._together.size > 1

    @property
    def share(self) -> float:
        """The part of the time that goes by which is this fit's own."""
        return 1 / self._together.size

    def learn(self, rates: list[float]) -> None:
        """Have a step taken at each of these learning rates."""
        self._together.ask(self._number, rates)

    def error(self) -> float:
        """Mean squared error on the points of checks, after the last steps."""
        return self._together.error(self._number)

    def forget(self) -> None:
        """Drop Adam's memory."""
        self._together.forget(self._number)

    def memory(self) -> list[NDArray]:
        """Adam's state as `checkpoint` keeps it."""
        return self._together.memory(self._number)

    def restore(self, memory: Sequence[NDArray]) -> None:
        """Put back what `memory` gave."""
        self._together.restore(self._number, memory)
