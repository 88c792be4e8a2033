from __future__ import annotations

import lzma
import tracemalloc
import zlib
from contextlib import suppress

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cainr_core.codec.arrays import DTYPES, LARGEST, decode_array, encode_array, pack, unpack
from cainr_core.errors import CainrError


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    return (
        one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    )


def comes_back(array: np.ndarray) -> bool:
    return same_bits(array, decode_array(encode_array(array), array.dtype.str, array.shape))


@settings(deadline=None)
@given(data=st.data(), dtype=st.sampled_from(DTYPES))
def test_any_array_comes_back_to_the_bit(data: st.DataObject, dtype: str) -> None:
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=12, min_side=0))
    assert comes_back(data.draw(hnp.arrays(dtype, shape)))


@settings(deadline=None)
@given(data=st.binary(min_size=24, max_size=400), dtype=st.sampled_from(["<f2", "<f4", "<f8"]))
def test_any_bits_of_a_float_come_back(data: bytes, dtype: str) -> None:
    """NaN of any payload, infinities, -0.0, subnormal numbers."""
    size = np.dtype(dtype).itemsize
    assert comes_back(np.frombuffer(data[: len(data) // size * size], dtype=dtype))


@settings(deadline=None)
@given(data=st.data(), dtype=st.sampled_from(DTYPES[3:-1]))
def test_the_ends_of_the_integers_come_back(data: st.DataObject, dtype: str) -> None:
    info = np.iinfo(dtype)
    ends = st.sampled_from([info.min, info.min + 1, 0, 1, info.max - 1, info.max])
    assert comes_back(np.array(data.draw(st.lists(ends, min_size=3, max_size=20)), dtype=dtype))


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8"])
def test_special_numbers_come_back(dtype: str) -> None:
    top = np.finfo(dtype).max
    tiny = np.finfo(dtype).smallest_subnormal
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, top, -top, tiny, -tiny, 1.0]
    for first in special:
        for last in special:
            assert comes_back(np.array([first, *special, last], dtype=dtype))


def test_an_evenly_spaced_axis_takes_next_to_nothing() -> None:
    for axis in (
        np.linspace(-89.875, 89.875, 720),
        np.arange(0, 360, 1.25, dtype=np.float32),
        np.arange(7300, 7300 + 3650, dtype=np.int64),
    ):
        assert comes_back(axis)
        assert len(encode_array(axis)) < 100


@pytest.mark.parametrize("dtype", ["<f8", "<f4", "<i4", "<i8"])
def test_months_and_the_bounds_of_days_take_little(dtype: str) -> None:
    months = np.cumsum(np.tile([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], 4))
    days = np.arange(10_000, 10_100)
    for axis in (months, np.stack([days, days + 1], axis=1), -months[::-1]):
        assert comes_back(axis.astype(dtype))
        assert len(encode_array(axis.astype(dtype))) < 50
    middles = (days + 0.25).astype("<f4")
    middles[7] -= 2
    assert comes_back(middles)
    assert len(encode_array(middles)) < 50


def test_an_axis_of_round_steps_takes_a_few_bytes() -> None:
    for axis in (np.linspace(-90, 90, 129), np.arange(0, 360, 1.40625), np.arange(9, -9, -3)):
        assert comes_back(axis)
        assert len(encode_array(axis)) <= 6


def test_multiples_as_older_versions_have_them_are_read() -> None:
    halves = np.array([2.5, 3.0, 7.0])
    steps = zlib.compressobj(9, wbits=-15)
    packed = steps.compress(bytes([2, 16])) + steps.flush()
    data = bytes([33, 1]) + (5).to_bytes(8, "little") + packed
    assert same_bits(decode_array(data, "<f8", (3,)), halves)
    with pytest.raises(CainrError, match="damaged"):
        decode_array(data[:9], "<f8", (3,))


def test_a_minus_before_zero_is_kept() -> None:
    axis = np.array([1.0, -0.0, 3.0, 7.0, 2.0])
    assert comes_back(axis)


@pytest.mark.parametrize("kind", [17, 32, 33, 34, 36, 40, 41, 48, 49, 50, 52, 56, 57, 255])
def test_bytes_of_the_newer_kinds_are_checked(kind: int) -> None:
    for tail in (b"", b"\0" * 9, b"\xff" * 40, b"\x0b" + b"\0" * 8 + bytes([3, 0])):
        with pytest.raises(CainrError, match="damaged"):
            decode_array(bytes([kind]) + tail, "<f8", (5,))


def test_nothing_of_a_line_depends_on_the_platform() -> None:
    """An infinite difference of the ends would make a NaN of the platform's own."""
    top = np.finfo(np.float64).max
    with np.errstate(all="raise"):
        assert comes_back(np.array([-top, 1.0, top]))
        assert comes_back(np.array([top, 1.0, top]))


@pytest.mark.parametrize("dtype", ["c8", "U3", "M8[ns]", ">f4"])
def test_other_types_are_refused(dtype: str) -> None:
    with pytest.raises(CainrError, match="cannot be kept"):
        encode_array(np.zeros(5, dtype=dtype))
    with pytest.raises(CainrError, match="never writes"):
        decode_array(b"", dtype, (5,))


@settings(deadline=None)
@given(data=st.binary(max_size=60), dtype=st.sampled_from(DTYPES), size=st.integers(0, 40))
def test_garbage_is_refused(data: bytes, dtype: str, size: int) -> None:
    try:
        array = decode_array(data, dtype, (size,))
    except CainrError:
        return
    assert array.shape == (size,)  # by chance, or because nothing was asked for


@settings(deadline=None)
@given(data=st.data(), at=st.integers(0, 10_000), cut=st.booleans())
def test_a_damaged_array_is_refused_or_another(data: st.DataObject, at: int, cut: bool) -> None:
    array = data.draw(hnp.arrays("<f4", 30))
    encoded = bytearray(encode_array(array))
    at %= len(encoded)
    if cut:
        del encoded[at:]
    else:
        encoded[at] ^= 0x10
    with suppress(CainrError):
        assert decode_array(bytes(encoded), "<f4", (30,)).shape == (30,)


@pytest.mark.parametrize("shape", [(-1,), (2, -3), (1 << 62,), (1 << 33, 1 << 33), (2.0,), ("3",)])
def test_impossible_shapes_are_refused(shape: tuple[object, ...]) -> None:
    with pytest.raises(CainrError, match="damaged"):
        decode_array(encode_array(np.arange(9.0)), "<f8", shape)  # type: ignore[arg-type]


def test_no_claim_makes_it_allocate() -> None:
    bomb = pack(bytes(1 << 24))
    assert len(bomb) < 1 << 13
    tracemalloc.start()
    for size in (-1, LARGEST + 1, 1 << 60):
        with pytest.raises(CainrError):
            unpack(bomb, size)
    assert unpack(bomb, 1000) == bytes(1000)
    assert tracemalloc.get_traced_memory()[1] < 1 << 23  # the dictionary of LZMA is 4 MB
    tracemalloc.stop()


def test_sections_are_plain_lzma() -> None:
    """What docs/format.md promises to other readers."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 1 << 22}]
    packed = pack(b"cainr" * 100)
    assert lzma.decompress(packed, lzma.FORMAT_RAW, filters=filters) == b"cainr" * 100
