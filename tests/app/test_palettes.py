"""Colour maps: lightness rises evenly, or mirrors, and so it does for colour-blind readers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from app.views.palettes import DIVERGING, OF_DIFFERENCES, OF_VALUES, SEQUENTIAL
from tests.app.test_colours import EYES, seen


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("name", OF_VALUES)
def test_lightness_rises_for_everyone(name: str, eye: str):
    lightness = [seen(colour, eye)[0] for colour in OF_VALUES[name][::8]]
    assert all(b > a - 0.5 for a, b in pairwise(lightness))
    assert lightness[-1] - lightness[0] > 40


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("name", OF_DIFFERENCES)
def test_both_sides_darken_alike_and_differ_in_colour(name: str, eye: str):
    places = [seen(colour, eye) for colour in OF_DIFFERENCES[name]]
    lightness = [place[0] for place in places]
    assert int(np.argmax(lightness)) == pytest.approx(128, abs=14)
    assert abs(lightness[0] - lightness[-1]) < 25
    assert np.linalg.norm(places[64] - places[-65]) > 8


def test_every_map_has_as_many_steps():
    for palette in (*OF_VALUES.values(), *OF_DIFFERENCES.values()):
        assert len(palette) == 256
    assert OF_VALUES["CET-L20"] == tuple(SEQUENTIAL)
    assert OF_DIFFERENCES["CET-D1A"] == tuple(DIVERGING)


@pytest.mark.parametrize(
    ("name", "palettes"), [("CET_L20", OF_VALUES), ("CET_D1A", OF_DIFFERENCES)]
)
def test_the_steps_kept_are_those_of_the_package(name: str, palettes: dict):
    colorcet = pytest.importorskip("colorcet")
    ours, theirs = palettes[name.replace("_", "-")], getattr(colorcet, name)
    apart = [np.abs(rgb(a) - rgb(b)).max() for a, b in zip(ours, theirs, strict=True)]
    assert max(apart) <= 15


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
