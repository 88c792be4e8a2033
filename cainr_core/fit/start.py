"""What stands before a fit whose architecture has latents."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from cainr_core.data.sampling import SampledContext


class Start(Protocol):
    """What a fit behind latent grids begins with."""

    @property
    def sampled(self) -> list[SampledContext]:
        """What latents say at the points of the field."""

    def tensors(self) -> list[Tensor]:
        """The first weights, float32, on the CPU."""
