from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.evaluate.bjontegaard import frontier, rate_difference, rate_difference_at

CURVE = frontier([(1000, 30.0), (2000, 33.5), (5000, 38.0), (9000, 40.5)])


@st.composite
def curves(draw: st.DrawFn) -> np.ndarray:
    """Frontiers of 2 to 8 points, steps of 1 % and more in bytes and of 0.1 to 6 dB."""
    count = draw(st.integers(2, 8))
    factors = draw(st.lists(st.floats(1.01, 4), min_size=count, max_size=count))
    steps = draw(st.lists(st.floats(0.1, 6), min_size=count, max_size=count))
    return np.stack([100 * np.cumprod(factors), 20 + np.cumsum(steps)], 1)


@given(curve=curves())
def test_a_curve_against_itself_differs_in_nothing(curve: np.ndarray) -> None:
    told = rate_difference(curve, curve)
    assert told is not None
    assert (told.mean, told.least, told.most) == pytest.approx((0, 0, 0), abs=1e-9)


@given(curve=curves(), factor=st.floats(0.1, 10))
def test_so_many_times_the_bytes_is_so_many_percent_everywhere(
    curve: np.ndarray, factor: float
) -> None:
    told = rate_difference(curve * [factor, 1], curve)
    assert told is not None
    percent = 100 * (factor - 1)
    assert (told.mean, told.least, told.most) == pytest.approx([percent] * 3, abs=1e-6)


def test_half_the_bytes_is_minus_fifty_percent() -> None:
    told = rate_difference(CURVE * [0.5, 1], CURVE)
    assert told is not None
    assert told.mean == pytest.approx(-50)
    assert told.most == pytest.approx(-50)
    assert (told.psnr_from, told.psnr_to) == (30.0, 40.5)


@given(ours=curves(), theirs=curves())
def test_the_mean_lies_between_the_extremes_and_turns_round(
    ours: np.ndarray, theirs: np.ndarray
) -> None:
    one, other = rate_difference(ours, theirs), rate_difference(theirs, ours)
    assert (one is None) == (other is None)
    if one is None or other is None:
        return
    slack = 1e-6 * (1 + abs(one.most))
    assert one.least - slack <= one.mean <= one.most + slack
    assert (1 + one.mean / 100) * (1 + other.mean / 100) == pytest.approx(1)


def test_a_straight_line_is_integrated_as_by_hand() -> None:
    # log2 of the bytes rises by 1 in 6 dB here and in 3 dB there, from the same point
    ours = np.array([[1000.0, 30.0], [2000.0, 36.0]])
    theirs = np.array([[1000.0, 30.0], [4000.0, 36.0]])
    told = rate_difference(ours, theirs)
    assert told is not None
    assert told.mean == pytest.approx(100 * (2**-0.5 - 1))
    assert told.least == pytest.approx(-50)
    assert told.most == pytest.approx(0, abs=1e-9)


def test_only_what_both_reach_is_compared() -> None:
    better = frontier([(500, 36.0), (1000, 39.0), (8000, 60.0)])
    told = rate_difference(better, CURVE)
    assert told is not None
    assert (told.psnr_from, told.psnr_to) == (36.0, 40.5)
    assert told.most < 0
    assert rate_difference(frontier([(500, 50.0), (900, 55.0)]), CURVE) is None
    assert rate_difference(CURVE[:1], CURVE) is None


def test_the_frontier_leaves_out_what_another_beats() -> None:
    points = [(3000, 30.0), (1000, 31.0), (1000, 29.0), (2000, 35.0), (4000, np.inf)]
    np.testing.assert_array_equal(frontier(points), [(1000, 31.0), (2000, 35.0)])
    assert frontier([]).shape == (0, 2)


def test_at_one_psnr_the_difference_is_that_of_the_bytes_there() -> None:
    ours = np.array([[1000.0, 30.0], [2000.0, 36.0]])
    theirs = np.array([[1000.0, 30.0], [4000.0, 36.0]])
    assert rate_difference_at(ours, theirs, 33) == pytest.approx(100 * (2**-0.5 - 1))
    assert rate_difference_at(ours, theirs, 99) == pytest.approx(-50)  # as at 36 dB, the nearest
    assert rate_difference_at(ours, theirs, 0) == pytest.approx(0, abs=1e-9)
    assert rate_difference_at(ours[:1], theirs, 30) is None
