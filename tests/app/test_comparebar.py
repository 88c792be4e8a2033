"""The row of choices over the maps."""

from __future__ import annotations

import pytest

from app.views.comparebar import CompareBar
from app.workbench import Workbench


@pytest.fixture
def bar(bench: Workbench) -> CompareBar:
    return CompareBar(bench)


def shown(bar: CompareBar) -> list[str]:
    return [name for name, limit in bar.limits.items() if limit.visible]


def test_locked_limits_are_those_of_the_maps_that_are_shown(bar: CompareBar):
    bench = bar.workbench
    bench.scale = "locked"
    assert shown(bar) == []  # nothing is shown whose limits could be kept
    bench.param.update(low=210.0, high=320.0)
    assert shown(bar) == ["low", "high"]
    bench.reach = 5.0
    assert shown(bar) == ["low", "high", "reach"]
    assert [bar.limits[name].value for name in shown(bar)] == ["210", "320", "5"]
    bench.mode = "swipe"
    assert shown(bar) == ["low", "high"]
    bench.mode = "difference"
    assert shown(bar) == ["reach"]
    bench.mode = "relative"  # in percent, which no limit is in
    assert shown(bar) == []


def test_limits_have_the_unit_of_the_field(bar: CompareBar):
    assert bar.limits["low"].label == f"Low ({bar.workbench.field.units})"


def test_a_scale_moves_nothing(bar: CompareBar):
    bench = bar.workbench
    bench.param.update(low=210.0, high=320.0, reach=5.0)
    for opened in (False, True):
        bar.more.value = opened
        for scale in ("locked", "shared"):
            bench.scale = scale
            assert bar.second.visible == opened
