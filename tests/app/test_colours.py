"""Colour scales: round, symmetric where they should be, and calm."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views.colours import DIVERGING, SEQUENTIAL, Scale, sequential, symmetric


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_few_round_and_within(low: float, width: float):
    scale = sequential(low, low + width)
    ticks = scale.ticks
    assert 2 <= len(ticks) <= 8
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


def test_the_bar_names_its_unit():
    html = Scale(0, 10, ("#000000", "#ffffff")).bar("K")
    assert ">K<" in html
    assert ">10<" in html
