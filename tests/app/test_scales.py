"""Limits of colours by each rule: shared, locked, symmetric, percentile."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from app.viewing import Viewing
from app.views.palettes import GAIN, OF_DIFFERENCES, OF_VALUES
from app.views.scales import Scales

CELLS = np.linspace(250, 310, 601)
ERRORS = np.linspace(-8, 8, 1001)


@pytest.fixture
def scales() -> Scales:
    scales = Scales(Viewing())
    scales.take_field(SimpleNamespace(lo=220.0, hi=320.0))
    return scales


def limits(scales: Scales, kind: str) -> tuple[float, float]:
    return scales.now[kind].low, scales.now[kind].high


def test_shared_is_all_of_the_original_whatever_is_shown(scales: Scales):
    scales.of_values(CELLS)
    assert limits(scales, "original") == (220, 320)
    scales.of_differences("error", [ERRORS])
    assert limits(scales, "error") == (-10, 10)


def test_percentile_follows_what_is_shown(scales: Scales):
    scales.viewing.scale = "percentile"
    scales.of_values(np.append(CELLS, np.nan))
    assert limits(scales, "original") == pytest.approx((251.2, 308.8))
    scales.of_differences("error", [ERRORS])
    scales.of_differences("error", [ERRORS / 4])
    assert limits(scales, "error") == (-2, 2)


def test_symmetric_is_around_the_mean_or_around_zero(scales: Scales):
    scales.viewing.scale = "symmetric"
    assert scales.of_values(CELLS).palette == OF_DIFFERENCES["CET-D1A"]
    assert limits(scales, "original") == (220, 340)  # around 280
    scales.take_field(SimpleNamespace(lo=-5.0, hi=3.0))
    assert limits(scales, "original") == (-5, 5)
    scales.of_differences("error", [np.append(ERRORS, 180.0)])
    assert limits(scales, "error") == (-10, 10)  # of most, as ever: one would make the rest blank


def test_locked_limits_stay_and_can_be_typed(scales: Scales):
    view = scales.viewing
    scales.of_differences("error", [ERRORS])
    scales.of_differences("relative", [ERRORS / 10])
    view.scale = "locked"
    scales.lock()
    assert (view.low, view.high, view.reach) == (220, 320, 10)
    scales.take_field(SimpleNamespace(lo=200.0, hi=330.0))
    scales.of_values(CELLS)
    scales.of_differences("error", [ERRORS * 100])
    assert limits(scales, "original") == (220, 320)
    assert limits(scales, "error") == (-10, 10)
    view.param.update(low=250.0, high=300.0, reach=1.5)
    scales.of_values(CELLS)
    scales.of_differences("error", [ERRORS])
    assert limits(scales, "original") == (250, 300)
    assert limits(scales, "error") == (-1.5, 1.5)


def test_limits_that_are_locked_are_round_and_hold_what_was_shown(scales: Scales):
    scales.take_field(SimpleNamespace(lo=211.98765, hi=316.65))
    scales.lock()
    assert (scales.viewing.low, scales.viewing.high) == (211.9, 316.7)


def test_a_locked_difference_that_was_not_seen_before_is_scaled_by_what_is_shown(scales: Scales):
    scales.viewing.scale = "locked"
    scales.of_differences("relative", [ERRORS / 10])
    scales.of_differences("relative", [ERRORS])
    assert limits(scales, "relative") == (-1, 1)


def test_errors_of_a_fit_that_learns_fill_their_colours_at_every_moment(scales: Scales):
    for part in np.geomspace(10, 0.01, 40):
        scales.of_differences("error", [ERRORS * part])
        most = np.quantile(np.abs(ERRORS * part), 0.99)
        assert 0.38 < most / limits(scales, "error")[1] <= 1


def test_errors_of_a_fit_are_followed_until_their_limits_are_locked(scales: Scales):
    scales.viewing.scale = "locked"
    scales.of_differences("error", [])  # nothing is compared yet
    scales.lock()
    assert scales.viewing.reach is None
    for part, limit in ((1, 10), (0.1, 1)):
        scales.of_differences("error", [ERRORS * part])
        assert limits(scales, "error") == (-limit, limit)
    scales.lock_errors()
    scales.of_differences("error", [ERRORS])
    assert limits(scales, "error") == (-1, 1)


@pytest.mark.parametrize("scale", ["shared", "percentile"])
def test_most_of_a_gain_is_coloured_though_few_cells_gain_much(scales: Scales, scale: str):
    scales.viewing.scale = scale
    gains = np.append(np.linspace(-1, 1, 960), np.full(40, 20.0))
    scales.of_differences("gain", [gains])
    assert limits(scales, "gain") == (-1, 1)


def test_palettes_are_those_chosen_and_a_gain_keeps_its_own(scales: Scales):
    scales.viewing.param.update(palette="Batlow", contrast="Vik")
    assert scales.of_values(CELLS).palette == OF_VALUES["Batlow"]
    assert scales.of_differences("error", [ERRORS]).palette == OF_DIFFERENCES["Vik"]
    assert scales.of_differences("gain", [ERRORS]).palette == tuple(GAIN)


def test_a_field_without_values_has_a_scale(scales: Scales):
    scales.take_field(SimpleNamespace(lo=np.nan, hi=np.nan))
    for rule in ("shared", "percentile", "symmetric", "locked"):
        scales.viewing.scale = rule
        low, high = scales.of_values(np.full(4, np.nan)).low, scales.now["original"].high
        assert low < high
        assert scales.of_differences("error", []).high > 0
