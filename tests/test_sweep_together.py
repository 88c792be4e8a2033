"""Which fits of a sweep learn together."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from cainr_core.choices import Choices
from cainr_core.data.choices import ContextChoice
from cainr_core.fit.kernels import together as kernels
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.sweep import together
from cainr_core.sweep.together import groups
from tests import small


def fit(depth: int, width: int, *specs: str, **recipe: object) -> Choices:
    return Choices(
        contexts=tuple(map(ContextChoice.parse, specs)),
        architecture=Architecture(depth=depth, width=width),
        recipe=Recipe(**recipe),
    )


def test_on_a_cpu_each_fit_is_alone() -> None:
    assert groups([fit(5, 20), fit(5, 20, "topography")], small.field()) == [[0], [1]]


def test_fits_of_one_depth_and_padded_width_learn_together() -> None:
    todo = [
        fit(5, 20),
        fit(5, 40),
        fit(5, 30, "topography"),
        fit(6, 20),
        fit(5, 20, precision="float32"),
        fit(5, 20, batch=0),
        fit(5, 20, steps=7),
        fit(5, 64),
    ]
    with patch.object(kernels, "unserved", return_value=""):
        assert groups(todo, small.field()) == [[0, 2], [1, 7], [3], [4], [5], [6]]


def test_a_group_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "MOST", 3)
    monkeypatch.setattr(together, "MOST_CONTEXTS", 2)
    coarse = [fit(5, 20, f"topography@resolution={degrees}") for degrees in (1, 2, 4)]
    with patch.object(kernels, "unserved", return_value=""):
        assert groups([fit(5, 20)] * 4, small.field()) == [[0, 1, 2], [3]]
        assert groups(coarse, small.field()) == [[0, 1], [2]]
