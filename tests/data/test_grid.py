from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.data.grid import Grid, is_periodic, latitude_shares, longitude_shares


@given(st.integers(2, 200), st.booleans(), st.booleans())
def test_areas_are_those_of_the_sphere(rows: int, poles: bool, descending: bool) -> None:
    half = 0 if poles else 90 / rows
    lat = np.linspace(-90 + half, 90 - half, rows)
    edges = np.concatenate([[-90], (lat[1:] + lat[:-1]) / 2, [90]])
    exact = np.diff(np.sin(np.deg2rad(edges))) / 2
    if descending:
        lat, exact = lat[::-1], exact[::-1]
    grid = Grid.latlon(lat, np.arange(0, 360, 30.0))
    assert grid.area.sum() == pytest.approx(1)
    assert grid.area.sum(axis=1) == pytest.approx(exact, rel=1e-9)


def test_a_pole_is_half_a_cell() -> None:
    shares = latitude_shares(np.linspace(-90, 90, 181))
    assert shares[0] == pytest.approx(1 - np.sin(np.deg2rad(89.5)))
    assert shares.sum() == pytest.approx(2)


def test_gaussian_latitudes() -> None:
    sine, weights = np.polynomial.legendre.leggauss(64)
    shares = latitude_shares(np.rad2deg(np.arcsin(sine)))
    assert shares == pytest.approx(weights, rel=0.02)


@pytest.mark.parametrize("start", [-180.0, 0.0, 0.625])
def test_longitudes_share_the_circle_in_any_convention(start: float) -> None:
    widths = longitude_shares(start + np.arange(288) * 1.25)
    assert widths == pytest.approx(np.full(288, 1.25))


@pytest.mark.parametrize("west", [-180, 0])
def test_both_ends_share_one_cell(west: int) -> None:
    widths = longitude_shares(np.linspace(west, west + 360, 37))
    assert widths[[0, -1]] == pytest.approx([5, 5])
    assert widths[1:-1] == pytest.approx(np.full(35, 10))


@given(st.integers(-180, 179), st.integers(3, 60), st.floats(0.25, 5))
def test_a_region_has_even_cells(west: int, count: int, step: float) -> None:
    widths = longitude_shares(west + np.arange(count) * step)
    assert widths == pytest.approx(np.full(count, step), rel=1e-6)


def test_periodic() -> None:
    assert is_periodic(np.arange(0, 360, 1.25))
    assert is_periodic(np.linspace(-180, 180, 481))
    assert not is_periodic(np.arange(0, 90, 1.0))
    assert not is_periodic(np.array([0.0, 180.0]))


def test_points_are_in_c_order() -> None:
    grid = Grid.latlon(np.array([10.0, 0.0]), np.array([0.0, 120.0, 240.0]))
    lat, lon = grid.points()
    assert grid.shape == (2, 3)
    assert grid.size == 6
    assert lat.tolist() == [10, 10, 10, 0, 0, 0]
    assert lon.tolist() == [0, 120, 240, 0, 120, 240]


def test_columns() -> None:
    lat, lon = np.array([0.0, 1, 2]), np.array([5.0, 6, 7])
    assert Grid.columns(lat, lon).area.tolist() == pytest.approx([1 / 3] * 3)
    grid = Grid.columns(lat, lon, np.array([1.0, 2, 1]))
    assert grid.area.tolist() == [0.25, 0.5, 0.25]
    assert grid.shape == (3,)
    assert grid.points()[0] is grid.lat


def test_one_cell() -> None:
    assert Grid.latlon(np.array([5.0]), np.array([7.0])).area.tolist() == [[1.0]]
