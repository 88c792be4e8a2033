from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field
from cainr_core.evaluate import climate
from cainr_core.evaluate.climate import Bands, Cells, Series
from cainr_core.evaluate.record import Record, lag_one
from tests import small


def nothing() -> None:
    pass


def months() -> Field:
    """Three years of months with weather in them."""
    field = small.field(times=36, freq="MS")
    random = np.random.default_rng(0).standard_normal(field.shape).astype(np.float32)
    return field.with_values(field.values[:1] + random)


def test_series_are_those_of_xarray(sample: Field) -> None:
    field = sample.isel_time(slice(0, 2))
    series = Series.of(field, field.values + 1, nothing)
    array = field.to_dataarray().astype(np.float64)
    area = xr.DataArray(field.grid.area, dims=array.dims[1:])
    weighted = array.weighted(area)
    assert series.mean.original == pytest.approx(weighted.mean(array.dims[1:]).data)
    assert series.zonal.original == pytest.approx(array.mean(array.dims[2]).data)
    ranks = weighted.quantile([0.01, 0.99], dim=array.dims[1:]).data.T
    assert series.percentiles.original == pytest.approx(ranks, abs=0.01)
    for both in (series.mean, series.zonal, series.percentiles):
        assert both.error == pytest.approx(1, abs=1e-4)


def test_columns_stand_in_bands_of_five_degrees() -> None:
    field = open_field(small.column_dataset())
    bands = Bands.of(field.grid)
    assert bands.share.sum() == pytest.approx(1)
    assert np.abs(bands.lat[bands.index] - field.grid.lat).max() <= 2.5
    area = field.grid.area
    here = bands.index == 4
    expected = np.average(field.values[0, here], weights=area[here])
    assert bands.means(field.values[0], area)[4] == pytest.approx(expected)


def test_means_are_of_the_cells_that_have_values() -> None:
    field = small.with_gaps(small.field(times=2), moving=True)
    series = Series.of(field, field.values, nothing)
    there = ~np.isnan(field.values[1])
    expected = np.average(field.values[1][there], weights=field.grid.area[there])
    assert series.mean.original[1] == pytest.approx(expected)
    assert np.isfinite(series.zonal.original).all()


def test_a_band_without_values_has_no_mean() -> None:
    field = small.field(times=1)
    values = field.values.copy()
    values[:, 3] = np.nan
    series = Series.of(field.with_values(values), values, nothing)
    assert np.flatnonzero(np.isnan(series.zonal.original[0])).tolist() == [3]


def test_blocks_of_cells_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    field = small.with_gaps(months())
    other = field.values + np.float32(0.25) * np.sin(field.values)
    record = Record.of(field.time)
    whole = Cells.of(field, other, record, nothing)
    told = []
    monkeypatch.setattr(climate, "VALUES_AT_ONCE", 36 * 50)
    parts = Cells.of(field, other, record, lambda: told.append(1))
    assert len(told) == len(climate.blocks(36, field.cells)) == 8
    for name in ("area", "natural", "season", "season_error"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name))
    assert parts.lag.error == pytest.approx(whole.lag.error)
    assert parts.trend.error == pytest.approx(whole.trend.error)


def test_what_a_cell_is_told_of() -> None:
    field = months()
    record = Record.of(field.time)
    slope = 0.2 * (record.years - record.years.mean())
    wave = 0.5 * np.cos(2 * np.pi * field.time.phase)
    other = field.values.astype(np.float64) + (slope + wave)[:, None, None]
    cells = Cells.of(field, other, record, nothing)
    assert cells.trend.error == pytest.approx(0.2, abs=1e-5)
    assert cells.season_error == pytest.approx(0.5 / np.sqrt(2), abs=1e-3)
    assert cells.lag.error == pytest.approx(0, abs=1e-6)
    flat = field.values.reshape(36, -1).astype(np.float64)
    assert cells.lag.original == pytest.approx(lag_one(record.left(flat)))
    assert cells.natural.mean() == pytest.approx(1, abs=0.05)


def test_cells_with_a_gap_at_any_time_are_left_out() -> None:
    field = months()
    values = field.values.copy()
    values[7, 2, 5] = np.nan
    cells = Cells.of(field.with_values(values), values, Record.of(field.time), nothing)
    assert cells.area.size == field.cells - 1
