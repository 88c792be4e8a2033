"""Spectra of known truths: single harmonics, the variance, and grids of every kind."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import sph_harm_y

from cainr_core.data.grid import Grid
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError
from cainr_core.evaluate.spectrum import (
    coefficients,
    highest_degree,
    power,
    resolved,
    rows_of,
)

LON = np.arange(48) * 7.5
GRIDS = {
    "poles": Grid.latlon(np.linspace(90, -90, 25), LON),
    "centres": Grid.latlon(-90 + (np.arange(24) + 0.5) * 7.5, LON - 180),
    "Gauss": Grid.latlon(np.degrees(np.arcsin(np.polynomial.legendre.leggauss(24)[0])), LON),
    "both ends": Grid.latlon(np.linspace(-90, 90, 25), np.append(LON, 360)),
    "westwards, few rows": Grid.latlon(np.linspace(-90, 90, 13), -LON),
}
each_grid = pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)


def harmonic(grid: Grid, degree: int, order: int) -> np.ndarray:
    """The real part of a spherical harmonic on the points of a grid."""
    lat, lon = (np.radians(each).reshape(grid.shape) for each in grid.points())
    return sph_harm_y(degree, order, np.pi / 2 - lat, lon).real


@each_grid
def test_a_single_harmonic_has_power_at_its_degree_alone(grid: Grid):
    highest = highest_degree(grid)
    for degree, order in ((0, 0), (1, 1), (5, 0), (8, 3), (highest, 2), (highest, highest)):
        found = power(coefficients(harmonic(grid, degree, order), grid))
        # orthonormal; the real part of an order has half the power
        expected = (1 if order == 0 else 0.5) / (4 * np.pi)
        assert found[degree] == pytest.approx(expected, rel=1e-9)
        found[degree] = 0
        assert found.max() < 1e-18


def test_the_kind_of_rows_is_told():
    assert [rows_of(grid) for grid in GRIDS.values()] == [
        "poles", "centres", "Gauss", "poles", "poles",
    ]  # fmt: skip
    assert [highest_degree(grid) for grid in GRIDS.values()] == [23, 23, 23, 23, 11]


def test_power_sums_up_to_the_variance(sample):
    """Of what the grid resolves; the rest of the field lies between its cells."""
    values, grid = sample.values[0].astype(np.float64), sample.grid
    found = power(coefficients(values, grid))
    mean = np.average(values, weights=grid.area)
    variance = np.average((values - mean) ** 2, weights=grid.area)
    assert np.sqrt(found[0]) == pytest.approx(mean, rel=1e-5)
    assert found[1:].sum() == pytest.approx(variance, rel=2e-3)
    assert found[1] > 100 * found[40] > 100 * 10 * found[143]


@pytest.mark.parametrize(
    ("name", "variable", "kind"),
    [
        ("e3sm_trefht_monthly_2012_2013.nc", "TREFHT", "poles"),
        ("ecmwf_t2m_025.nc", "t2m", "centres"),
    ],
)
def test_real_grids_have_a_spectrum(shared, name: str, variable: str, kind: str):
    field = open_field(shared / name, variable, time="0:1")
    assert rows_of(field.grid) == kind
    if kind == "centres":
        return  # a second, which the kinds above need not
    found = power(coefficients(field.values[0], field.grid))
    mean = np.average(field.values[0].astype(float), weights=field.grid.area)
    square = np.average(field.values[0].astype(float) ** 2, weights=field.grid.area)
    assert found[1:].sum() == pytest.approx(square - mean**2, rel=5e-3)


@pytest.mark.parametrize(
    ("grid", "reason"),
    [
        (Grid.latlon(np.linspace(20, 60, 20), LON), "latitudes"),
        (Grid.latlon(np.linspace(-90, 90, 25), np.arange(0.0, 90)), "longitudes"),
    ],
)
def test_other_grids_are_told_why_not(grid: Grid, reason: str):
    with pytest.raises(CainrError, match=reason):
        coefficients(np.zeros(grid.shape), grid)


def test_missing_values_are_told():
    grid = GRIDS["centres"]
    values = np.zeros(grid.shape)
    values[3, 4] = np.nan
    with pytest.raises(CainrError, match="missing"):
        coefficients(values, grid)


def test_what_is_resolved_ends_where_errors_have_half_the_power():
    field = np.full(101, 2.0)
    error = np.where(np.arange(101) <= 40, 0.1, 3.0)
    assert resolved(field, error) == pytest.approx(40, abs=2)
    assert resolved(field, 0 * error) == 100
    assert resolved(field, field) == 0
