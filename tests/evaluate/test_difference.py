"""Differences of two fields: over what is there, and nothing relative to next to nothing."""

from __future__ import annotations

import numpy as np
import pytest

from cainr_core.evaluate.difference import TINY, difference, relative_difference

SECOND = np.array([[1.0, -2.0], [4.0, np.nan]], dtype=np.float32)
FIRST = np.array([[1.5, -1.0], [4.0, 7.0]], dtype=np.float32)


def test_first_minus_second_where_both_are_there():
    apart = difference(FIRST, SECOND)
    assert apart.values.dtype == np.float64
    np.testing.assert_array_equal(apart.values, [[0.5, 1.0], [0.0, np.nan]])
    assert apart.rmse == pytest.approx(np.sqrt(1.25 / 3))
    assert (apart.largest, apart.bias, apart.left_out) == (1.0, 0.5, 0.0)


def test_percent_of_the_size_of_the_second_keeps_the_sign_of_the_difference():
    apart = relative_difference(FIRST, SECOND)
    np.testing.assert_allclose(apart.values, [[50, 50], [0, np.nan]])
    assert apart.left_out == 0


def test_nothing_is_relative_to_next_to_nothing():
    second = np.array([100.0, 0.0, 50 * TINY, 100 * TINY])
    apart = relative_difference(second + 1, second)
    assert np.isnan(apart.values[1:3]).all()
    assert np.isfinite(apart.values[[0, 3]]).all()
    assert apart.left_out == 0.5
    assert apart.largest == pytest.approx(1000)


def test_figures_of_a_part_are_of_its_cells():
    part = difference(FIRST, SECOND).part(np.array([1, 2, 3]))
    assert part.rmse == pytest.approx(np.sqrt(0.5))
    assert (part.largest, part.bias) == (1.0, 0.5)


@pytest.mark.parametrize("compare", [difference, relative_difference])
def test_where_nothing_is_there_no_figure_is_told(compare):
    apart = compare(np.full(3, np.nan), np.ones(3))
    assert np.isnan([apart.rmse, apart.largest, apart.bias]).all()


def test_a_second_of_zeros_leaves_all_out():
    apart = relative_difference(np.ones(4), np.zeros(4))
    assert apart.left_out == 1
    assert np.isnan(apart.values).all()
