from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cainr_core.codec.arrays import DTYPES
from cainr_core.codec.attributes import from_json, to_json
from cainr_core.errors import CainrError

numbers = st.sampled_from(DTYPES).flatmap(
    lambda dtype: st.binary(min_size=8, max_size=64).map(
        lambda data: (
            np.frombuffer(data[: len(data) // 8 * 8], dtype=dtype)
            if dtype != "|b1"
            else np.frombuffer(data, dtype=np.uint8) > 100
        )
    )
)
values = st.one_of(
    st.text(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.lists(st.text(), min_size=1),
    numbers,
    numbers.map(lambda array: array[0]),
)


def through(attrs: dict[str, Any]) -> dict[str, Any]:
    return from_json(json.loads(json.dumps(to_json(attrs))))


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray | np.generic):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    return type(one) is type(other) and (one == other or one != one)


@settings(deadline=None, max_examples=50)
@given(attrs=st.dictionaries(st.text(), values, max_size=5))
def test_attributes_come_back_with_their_types(attrs: dict[str, Any]) -> None:
    back = through(attrs)
    assert list(back) == list(attrs)
    for name, value in attrs.items():
        assert alike(value, back[name])


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.str_("K"), "K"),
        (b"K", "K"),
        (["a", "b"], ["a", "b"]),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array("a"), "a"),
        (None, "None"),
        ({"a": 1}, "{'a': 1}"),
        ([[1], [2, 3]], "[[1], [2, 3]]"),
        (np.eye(2, dtype=np.int8), "[[1 0]\n [0 1]]"),
        (np.datetime64("2000-01-01"), "2000-01-01"),
        (1 + 2j, "(1+2j)"),
    ],
)
def test_other_values_become_text(value: Any, told: Any) -> None:
    assert through({"a": value}) == {"a": told}


def test_big_endian_numbers_become_little() -> None:
    back = through({"a": np.array([1.5, 2.5], dtype=">f4")})["a"]
    assert back.dtype.str == "<f4"
    assert back.tolist() == [1.5, 2.5]


def test_lists_of_numbers_become_arrays() -> None:
    np.testing.assert_array_equal(through({"a": [1, 2, 3]})["a"], [1, 2, 3])


@pytest.mark.parametrize(
    "attrs", [{"a": {"O": "AAAA"}}, {"a": {"<f4": "AAAA", "<f8": ""}}, {"a": {"M8[ns]": ""}}]
)
def test_other_types_in_a_file_are_refused(attrs: dict[str, Any]) -> None:
    with pytest.raises(CainrError, match="never writes"):
        from_json(attrs)
