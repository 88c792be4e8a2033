"""Weights on the grids that a file will hold them on, while they learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

HIGHEST = 32767  # greatest integer of a weight


@dataclass(frozen=True)
class Rounding:
    """For each tensor the step that its weights are rounded to."""

    sizes: tuple[float, ...]

    def __call__(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The tensors on their steps; gradients pass straight through (Bengio et al. 2013)."""
        result = []
        for tensor, size in zip(tensors, self.sizes, strict=True):
            nearest = (tensor.detach() / size).round().clamp(-HIGHEST, HIGHEST) * size
            result.append(tensor + (nearest - tensor).detach())
        return result
