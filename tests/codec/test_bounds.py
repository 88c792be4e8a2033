from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.codec.bounds import ENDS, MIDDLES, STARTS, decode_bounds, encode_bounds
from cainr_core.errors import CainrError

MONTHS = np.cumsum([59, 31, 28, 31, 30, 31, 30]).astype(float)
BOUNDS = np.stack([MONTHS[:-1], MONTHS[1:]], axis=1)


@pytest.mark.parametrize("dtype", ["<f8", "<i8"])
@pytest.mark.parametrize(
    ("place", "stamps"),
    [(ENDS, BOUNDS[:, 1]), (STARTS, BOUNDS[:, 0]), (MIDDLES, BOUNDS.mean(axis=1))],
)
def test_months_take_a_few_bytes(place: int, stamps: np.ndarray, dtype: str) -> None:
    hours, known = (24 * BOUNDS).astype(dtype), (24 * stamps).astype(dtype)
    data = encode_bounds(hours, known)
    assert data is not None
    assert data[0] == place
    assert len(data) <= 5
    found = decode_bounds(data, known)
    assert found.dtype == hours.dtype
    np.testing.assert_array_equal(found, hours)


@given(st.lists(st.floats(), min_size=2, max_size=9), st.lists(st.floats(), min_size=18))
def test_what_is_told_is_told_to_the_bit(stamps: list[float], numbers: list[float]) -> None:
    known = np.array(stamps)
    bounds = np.array(numbers[: 2 * len(known)]).reshape(-1, 2)
    data = encode_bounds(bounds, known)
    assert data is None or decode_bounds(data, known).tobytes() == bounds.tobytes()


@pytest.mark.parametrize(
    ("bounds", "stamps"),
    [
        (BOUNDS, None),
        (BOUNDS, BOUNDS[:-1, 1]),
        (BOUNDS.astype("<f4"), BOUNDS[:, 1].astype("<f4")),
        (BOUNDS, BOUNDS[:, 1].astype("<i8")),
        (BOUNDS + np.array([[0, 0]] * 5 + [[0.5, 0]]), BOUNDS[:, 1]),
        (BOUNDS + 1 / 3, BOUNDS[:, 1] + 1 / 3),
        (BOUNDS[:1], BOUNDS[:1, 1]),
    ],
    ids=["no stamps", "fewer", "short", "other type", "a gap", "no parts", "one"],
)
def test_other_bounds_are_left_to_arrays(bounds: np.ndarray, stamps: np.ndarray | None) -> None:
    assert encode_bounds(bounds, stamps) is None


@pytest.mark.parametrize("data", [b"", bytes([ENDS]), bytes([ENDS, 0, 0]), bytes([19, 0])])
def test_damage_is_refused(data: bytes) -> None:
    with pytest.raises(CainrError, match="damaged"):
        decode_bounds(data, MONTHS)
