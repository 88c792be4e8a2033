from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cainr_core.data.grid import Grid
from cainr_core.data.quality import (
    _sine,
    add_noise,
    average,
    canonical,
    dequantise,
    fill_missing,
    quantise,
)
from cainr_core.errors import CainrError

GRID = Grid.latlon(np.linspace(-88, 88, 45), np.arange(90) * 4.0)
POLES = Grid.latlon(np.linspace(-90, 90, 46), np.arange(90) * 4.0 + 2)


def smooth(grid: Grid, k: int = 2) -> np.ndarray:
    lat, lon = np.deg2rad(grid.lat)[:, None], np.deg2rad(grid.lon)[None]
    plane = np.cos(lat) * np.cos(lon) + np.sin(lat)
    return np.stack([plane + i for i in range(k)])


def test_canonical_grids_do_not_depend_on_the_file() -> None:
    values = smooth(GRID)
    east = np.where(GRID.lon > 180, GRID.lon - 360, GRID.lon)
    order = np.argsort(east)
    west_first = Grid.latlon(GRID.lat[::-1], np.append(east[order], east[order][0] + 360))
    turned = values[:, ::-1][:, :, np.append(order, order[0])]
    found, grid = canonical(turned, west_first)
    np.testing.assert_array_equal(found, values)
    np.testing.assert_array_equal(grid.lat, GRID.lat)
    np.testing.assert_array_equal(grid.lon, GRID.lon)


@given(st.sampled_from([GRID, POLES]), st.floats(4.1, 60))
def test_averages_keep_the_mean_of_the_globe(grid: Grid, resolution: float) -> None:
    values = smooth(grid)
    coarse, blocks = average(values, grid, resolution)
    assert blocks.shape == (round(180 / resolution), round(360 / resolution))
    for before, after in zip(values, coarse, strict=True):
        assert (blocks.area * after).sum() == pytest.approx((grid.area * before).sum(), abs=1e-9)


@given(st.floats(4.1, 60))
def test_averages_of_a_constant_are_constant(resolution: float) -> None:
    coarse, _ = average(np.full((1, *GRID.shape), 7.25), GRID, resolution)
    assert coarse == pytest.approx(7.25)


def test_nothing_gets_finer() -> None:
    values = smooth(GRID)
    same, grid = average(values, GRID, 4.0)
    assert same is values
    assert grid is GRID
    columns = Grid.columns(*GRID.points())
    flat = values.reshape(2, -1)
    assert average(flat, columns, 1.0)[0] is flat


def test_whole_blocks_are_plain_means() -> None:
    grid = Grid.latlon(np.arange(-89.5, 90), np.arange(360) + 0.5)
    values = np.random.default_rng(0).standard_normal((1, 180, 360))
    coarse, blocks = average(values, grid, 2)
    weights = np.diff(np.sin(np.deg2rad(np.arange(-90, 91))))[:, None]
    weighted = (values[0] * weights).reshape(90, 2, 180, 2).sum((1, 3))
    expected = weighted / (2 * weights.reshape(90, 2).sum(1))[:, None]
    np.testing.assert_allclose(coarse[0], expected, rtol=1e-9, atol=1e-11)
    assert blocks.lon[:2].tolist() == [1, 3]


def test_a_region_stays_a_region() -> None:
    grid = Grid.latlon(np.arange(30.5, 50), np.arange(350.5, 370) % 360)
    values, grid = canonical(np.ones((1, 20, 20)), grid)
    coarse, blocks = average(values, grid, 4)
    assert blocks.lat.min() > 28
    assert blocks.lat.max() < 52
    assert coarse.shape == (1, *blocks.shape)


def test_columns_become_blocks() -> None:
    columns = Grid.columns(*GRID.points(), GRID.area.ravel())
    values = smooth(GRID).reshape(2, -1)
    coarse, blocks = average(values, columns, 12)
    assert blocks.shape == (15, 30)
    inside, _ = average(smooth(GRID), GRID, 12)
    np.testing.assert_allclose(coarse, inside, atol=0.05)
    assert np.isfinite(average(values, columns, 6)[0]).all()


@given(
    arrays(bool, (2, 9, 12)),
    st.integers(0, 11),
)
def test_missing_values_are_filled_with_what_is_there(gaps: np.ndarray, shift: int) -> None:
    grid = Grid.latlon(np.linspace(-80, 80, 9), np.arange(12) * 30.0)
    values = np.random.default_rng(1).standard_normal(gaps.shape)
    values[gaps] = np.nan
    if gaps.reshape(2, -1).all(axis=1).any():
        with pytest.raises(CainrError, match="all values are missing"):
            fill_missing(values, grid)
        return
    filled = fill_missing(values, grid)
    assert np.isfinite(filled).all()
    np.testing.assert_array_equal(filled[~gaps], values[~gaps])
    for plane, valid in zip(filled, ~gaps, strict=True):
        assert np.isin(plane, plane[valid]).all()


def test_the_nearest_along_the_parallel_round_the_globe() -> None:
    grid = Grid.latlon(np.array([-10.0, 0, 10]), np.arange(6) * 60.0)
    values = np.full((1, 3, 6), np.nan)
    values[0, 1] = [1, np.nan, np.nan, 4, np.nan, np.nan]
    filled = fill_missing(values, grid)
    assert filled[0, 1].tolist() == [1, 1, 4, 4, 4, 1]
    assert (filled[0, 0] == filled[0, 1]).all()
    columns = Grid.columns(np.zeros(3), np.arange(3.0), np.array([1.0, 3, 4]))
    assert fill_missing(np.array([[1.0, 2, np.nan]]), columns).tolist() == [[1, 2, 1.75]]


@given(arrays(np.float64, (3, 5), elements=st.floats(-1e6, 1e6)), st.integers(1, 16))
def test_levels_are_within_half_a_step(values: np.ndarray, bits: int) -> None:
    levels, lo, step = quantise(values, bits)
    assert levels.dtype == np.uint16
    assert levels.max() <= 2**bits - 1
    error = np.abs(dequantise(levels, lo, step) - values)
    assert error.max() <= step / 2 * 1.0001 + 1e-7 * np.abs(values).max() + 1e-30


def test_noise_is_as_strong_as_told_and_the_same_again() -> None:
    values = smooth(GRID)
    noisy = add_noise(values, 0.5, seed=3)
    assert (noisy - values).std() == pytest.approx(0.5 * values.std(), rel=0.03)
    np.testing.assert_array_equal(noisy, add_noise(values, 0.5, seed=3))
    assert (noisy != add_noise(values, 0.5, seed=4)).any()


def test_the_sine_is_a_sine() -> None:
    degrees = np.linspace(-90, 90, 721)
    exact = [math.sin(math.radians(x)) for x in degrees]
    assert np.abs(_sine(degrees) - exact).max() < 4e-16
