import numpy as np

from cainr_core.data.grid import Grid
from cainr_core.evaluate.zonal import zonal_mean


def test_a_row_gives_its_mean_whatever_the_order_of_latitudes():
    grid = Grid.latlon(np.array([60.0, 0.0, -60.0]), np.arange(0, 360, 90.0))
    values = np.arange(24.0).reshape(2, 3, 4)
    lat, means = zonal_mean(values, grid)
    assert lat.tolist() == [-60, 0, 60]
    assert np.allclose(means, values.mean(axis=2)[:, ::-1])


def test_columns_are_weighted_with_their_areas():
    grid = Grid.columns(np.array([10.1, 10.9, -45.0]), np.zeros(3), np.array([3.0, 1.0, 1.0]))
    lat, means = zonal_mean(np.array([1.0, 5.0, 7.0]), grid)
    assert lat.tolist() == [-45, 11]
    assert means.tolist() == [7, 2]


def test_missing_values_are_left_out():
    grid = Grid.latlon(np.array([-1.0, 1.0]), np.arange(0, 360, 120.0))
    _, means = zonal_mean(np.array([[1.0, np.nan, 3.0], [np.nan] * 3]), grid)
    assert means[0] == 2
    assert np.isnan(means[1])


def test_the_sample_is_warm_at_the_equator(sample):
    lat, means = zonal_mean(sample.values, sample.grid)
    assert means.shape == (30, 192)
    equator = means[:, np.abs(lat).argmin()].mean()
    assert np.allclose(means[0], sample.values[0].astype(np.float64).mean(axis=1), atol=1e-3)
    assert equator > 295 > means[:, 0].mean()
