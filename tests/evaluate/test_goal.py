"""Goals: what keeps them, and the search for the setting that just does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest

from cainr_core.evaluate.goal import TOLERANCE, Goal
from cainr_core.evaluate.rate_distortion import Row

ROW = Row("sperr", "field", "bpp", "1 bits", 0, 1000, 0, 10, 30.0, 0.5, 0.5, 1, 1, 1)
Measured = tuple[float, list[float]]


def row(size: int, rmse: float) -> Row:
    return replace(ROW, bytes=size, rmse=rmse)


def approach(
    kind: Literal["bytes", "rmse"],
    most: float,
    measure: Callable[[float], float],
    ends: tuple[float, float],
    **more: float,
) -> Measured:
    """The setting found, and those that were tried."""
    tried: list[float] = []

    def told(setting: float) -> float:
        tried.append(setting)
        return measure(setting)

    return Goal(kind, most).approach(told, ends, **more), tried  # type: ignore[arg-type]


def test_the_least_error_within_the_bytes_is_best() -> None:
    rows = [row(900, 0.5), row(1000, 0.4), row(1001, 0.1), row(3000, 0.05)]
    assert Goal("bytes", 1000).ranked(rows) == [rows[1], rows[0], rows[2], rows[3]]


def test_the_fewest_bytes_within_the_error_are_best() -> None:
    rows = [row(900, 0.5), row(1000, 0.4), row(1001, 0.1), row(3000, 0.05)]
    assert Goal("rmse", 0.2).ranked(rows) == [rows[2], rows[3], rows[1], rows[0]]


@pytest.mark.parametrize("ends", [(1e-3, 16.0), (1e5, 1.0)], ids=["rising", "falling"])
@pytest.mark.parametrize("power", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("kind", ["bytes", "rmse"])
def test_the_setting_that_just_keeps_the_bound_is_found(
    kind: Literal["bytes", "rmse"], power: float, ends: tuple[float, float]
) -> None:
    sign = (1 if ends[1] > ends[0] else -1) * (1 if kind == "bytes" else -1)

    place = 1.7 * math.sqrt(ends[0] * ends[1])

    def figure(setting: float) -> float:  # bends, as real ones do
        return (setting / place) ** (sign * power) + 0.3

    most = figure(place)
    found, tried = approach(kind, most, figure, ends)
    assert most * (1 - TOLERANCE) <= figure(found) <= most
    assert len(tried) == len(set(tried)) <= 8


@pytest.mark.parametrize(("kind", "nearest"), [("bytes", 1.0), ("rmse", 16.0)])
def test_where_nothing_keeps_the_bound_the_nearest_end_is_found(
    kind: Literal["bytes", "rmse"], nearest: float
) -> None:
    rising = kind == "bytes"
    found, tried = approach(kind, 0.5, lambda s: s if rising else 16 / s, (1.0, 16.0))
    assert found == nearest
    assert len(tried) == len(set(tried))


def test_a_bound_that_everything_keeps_ends_at_the_end() -> None:
    assert approach("bytes", 1e6, lambda s: s, (1.0, 16.0))[0] == 16
    assert approach("rmse", 1e6, lambda s: 1 / s, (1.0, 16.0))[0] == 1


def test_no_error_at_all_is_within_any_bound() -> None:
    found, _ = approach("rmse", 1e-3, lambda s: 0.0 if s > 4 else 1.0, (1.0, 16.0))
    assert found > 4


def test_a_figure_in_steps_ends_the_search() -> None:
    found, tried = approach("bytes", 100, lambda s: 2.0 ** math.floor(s), (1.0, 16.0))
    assert 6 <= found < 7
    assert len(tried) < 12


def test_a_search_begins_where_it_is_told() -> None:
    _, tried = approach("rmse", 0.5, lambda s: 1 / s, (1.0, 16.0), start=3.0, trials=1)
    assert tried == [3.0]


@pytest.mark.parametrize(
    ("kind", "most", "best"),
    [
        *(("bytes", 45, 4), ("bytes", 60, 6), ("bytes", 1000, 9), ("bytes", 1, 1)),
        *(("rmse", 0.3, 4), ("rmse", 0.25, 4), ("rmse", 10, 1), ("rmse", 0.01, 9)),
    ],
)
def test_of_few_settings_the_last_that_keeps_the_bound_is_found(
    kind: Literal["bytes", "rmse"], most: float, best: int
) -> None:
    tried: list[float] = []

    def measure(setting: float) -> float:
        tried.append(setting)
        return 10 * setting if kind == "bytes" else 1 / setting

    steps = tuple(map(float, range(1, 10)))
    assert Goal(kind, most).approach(measure, (0, 0), steps) == best
    assert len(tried) == len(set(tried)) <= 5
