from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.data.calendars import month_middles
from cainr_core.data.grid import Grid
from cainr_core.data.sampling import (
    SampledContext,
    interpolate,
    mix_months,
    mix_periodic,
    mix_times,
    used_rows,
)
from cainr_core.errors import CainrError

CENTRES = Grid.latlon(np.arange(-88, 90, 4.0), np.arange(1, 360, 2.0))
POLES = Grid.latlon(np.linspace(-90, 90, 46), np.arange(0, 360, 2.0))
grids = st.sampled_from([CENTRES, POLES])
latitudes = st.floats(-90, 90)
longitudes = st.floats(-720, 720)


def at(values: np.ndarray, grid: Grid, lat: object, lon: object) -> np.ndarray:
    lat, lon = np.broadcast_arrays(np.atleast_1d(lat).astype(float), np.atleast_1d(lon))
    return interpolate(values[np.newaxis], grid, lat, lon.astype(float))[0]


@given(grids)
def test_grid_points_give_their_own_values(grid: Grid) -> None:
    values = np.random.default_rng(0).standard_normal(grid.shape)
    lat, lon = grid.points()
    found = at(values, grid, lat, lon).reshape(grid.shape)
    inner = np.abs(grid.lat) < 90
    np.testing.assert_allclose(found[inner], values[inner], atol=1e-6)


@given(grids, latitudes, longitudes)
def test_a_constant_stays_constant(grid: Grid, lat: float, lon: float) -> None:
    assert at(np.full(grid.shape, 3.5), grid, lat, lon)[0] == pytest.approx(3.5)


@given(grids, latitudes, longitudes, st.integers(-2, 2))
def test_longitude_is_periodic(grid: Grid, lat: float, lon: float, turns: int) -> None:
    values = np.random.default_rng(0).standard_normal(grid.shape)
    here, there = at(values, grid, lat, lon), at(values, grid, lat, lon + 360 * turns)
    assert here == pytest.approx(there, abs=1e-5)


@given(latitudes, longitudes)
def test_what_is_linear_in_latitude_is_met(lat: float, lon: float) -> None:
    values = np.repeat(POLES.lat[:, None], POLES.shape[1], axis=1)
    assert at(values, POLES, lat, lon)[0] == pytest.approx(lat, abs=1e-4)


@given(grids, longitudes, longitudes)
def test_a_pole_is_one_point(grid: Grid, first: float, second: float) -> None:
    values = np.random.default_rng(0).standard_normal(grid.shape)
    values[[0, -1]] = (
        values[[0, -1]].mean(axis=1, keepdims=True) if grid is POLES else values[[0, -1]]
    )
    for pole in (-90, 90):
        assert at(values, grid, pole, first) == pytest.approx(
            at(values, grid, pole, second), abs=1e-6
        )


def test_a_region_is_bilinear_inside_and_refuses_beyond() -> None:
    grid = Grid.latlon(np.arange(30.0, 41), np.array([0.0, 2, 4, 356, 358]))
    lon = np.array([-4.0, -3, 0, 1, 4])
    values = np.repeat(np.array([[0.0, 2, 4, -4, -2]]), 11, axis=0)
    assert at(values, grid, 35, lon) == pytest.approx(lon, abs=1e-6)
    assert at(values, grid, 35, 4.5)[0] == pytest.approx(4)
    for lat, east in ((60, 0), (35, 90), (35, 200), (0, 0)):
        with pytest.raises(CainrError, match="does not cover the region"):
            at(values, grid, lat, east)


def test_one_row_or_one_meridian() -> None:
    row = Grid.latlon(np.array([10.0]), np.arange(0, 360, 90.0))
    assert at(np.arange(4.0)[None], row, 12, 45)[0] == pytest.approx(0.5)
    meridian = Grid.latlon(np.array([-10.0, 10]), np.array([5.0]))
    assert at(np.array([[0.0], [1]]), meridian, 0, 5)[0] == pytest.approx(0.5)


def test_columns_give_the_nearest() -> None:
    random = np.random.default_rng(0)
    lat, lon = np.rad2deg(np.arcsin(random.uniform(-1, 1, 500))), random.uniform(0, 360, 500)
    grid = Grid.columns(lat, lon)
    values = np.arange(500.0, dtype=np.float32)
    np.testing.assert_array_equal(at(values, grid, lat, lon), values)
    shuffled = random.permutation(500)
    np.testing.assert_array_equal(
        at(values, grid, lat[shuffled], lon[shuffled] - 360), values[shuffled]
    )
    region = Grid.columns(lat[lat > 60], lon[lat > 60])
    with pytest.raises(CainrError, match="do not cover the region"):
        at(values[lat > 60], region, -60, 0)


@given(st.floats(0, 0.999999), st.sampled_from(["noleap", "360_day"]))
def test_months_are_mixed_round_the_year(phase: float, calendar: str) -> None:
    rows, weights = mix_months(np.array([phase]), calendar)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert (rows[0, 1] - rows[0, 0]) % 12 == 1
    angles = 2 * np.pi * month_middles(calendar)[rows[0]]
    mixed = np.arctan2(np.sin(angles) @ weights[0], np.cos(angles) @ weights[0])
    assert np.cos(mixed - 2 * np.pi * phase) > 0.999


def test_the_middle_of_a_month_is_that_month() -> None:
    rows, weights = mix_months(month_middles("noleap"), "noleap")
    assert rows[:, 0].tolist() == list(range(12))
    assert weights[:, 0].tolist() == [1] * 12
    used, counted = used_rows(rows[2:4], weights[2:4])
    assert used.tolist() == [2, 3]
    assert counted.tolist() == [[0, 0], [1, 1]]


def test_knots_that_begin_at_zero() -> None:
    rows, weights = mix_periodic(np.array([0.0, 0.25, 0.5, 0.75]), np.array([0, 0.125, 0.875]))
    assert rows.tolist() == [[0, 1], [0, 1], [3, 0]]
    assert weights.tolist() == [[1, 0], [0.5, 0.5], [0.5, 0.5]]


def test_times_are_mixed_linearly() -> None:
    rows, weights = mix_times(np.array([0.0, 10, 30]), np.array([-1.0, 5, 10, 20, 31]))
    assert rows.tolist() == [[0, 1], [0, 1], [1, 2], [1, 2], [1, 2]]
    assert weights[:, 0].tolist() == [1, 0.5, 1, 0.5, 0]


def test_a_sampled_context_mixes_its_rows() -> None:
    table = np.array([[1.0, 2], [3, 4]], dtype=np.float32)
    rows = np.array([[0, 1], [1, 0]])
    sampled = SampledContext(table, rows, np.array([[0.75, 0.25], [1, 0]], dtype=np.float32))
    assert sampled.at(0).tolist() == [1.5, 2.5]
    assert sampled.at(1).tolist() == [3, 4]
