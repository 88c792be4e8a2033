"""What a fit shows to those that take its steps or keep its state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.data.contexts import Context
from cainr_core.data.fields import Field
from cainr_core.fit.misfit import Misfit
from cainr_core.fit.progress import Progress
from cainr_core.fit.recipe import Recipe
from cainr_core.fit.rounding import Rounding
from cainr_core.fit.sampling import Sampler
from cainr_core.model.architecture import Architecture
from cainr_core.model.inputs import Inputs


class Learner(Protocol):
    """A fit under way. `flat`: all weights in one row, of which `tensors` are views, and `best`
    their best so far; `first`: those it began with. `batch`, `pass_size`: points in a step and held
    at once, as memory allowed; `lost`: checks since which the network may be lost."""

    field: Field
    contexts: list[Context]
    architecture: Architecture
    recipe: Recipe
    device: torch.device
    inputs: Inputs
    misfit: Misfit
    sampler: Sampler
    rounding: Rounding | None
    first: list[Tensor]
    flat: Tensor
    tensors: list[Tensor]
    best: Tensor | None
    best_error: float
    batch: int
    pass_size: int
    lost: int
    seconds: float
    seconds_before: float
    curve: list[Progress]

    def shrink(self) -> str:
        """Halve what is held at once; what to tell."""


class Memory(Protocol):
    """Steps that remember: those of `Step`, or fused ones."""

    def memory(self) -> list[NDArray]:
        """Adam's state as `checkpoint` keeps it."""

    def restore(self, memory: Sequence[NDArray]) -> None:
        """Put back what `memory` gave."""
