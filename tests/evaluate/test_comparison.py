"""A file against its original: the same times, the same grid, the costs of the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cainr_core.codec.reconstruction import Reconstruction, read
from cainr_core.compression import compress
from cainr_core.data.samples import sample_path
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError
from cainr_core.evaluate.comparison import compare, values_of
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture

SAMPLE = sample_path("cesm1_ts_30days.nc")


def fitted(source: object, variable: str | None = None, **choice: object) -> Reconstruction:
    field = open_field(source, variable, **choice)  # type: ignore[arg-type]
    small = Architecture(depth=2, width=8)
    return read(compress(field, (), small, Recipe(steps=5, batch=256), device="cpu").data)


@pytest.fixture(scope="module")
def middle() -> Reconstruction:
    """Times 10 to 13 of the sample."""
    return fitted(SAMPLE, "TS", time="10:14")


def test_the_times_of_the_file_are_found_in_the_original(middle: Reconstruction) -> None:
    metrics, times = compare(middle, SAMPLE)
    original = open_field(SAMPLE, "TS", time="10:14").values
    error = middle.values().astype(float) - original
    assert times == 4
    assert metrics.rmse == pytest.approx(np.sqrt(np.mean(error**2)))
    assert metrics.bias == pytest.approx(error.mean())
    assert metrics.compression_ratio == pytest.approx(original.nbytes / middle.file_bytes)


def test_times_of_one_of_them_only(middle: Reconstruction) -> None:
    whole, _ = compare(middle, SAMPLE)
    some, times = compare(middle, SAMPLE, time="12:14")
    assert times == 2
    assert some.rmse != whole.rmse
    assert some.bits_per_value == whole.bits_per_value
    assert some.compression_gain_paper == whole.compression_gain_paper
    with pytest.raises(CainrError, match="The file does not hold 1920-01-15"):
        compare(middle, SAMPLE, time="12:16")
    with pytest.raises(CainrError, match="The file does not hold 1920-01-01"):
        compare(middle, SAMPLE, time="0:2")


def test_an_original_with_gaps(middle: Reconstruction, tmp_path: Path) -> None:
    with xr.open_dataset(SAMPLE) as original:
        original.isel(time=[3, 11, 13, 20]).to_netcdf(tmp_path / "gaps.nc")
    metrics, times = compare(middle, tmp_path / "gaps.nc")
    assert times == 2
    error = middle.values([1, 3]).astype(float) - open_field(SAMPLE, "TS").values[[11, 13]]
    assert metrics.rmse == pytest.approx(np.sqrt(np.mean(error**2)))


def test_another_grid_or_no_common_time(middle: Reconstruction, tmp_path: Path) -> None:
    with xr.open_dataset(SAMPLE) as original:
        original.isel(lat=slice(96)).to_netcdf(tmp_path / "half.nc")
        original.assign_coords(lon=original.lon + 0.5).to_netcdf(tmp_path / "shifted.nc")
        original.isel(time=slice(5)).to_netcdf(tmp_path / "early.nc")
    for name in ("half.nc", "shifted.nc"):
        with pytest.raises(CainrError, match="another grid"):
            compare(middle, tmp_path / name)
    with pytest.raises(CainrError, match="chooses nothing"):
        compare(middle, tmp_path / "early.nc")


def test_a_level_is_found_again(tmp_path: Path) -> None:
    with xr.open_dataset(SAMPLE) as original:
        levels = xr.concat([original.TS + 10, original.TS], xr.Variable("lev", [500.0, 850.0]))
        levels.isel(time=slice(2)).to_dataset(name="T").to_netcdf(tmp_path / "levels.nc")
    low = fitted(tmp_path / "levels.nc", "T", select={"lev": 850})
    found, _ = compare(low, tmp_path / "levels.nc")
    other, _ = compare(low, tmp_path / "levels.nc", select={"lev": 500})
    assert other.bias == pytest.approx(found.bias - 10, abs=1e-3)


def test_values_come_in_parts(middle: Reconstruction, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    whole = values_of(middle)
    monkeypatch.setattr("cainr_core.evaluate.comparison.VALUES_AT_ONCE", 2 * 192 * 288)
    parts = values_of(middle, np.array([0, 1, 3]), lambda done, total: told.append((done, total)))
    assert told == [(2, 3), (3, 3)]
    np.testing.assert_array_equal(parts, whole[[0, 1, 3]])


def test_every_shared_file_is_found_again(shared_field: tuple[Path, str]) -> None:
    path, variable = shared_field
    reconstruction = fitted(path, variable, time="1:3")
    metrics, times = compare(reconstruction, path)
    assert times == 2
    assert metrics.file_bytes == reconstruction.file_bytes
