from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import netCDF4
import numpy as np
import pytest
import xarray as xr

from cainr_core import apart
from cainr_core.apart import copy_context, describe_apart, open_apart
from cainr_core.choices import DataChoice
from cainr_core.compression import open_data
from cainr_core.data.contexts import load_context
from cainr_core.data.sources import describe
from cainr_core.errors import CainrError
from tests import small


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with levels and time bounds, packed; and one of columns."""
    folder = tmp_path_factory.mktemp("apart")
    dataset = small.dataset(times=12, freq="MS")
    dataset["orog"] = dataset["tas"][0] - 200
    dataset["T"] = dataset["tas"].expand_dims(lev=[500.0, 850.0], axis=1)
    dataset["tas"].attrs["long_name"] = "<script>alert(1)</script>"
    packing = {"dtype": "i2", "scale_factor": 0.01, "add_offset": 250.0, "_FillValue": -32768}
    dataset.to_netcdf(folder / "levels.nc", encoding={"tas": packing})
    small.column_dataset().to_netcdf(folder / "columns.nc")
    return folder


def test_what_a_file_holds_is_told_as_here(folder: Path) -> None:
    found = describe_apart(folder / "levels.nc")
    expected = describe(folder / "levels.nc")
    assert found.contexts == ["tas", "orog"]
    assert found.problem == ""
    for one, other in zip(found.variables, expected, strict=True):
        for name in ("name", "long_name", "units", "dims", "shape", "itemsize", "levels"):
            assert getattr(one, name) == getattr(other, name)
        assert one.times_of() == other.times_of()
        assert one.part("2:9", "0:40,350:20", 2) == other.part("2:9", "0:40,350:20", 2)
    assert found.variables[0].grid is found.variables[1].grid


def test_times_without_dates_are_called_as_here(tmp_path: Path) -> None:
    dataset = small.dataset()
    dataset.assign_coords(time=np.arange(dataset.sizes["time"])).to_netcdf(tmp_path / "counted.nc")
    choice = DataChoice(path=str(tmp_path / "counted.nc"), variable="tas")
    assert describe_apart(choice.path).variables[0].times_of()[0] == "time 0"
    assert open_apart(choice).time.words == open_data(choice).time.words


@pytest.mark.parametrize(
    "choice",
    [
        {"path": "levels.nc", "variable": "T", "select": {"lev": 850}, "region": "0:60,350:60"},
        {"path": "columns.nc"},
    ],
    ids=lambda choice: choice["path"],
)
def test_a_field_is_the_same_as_here(folder: Path, choice: dict[str, object]) -> None:
    asked = DataChoice(**{**choice, "path": str(folder / str(choice["path"]))})
    field, expected = open_apart(asked), open_data(asked)
    np.testing.assert_array_equal(field.values, expected.values)
    xr.testing.assert_identical(field.coords, expected.coords)
    assert field.attrs == expected.attrs
    assert field.dataset_attrs.keys() == expected.dataset_attrs.keys()
    for name in ("name", "dims", "stored_dtype", "source", "shape", "units"):
        assert getattr(field, name) == getattr(expected, name)
    np.testing.assert_array_equal(field.grid.area, expected.grid.area)
    assert (field.grid.kind, field.grid.dims) == (expected.grid.kind, expected.grid.dims)
    np.testing.assert_array_equal(field.time.days, expected.time.days)


@pytest.mark.parametrize(
    ("file", "variable"), [("levels.nc", "tas"), ("levels.nc", "orog"), ("columns.nc", "TREFHT")]
)
def test_a_context_is_the_same_as_here(
    folder: Path, file: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(task: str, **asked: str) -> object:
        told, arrays = apart._TASKS[task](**asked)
        return json.loads(json.dumps(told)), arrays

    monkeypatch.setattr(apart, "_ask", here)
    copy_context(folder / file, variable, tmp_path / file)
    copied = load_context(f"{tmp_path / file}:{variable}")
    expected = load_context(f"{folder / file}:{variable}")
    assert (copied.digest, copied.title, copied.kind) == (
        (expected.digest, expected.title, expected.kind)
    )


def refused(path: Path) -> str:
    with pytest.raises(CainrError) as caught:
        describe_apart(path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_file_that_is_none_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.nc").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(range(256)) * 4)
    assert "can't be read as NetCDF" in refused(tmp_path / "a.nc")


def test_coordinates_that_are_declared_without_end_take_no_memory(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "bomb.nc", "w") as file:
        for name in ("time", "lat", "lon"):
            file.createDimension(name, 3_000_000_000)
            file.createVariable(name, "f8", name, zlib=True, chunksizes=(1 << 20,))
        file.createVariable("tas", "f4", ("time", "lat", "lon"), chunksizes=(1, 1024, 1024))
    assert "'bomb.nc' takes more memory" in refused(tmp_path / "bomb.nc")


def test_a_process_that_breaks_off_is_told(tmp_path: Path, monkeypatch) -> None:
    real = apart.subprocess.run

    def run(words: list[str], **given: object) -> object:
        return real([sys.executable, "-c", program], **given)

    monkeypatch.setattr(apart.subprocess, "run", run)
    program = "import os; os.abort()"
    assert "broke off" in refused(tmp_path / "crash.nc")
    program = "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)"
    assert "'crash.nc' takes more than 60 seconds" in refused(tmp_path / "crash.nc")
    monkeypatch.setattr(apart, "SECONDS", 0.05)
    program = "import time; time.sleep(20)"
    assert "to be read" in refused(tmp_path / "crash.nc")


def test_a_file_of_contexts_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also: what is sent is JSON, and nothing in it is run."""
    undated = {"units": "day as %Y%m%d"}
    dataset = small.dataset()
    still = dataset.assign_coords(time=("time", np.arange(6.0), undated))
    still.to_netcdf(tmp_path / "still.nc")
    told, arrays = apart._TASKS["describe"](path=str(tmp_path / "still.nc"))
    assert json.loads(json.dumps(told))["contexts"] == ["tas"]
    assert "name no dates" in told["problem"]
    monkeypatch.setattr(apart, "_ask", lambda *a, **k: (told, arrays))
    found = describe_apart("still.nc")
    assert (found.variables, found.contexts) == ([], ["tas"])
    assert SimpleNamespace(**vars(found)).problem
