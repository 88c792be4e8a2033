from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.codec.varints import Reader, packed, signed
from cainr_core.errors import CainrError


@given(st.lists(st.integers(0, 2**63 - 1)))
def test_numbers_come_back(numbers: list[int]) -> None:
    data = packed(*numbers)
    reader = Reader(b"before" + data, 6)
    assert [reader.number() for _ in numbers] == numbers
    assert reader.at == 6 + len(data)


@given(st.integers(-(2**62), 2**62 - 1))
def test_signs_come_back(number: int) -> None:
    assert Reader(packed(signed(number))).signed() == number


def test_small_numbers_take_a_byte() -> None:
    assert packed(0, 127) == bytes([0, 127])
    assert packed(128, 300) == bytes([0x80, 1, 0xAC, 2])
    assert [signed(number) for number in (0, -1, 1, -2)] == [0, 1, 2, 3]


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 8, b"\xff" * 30])
def test_numbers_without_an_end_are_refused(data: bytes) -> None:
    with pytest.raises(CainrError, match="damaged"):
        Reader(data).number()
