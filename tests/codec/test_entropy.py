from __future__ import annotations

import math
from contextlib import suppress
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cainr_core.codec.container import VERSION
from cainr_core.codec.entropy import (
    FLAT,
    GAUSSIAN,
    LAPLACE,
    MODEL_BYTES,
    OLD_MODEL,
    SPREADS,
    decode,
    encode,
    frequencies,
    ratio_of,
)
from cainr_core.errors import CainrError

integers = st.lists(st.integers(-32767, 32767), min_size=1, max_size=40)
small = st.lists(st.integers(-3, 3), min_size=1, max_size=200)
indices = st.integers(-128, 127)


@settings(deadline=None, max_examples=40)
@given(tensors=st.lists(st.tuples(indices, st.one_of(integers, small)), min_size=1, max_size=6))
def test_any_integers_come_back(tensors: list[tuple[int, list[int]]]) -> None:
    coded = [(index, np.array(values, dtype=np.int32)) for index, values in tensors]
    back = decode(encode(coded), [len(values) for _, values in coded], VERSION)
    for (index, values), (same_index, same) in zip(coded, back, strict=True):
        assert index == same_index
        assert same.dtype == np.int32
        np.testing.assert_array_equal(values, same)


@pytest.mark.parametrize("kind", ["gaussian", "laplace", "uniform", "constant"])
def test_bits_are_close_to_the_entropy(kind: str) -> None:
    random = np.random.default_rng(0)
    values = {
        "gaussian": random.normal(0, 20, 5000),
        "laplace": random.laplace(0, 9, 5000),
        "uniform": random.integers(-40, 41, 5000),
        "constant": np.full(5000, -7),
    }[kind]
    whole = np.rint(values).astype(np.int32)
    _, counts = np.unique(whole, return_counts=True)
    entropy_bits = -float((counts * np.log2(counts / 5000)).sum())
    bits = 8 * (len(encode([(0, whole)])) - MODEL_BYTES)
    assert bits <= 1.02 * entropy_bits + 64


@given(
    kind=st.sampled_from([GAUSSIAN, LAPLACE]),
    ends=st.tuples(st.integers(-60, 60), st.integers(-60, 60)).map(sorted),
    ratio=st.integers(1, 2**32 - 1),
)
@settings(deadline=None, max_examples=50)
def test_the_tables_are_exact_integers(kind: int, ends: list[int], ratio: int) -> None:
    """As docs/format.md has them, in fractions rounded down where it says so."""
    low, high = ends

    def weight(n: int) -> int:
        value, step = 2**48, ratio
        square = math.floor(Fraction(ratio) * ratio / 2**32)
        for _ in range(n):
            value = math.floor(Fraction(value) * step / 2**32)
            if kind == GAUSSIAN:
                step = math.floor(Fraction(step) * square / 2**32)
        return value + 1

    table = frequencies(kind, low, high, ratio)
    assert [int(one) for one in table] == [weight(abs(n)) for n in range(low, high + 1)]
    assert (table == np.rint(table)).all()
    assert table.min() >= 1
    assert table.max() <= 2**53


def test_models_resemble_what_they_are_named_for() -> None:
    sigma = 5.0
    table = frequencies(GAUSSIAN, -20, 20, round(math.exp(-0.5 / sigma**2) * 2**32))
    bell = np.exp(-(np.arange(-20, 21) ** 2) / (2 * sigma**2))
    np.testing.assert_allclose(table / table.max(), bell, atol=1e-6)
    table = frequencies(LAPLACE, -20, 20, round(0.8 * 2**32))
    np.testing.assert_allclose(table / table.max(), 0.8 ** np.abs(np.arange(-20, 21)), atol=1e-6)
    assert (frequencies(FLAT, -3, 4, 0) == 1).all()


def test_the_ratios_are_exact_integers() -> None:
    for spread in range(SPREADS):
        scale = 2 ** (spread / 8 - 3)
        for kind, exponent in ((GAUSSIAN, 1 / (2 * scale**2)), (LAPLACE, 1 / scale)):
            ratio = ratio_of(kind, spread)
            assert isinstance(ratio, int)
            assert abs(ratio - 2**32 * math.exp(-exponent)) <= 1
    assert [ratio_of(GAUSSIAN, spread) for spread in (0, 24)] == [0, 2605029347]
    assert [ratio_of(LAPLACE, spread) for spread in (0, 24)] == [1440801, 1580030168]


def test_the_model_of_a_tensor_is_short() -> None:
    """Step index, code, lowest integer and how many more there are."""
    assert encode([(-3, np.full(9, -1, np.int32))]) == bytes([0xFD, 0, 1, 0])
    assert encode([(2, np.full(9, 300, np.int32))]) == bytes([2, 0, 0xD8, 4, 0])


def test_the_models_of_older_versions_are_read() -> None:
    data = OLD_MODEL.pack(-5, FLAT, 7, 7, 0) + OLD_MODEL.pack(5, LAPLACE, -2, -2, 99)
    (first, sevens), (second, twos) = decode(data, [3, 1], 3)
    assert (first, second) == (-5, 5)
    assert (sevens.tolist(), twos.tolist()) == ([7, 7, 7], [-2])
    for damage in (
        data[:-1],
        data[:5],
        b"",
        data + b"abc",
        data.replace(b"\x07\x00", b"\x08\x00", 1),
    ):
        with pytest.raises(CainrError):
            decode(damage, [3, 1], 3)


@settings(deadline=None)
@given(
    data=st.binary(max_size=120),
    sizes=st.lists(st.integers(1, 50), min_size=1, max_size=4),
    version=st.integers(1, VERSION),
)
def test_garbage_is_refused_or_some_integers(data: bytes, sizes: list[int], version: int) -> None:
    with suppress(CainrError):
        assert [len(values) for _, values in decode(data, sizes, version)] == sizes


@pytest.mark.parametrize(
    "model",
    [bytes([0, 255, 0, 0]), bytes([0, 1, 0, *b"\xff" * 6, 1]), bytes([0, 0, *b"\x80" * 12]), b"\0"],
)
def test_models_that_no_writer_makes_are_refused(model: bytes) -> None:
    with pytest.raises(CainrError, match="damaged"):
        decode(model + bytes(4), [5], VERSION)


@pytest.mark.parametrize("words", range(1, 6))
def test_words_that_no_coder_writes_are_refused_in_a_sentence(words: int) -> None:
    skewed = np.zeros(400, dtype=np.int32)
    skewed[0] = 1
    data = bytearray(encode([(0, skewed)]))
    data[len(encode([(0, skewed[:1])])) :] = b"\xff" * 4 * words  # whose model is as long
    with suppress(CainrError):
        assert len(decode(bytes(data), [400], VERSION)[0][1]) == 400
