from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cainr_core.data.choices import ContextChoice
from cainr_core.data.context_files import find_file, read_builtin, read_file
from cainr_core.errors import CainrError


@pytest.fixture
def folder(tmp_path: Path, make_dataset) -> Path:
    dataset = make_dataset(12)
    dataset["soil"] = dataset["tas"].isel(time=0, drop=True) * 2
    dataset["soil"].attrs = {"units": "1", "long_name": "soil index"}
    dataset.to_netcdf(tmp_path / "file.nc")
    return tmp_path


def read(spec: str, *search: Path):
    return read_file(ContextChoice.parse(spec), search)


def test_topography_and_mask_agree() -> None:
    topography, mask = read_builtin("topography"), read_builtin("land_sea_mask")
    np.testing.assert_array_equal(mask.values > 0, topography.values > 0)
    assert set(np.unique(mask.values)) == {0, 1}
    land = float((mask.grid.area * mask.values[0]).sum())
    assert land == pytest.approx(0.29, abs=0.01)
    assert (topography.units, mask.units) == ("m", "1")


def test_climatology_by_month_and_year() -> None:
    monthly, annual = read_builtin("climatology"), read_builtin("climatology_annual")
    assert (monthly.kind, monthly.values.shape) == ("monthly", (12, 241, 481))
    assert (annual.kind, annual.values.shape) == ("static", (1, 241, 481))
    expected = np.average(
        monthly.values, axis=0, weights=[31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    )
    np.testing.assert_allclose(annual.values[0], expected, rtol=1e-6)
    north = monthly.values[:, 200].mean(axis=1)
    assert north.argmax() in (6, 7)


def test_a_variable_without_time_is_static(folder: Path) -> None:
    raw = read(f"{folder}/file.nc:soil")
    assert (raw.kind, raw.values.shape, raw.units) == ("static", (1, 36, 72), "1")
    assert raw.title == "soil index (file.nc)"
    assert raw.origin == "file.nc"
    assert raw.nbytes == (folder / "file.nc").stat().st_size


def test_days_are_times_and_not_months(folder: Path) -> None:
    raw = read(f"{folder}/file.nc:tas")
    assert raw.kind == "times"
    assert raw.days is not None
    assert np.diff(raw.days).tolist() == [1] * 11


def write_months(path: Path, make_dataset, ends: bool, first: int = 1) -> np.ndarray:
    """A year of monthly means, stamped at the end of the months or at their 15th."""
    edges = xr.date_range(
        f"1850-{first:02}-01", periods=13, freq="MS", calendar="noleap", use_cftime=True
    )
    dataset = make_dataset(12)
    if ends:
        dataset = dataset.assign_coords(time=edges[1:])
        bounds = np.stack([edges[:-1], edges[1:]], axis=1)
        dataset["time_bnds"] = (("time", "nbnd"), bounds)
        dataset["time"].attrs["bounds"] = "time_bnds"
    else:
        middles = [date.replace(day=15) for date in edges[:-1]]
        dataset = dataset.assign_coords(time=middles)
    dataset.to_netcdf(path)
    return dataset["tas"].values


@pytest.mark.parametrize("ends", [True, False])
def test_a_year_of_months_is_monthly(tmp_path: Path, make_dataset, ends: bool) -> None:
    values = write_months(tmp_path / "file.nc", make_dataset, ends)
    raw = read(f"{tmp_path}/file.nc:tas")
    assert raw.kind == "monthly"
    np.testing.assert_array_equal(raw.values, values)


def test_a_year_may_begin_in_any_month(tmp_path: Path, make_dataset) -> None:
    values = write_months(tmp_path / "file.nc", make_dataset, True, first=12)
    raw = read(f"{tmp_path}/file.nc:tas")
    assert raw.kind == "monthly"
    np.testing.assert_array_equal(raw.values[11], values[0])


def test_months_of_e3sm(shared: Path) -> None:
    raw = read(f"{shared}/e3sm_trefht_monthly_1850.nc:TREFHT")
    assert raw.kind == "monthly"
    with xr.open_dataset(shared / "e3sm_trefht_monthly_1850.nc") as dataset:
        np.testing.assert_array_equal(raw.values, dataset["TREFHT"].values)


def test_the_only_variable_need_not_be_named(tmp_path: Path, folder: Path, make_dataset) -> None:
    make_dataset().to_netcdf(tmp_path / "one.nc")
    assert read(f"{tmp_path}/one.nc").values.shape == (4, 36, 72)
    with pytest.raises(CainrError, match=r"name one as file.nc:VARIABLE, of tas, soil"):
        read(f"{folder}/file.nc")


def test_levels(tmp_path: Path, make_dataset) -> None:
    base = make_dataset(1).isel(time=0, drop=True)
    both = xr.concat([base, base + 5], xr.Variable("lev", [500.0, 850.0]))
    both.to_netcdf(tmp_path / "lev.nc")
    raw = read(f"{tmp_path}/lev.nc:tas@lev=850")
    np.testing.assert_allclose(raw.values[0], base["tas"] + 5)
    with pytest.raises(CainrError, match="choose one entry"):
        read(f"{tmp_path}/lev.nc:tas")


def test_files_are_found_by_their_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("file.nc", "/elsewhere/file.nc", "C:\\elsewhere\\file.nc"):
        assert find_file(path, [folder]) == str(folder / "file.nc")
    with pytest.raises(CainrError, match=r"There is no file '/elsewhere/file\.nc'"):
        find_file("/elsewhere/file.nc")
    monkeypatch.setenv("CAINR_CONTEXT_PATH", f"/nowhere:{folder}")
    assert find_file("/elsewhere/file.nc") == str(folder / "file.nc")
    assert read("/elsewhere/file.nc:soil").kind == "static"


def test_refusals(folder: Path, tmp_path: Path, make_dataset) -> None:
    for spec, words in {
        "nonsense": "There is no context 'nonsense'; there are topography",
        f"{folder}/file.nc:none": "no variable 'none' in file.nc; there are: tas, soil",
        f"{folder}/file.nc:time": "no latitude and longitude",
    }.items():
        with pytest.raises(CainrError, match=words):
            read(spec)
    missing = make_dataset(2)
    missing["tas"][1] = np.nan
    missing.to_netcdf(tmp_path / "missing.nc")
    with pytest.raises(CainrError, match="a time at which all values are missing"):
        read(f"{tmp_path}/missing.nc:tas")


def test_a_zarr_store_counts_all_its_files(tmp_path: Path, make_dataset) -> None:
    make_dataset().to_zarr(tmp_path / "store.zarr")
    raw = read(f"{tmp_path}/store.zarr:tas")
    assert raw.nbytes > 4 * 36 * 72
