from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import xarray as xr

from cainr_core.data.samples import sample_path

SCRIPT = Path(__file__).resolve().parents[2] / "data" / "sample" / "build.py"


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script that builds the sample, writing into a folder of the test."""
    spec = importlib.util.spec_from_file_location("build", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path)
    return module


def test_the_field_is_built_from_its_original(build: ModuleType, shared: Path) -> None:
    build.build_field(shared / "cesm1_ts_daily.nc")
    options = {"decode_cf": False}
    with (
        xr.open_dataset(build.HERE / "cesm1_ts_30days.nc", **options) as built,
        xr.open_dataset(sample_path("cesm1_ts_30days.nc"), **options) as bundled,
        xr.open_dataset(shared / "cesm1_ts_daily.nc", **options) as original,
    ):
        xr.testing.assert_identical(built.load(), bundled.load())
        whole = original.isel(time=slice(0, 30)).load()
        xr.testing.assert_identical(built.drop_attrs(), whole.drop_attrs())
        for name in ("units", "calendar", "bounds"):
            assert built["time"].attrs[name] == original["time"].attrs[name]


def test_arcs_are_differences_of_integers(build: ModuleType) -> None:
    topology = {"transform": {"scale": [0.5, 0.25], "translate": [-180, -90]}}
    line = build.decode_arc(topology, [[2, 4], [1, 0], [-1, 8]])
    assert line.tolist() == [[-179, -89], [-178.5, -89], [-179, -87]]


def test_edges_that_close_polygons_are_left_out(build: ModuleType) -> None:
    coast = [[170, -80], [179, -81], [180, -82], [180, -90], [-180, -90], [-180, -82], [-170, -80]]
    pieces = build.coast_only(np.array(coast, dtype=float))
    assert [piece.tolist() for piece in pieces] == [coast[:3], coast[5:]]


def test_all_originals_must_be_named(build: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["topography_025.nc"]) == 2
    assert "Not named: cesm1_ts_daily.nc" in capsys.readouterr().err
