from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from cainr_core.codec import lazy
from cainr_core.codec.reconstruction import Reconstruction, read
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError
from cainr_core.model import predict as prediction
from tests import small

SHAPE = (6, 15, 24)
CLOSE = {"rtol": 0, "atol": 1e-3}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "field.cainr"
    path.write_bytes(small.file_of(small.with_gaps(small.field()), ("topography",)))
    return path


@pytest.fixture(scope="module")
def whole(path: Path) -> xr.Dataset:
    return xr.open_dataset(path).load()


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "columns.cainr"
    path.write_bytes(small.file_of(open_field(small.column_dataset())))
    return path


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of points that networks were evaluated at."""
    counts: list[int] = []
    plain = prediction.forward

    def counted(architecture: Any, tensors: Any, inputs: Any, waves: Any = None) -> Any:
        counts.append(len(inputs))
        return plain(architecture, tensors, inputs, waves)

    monkeypatch.setattr(prediction, "forward", counted)
    return counts


# --- as it was -------------------------------------------------------------------------


def test_a_file_opens_as_the_dataset_that_it_was(path: Path) -> None:
    original = small.dataset()
    opened = xr.open_dataset(path)
    assert list(opened.data_vars) == ["tas"]
    assert opened["tas"].dims == ("time", "lat", "lon")
    assert opened["tas"].dtype == np.float32
    xr.testing.assert_identical(opened.coords.to_dataset(), original.coords.to_dataset())
    assert opened["time"].dt.calendar == "noleap"
    attrs = opened["tas"].attrs
    assert xr.Variable((), 0, attrs).identical(xr.Variable((), 0, original["tas"].attrs))
    assert attrs["version"].dtype == np.float32
    assert xr.Dataset(attrs=opened.attrs).identical(xr.Dataset(attrs=original.attrs))
    assert opened.attrs["levels"].dtype == np.int16


def test_the_engine_is_found_by_name_and_by_suffix(path: Path) -> None:
    assert "cainr" in xr.backends.list_engines()
    named = xr.open_dataset(path, engine="cainr")
    xr.testing.assert_identical(named, xr.open_dataset(str(path)))
    xr.testing.assert_identical(named, read(path).to_dataset())
    xr.testing.assert_identical(named["tas"], xr.open_dataarray(path))


def test_all_values_are_those_of_the_file(path: Path) -> None:
    np.testing.assert_array_equal(xr.open_dataset(path)["tas"].values, read(path).values())


# --- lazily -----------------------------------------------------------------------------


def test_nothing_is_evaluated_before_it_is_asked_for(path: Path, evaluated: list[int]) -> None:
    opened = xr.open_dataset(path)
    repr(opened)
    assert opened["tas"].nbytes == 4 * 6 * 15 * 24
    assert len(opened["time"].values) == 6
    chosen = opened["tas"].isel(time=slice(1, 3)).sel(lat=slice(0, 40))
    assert evaluated == []
    assert chosen.shape == (2, 4, 24)
    chosen.load()
    assert sum(evaluated) == 2 * 4 * 24


@pytest.mark.parametrize(
    ("index", "points"),
    [
        ({"time": 3}, 15 * 24),
        ({"time": 3, "lat": 2, "lon": 5}, 1),
        ({"time": [0, 4], "lon": [3, 7, 9]}, 2 * 15 * 3),
        ({"lat": slice(None, None, 5)}, 6 * 3 * 24),
        ({"time": slice(0, 0)}, 0),
    ],
)
def test_only_what_is_indexed_is_evaluated(
    path: Path, evaluated: list[int], index: dict[str, Any], points: int
) -> None:
    xr.open_dataset(path)["tas"].isel(index).load()
    assert sum(evaluated) == points


def test_only_the_columns_that_are_asked_for_are_evaluated(
    columns: Path, evaluated: list[int]
) -> None:
    opened = xr.open_dataset(columns)
    opened["TREFHT"].isel(ncol=[5, 190, 3], year=1).load()
    assert sum(evaluated) == 3


# --- indexing of every kind -----------------------------------------------------------------


def is_borne_by_xarray(index: slice, size: int) -> bool:
    """Its lazy arrays fail, of any backend, where a backward slice is empty or begins outside."""
    forward = index.step is None or index.step > 0
    return forward or (
        len(range(*index.indices(size))) > 0 and (index.start is None or index.start >= -size)
    )


def index_of(size: int) -> st.SearchStrategy[Any]:
    ends = st.none() | st.integers(-size - 2, size + 2)
    steps = st.none() | st.integers(-3, 3).filter(bool)
    places = st.integers(-size, size - 1)
    return st.one_of(
        places,
        st.builds(slice, ends, ends, steps).filter(lambda index: is_borne_by_xarray(index, size)),
        st.lists(places, max_size=4),
        st.lists(st.booleans(), min_size=size, max_size=size).map(np.array),
    )


@settings(deadline=None, max_examples=60)
@given(time=index_of(6), lat=index_of(15), lon=index_of(24))
def test_any_index_gives_what_a_full_decode_gives(
    path: Path, whole: xr.Dataset, time: Any, lat: Any, lon: Any
) -> None:
    part = xr.open_dataset(path).isel(time=time, lat=lat, lon=lon)
    xr.testing.assert_allclose(part.load(), whole.isel(time=time, lat=lat, lon=lon), **CLOSE)


@settings(deadline=None, max_examples=20)
@given(year=index_of(3), ncol=index_of(200))
def test_any_index_of_columns_gives_what_a_full_decode_gives(
    columns: Path, year: Any, ncol: Any
) -> None:
    whole = xr.open_dataset(columns).load()
    part = xr.open_dataset(columns).isel(year=year, ncol=ncol)
    xr.testing.assert_allclose(part.load(), whole.isel(year=year, ncol=ncol), **CLOSE)


def test_points_labels_and_steps_on_steps(path: Path, whole: xr.Dataset) -> None:
    opened = xr.open_dataset(path)
    points = {"lat": xr.DataArray([1, 5, 9], dims="p"), "lon": xr.DataArray([0, 23, 4], dims="p")}
    for choose in (
        lambda d: d.isel(points),
        lambda d: d.sel(time="2000-01-01", lat=12.5, method=None),
        lambda d: d.sel(lat=11, lon=44, method="nearest"),
        lambda d: d.isel(time=slice(1, None)).isel(lat=slice(None, None, -2)).isel(time=[2, 0]),
        lambda d: d.transpose("lon", "time", "lat").isel(lon=3),
        lambda d: d["tas"].where(d["lat"] > 0, drop=True).to_dataset(),
        lambda d: d.mean("time"),
        lambda d: d.interp(lat=[0.5, 1.5]),
    ):
        xr.testing.assert_allclose(choose(opened).load(), choose(whole), **CLOSE)


# --- with others ------------------------------------------------------------------------------


def test_it_can_be_written_and_opened_again(path: Path, columns: Path, tmp_path: Path) -> None:
    for number, file in enumerate((path, columns)):
        opened = xr.open_dataset(file)
        opened.to_netcdf(tmp_path / f"{number}.nc")
        again = xr.open_dataset(tmp_path / f"{number}.nc")
        xr.testing.assert_identical(again.load(), opened.load())
        (name,) = opened.data_vars
        same = open_field(tmp_path / f"{number}.nc", str(name))
        np.testing.assert_array_equal(same.time.days, read(file).time.days)


def test_dask_takes_some_times_at_once(
    path: Path, evaluated: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert xr.open_dataset(path, chunks={})["tas"].chunks == ((6,), (15,), (24,))
    monkeypatch.setattr(lazy, "CHUNK_VALUES", 1000)
    chunked = xr.open_dataset(path, chunks={})
    assert chunked["tas"].chunks == ((2, 2, 2), (15,), (24,))
    assert evaluated == []
    chunked["tas"].isel(time=2).compute(scheduler="threads")
    assert sum(evaluated) in (15 * 24, 2 * 15 * 24)  # dask may look into the chunk
    for scheduler in ("synchronous", "threads"):
        xr.testing.assert_identical(
            chunked.compute(scheduler=scheduler), xr.open_dataset(path).load()
        )
    other = xr.open_dataset(path, chunks={"time": 4})
    xr.testing.assert_allclose(other.compute(), xr.open_dataset(path).load(), **CLOSE)


def test_other_processes_can_take_it(path: Path) -> None:
    for opened in (xr.open_dataset(path), xr.open_dataset(path, chunks={})):
        again = pickle.loads(pickle.dumps(opened))
        xr.testing.assert_identical(again.load(), opened.load())
    opened = xr.open_dataset(path)
    opened["tas"].isel(time=0).load()
    assert len(pickle.dumps(opened)) < 60_000


def test_several_files_make_one_dataset(path: Path, tmp_path: Path) -> None:
    later = open_field(small.dataset(times=12).isel(time=slice(6, 12)))
    (tmp_path / "b.cainr").write_bytes(small.file_of(later))
    both = xr.open_mfdataset([path, tmp_path / "b.cainr"], combine="by_coords")
    assert both["tas"].shape == (12, 15, 24)
    assert float(both["tas"].mean()) == pytest.approx(float(small.dataset()["tas"].mean()), rel=0.1)


def test_variables_can_be_dropped(path: Path) -> None:
    assert list(xr.open_dataset(path, drop_variables="tas").data_vars) == []
    without = xr.open_dataset(path, drop_variables=["lat", "nothing"])
    assert "lat" not in without.coords
    assert without["tas"].isel(time=0).load().shape == (15, 24)


def test_times_are_left_in_codes_where_asked_for(path: Path, whole: xr.Dataset) -> None:
    coded = xr.open_dataset(path, decode_times=False)
    assert coded.time.dtype.kind in "if"
    assert " since " in coded.time.attrs["units"]
    xr.testing.assert_identical(xr.decode_cf(coded).load().time, whole.time)
    for words in ({"decode_cf": False}, {"mask_and_scale": True}, {"decode_timedelta": False}):
        np.testing.assert_array_equal(xr.open_dataset(path, **words).tas, whole.tas)


def test_contexts_and_device_are_options(tmp_path: Path, monkeypatch: Any) -> None:
    small.dataset().isel(time=0, drop=True).rename(tas="h").to_netcdf(tmp_path / "h.nc")
    data = small.file_of(small.field(), (f"{tmp_path}/h.nc:h",), steps=5)
    (tmp_path / "elsewhere").mkdir()
    file = tmp_path / "elsewhere" / "field.cainr"
    file.write_bytes(data)
    monkeypatch.chdir(tmp_path / "elsewhere")
    opened = xr.open_dataset(file)  # nothing is looked for yet
    with pytest.raises(CainrError, match=r"h\.nc:h"):
        opened.load()
    found = xr.open_dataset(file, engine="cainr", contexts=[tmp_path / "h.nc"], device="cpu")
    assert np.isfinite(found["tas"].values).all()


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.cainr").write_bytes(b"")
    with pytest.raises(CainrError, match="is empty"):
        xr.open_dataset(tmp_path / "a.cainr")
    small.dataset().to_netcdf(tmp_path / "a.nc")
    with pytest.raises(CainrError, match="does not begin as one"):
        xr.open_dataset(tmp_path / "a.nc", engine="cainr")
    assert xr.open_dataset(tmp_path / "a.nc")["tas"].shape == SHAPE  # others are left alone


def test_a_reconstruction_gives_a_dataset_of_its_own(path: Path) -> None:
    reconstruction: Reconstruction = read(path)
    one = reconstruction.to_dataset()
    one["tas"].attrs["units"] = "degC"
    one.attrs["title"] = "changed"
    one["lat"].attrs["units"] = "changed"
    xr.testing.assert_identical(reconstruction.to_dataset(), xr.open_dataset(path))
