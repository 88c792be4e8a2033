"""Whole numbers in as few bytes as they need: seven bits in each, the lowest first (LEB128)."""

from __future__ import annotations

from cainr_core.errors import CainrError

MOST_BYTES = 9  # of one number: 63 bits


def packed(*numbers: int) -> bytes:
    """Bytes of numbers from 0 to 2^63 - 1."""
    result = bytearray()
    for number in numbers:
        while number >> 7:
            result.append(number & 0x7F | 0x80)
            number >>= 7
        result.append(number)
    return bytes(result)


def signed(number: int) -> int:
    """0, -1, 1, -2, ... as 0, 1, 2, 3, ..."""
    return number << 1 if number >= 0 else ~(number << 1)


class Reader:
    """Takes numbers from bytes, one after the other, from `at` on; CainrError where they end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def byte(self) -> int:
        """The next byte."""
        if self.at >= len(self.data):
            raise CainrError("A part of the file is shorter than it says: it is damaged.")
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        """The next number."""
        number = 0
        for place in range(MOST_BYTES):
            byte = self.byte()
            number |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return number
        raise CainrError("A number in the file has no end: it is damaged.")

    def signed(self) -> int:
        """The next number that `signed` was given."""
        number = self.number()
        return number >> 1 ^ -(number & 1)
