import numpy as np

from cainr_core.data.grid import Grid
from cainr_core.data.nearest import nearest_cell


def test_longitudes_of_either_convention_find_the_same_cell(sample):
    lat, lon = np.array([47.6, -33.9]), np.array([8.8, -70.5])
    found = nearest_cell(sample.grid, lat, lon)
    assert np.array_equal(found, nearest_cell(sample.grid, lat, lon + 360))
    every_lat, every_lon = sample.grid.points()
    assert np.abs(every_lat[found] - lat).max() <= 0.5
    assert np.abs((every_lon[found] - lon + 180) % 360 - 180).max() <= 0.63


def test_a_region_has_no_cell_beyond_its_rim():
    grid = Grid.latlon(np.arange(30.0, 60), np.arange(0.0, 40))
    found = nearest_cell(grid, np.array([45.2, -45.0, 45.0]), np.array([10.2, 10.0, 200.0]))
    assert found.tolist() == [15 * 40 + 10, -1, -1]


def test_columns_are_found_on_the_sphere():
    grid = Grid.columns(np.array([89.0, 0.0, 0.0]), np.array([0.0, 179.0, 90.0]))
    found = nearest_cell(grid, np.array([88.0, 1.0]), np.array([180.0, -178.0]))
    assert found.tolist() == [0, 1]
