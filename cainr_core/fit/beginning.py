"""What a network begins with, and begins with anew where it learns nothing from there."""

from __future__ import annotations

import torch
from torch import Tensor

from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.model.mlp import initial_tensors

NARROW = 8  # units a layer, up to which sines may turn so that next to nothing is ever learned
DULL = 0.5  # of the error of the field's mean: what such a network still comes to
PARTS, TRIALS = 10, 4  # of the steps, after each of which it may not be so; first weights tried


class Beginning:
    """The first `weights` of a network, in one row. A narrow network that learns hardly more than
    the field's mean from there gets others."""

    def __init__(
        self, weights: Tensor, architecture: Architecture, n_inputs: int, recipe: Recipe
    ) -> None:
        self.weights = weights
        self._architecture, self._n_inputs, self._recipe = architecture, n_inputs, recipe
        self._trials = 1

    def is_in_vain(self, step: int, error: float, variance: float) -> bool:
        """Whether others are to be tried: the error is about that of the mean, `variance`, at a
        step by which it should not be. The paper's protocol knows no second trial."""
        recipe = self._recipe
        if self._architecture.width > NARROW or recipe.schedule == "halving":
            return False
        if self._trials == TRIALS:
            return False
        return PARTS * step >= self._trials * recipe.steps and error > DULL * variance

    def draw(self) -> Tensor:
        """Take other first weights, of a seed of their own."""
        seed = self._recipe.seed + self._trials
        tensors = initial_tensors(self._architecture, self._n_inputs, seed)
        self.weights.copy_(torch.cat([tensor.flatten() for tensor in tensors]))
        self._trials += 1
        return self.weights
