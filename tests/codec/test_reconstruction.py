from __future__ import annotations

import pickle
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cainr_core
from cainr_core.codec import container
from cainr_core.codec.reconstruction import Reconstruction, read
from cainr_core.data.contexts import load_context
from cainr_core.errors import CainrError
from tests import small

SPECS = {
    "plain": (),
    "static": ("topography",),
    "seasons": ("climatology", "insolation"),
    "embedded": ("climatology@resolution=30,embedded", "land_sea_mask"),
}


@pytest.fixture(scope="module", params=SPECS.values(), ids=SPECS)
def reconstruction(request: pytest.FixtureRequest) -> Reconstruction:
    return read(small.file_of(small.field(freq="ME"), request.param))


def refused(data: bytes, words: str = ".") -> None:
    with pytest.raises(CainrError, match=words) as told:
        read(data).values()
    assert "\n" not in str(told.value)
    assert str(told.value).endswith(".")


@contextmanager
def little_memory(most: int) -> Iterator[None]:
    """Nothing large is allocated, in bytes."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


# --- values ---------------------------------------------------------------------------


def test_what_is_read_is_what_was_learned() -> None:
    field = small.field()
    result = cainr_core.compress(
        field, recipe=small.brief(steps=400), architecture=small.tiny(width=16), device="cpu"
    )
    values = cainr_core.open(result.data).values()
    assert values.dtype == np.float32
    rmse = float(np.sqrt(np.mean((values - field.values) ** 2.0)))
    assert rmse == pytest.approx(result.metrics.rmse, rel=1e-6)
    assert rmse < 0.35 * field.values.std()


def test_parts_are_those_of_the_whole(reconstruction: Reconstruction) -> None:
    whole = reconstruction.values()
    assert whole.shape == reconstruction.shape
    for times in (2, -1, slice(1, 4), slice(None, None, -2), [5, 0, 0], slice(0, 0)):
        expected = whole[[times] if isinstance(times, int) else times]
        part = reconstruction.values(times)
        assert part.shape == expected.shape
        np.testing.assert_allclose(part, expected, rtol=0, atol=1e-3)
    cells = np.array([7, 300, 7, 0])
    some = reconstruction.cells([3, 1], cells)
    np.testing.assert_allclose(some, whole.reshape(6, -1)[[3, 1]][:, cells], rtol=0, atol=1e-3)


@pytest.mark.parametrize("times", [6, -7, [0, 9]])
def test_times_that_are_not_there_are_refused(times: Any) -> None:
    with pytest.raises(CainrError, match="6 times"):
        read(small.file_of(small.field())).values(times)


def test_missing_values_are_missing_again() -> None:
    for moving in (False, True):
        field = small.with_gaps(small.field(), moving=moving)
        back = read(small.file_of(field))
        np.testing.assert_array_equal(np.isnan(back.values()), field.missing)
        np.testing.assert_array_equal(np.isnan(back.values(2)[0]), field.missing[2])
        cells = np.arange(0, 360, 7)
        part = back.cells([4], cells)
        np.testing.assert_array_equal(np.isnan(part[0]), field.missing[4].ravel()[cells])


def test_double_precision_is_given_back() -> None:
    field = small.field()
    back = read(small.file_of(field.with_values(field.values.astype(np.float64))))
    assert back.dtype == back.values().dtype == np.float64


# --- what it says of itself -----------------------------------------------------------------


def test_information_adds_up(reconstruction: Reconstruction) -> None:
    info = reconstruction.info()
    assert info["variable"] == "tas"
    assert info["shape"] == [6, 15, 24]
    assert info["original_bytes"] == 6 * 15 * 24 * 4
    assert info["compression_ratio"] == info["original_bytes"] / info["file_bytes"]
    assert info["bits_per_value"] == pytest.approx(32 / info["compression_ratio"])
    assert info["weights"] == reconstruction.n_weights
    assert info["context_bytes"] == sum(c.nbytes for c in reconstruction.contexts)
    for told, context in zip(info["contexts"], reconstruction.contexts, strict=True):
        assert told["digest"] == context.digest[:16]
        assert told["embedded"] == context.choice.embedded


def test_opening_evaluates_nothing_and_looks_for_no_context(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.cainr").write_bytes(data)
    opened = read(tmp_path / "a.cainr")
    opened.info()
    assert not {"contexts", "tensors", "_all_inputs"} & set(vars(opened))


def test_a_copy_for_a_worker_holds_no_more_than_the_file(reconstruction: Reconstruction) -> None:
    values = reconstruction.values()
    packed = pickle.dumps(reconstruction)
    assert len(packed) < 40_000
    np.testing.assert_array_equal(pickle.loads(packed).values(), values)


# --- contexts ------------------------------------------------------------------------------


def test_a_reader_brings_referenced_contexts(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    heights = small.dataset().rename(tas="heights").isel(time=0, drop=True)
    path = tmp_path / "heights.nc"
    heights.to_netcdf(path)
    field, context = small.field(), load_context(f"{path}:heights")
    result = cainr_core.compress(field, [context], small.tiny(), small.brief(steps=5), device="cpu")
    values = read(result.data, [context]).values()
    for contexts in ([path], [str(tmp_path)], [small.context("topography"), path]):
        np.testing.assert_array_equal(read(result.data, contexts).values(), values)
    result.save(tmp_path / "beside.cainr")
    np.testing.assert_array_equal(read(tmp_path / "beside.cainr").values(), values)
    refused(result.data, r"heights\.nc:heights")
    path.rename(tmp_path / "gone.nc")
    with pytest.raises(CainrError, match="heights"):
        read(tmp_path / "beside.cainr").evaluate(0.0, 0.0, "2000-01-01")
    assert read(tmp_path / "beside.cainr").info()["contexts"][0]["source"] == "heights.nc:heights"


def test_embedded_contexts_need_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    data = small.file_of(small.field(), ("climatology@resolution=30,embedded",))

    def no_source(*_: object) -> None:
        raise AssertionError("a source was looked for")

    monkeypatch.setattr("cainr_core.codec.embedding.load_context", no_source)
    assert np.isfinite(read(data).values()).all()


# --- what is no file of ours ------------------------------------------------------------------


def test_places_without_a_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty.cainr").touch()
    small.dataset().to_netcdf(tmp_path / "netcdf.cainr")
    (tmp_path / "text.cainr").write_text("This is a text.\n" * 40)
    for name, words in (
        ("nothing.cainr", "cannot be opened"),
        ("", "is a folder"),
        ("empty.cainr", "is empty"),
        ("netcdf.cainr", "does not begin as one"),
        ("text.cainr", "does not begin as one"),
    ):
        with pytest.raises(CainrError, match=words):
            read(tmp_path / name)


def test_a_large_foreign_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large.cainr").open("wb") as file:
        file.truncate(1 << 31)
    with (tmp_path / "cut.cainr").open("wb") as file:
        file.write(container.OLD_SHELL.pack(container.MAGIC, 1, 100, 100, 1 << 40))
        file.truncate(1 << 31)
    with little_memory(1 << 20):
        for name, words in (("large.cainr", "does not begin"), ("cut.cainr", "cut short")):
            with pytest.raises(CainrError, match=words):
                read(tmp_path / name)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), flip=st.integers(0, 255))
def test_damaged_files_are_refused(data: bytes, share: float, flip: int) -> None:
    place = int(share * len(data))
    refused(
        data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :] if flip else data[:place]
    )


def put(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change of the header at some place."""

    def change(header: dict[str, Any]) -> None:
        for key in path[:-1]:
            header = header[key]
        header[path[-1]] = value

    return change


