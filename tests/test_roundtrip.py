"""Real fields through a brief fit, a file, xarray and back, as a person would take them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import cainr_core
from cainr_core.data.fields import Field
from tests import small


@dataclass(frozen=True)
class Case:
    """A file of real data, how much of it, and with which contexts."""

    file: str
    variable: str
    time: str | None = None
    contexts: tuple[str, ...] = ()
    better_than: float = 8.0  # K of RMSE after some seconds of fitting


CASES = {
    "sample": Case("sample", "TS", "0:6", ("topography", "climatology")),
    "sample, nothing but place and time": Case("sample", "TS", "1920-01-05:1920-01-08", (), 12.0),
    "cesm1 daily": Case("cesm1_ts_daily.nc", "TS", "10:16", ("climatology", "insolation")),
    "e3sm monthly, with its own climatology": Case(
        "e3sm_trefht_monthly_2012_2013.nc",
        "TREFHT",
        None,
        ("{shared}/e3sm_trefht_monthly_1850.nc:TREFHT",),
        3.0,
    ),
    "e3sm monthly, climatology embedded": Case(
        "e3sm_trefht_monthly_2012_2013.nc",
        "TREFHT",
        "0:12",
        ("{shared}/e3sm_trefht_monthly_1850.nc:TREFHT@embedded,resolution=5",),
        3.0,
    ),
    "e3sm columns, with their own topography": Case(
        "e3sm_ne30pg2_trefht_annual.nc",
        "TREFHT",
        None,
        ("{shared}/e3sm_ne30pg2_topography.nc:PHIS", "land_sea_mask"),
    ),
    "ecmwf quarter degree": Case("ecmwf_t2m_025.nc", "t2m", "0:1", ("topography",), 9.0),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_field_comes_back(case: Case, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if case.file == "sample":
        path = str(cainr_core.data.sources.sample_path("cesm1_ts_30days.nc"))
        contexts = list(case.contexts)
    else:
        shared = request.getfixturevalue("shared")
        path = str(shared / case.file)
        contexts = [spec.format(shared=shared) for spec in case.contexts]
    field = cainr_core.open_field(path, case.variable, time=case.time)
    result = cainr_core.compress(
        field,
        contexts,
        small.tiny(width=24, depth=3),
        small.brief(steps=150, batch=2048, learning_rate=4e-3),
        device="cpu",
    )
    assert result.metrics.rmse < case.better_than
    result.save(tmp_path / "field.cainr")
    folders = [Path(path).parent]
    opened = xr.open_dataset(tmp_path / "field.cainr", engine="cainr", contexts=folders)
    is_the_original(opened[case.variable], field)
    opened.to_netcdf(tmp_path / "again.nc")
    again = cainr_core.open_field(tmp_path / "again.nc", case.variable)
    np.testing.assert_array_equal(again.values, opened[case.variable].values)
    np.testing.assert_array_equal(again.time.coordinate, field.time.coordinate)
    for name in field.coords.coords:  # with the bounds of the time, which no array of it has
        xr.testing.assert_identical(opened[name].variable, field.coords[name].variable)
    reconstruction = cainr_core.open(tmp_path / "field.cainr", folders)
    anywhere_is_there(reconstruction, field)
    metrics = cainr_core.measure(
        field.values,
        again.values,
        field.grid.area,
        original_bytes=field.original_bytes,
        file_bytes=(tmp_path / "field.cainr").stat().st_size,
        context_bytes=reconstruction.context_bytes,
        weights=reconstruction.n_weights,
    )
    assert metrics.to_dict() == pytest.approx(result.metrics.to_dict(), rel=1e-4, abs=1e-4)


def is_the_original(array: xr.DataArray, field: Field) -> None:
    """All but the values, which are near, is what it was."""
    original = field.to_dataarray()
    assert array.dims == original.dims
    assert array.shape == original.shape
    assert array.dtype == original.dtype
    xr.testing.assert_identical(array.coords.to_dataset(), original.coords.to_dataset())
    for name in original.coords:
        for key in ("units", "calendar"):
            assert array[name].encoding.get(key) == original[name].encoding.get(key)
    attrs = xr.Variable((), 0, array.attrs)
    assert attrs.identical(xr.Variable((), 0, original.attrs))
    np.testing.assert_array_equal(np.isnan(array.values), np.isnan(original.values))


def anywhere_is_there(reconstruction: cainr_core.Reconstruction, field: Field) -> None:
    """At points and times of the field, its values are what any place and time gives."""
    random = np.random.default_rng(0)
    cells = random.integers(0, field.cells, 50)
    times = random.integers(0, len(field.time), 50)
    lat, lon = (part[cells] for part in field.grid.points())
    found = reconstruction.evaluate(lat, lon, field.time.coordinate[times])
    expected = reconstruction.values().reshape(len(field.time), -1)[times, cells]
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.01)
