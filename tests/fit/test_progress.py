"""How fast a fit is said to learn."""

from __future__ import annotations

import pytest

from cainr_core.fit.progress import RECENT, Speed


def test_one_slow_check_hardly_counts() -> None:
    speed = Speed()
    for _ in range(20):
        steady = speed.take(1000, 0.01)
    assert steady == pytest.approx(1e5)
    assert speed.take(1000, 0.05) > 0.8e5


def test_what_was_long_ago_does_not_count() -> None:
    speed = Speed()
    for _ in range(100):
        speed.take(1000, 0.1)
    for _ in range(int(RECENT / 0.01) + 2):
        now = speed.take(1000, 0.01)
    assert now == pytest.approx(1e5)


def test_a_check_that_takes_long_is_told_as_it_is() -> None:
    speed = Speed()
    speed.take(1000, 10 * RECENT)
    assert speed.take(1000, 5 * RECENT) == pytest.approx(1000 / (5 * RECENT))