HUGE = 1 << 39
HOSTILE: list[tuple[Any, ...]] = [
    ("variable", "shape", [HUGE, 1, 1]),
    ("variable", "shape", [1 << 20, 1 << 20, 1 << 20]),
    ("variable", "shape", [4, HUGE, 2]),
    ("variable", "shape", [-4, -15, 24]),
    ("variable", "shape", [0, 15, 24]),
    ("variable", "shape", []),
    ("variable", "shape", [4, 15]),
    ("variable", "shape", [4, 15, 24, 1]),
    ("variable", "shape", ["4", "15", "24"]),
    ("variable", "shape", [4.0, 15.0, 24.0]),
    ("variable", "shape", [10**400, 15, 24]),
    ("variable", "shape", None),
    ("variable", "dims", ["time", "lat"]),
    ("variable", "dims", [None, {}, []]),
    ("variable", "dims", ["time", "lat", "lat"]),
    ("variable", "name", None),
    ("variable", "name", ["tas"]),
    ("variable", "dtype", "O"),
    ("variable", "dtype", "<i4"),
    ("variable", "dtype", "<U1000000000"),
    ("variable", "dtype", 7),
    ("variable", "stored", "O"),
    ("variable", "stored", "M8[ns]"),
    ("variable", "attrs", []),
    ("variable", "attrs", {"a": {"<f4": "====="}}),
    ("variable", "attrs", {"a": {"<f4": ""}}),
    ("variable", "attrs", {"a": {"O": ""}}),
    ("attrs", None),
    ("coords", []),
    ("coords", {}),
    ("coords", [None]),
    ("coords", 0, "shape", [HUGE]),
    ("coords", 0, "shape", [-1]),
    ("coords", 0, "shape", [[4]]),
    ("coords", 0, "dims", []),
    ("coords", 0, "dims", ["lat"]),
    ("coords", 0, "dtype", "O"),
    ("coords", 0, "dtype", "V8"),
    ("coords", 0, "dates", "century"),
    ("coords", 0, "dates", True),
    ("coords", 0, "attrs", {"units": "days since never", "calendar": "noleap"}),
    ("coords", 0, "attrs", {"units": "parsecs since 2000-01-01"}),
    ("coords", 0, "attrs", {"units": "days since 2000-01-01", "calendar": "lunar"}),
    ("coords", 0, "attrs", {"scale_factor": "large"}),
    ("coords", 1, "name", "time"),
    ("coords", 1, "text", ["a"] * 4),
    ("grid", None),
    ("grid", "kind", "cube"),
    ("grid", "kind", "columns"),
    ("grid", "lat", "time"),
    ("grid", "lat", "nowhere"),
    ("grid", "lon", ["lon"]),
    ("time", "name", "nothing"),
    ("time", "name", "lat"),
    ("time", "name", None),
    ("time", "middles", True),
    ("missing", "sometimes"),
    ("missing", "moving"),
    ("missing", None),
    ("contexts", None),
    ("contexts", []),
    ("contexts", [{}]),
    ("contexts", 0, "source", None),
    ("contexts", 0, "source", ["topography"]),
    ("contexts", 0, "digest", 12),
    ("contexts", 0, "embedded", {}),
    ("contexts", 0, "embedded", "cells", [HUGE, HUGE]),
    ("contexts", 0, "embedded", "layers", -12),
    ("contexts", 0, "embedded", "step", 1e-300),
    ("contexts", 1, "digest", "0" * 32),
    ("contexts", 1, "digest", ""),
    ("contexts", 1, "source", "a\nb\nc"),
    ("contexts", 1, "title", None),
    ("architecture", {}),
    ("architecture", None),
    ("architecture", "network", "transformer"),
    ("architecture", "depth", 10**9),
    ("architecture", "depth", -1),
    ("architecture", "depth", 3),
    ("architecture", "width", 512),
    ("architecture", "width", True),
    ("architecture", "omega", float("nan")),
    ("architecture", "omega", "30"),
    ("architecture", "coordinates", "cartesian"),
    ("architecture", "layers", 3),
    ("ranges", []),
    ("ranges", [[0, 1]]),
    ("ranges", [[0, 1], [0, float("nan")]]),
    ("ranges", [[0, 1, 2], [0, 1]]),
    ("ranges", 3),
    ("offset", float("inf")),
    ("offset", None),
    ("scale", "large"),
    ("scale", float("nan")),
    ("scale", 10**400),
]


