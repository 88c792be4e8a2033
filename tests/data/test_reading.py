from __future__ import annotations

import http.server
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cainr_core.data import reading
from cainr_core.data.reading import describe_source, opened
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError


def refuse(source: object, words: str) -> str:
    """The one sentence with which a source is refused, which holds the words."""
    with pytest.raises(CainrError, match=words) as caught:
        open_field(source)  # type: ignore[arg-type]
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize("form", ["NETCDF3_CLASSIC", "NETCDF3_64BIT", "NETCDF4", "NETCDF4_CLASSIC"])
def test_netcdf_is_read_and_a_cut_file_is_refused(tmp_path: Path, form: str, make_dataset) -> None:
    dataset, path = make_dataset(), tmp_path / "file.nc"
    dataset.to_netcdf(path, format=form)
    field = open_field(path)
    np.testing.assert_array_equal(field.values, dataset["tas"])
    assert field.source == "file.nc"
    whole = path.read_bytes()
    for kept in (10, 200, len(whole) // 2, len(whole) - 60):
        path.write_bytes(whole[:kept])
        refuse(path, "cut short")


@pytest.mark.parametrize("version", [2, 3])
def test_zarr_is_read_and_a_damaged_store_is_refused(
    tmp_path: Path, version: int, make_dataset
) -> None:
    dataset, path = make_dataset(), tmp_path / "store.zarr"
    dataset.to_zarr(path, zarr_format=version, consolidated=version == 2)
    for source in (path, str(path), f"file://{path}"):
        np.testing.assert_array_equal(open_field(source).values, dataset["tas"])
    for chunk in [p for p in (path / "tas").rglob("*") if p.is_file() and p.name[0] in "0c"]:
        chunk.write_bytes(b"rubbish")
    refuse(path, "damaged")


def test_a_store_without_readable_metadata_is_refused(tmp_path: Path, make_dataset) -> None:
    path = tmp_path / "store.zarr"
    make_dataset().to_zarr(path, zarr_format=3, consolidated=False)
    (path / "zarr.json").write_text("{")
    refuse(path, "damaged")


def test_a_damaged_chunk_is_refused(tmp_path: Path, make_dataset) -> None:
    path = tmp_path / "file.nc"
    make_dataset(40).to_netcdf(path, encoding={"tas": {"zlib": True}})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    path.write_bytes(data)
    refuse(path, "damaged")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"just some text, nothing else", "is not a data file"),
        (b"GRIB\x00\x00\x00\x02", "GRIB"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"PK\x03\x04", "zip archive"),
        (b"\x89HDF\r\n\x1a\n" + bytes(range(256)) * 4, "can't be read"),
        (b"CDF\x01" + bytes(range(256)) * 4, "cut short"),
    ],
)
def test_what_is_no_data_file(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "file.nc"
    path.write_bytes(content)
    refuse(path, words)


def test_what_is_not_there(tmp_path: Path) -> None:
    refuse(tmp_path / "none.nc", "There is no file")
    refuse(tmp_path, "folder but not a Zarr store")
    refuse(" ", "path of the data is empty")
    refuse(3, "A path, a URL or an xarray dataset is needed, not int")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which a server of files shows it."""
    folder = tmp_path_factory.mktemp("served")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *told: object) -> None:
            pass

    handler = partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("version", [2, 3])
def test_a_zarr_store_is_read_from_its_address(
    served: tuple[Path, str], version: int, make_dataset
) -> None:
    (folder, address), dataset = served, make_dataset()
    dataset.to_zarr(folder / f"{version}.zarr", zarr_format=version, consolidated=version == 2)
    field = open_field(f"{address}/{version}.zarr", region="0:60,-20:20", time="1:3")
    np.testing.assert_array_equal(field.values[:, :, 4:], dataset["tas"][1:3, 18:30, :5])
    assert field.source == f"{version}.zarr, 0:60,-20:20"
    (folder / f"{version}.zarr" / "tas").rename(folder / f"gone{version}")
    refuse(f"{address}/{version}.zarr", "no variable|can't be read|missing|holds")


def test_addresses_without_a_store(
    served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(f"{served[1]}/nothing", "does not answer, or is no Zarr store; check the address")
    refuse("https://127.0.0.1:9/store.zarr", "can't be read as a Zarr store.*; check the address")
    for address in ("memory://a.zarr", "simplecache::file:///etc/passwd", "reference://x"):
        refuse(address, "is no address that cainr reads; it reads Zarr stores from http, https")
    monkeypatch.setattr(reading, "_ANSWERING", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        refuse(f"http://127.0.0.1:{silent.getsockname()[1]}/a.zarr", "no answer in time")


def test_a_slow_address_keeps_nobody_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_dataset
) -> None:
    make_dataset().to_netcdf(tmp_path / "file.nc")
    entered = threading.Event()

    def slow(*given: object, **options: object) -> xr.Dataset:
        entered.set()
        assert done.wait(30)
        raise TimeoutError

    done, real = threading.Event(), reading._open_with
    monkeypatch.setattr(
        reading, "_open_with", lambda s, *a, **k: (slow if "://" in s else real)(s, *a, **k)
    )
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(refuse, "https://example.org/a.zarr", "no answer in time")
        assert entered.wait(30)
        assert open_field(tmp_path / "file.nc").shape == (4, 36, 72)
        done.set()
        waiting.result()


def test_hdf5_may_follow_a_block_of_the_user(tmp_path: Path, make_dataset) -> None:
    path = tmp_path / "file.nc"
    make_dataset().to_netcdf(path, format="NETCDF4")
    path.write_bytes(bytes(512) + path.read_bytes())
    assert open_field(path).shape == (4, 36, 72)


def test_packed_integers_and_fill_values(tmp_path: Path, make_dataset) -> None:
    dataset, path = make_dataset(), tmp_path / "file.nc"
    dataset["tas"][0, 0, 0] = np.nan
    packing = {"dtype": "i2", "scale_factor": 0.01, "add_offset": 273.15, "_FillValue": -32768}
    dataset.to_netcdf(path, encoding={"tas": packing})
    for source in (path, xr.open_dataset(path, decode_cf=False)):
        field = open_field(source)
        assert field.values.dtype == np.float32
        assert field.stored_dtype == np.int16
        assert field.original_bytes == field.values.size * 2
        assert field.missing is not None
        assert field.missing.sum() == 1
        assert field.attrs == dataset["tas"].attrs
        np.testing.assert_allclose(field.values, dataset["tas"], atol=0.0051)


def test_missing_value_counts_as_fill_value_does(make_dataset) -> None:
    dataset = make_dataset()
    dataset["tas"][:, 3] = -999
    dataset["tas"].attrs["missing_value"] = np.float32(-999)
    field = open_field(dataset)
    assert field.missing is not None
    assert field.missing[:, 3].all()
    assert field.lo > 0


@pytest.mark.parametrize("units", ["months since 2000-01-01", "moons since 2000-01-01"])
def test_undecodable_times_are_told(tmp_path: Path, units: str, make_dataset) -> None:
    path = tmp_path / "file.nc"
    make_dataset().to_netcdf(path)
    raw = xr.open_dataset(path, decode_times=False).load()
    raw["time"].attrs["units"] = units
    raw.close()
    raw.to_netcdf(tmp_path / "other.nc")
    for source in (tmp_path / "other.nc", raw):
        assert units in refuse(source, "name no dates")


def test_another_variable_without_dates_does_no_harm(tmp_path: Path, make_dataset) -> None:
    dataset, path = make_dataset(), tmp_path / "file.nc"
    dataset["age"] = ("time", np.arange(4.0), {"units": "moons since the start"})
    dataset.to_netcdf(path)
    assert open_field(path).time.calendar == "noleap"


def test_a_field_in_days_stays_numbers(make_dataset) -> None:
    dataset = make_dataset()
    dataset["tas"].attrs["units"] = "days"
    dataset["tas"].encoding["dtype"] = "float32"
    assert open_field(dataset).values.dtype == np.float32


def test_the_file_is_closed_and_may_be_removed(tmp_path: Path, make_dataset) -> None:
    path = tmp_path / "store.zarr"
    make_dataset().to_zarr(path)
    field = open_field(path)
    shutil.rmtree(path)
    assert np.isfinite(field.values).all()


def test_errors_while_values_are_read(make_dataset) -> None:
    def fail(block: np.ndarray) -> np.ndarray:
        raise OSError("the network is gone")

    chunked = make_dataset().chunk()
    broken = chunked.assign(
        tas=chunked["tas"].copy(data=chunked["tas"].data.map_blocks(fail, dtype="f4"))
    )
    refuse(broken, "the network is gone")


def test_many_threads_may_read(tmp_path: Path, make_dataset) -> None:
    paths = [tmp_path / f"{n}.nc" for n in range(4)]
    for path in paths:
        make_dataset().to_netcdf(path, encoding={"tas": {"zlib": True}})
    with ThreadPoolExecutor(8) as pool:
        fields = list(pool.map(open_field, paths * 8))
    assert len({field.values.tobytes() for field in fields}) == 1


def test_memory_that_does_not_suffice(make_dataset) -> None:
    with pytest.raises(CainrError, match="fit into memory"), opened(make_dataset()):
        raise MemoryError


def test_describe_source(make_dataset) -> None:
    assert describe_source("/some/where/file.nc") == "file.nc"
    assert describe_source(make_dataset()) == "the dataset given"
