import numpy as np
import pytest
import xarray as xr

from cainr_core.data.grid import Grid
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError
from cainr_core.evaluate.place import cell_at


def test_the_values_of_a_place_are_those_of_the_file(shared):
    path = shared / "e3sm_trefht_monthly_2012_2013.nc"
    field = open_field(path, "TREFHT")
    cell = cell_at(field.grid, 47.6, -122.3)
    with xr.open_dataset(path) as ds:
        there = ds.TREFHT.sel(lat=47.6, lon=360 - 122.3, method="nearest").values
    assert np.array_equal(cell.of(field.values), there.astype(np.float64))
    assert abs(cell.lat - 47.6) <= 0.71
    assert abs(cell.lon + 122.3) <= 0.71


def test_the_values_of_a_place_are_those_of_the_nearest_column(shared):
    path = shared / "e3sm_ne30pg2_trefht_annual.nc"
    field = open_field(path, "TREFHT")
    cell = cell_at(field.grid, field.grid.lat[1234], field.grid.lon[1234])
    assert cell.index == 1234
    assert np.array_equal(cell.of(field.values), field.values[:, 1234].astype(np.float64))


def test_there_is_no_place_outside_of_a_region():
    grid = Grid.latlon(np.arange(30.0, 60), np.arange(0.0, 40))
    with pytest.raises(CainrError, match="no cell there"):
        cell_at(grid, -10, 10)
