"""Columns at nodes: the power of known harmonics, of a model's own columns, and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import sph_harm_y

from cainr_core.data.grid import Grid
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError
from cainr_core.evaluate.spectrum import coefficients, highest_degree, power

GOLDEN = 1.6180339887498949
# Of the first time of e3sm_ne30pg2_trefht_annual.nc, K2, by least squares up to degree 110
# (ducc0 0.42, pseudo_analysis_general), the power of these degrees.
LEAST_SQUARES = {
    1: 1.3825, 2: 156.35, 5: 3.4444, 10: 0.68594, 20: 0.14148, 40: 0.025802, 60: 0.0058691,
    80: 0.0012693,
}  # fmt: skip


def spiral(columns: int) -> Grid:
    """Columns that cover the globe about evenly, along a Fibonacci spiral."""
    n = np.arange(columns) + 0.5
    lat = np.degrees(np.arcsin(1 - 2 * n / columns))
    return Grid.columns(lat, 360 * (n / GOLDEN % 1))


def harmonic(grid: Grid, degree: int, order: int) -> np.ndarray:
    """The real part of a spherical harmonic on the columns of a grid."""
    lat, lon = np.radians(grid.lat), np.radians(grid.lon)
    return sph_harm_y(degree, order, np.pi / 2 - lat, lon).real


@pytest.mark.parametrize(("degree", "order"), [(0, 0), (1, 1), (5, 0), (12, 7), (25, 25)])
def test_a_single_harmonic_has_power_at_its_degree_alone(degree: int, order: int):
    grid = spiral(5000)
    assert highest_degree(grid) == 43
    found = power(coefficients(harmonic(grid, degree, order), grid))
    expected = (1 if order == 0 else 0.5) / (4 * np.pi)
    assert found[degree] == pytest.approx(expected, rel=1e-2)
    found[degree] = 0
    assert found.max() < 1e-4 * expected


def test_columns_of_a_model_have_the_power_that_least_squares_find(shared):
    field = open_field(shared / "e3sm_ne30pg2_trefht_annual.nc", "TREFHT", time="0:1")
    found = power(coefficients(field.values[0], field.grid))
    assert len(found) == 92
    for degree, expected in LEAST_SQUARES.items():
        assert found[degree] == pytest.approx(expected, rel=0.01 if degree < 50 else 0.05)


def test_what_leaves_a_part_of_the_globe_out_is_refused():
    grid = spiral(5000)
    north = grid.lat > -60
    with pytest.raises(CainrError, match="all over the globe"):
        coefficients(np.zeros(north.sum()), Grid.columns(grid.lat[north], grid.lon[north]))


def test_few_columns_are_refused():
    with pytest.raises(CainrError, match="at least 24 columns"):
        coefficients(np.zeros(10), spiral(10))


def test_columns_one_upon_the_other_are_refused():
    grid = spiral(2000)
    twice = Grid.columns(np.repeat(grid.lat, 2), np.repeat(grid.lon, 2))
    with pytest.raises(CainrError, match="places of their own"):
        coefficients(np.zeros(4000), twice)
