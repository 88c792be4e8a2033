from __future__ import annotations

import numpy as np
import pytest

from cainr_core.data.grid import Grid
from cainr_core.model.columns import at_cells, laid_out, latent_grid, reading


@pytest.fixture(scope="module")
def columns() -> Grid:
    """Columns spread evenly over the sphere."""
    number = np.arange(600) + 0.5
    lat = np.rad2deg(np.arcsin(1 - number / 300))
    return Grid.columns(lat, np.mod(number * 137.50776, 360))


def test_the_grid_of_latents_has_about_as_many_cells_as_columns(columns: Grid) -> None:
    under = latent_grid(columns)
    assert 1 <= under.size / columns.size < 2
    assert latent_grid(under) is under


def test_a_plane_is_read_between_its_cells(columns: Grid) -> None:
    under = latent_grid(columns)
    np.testing.assert_allclose(reading(columns).sum(1), 1, atol=1e-6)
    lat, _ = under.points()
    read = at_cells(lat[None, None].astype(np.float32), columns)[0, 0]
    inner = np.abs(columns.lat) < under.lat.max()
    np.testing.assert_allclose(read[inner], columns.lat[inner], atol=1e-3)
    across = Grid.columns(np.zeros(2), np.array([359.9, 0.1]))  # the seam is no edge
    wave = np.cos(np.deg2rad(latent_grid(across).points()[1])).astype(np.float32)
    assert np.ptp(at_cells(wave[None], across)) < 1e-6


def test_columns_that_are_laid_out_are_read_as_they_were(columns: Grid) -> None:
    phi, theta = np.deg2rad(columns.lat), np.deg2rad(columns.lon)
    values = np.stack([np.sin(2 * phi), np.cos(phi) * np.sin(3 * theta)]).astype(np.float32)
    values[1, 5] = np.nan
    planes = laid_out(values, columns)
    assert planes.shape == (2, *latent_grid(columns).shape)
    error = at_cells(planes.reshape(2, -1), columns) - values
    assert float(np.sqrt(np.nanmean(error**2))) < 0.02
    assert np.isfinite(planes).all()
    assert float(np.abs(planes).max()) < 1.5  # nothing wild where no column lies
