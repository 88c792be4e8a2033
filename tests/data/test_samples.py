from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from cainr_core.data import samples
from cainr_core.data.samples import coastlines, sample_path
from cainr_core.errors import CainrError

FILES = [
    "cesm1_ts_30days.nc",
    "topography_025.nc",
    "climatology_monthly_075.nc",
    "coastlines_110m.json",
]


def test_the_sample_is_complete_and_small() -> None:
    paths = [sample_path(name) for name in FILES]
    folder = paths[0].parent
    assert sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) < 12e6
    provenance = (folder / "PROVENANCE.md").read_text()
    assert all(f"`{name}`" in provenance for name in FILES)


def test_an_installed_wheel_is_looked_into_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "_sample"
    installed.mkdir()
    (installed / FILES[0]).write_bytes(b"")
    monkeypatch.setattr(samples, "_FOLDERS", (installed, *samples._FOLDERS))
    assert sample_path(FILES[0]).parent == installed
    assert sample_path(FILES[1]).parent != installed


@pytest.mark.parametrize("name", ["none.nc", "../pyproject.toml", "../sample/topography_025.nc"])
def test_only_bundled_files_have_a_path(name: str) -> None:
    with pytest.raises(CainrError, match=r"there are: cesm1_ts_30days\.nc, climatology"):
        sample_path(name)


def test_copies_are_those_of_the_originals(shared: Path) -> None:
    for name in FILES[1:3]:
        digests = {
            hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (shared / name, sample_path(name))
        }
        assert len(digests) == 1


def test_coastlines_draw_no_false_lines() -> None:
    lines = coastlines()
    assert sum(map(len, lines)) > 4000
    for line in lines:
        assert line.shape[1] == 2
        assert (np.abs(line) <= [180, 90]).all()
        steps = np.abs(np.diff(line, axis=0))
        assert steps.max() < 20
        along_the_seam = (np.abs(line[1:, 0]) > 179.99) & (np.abs(line[:-1, 0]) > 179.99)
        assert not along_the_seam.any()
        assert line[:, 1].min() > -89


def test_coastlines_are_where_land_meets_sea() -> None:
    import xarray as xr

    with xr.open_dataset(sample_path("topography_025.nc")) as dataset:
        elevation = dataset["topography"].load()
    points = np.concatenate(coastlines())
    near = elevation.sel(
        lat=xr.DataArray(points[:, 1]),
        lon=xr.DataArray(np.mod(points[:, 0], 360)),
        method="nearest",
    )
    assert float(np.median(np.abs(near))) < 150
