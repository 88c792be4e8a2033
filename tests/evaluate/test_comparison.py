from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cainr_core.codec.reconstruction import Reconstruction, read
from cainr_core.compression import compress
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError
from cainr_core.evaluate import comparison
from cainr_core.evaluate.comparison import compare, values_of
from tests import small


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An original of ten days, and its file of six."""
    folder = tmp_path_factory.mktemp("comparison")
    small.dataset(times=10).to_netcdf(folder / "original.nc")
    field = open_field(folder / "original.nc", time="2:8")
    result = compress(field, [], small.tiny(), small.brief(), device="cpu")
    result.save(folder / "field.cainr")
    return folder


@pytest.fixture(scope="module")
def reconstruction(folder: Path) -> Reconstruction:
    return read(folder / "field.cainr")


def test_a_file_is_compared_at_the_times_that_it_has(
    folder: Path, reconstruction: Reconstruction
) -> None:
    metrics, times = compare(reconstruction, folder / "original.nc")
    assert times == 6
    original = open_field(folder / "original.nc", time="2:8").values
    error = reconstruction.values() - original
    assert metrics.rmse == pytest.approx(float(np.sqrt(np.mean(error**2.0))), rel=1e-6)
    assert metrics.bias == pytest.approx(float(np.mean(error, dtype=float)), abs=1e-6)
    assert metrics.file_bytes == (folder / "field.cainr").stat().st_size
    assert metrics.weights == reconstruction.n_weights


def test_it_is_what_the_fit_told(folder: Path) -> None:
    field = open_field(folder / "original.nc", time="2:8")
    told = compress(field, [], small.tiny(), small.brief(), device="cpu").metrics
    again, _ = compare(read(folder / "field.cainr"), folder / "original.nc")
    assert again.to_dict() == pytest.approx(told.to_dict(), rel=1e-6)


def test_some_times_cost_as_much_as_the_whole(folder: Path, reconstruction: Reconstruction) -> None:
    whole, _ = compare(reconstruction, folder / "original.nc")
    part, times = compare(reconstruction, folder / "original.nc", time="3:5")
    assert times == 2
    assert part.rmse != whole.rmse
    for cost in ("file_bytes", "compression_ratio", "bits_per_value", "compression_gain_paper"):
        assert getattr(part, cost) == getattr(whole, cost)


def test_progress_is_told_in_parts(
    folder: Path, reconstruction: Reconstruction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "VALUES_AT_ONCE", 2 * 15 * 24)
    told: list[tuple[int, int]] = []
    values = values_of(reconstruction, on_progress=lambda done, all_: told.append((done, all_)))
    assert told == [(2, 6), (4, 6), (6, 6)]
    np.testing.assert_allclose(values, reconstruction.values(), rtol=0, atol=1e-3)


def test_what_does_not_belong_together_is_refused(
    folder: Path, reconstruction: Reconstruction, tmp_path: Path
) -> None:
    original = xr.open_dataset(folder / "original.nc")
    others = {
        "another grid": original.isel(lon=slice(0, 12)),
        "none of the times": original.assign_coords(
            time=xr.date_range("2010-01-01", periods=10, calendar="noleap", use_cftime=True)
        ),
    }
    for words, other in others.items():
        other.to_netcdf(tmp_path / "other.nc")
        with pytest.raises(CainrError, match=f"{words}|chooses nothing"):
            compare(reconstruction, tmp_path / "other.nc")
    with pytest.raises(CainrError, match="does not hold"):
        compare(reconstruction, folder / "original.nc", time="0:4")
    with pytest.raises(CainrError, match="no variable 'TS'"):
        compare(reconstruction, folder / "original.nc", "TS")


@pytest.mark.parametrize("region", ["", "-30:40,-50:60", "20:80,100:200"])
@pytest.mark.parametrize("columns", [False, True], ids=["latlon", "columns"])
def test_the_cells_of_the_file_are_found(tmp_path: Path, region: str, columns: bool) -> None:
    original = small.column_dataset() if columns else small.dataset(times=10)
    original.to_netcdf(tmp_path / "original.nc")
    field = open_field(tmp_path / "original.nc", region=region, thin=2)
    result = compress(field, [], small.tiny(), small.brief(steps=3), device="cpu")
    metrics, times = compare(read(result.data), tmp_path / "original.nc")
    assert times == len(field.time)
    assert metrics.to_dict() == pytest.approx(result.metrics.to_dict(), rel=1e-6)


def test_months_are_found_in_an_original_that_tells_no_bounds(tmp_path: Path) -> None:
    edges = xr.date_range("2000-01-01", periods=11, freq="MS", calendar="noleap", use_cftime=True)
    stamped = small.dataset(times=10).assign_coords(time=edges[1:])
    bounds = xr.Variable(("time", "bnds"), np.stack([edges[:-1], edges[1:]], axis=1))
    told = stamped.assign(time_bnds=bounds)
    told["time"].attrs["bounds"] = "time_bnds"
    data = compress(open_field(told, "tas"), [], small.tiny(), small.brief(), device="cpu").data
    for number, original in enumerate((told, stamped)):
        original.to_netcdf(tmp_path / f"{number}.nc")
        assert compare(read(data), tmp_path / f"{number}.nc", "tas")[1] == 10


def test_the_level_of_the_file_is_found(tmp_path: Path) -> None:
    levels = xr.concat([small.dataset(), small.dataset() + 20], xr.Variable("lev", [500.0, 850.0]))
    levels.transpose("time", "lev", "lat", "lon").to_netcdf(tmp_path / "levels.nc")
    field = open_field(tmp_path / "levels.nc", "tas", select={"lev": 850})
    data = compress(field, [], small.tiny(), small.brief(), device="cpu").data
    metrics, _ = compare(read(data), tmp_path / "levels.nc")
    assert abs(metrics.bias) < 5
