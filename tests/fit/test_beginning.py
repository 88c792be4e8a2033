"""Networks that learn nothing from their first weights."""

from __future__ import annotations

import torch

from cainr_core.fit.beginning import DULL, PARTS, TRIALS, Beginning
from cainr_core.fit.fitting import Fitting
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from tests import small

STEPS = 40


def beginning(width: int = 5, **recipe: object) -> Beginning:
    architecture = Architecture(depth=3, width=width)
    weights = torch.zeros(architecture.n_weights(5))
    return Beginning(weights, architecture, 5, Recipe(steps=STEPS, **recipe))


def test_a_narrow_network_as_poor_as_the_mean_is_given_other_weights_a_few_times() -> None:
    tried, seen = beginning(seed=3), []
    for step in range(STEPS + 1):
        if tried.is_in_vain(step, error=0.9, variance=1.0):
            seen.append(step)
            assert tried.draw().abs().max() > 0
            seen.append(tried.weights.clone())
    steps, drawn = seen[::2], seen[1::2]
    assert steps == [trial * STEPS // PARTS for trial in range(1, TRIALS)]
    assert all(not torch.equal(drawn[0], other) for other in drawn[1:])


def test_others_keep_what_they_began_with() -> None:
    assert not beginning().is_in_vain(STEPS, error=0.9 * DULL, variance=1.0)
    assert not beginning(width=48).is_in_vain(STEPS, error=1.0, variance=1.0)
    paper = beginning(schedule="halving")
    assert not paper.is_in_vain(STEPS, error=1.0, variance=1.0)


def test_a_fit_goes_on_from_other_weights_and_says_so() -> None:
    field = small.field()
    fit = Fitting(
        field, [], Architecture(depth=2, width=4), small.brief(steps=STEPS, batch=64), "cpu"
    )
    fit.misfit.variance = 0.0  # nothing is better than that
    first = fit.flat.clone()
    told = [progress.message for progress in fit.run() if progress.message]
    assert len(told) == TRIALS - 1
    assert all("begun again" in message for message in told)
    assert not torch.equal(fit._beginning.weights, first)
