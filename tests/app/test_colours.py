"""Colour scales: round, symmetric where they should be, and calm."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views.colours import (
    KIND_COLOURS,
    RUN_COLOURS,
    USUAL,
    Scale,
    kind_colours,
    sequential,
    symmetric,
)
from app.views.palettes import DIVERGING, SEQUENTIAL

# How red, green and blue (linear) look to a person who lacks a kind of cone: Machado et al. 2009.
EYES = {
    "all cones": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
# From linear red, green and blue to cones, and from their cube roots to Oklab (Ottosson 2020).
CONES = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
OKLAB = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_round_and_within(low: float, width: float):
    scale = sequential(low, low + width)
    ticks = scale.ticks
    assert 3 <= len(ticks) <= 8
    slack = 1e-6 * (scale.high - scale.low)
    assert ticks[0] >= scale.low - slack
    assert ticks[-1] <= scale.high + slack


@given(st.floats(1e-6, 1e6))
def test_an_error_scale_is_symmetric_and_round(size: float):
    errors = np.linspace(-size, size, 101)
    scale = symmetric(errors)
    assert scale.low == -scale.high
    assert 0.99 * size <= scale.high <= 2.6 * size
    digits = scale.high / 10 ** np.floor(np.log10(scale.high * (1 + 1e-12)))
    assert any(digits == pytest.approx(round_one) for round_one in (1, 2, 5, 10))


def test_an_error_scale_stays_while_it_fits():
    before = symmetric(np.linspace(-9, 9, 100))
    assert symmetric(np.linspace(-6, 6, 100), before) is before
    assert symmetric(np.linspace(-1, 1, 100), before).high < before.high
    assert symmetric(np.linspace(-30, 30, 100), before).high > before.high
    assert symmetric(np.empty(0), before) is before


def test_usual_contexts_have_their_colours_everywhere():
    alone, beside = kind_colours(["topography"]), kind_colours(["climatology", "x", "topography"])
    assert alone["topography"] == beside["topography"]
    assert len(set(beside.values())) == 3
    assert list(beside) == ["climatology", "x", "topography"]
    networks = kind_colours([f"kind {number}" for number in range(len(KIND_COLOURS) + 1)])
    assert set(networks.values()) == set(KIND_COLOURS)


def test_odd_fields_still_get_a_scale():
    assert sequential(3.0, 3.0).low < 3.0 < sequential(3.0, 3.0).high
    assert np.isfinite(sequential(np.nan, np.nan).low)
    assert symmetric(np.full(5, np.nan)).high > 0
    assert symmetric(np.zeros(5)).high > 0


def test_lightness_rises_evenly_or_mirrors():
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    rising = [lightness(colour) for colour in SEQUENTIAL]
    assert all(b >= a - 2 for a, b in pairwise(rising))
    both = [lightness(colour) for colour in DIVERGING]
    assert abs(both[0] - both[-1]) < 25
    assert int(np.argmax(both)) == pytest.approx(128, abs=8)


def test_the_bar_has_numbers_as_the_page_writes_them():
    bar = sequential(0, 50_000).bar("m", (False, False))
    assert ">40,000<" in bar
    assert ">0.3<" in sequential(0, 0.4).bar("m", (False, False))


def test_the_bar_names_its_unit():
    html = Scale(0, 10, ("#000000", "#ffffff")).bar("K")
    assert ">K<" in html
    assert ">10<" in html


def test_an_end_that_values_go_beyond_is_marked():
    scale = symmetric(np.linspace(-2, 2, 101))
    within, beyond = np.array([-1.0, 1.0, np.nan]), np.array([-1.0, 99.0])
    assert scale.exceeded(within) == scale.exceeded(None) == (False, False)
    assert scale.exceeded(np.full(3, np.nan)) == (False, False)
    assert scale.exceeded(beyond) == (False, True)
    html = scale.bar("K", scale.exceeded(beyond))
    assert 'class="above"' in html
    assert 'class="below"' not in html


def linear(colour: str) -> np.ndarray:
    part = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def seen(colour: str, eye: str) -> np.ndarray:
    cones = np.array(CONES) @ np.clip(np.array(EYES[eye]) @ linear(colour), 0, 1)
    return 100 * np.array(OKLAB) @ np.cbrt(cones)


@pytest.mark.parametrize("eye", EYES)
def test_runs_are_told_apart_by_everyone(eye: str):
    places = [seen(colour, eye) for colour in RUN_COLOURS]
    apart = np.array([[np.linalg.norm(a - b) for b in places] for a in places])
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 6.5  # 2 is just seen where two patches touch
    assert apart[:3, :3].min() > 9.5  # a fit and the two runs that maps can compare


@pytest.mark.parametrize("ground", ["#ffffff", "#121212"])
def test_runs_stand_out_from_light_and_dark(ground: str):
    def luminance(colour: str) -> float:
        return float(linear(colour) @ [0.2126, 0.7152, 0.0722])

    for colour in RUN_COLOURS:
        dark, light = sorted((luminance(colour), luminance(ground)))
        assert (light + 0.05) / (dark + 0.05) > 2.5


def test_a_kind_keeps_the_colour_that_it_was_met_with():
    before = kind_colours(["no context", "zonal wind", "topography"])
    after = kind_colours(["a file's own", "no context", "zonal wind"])
    assert after["zonal wind"] == before["zonal wind"]
    assert len(set(after.values())) == 3
    assert before["zonal wind"] not in kind_colours(USUAL).values()