@pytest.mark.parametrize(
    "change", HOSTILE, ids=lambda change: " ".join(map(str, change))[:60].replace("\n", " ")
)
def test_hostile_descriptions_are_refused(
    change: tuple[Any, ...], altered: Callable[..., bytes]
) -> None:
    hostile = altered(put(*change[:-1], value=change[-1]))
    with little_memory(1 << 23), suppress(CainrError):
        read(hostile)
    refused(hostile)


def test_every_part_of_the_header_is_needed(data: bytes, altered: Callable[..., bytes]) -> None:
    header, _ = container.split(data)
    for key in header:
        refused(altered(lambda header, key=key: {k: v for k, v in header.items() if k != key}))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.none()), n=st.data()
)
def test_any_value_anywhere_in_the_header_is_borne(
    value: Any, n: st.DataObject, altered: Callable[..., bytes]
) -> None:
    """Refused in a sentence, or of no consequence; never another exception."""

    def change(header: dict[str, Any]) -> None:
        place: Any = header
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = n.draw(st.sampled_from(keys))
            inner = place[key]
            if not isinstance(inner, dict | list) or not inner or n.draw(st.booleans()):
                place[key] = value
                return
            place = inner

    try:
        opened = read(altered(change))
        opened.info()
        opened.values(0)
    except CainrError as error:
        text = str(error)
        if "\n" in text:
            raise AssertionError(text) from error


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.integers(0, 7), content=st.binary(max_size=80))
def test_any_content_of_a_section_is_borne(data: bytes, part: int, content: bytes) -> None:
    header, sections = container.split(data)
    sections[part] = content
    try:
        read(container.join(header, sections)).values(0)
    except CainrError as error:
        text = str(error)
        if "\n" in text:
            raise AssertionError(text) from error
