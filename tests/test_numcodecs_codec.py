"""cainr in numcodecs: through its registry, on small arrays."""

from __future__ import annotations

import json
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from numcodecs.abc import Codec
from numcodecs.registry import get_codec, register_codec

from cainr_core.codec.reconstruction import read
from cainr_core.errors import CainrError
from cainr_core.numcodecs_codec import Cainr
from tests import small

VALUES = small.field().values
BRIEF: dict[str, Any] = {"architecture": "default", "bytes": 3000, "steps": 60, "device": "cpu"}


pytestmark = pytest.mark.usefixtures("small_lessons")


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the package was installed before this codec was in it."""
    monkeypatch.setattr("numcodecs.registry.codec_registry", {})
    register_codec(Cainr)


def codec(**choices: Any) -> Codec:
    return get_codec({"id": "cainr", **BRIEF, **choices})


def error(values: np.ndarray, decoded: np.ndarray) -> float:
    return float(np.nanstd(decoded - values) / np.nanstd(values))


def test_the_package_names_the_codec_to_numcodecs() -> None:
    told = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    group = told["project"]["entry-points"]["numcodecs.codecs"]
    assert EntryPoint("cainr", group["cainr"], "numcodecs.codecs").load() is Cainr


@pytest.mark.parametrize(
    ("architecture", "dtype"),
    [("default", "float32"), ("default", "float64"), ("latent", "float32")],
)
def test_an_array_comes_back_from_the_bytes_asked_for(architecture: str, dtype: str) -> None:
    asked = codec(architecture=architecture)
    encoded = asked.encode(VALUES.astype(dtype))
    assert isinstance(encoded, bytes)
    assert len(encoded) <= BRIEF["bytes"]
    decoded = asked.decode(encoded)
    assert (decoded.shape, decoded.dtype) == (VALUES.shape, dtype)
    assert error(VALUES, decoded) < 0.5


def test_a_ratio_is_reached_too() -> None:
    values = np.tile(VALUES, (4, 1, 1))
    assert len(codec(bytes=None, ratio=10).encode(values)) <= values.nbytes / 10


@pytest.mark.parametrize("shape", [(15, 24), (2, 3, 15, 24), (1, 15, 24)])
def test_other_dimensions_come_back(shape: tuple[int, ...]) -> None:
    values = VALUES.ravel()[: np.prod(shape)].reshape(shape)
    decoded = codec().decode(codec().encode(values))
    assert decoded.shape == shape
    assert error(values, decoded) < 0.5


def test_the_configuration_survives_json() -> None:
    orography = np.hypot(*np.meshgrid(np.arange(24.0), np.arange(15.0)))
    first = codec(
        contexts=["topography", {"name": "orography", "values": orography}],
        lat=[87.5, -87.5], lon=small.LON, shape=(6, 15, 24), dtype="float32",
    )  # fmt: skip
    told = json.loads(json.dumps(first.get_config()))
    second = get_codec(told)
    assert second == first
    assert second.get_config() == told
    assert told["id"] == "cainr"
    encoded = first.encode(VALUES)
    np.testing.assert_array_equal(second.decode(encoded), first.decode(encoded))


def test_an_array_as_context_is_in_the_configuration_and_not_in_the_stream() -> None:
    told = {"name": "mean", "units": "K", "values": VALUES.mean(axis=0)}
    with_mean = codec(contexts=[told])
    encoded = with_mean.encode(VALUES)
    (entry,) = read(encoded).header["contexts"]
    assert "embedded" not in entry
    assert (entry["title"], entry["units"]) == ("mean", "K")
    assert 0 < entry["bytes"] < 4 * VALUES[0].size
    assert error(VALUES, with_mean.decode(encoded)) < 0.5
    with pytest.raises(CainrError, match="the context 'mean'"):
        codec().decode(encoded)
    told["values"] = VALUES.mean(axis=0) + 1
    with pytest.raises(CainrError, match="the context 'mean'"):
        codec(contexts=[told]).decode(encoded)


def test_an_embedded_context_is_in_the_stream(tmp_path: Path) -> None:
    path = tmp_path / "mean.nc"
    small.dataset()[["tas"]].mean("time", keep_attrs=True).to_netcdf(path)
    encoded = codec(contexts=[f"{path}:tas@embedded"]).encode(VALUES)
    path.unlink()
    assert error(VALUES, codec().decode(encoded)) < 0.5


def test_a_context_of_a_file_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "mean.nc"
    small.dataset()[["tas"]].mean("time", keep_attrs=True).to_netcdf(path)
    named = codec(contexts=[f"{path}:tas"])
    encoded = named.encode(VALUES)
    assert error(VALUES, named.decode(encoded)) < 0.5


def test_places_and_times_are_as_configured() -> None:
    chosen = codec(
        lat=[90, -90], lon=small.LON + 5, time_units="hours since 1999-12-31", time_step=6,
        calendar="noleap",
    )  # fmt: skip
    opened = read(chosen.encode(VALUES))
    np.testing.assert_allclose(opened.grid.lat, np.linspace(90, -90, 15))
    np.testing.assert_allclose(opened.grid.lon, small.LON + 5)
    assert opened.time.label(0) == "1999-12-31"
    assert opened.time.label(4) == "2000-01-01"
    assert opened.time.calendar == "noleap"
    usual = read(codec().encode(VALUES))
    assert usual.grid.lat[[0, -1]].tolist() == [-84, 84]
    assert usual.grid.lon[[0, -1]].tolist() == [0, 345]


def test_missing_values_stay_missing() -> None:
    values = small.with_gaps(small.field(), moving=True).values
    decoded = codec().decode(codec().encode(values))
    np.testing.assert_array_equal(np.isnan(decoded), np.isnan(values))
    assert error(values, decoded) < 0.5


@pytest.mark.parametrize("shape", [(6, 15, 24), (6 * 15 * 24,)])
def test_decoding_into_an_array_that_is_given(shape: tuple[int, ...]) -> None:
    encoded = codec().encode(VALUES)
    out = np.zeros(shape, np.float32)
    given = codec().decode(encoded, out=out)
    assert given is out
    np.testing.assert_array_equal(out.reshape(VALUES.shape), codec().decode(encoded))


def test_plain_bytes_are_taken_with_shape_and_type() -> None:
    asked = codec(shape=VALUES.shape, dtype="float32")
    assert asked.encode(VALUES.tobytes()) == asked.encode(VALUES)
    assert asked.decode(bytearray(asked.encode(VALUES))).shape == VALUES.shape


def test_a_zarr_array_is_kept_with_it(tmp_path: Path) -> None:
    store = tmp_path / "values.zarr"
    kept = zarr.create_array(
        store, shape=(12, 15, 24), chunks=(6, 15, 24), dtype="float32", zarr_format=2,
        filters=[codec()], compressors=None,
    )  # fmt: skip
    kept[:] = np.concatenate([VALUES, VALUES[::-1]])
    again = zarr.open_array(store, mode="r")
    assert again.filters == (codec(),)
    assert error(VALUES, again[:6]) < 0.5
    assert error(VALUES[::-1], again[6:]) < 0.5


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"ratio": 10}, "not both"),
        ({"bytes": 0}, "at least 1"),
        ({"architecture": "deepest"}, "no architecture 'deepest'"),
        ({"steps": 0}, "steps"),
        ({"time_units": "days"}, "'days' is no unit of time from a date"),
        ({"dtype": "int16"}, "not of int16"),
        ({"contexts": [{"units": "m"}]}, "A context is a name"),
        ({"contexts": [{"name": "mean", "values": [1.0, 2.0]}]}, r"the shape \(lat, lon\)"),
        ({"contexts": ["topography@bits=99"]}, "from 0 to 16"),
    ],
)
def test_a_bad_configuration_is_told_at_once(choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        codec(**choices)


@pytest.mark.parametrize(
    ("choices", "values", "sentence"),
    [
        ({}, VALUES.astype(np.int32), "not of int32"),
        ({}, VALUES.astype(np.float16), "not of float16"),
        ({}, VALUES.ravel(), r"\(..., lat, lon\) is needed"),
        ({"shape": (7, 15, 24)}, VALUES, "says an array of shape"),
        ({"dtype": "float32"}, b"12345", "5 bytes are not a whole number"),
        ({}, np.full((2, 15, 24), np.nan, np.float32), "are missing"),
        ({}, np.ones((2, 15, 24), np.float32), "is constant"),
        ({"bytes": 50}, VALUES, "50 bytes is too small"),
        ({"lat": [1, 2, 3]}, VALUES, "first and the last of 15"),
        ({"contexts": ["nowhere.nc:Z"]}, VALUES, "nowhere.nc"),
    ],
)
def test_what_cannot_be_encoded_is_told(
    choices: dict[str, Any], values: Any, sentence: str
) -> None:
    with pytest.raises(CainrError, match=sentence):
        codec(**choices).encode(values)


def test_what_cannot_be_decoded_is_told() -> None:
    encoded = codec().encode(VALUES)
    with pytest.raises(CainrError, match=r"not \(2, 15, 24\)"):
        codec(shape=(2, 15, 24)).decode(encoded)
    with pytest.raises(CainrError, match="'out' holds 40"):
        codec().decode(encoded, out=np.empty(10, np.float32))
    with pytest.raises(CainrError, match="The file"):
        codec().decode(encoded[:-10])
