"""How long a sweep is going to take."""

from __future__ import annotations

import pytest

from cainr_core.choices import DataChoice
from cainr_core.fit.recipe import Recipe
from cainr_core.sweep import Sweep
from cainr_core.sweep.grid import context_sets
from cainr_core.sweep.speed import Speed, extremes, products, seconds_of, timed
from tests import small


def sweep(**choices: object) -> Sweep:
    given = {"depths": [2, 3], "widths": [4, 8, 16], "recipe": Recipe(steps=100, rounding_tail=0.0)}
    return Sweep(**{"data": DataChoice(), **given, **choices})  # type: ignore[arg-type]


def test_the_smallest_and_the_largest_network_are_timed_with_most_contexts() -> None:
    ends = extremes(sweep(contexts=context_sets(["none,both,topography"])).fits())
    assert [(one.architecture.depth, one.architecture.width) for one in ends] == [(2, 4), (3, 16)]
    assert all(len(one.contexts) == 2 for one in ends)


def test_one_network_is_timed_once() -> None:
    assert len(extremes(sweep(depths=[2], widths=[4]).fits())) == 1


def test_the_time_of_a_sweep_is_that_of_its_fits() -> None:
    wanted = sweep()
    fits = wanted.fits()
    small_one, large_one = (products(one) for one in extremes(fits))
    speeds = [Speed(small_one, 0.01, 1.0), Speed(large_one, 0.05, 3.0)]
    assert seconds_of(wanted, fits[:1], speeds) == pytest.approx(1 + 100 * 0.01)
    assert seconds_of(wanted, fits[-1:], speeds) == pytest.approx(3 + 100 * 0.05)
    assert 6 * 2 < seconds_of(wanted, fits, speeds) < 6 * 8
    alike = [Speed(small_one, 0.01, 1.0)]
    assert seconds_of(wanted, fits, alike) == pytest.approx(6 * 2)


def test_seconds_a_fit_are_taken_at_their_word() -> None:
    wanted = sweep(seconds=5.0)
    assert seconds_of(wanted, wanted.fits(), [Speed(1, 9.0, 1.0)]) == pytest.approx(6 * 6.0)


@pytest.mark.parametrize("batch", [256, 0])
def test_a_trial_tells_a_speed(batch: int) -> None:
    field = small.field()
    choices = sweep(recipe=Recipe(steps=10_000, batch=batch), device="cpu").fits()[0]
    speed = timed(choices, field, [])
    assert speed.products == products(choices)
    assert speed.step > 0
    assert speed.besides > 0
