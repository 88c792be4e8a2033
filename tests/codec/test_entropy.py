from __future__ import annotations

import math
from contextlib import suppress
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cainr_core.codec import entropy
from cainr_core.codec.entropy import FLAT, GAUSSIAN, LAPLACE, MODEL, decode, encode, frequencies
from cainr_core.errors import CainrError

integers = st.lists(st.integers(-32767, 32767), min_size=1, max_size=40)
small = st.lists(st.integers(-3, 3), min_size=1, max_size=200)
indices = st.integers(-128, 127)


@settings(deadline=None, max_examples=40)
@given(tensors=st.lists(st.tuples(indices, st.one_of(integers, small)), min_size=1, max_size=6))
def test_any_integers_come_back(tensors: list[tuple[int, list[int]]]) -> None:
    coded = [(index, np.array(values, dtype=np.int32)) for index, values in tensors]
    back = decode(encode(coded), [len(values) for _, values in coded])
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
    bits = 8 * (len(encode([(0, whole)])) - MODEL.size)
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


def test_the_ratio_is_chosen_in_floats_but_written_as_an_integer() -> None:
    for values in ([0], [0, 0, 1], [32767, -32767], list(range(-100, 100))):
        for kind in (GAUSSIAN, LAPLACE):
            ratio = entropy._ratio(kind, np.array(values, dtype=np.int32))
            assert isinstance(ratio, int)
            assert 1 <= ratio < 2**32


@settings(deadline=None)
@given(data=st.binary(max_size=120), sizes=st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_garbage_is_refused_or_some_integers(data: bytes, sizes: list[int]) -> None:
    with suppress(CainrError):
        assert [len(values) for _, values in decode(data, sizes)] == sizes


@pytest.mark.parametrize("words", range(1, 6))
def test_words_that_no_coder_writes_are_refused_in_a_sentence(words: int) -> None:
    skewed = np.zeros(400, dtype=np.int32)
    skewed[0] = 1
    data = bytearray(encode([(0, skewed)]))
    data[MODEL.size :] = b"\xff" * 4 * words
    with suppress(CainrError):
        assert len(decode(bytes(data), [400])[0][1]) == 400
