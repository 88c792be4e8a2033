"""One step of learning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.fit.checkpoint import adam_memory, restore_adam
from cainr_core.fit.device import arithmetic, recorded

Points = tuple[Tensor, Tensor]
SquaredErrors = Callable[[Tensor, Tensor], Tensor]
Gradients = Callable[[Tensor, Tensor, int], list[Tensor]]


class Step:
    """One step of Adam on the mean squared error over a batch of points.

    `squared_errors(times, cells)` gives the error of each point, for autograd to differentiate,
    unless `gradients(times, cells, n_points)` gives the part of these points in the gradient of
    the mean over `n_points`, by each tensor. On CUDA a step over a batch of unchanging size is
    captured once as a graph: at these sizes the launches of its many small kernels take longer
    than the kernels.
    """

    def __init__(
        self,
        squared_errors: SquaredErrors,
        tensors: list[Tensor],
        device: torch.device,
        precision: str,
        gradients: Gradients | None = None,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        self._squared_errors, self._gradients = squared_errors, gradients
        self._device, self._precision, self._tensors = device, precision, tensors
        self._rate = torch.zeros((), device=device)
        on_gpu = device.type == "cuda"
        self.optimizer = torch.optim.Adam(
            tensors,
            lr=self._rate if on_gpu else 0.0,
            betas=betas,
            capturable=on_gpu,
            foreach=on_gpu,
            fused=not on_gpu,  # one pass over the weights, in half the time of many
        )
        self._graph: torch.cuda.CUDAGraph | None = None
        self._points: Points | None = None

    def __call__(self, points: Points, rate: float) -> None:
        """Learn from one batch, (n,) time and (n,) cell indices, at a learning rate."""
        self._set_rate(rate)
        if self._device.type != "cuda":
            self._run([points], len(points[0]))
            return
        if self._points is None or len(self._points[0]) != len(points[0]):
            self._capture(points)
        assert self._graph is not None
        assert self._points is not None
        for slot, new in zip(self._points, points, strict=True):
            slot.copy_(new)
        self._graph.replay()

    def on_all(self, passes: Iterable[Points], n_points: int, rate: float) -> None:
        """Learn from every point at once, the gradient summed over passes."""
        self._set_rate(rate)
        self._run(passes, n_points)

    def memory(self) -> list[NDArray]:
        """Adam's state as `checkpoint` keeps it."""
        return adam_memory(self.optimizer, self._tensors)

    def restore(self, memory: Sequence[NDArray]) -> None:
        """Put back what `memory` gave."""
        restore_adam(self.optimizer, self._tensors, memory)

    def forget(self) -> None:
        """Drop Adam's memory: after a return to older weights it would pull towards the newer."""
        for state in self.optimizer.state.values():
            for value in state.values():
                value.zero_()

    def _set_rate(self, rate: float) -> None:
        if self._device.type == "cuda":
            self._rate.fill_(rate)
        else:
            self.optimizer.param_groups[0]["lr"] = rate

    def _run(self, passes: Iterable[Points], n_points: int) -> None:
        self.optimizer.zero_grad(set_to_none=self._device.type != "cuda")
        with arithmetic(self._device, self._precision):
            for times, cells in passes:
                self._descend(times, cells, n_points)
        self.optimizer.step()

    def _descend(self, times: Tensor, cells: Tensor, n_points: int) -> None:
        """Add the part of some points to the gradients."""
        if self._gradients is None:
            (self._squared_errors(times, cells).sum() / n_points).backward()
            return
        parts = self._gradients(times, cells, n_points)
        for tensor, part in zip(self._tensors, parts, strict=True):
            tensor.grad = part if tensor.grad is None else tensor.grad.add_(part)

    def _capture(self, points: Points) -> None:
        """Record the step as a CUDA graph; the weights and Adam's memory are left as they were."""
        self._graph, self._points = None, (points[0].clone(), points[1].clone())
        tensors = self._tensors
        kept = [tensor.detach().clone() for tensor in tensors]
        memory = [
            {key: value.clone() for key, value in self.optimizer.state.get(tensor, {}).items()}
            for tensor in tensors
        ]
        try:
            self._graph = self._recorded(self._points)
        finally:
            with torch.no_grad():
                for tensor, old, state in zip(tensors, kept, memory, strict=True):
                    tensor.copy_(old)
                    for key, value in self.optimizer.state.get(tensor, {}).items():
                        value.copy_(state[key]) if key in state else value.zero_()

    def _recorded(self, points: Points) -> torch.cuda.CUDAGraph:
        """The graph of a step; some steps are taken first, as CUDA asks for."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._run([points], len(points[0]))
        torch.cuda.current_stream().wait_stream(stream)
        torch.cuda.empty_cache()  # a graph takes its memory from a pool of its own
        graph = torch.cuda.CUDAGraph()
        with recorded(graph):
            self._run([points], len(points[0]))
        return graph
