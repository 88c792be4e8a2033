from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.fit.recipe import RECIPES, Recipe
from cainr_core.model.architecture import Architecture


def test_the_paper_halves_its_rate_every_thousand_steps() -> None:
    paper = Recipe.preset("paper")
    assert (paper.steps, paper.batch, paper.schedule) == (30_000, 0, "halving")
    assert [paper.rate(step) for step in (0, 999, 1000, 1999, 2000)] == [
        1e-3,
        1e-3,
        5e-4,
        5e-4,
        2.5e-4,
    ]
    assert paper.rate(29_999) == pytest.approx(1e-3 * 0.5**29)
    assert paper.scaling == "unit"
    assert paper.sampling == "uniform"
    assert paper.tail_steps == 0
    assert paper.rate_factor(Architecture.preset("paper")) == 1


def test_cosine_rises_and_falls() -> None:
    recipe = Recipe(steps=1000, warmup=0.1, learning_rate=2e-3, schedule="cosine")
    rates = [recipe.rate(step) for step in range(1000)]
    assert rates[0] == pytest.approx(2e-3 / 100)
    assert rates[99] == pytest.approx(2e-3)
    assert max(rates) == pytest.approx(2e-3)
    assert rates[100:] == sorted(rates[100:], reverse=True)
    assert rates[550] == pytest.approx(1e-3)
    assert 0 < rates[-1] < 1e-7


def test_constant_only_warms_up() -> None:
    recipe = Recipe(steps=100, warmup=0.1, learning_rate=1e-3, schedule="constant")
    assert [recipe.rate(step) for step in (0, 9, 10, 99)] == pytest.approx([1e-4, 1e-3, 1e-3, 1e-3])


@given(
    steps=st.integers(1, 5000),
    schedule=st.sampled_from(["cosine", "halving", "constant"]),
    warmup=st.floats(0, 0.5),
    data=st.data(),
)
def test_rates_stay_within_bounds(
    steps: int, schedule: str, warmup: float, data: st.DataObject
) -> None:
    recipe = Recipe(steps=steps, schedule=schedule, warmup=warmup, learning_rate=1e-2)
    rate = recipe.rate(data.draw(st.integers(0, steps - 1)))
    assert math.isfinite(rate)
    assert 0 < rate <= 1e-2 * (1 + 1e-12)


def test_large_networks_learn_more_slowly() -> None:
    recipe = Recipe()

    def factor(**choices: object) -> float:
        return recipe.rate_factor(Architecture(**choices))

    assert factor() == factor(depth=2, width=16) == 1
    assert 0 < factor(depth=14, width=70) < factor(depth=10, width=50) < 1
    assert factor(omega=60.0) == pytest.approx(0.5)
    assert factor(network="gelu", omega=60.0) == 1
    assert Recipe(rate_follows_size=False).rate_factor(Architecture(depth=14)) == 1


@pytest.mark.parametrize("name", RECIPES)
def test_presets_are_recipes(name: str) -> None:
    preset = Recipe.preset(name)
    assert {**preset.choices(), **RECIPES[name]} == preset.choices()


def test_the_default_warms_up_decays_and_ends_with_rounding() -> None:
    recipe = Recipe()
    assert recipe.schedule == "cosine"
    assert recipe.warmup > 0
    assert recipe.batch > 0
    assert recipe.tail_steps > 0


@pytest.mark.parametrize(
    "choice", [{"steps": 0}, {"learning_rate": 0.0}, {"schedule": "linear"}, {"precision": "fp8"}]
)
def test_choices_out_of_bounds_are_refused(choice: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(choice))):
        Recipe(**choice)
