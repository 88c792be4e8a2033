import numpy as np
import pytest

from cainr_core.evaluate.metrics import measure
from cainr_core.evaluate.over_time import rmse, rmse_of_cells, rmse_of_times


def test_cells_and_times_share_their_mean_square(sample):
    values = sample.values[:6]
    error = values - np.float32(1) * values[::-1]
    cells, times = rmse_of_cells(error), rmse_of_times(error)
    assert cells.shape == sample.grid.shape
    assert times.shape == (6,)
    metrics = measure(
        values, values[::-1], sample.grid.area, original_bytes=1, file_bytes=1, context_bytes=0,
        weights=1,
    )  # fmt: skip
    for each in (cells, times):
        assert np.sqrt(np.mean(each**2)) == pytest.approx(metrics.rmse, rel=1e-6)


def test_what_is_missing_has_no_error():
    assert rmse(np.array([3.0, np.nan, -4.0])) == pytest.approx(np.sqrt(12.5))
    cells = rmse_of_cells(np.array([[1.0, np.nan], [7.0, np.nan]]))
    assert cells[0] == 5
    assert np.isnan(cells[1])
