from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cainr_core.data import blocks
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """31 MB of float32 in blocks of a time and a quarter of the globe."""
    path = tmp_path_factory.mktemp("large") / "large.nc"
    values = np.zeros((120, 180, 360), dtype=np.float32)
    values += np.arange(360) + 1000 * np.arange(120)[:, None, None]
    dataset = xr.Dataset(
        {"tas": (("time", "lat", "lon"), values)},
        {"time": np.arange(120), "lat": np.arange(180) - 89.5, "lon": np.arange(360.0)},
    )
    encoding = {"tas": {"zlib": True, "complevel": 1, "chunksizes": (1, 90, 90)}}
    dataset.to_netcdf(path, encoding=encoding)
    return path


@pytest.mark.parametrize(
    "part",
    [
        {"thin": 4},
        {"region": "30:60,-10:40"},
        {"region": "-60:60,100:250", "thin": 5},
        {"time": "::7", "thin": 3},
    ],
)
def test_a_part_of_a_large_file_takes_little_memory(
    large: Path, part: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 4 << 20)
    tracemalloc.start()
    field = open_field(large, "tas", **part)  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6 + 4 * field.values.nbytes
    with xr.open_dataset(large) as dataset:
        found = np.mod(field.grid.lon, 360).astype(int)
        expected = dataset["tas"][:, 0, 0].values[field.coords["time"].values.astype(int)]
    np.testing.assert_array_equal(field.values[:, 0], expected[:, None] + found)


def test_what_lies_in_other_chunks_is_not_read(tmp_path: Path) -> None:
    values = np.arange(8 * 40 * 80, dtype=np.float32).reshape(8, 40, 80)
    dataset = xr.Dataset(
        {"tas": (("time", "lat", "lon"), values)},
        {"time": np.arange(8), "lat": np.linspace(-78, 78, 40), "lon": np.arange(80) * 4.5},
    )
    store = tmp_path / "store.zarr"
    dataset.to_zarr(store, encoding={"tas": {"chunks": (1, 20, 20)}}, zarr_format=2)
    for chunk in (store / "tas").iterdir():
        if chunk.name[0].isdigit():
            time, row, column = map(int, chunk.name.split("."))
            if time % 2 or row == 0 or column in (1, 2):
                chunk.write_bytes(b"rubbish")
    field = open_field(store, region="10:70,-60:70", time="::2")
    rows, columns = np.arange(22, 38), np.r_[67:80, 0:16]
    np.testing.assert_array_equal(field.values, values[::2][:, rows][:, :, columns])


def test_columns_of_a_box(tmp_path: Path, make_dataset) -> None:
    columns = make_dataset().stack(ncol=("lat", "lon")).reset_index("ncol")
    columns["area"] = ("ncol", 1 + np.arange(columns.sizes["ncol"]))
    columns.to_netcdf(tmp_path / "columns.nc")
    field = open_field(tmp_path / "columns.nc", region="0:45,170:-170", thin=2)
    lat, lon = columns["lat"].values, columns["lon"].values
    inside = np.flatnonzero((lat >= 0) & (lat <= 45) & (lon >= 170) & (lon <= 190))[::2]
    np.testing.assert_array_equal(field.values, columns["tas"].values[::2][:, inside])
    np.testing.assert_array_equal(field.grid.lat, lat[inside])
    np.testing.assert_allclose(field.grid.area, (1 + inside) / (1 + inside).sum())


def test_more_than_the_memory_holds_is_refused_before_it_is_read(
    tmp_path: Path, make_dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_dataset(40).to_netcdf(tmp_path / "file.nc")
    monkeypatch.setattr(blocks, "_free_memory", lambda: 1_000_000)
    with pytest.raises(CainrError, match="40 x 36 x 72 values do not fit into memory"):
        open_field(tmp_path / "file.nc")
    assert open_field(tmp_path / "file.nc", thin=2).shape == (20, 18, 36)


def test_a_variable_that_is_declared_but_never_written(tmp_path: Path) -> None:
    import netCDF4

    with netCDF4.Dataset(tmp_path / "bomb.nc", "w") as file:
        for name, size in (("time", 1_000_000), ("lat", 2000), ("lon", 4000)):
            file.createDimension(name, size)
        file.createVariable("lat", "f4", "lat")[:] = np.linspace(-90, 90, 2000)
        file.createVariable("lon", "f4", "lon")[:] = np.arange(4000) * 0.09
        file.createVariable("tas", "f4", ("time", "lat", "lon"), zlib=True)
    with pytest.raises(CainrError, match="do not fit into memory"):
        open_field(tmp_path / "bomb.nc", "tas")


def test_the_memory_that_is_free_is_known() -> None:
    free = blocks._free_memory()
    assert free is None or free > 1e6
