"""How long a NetCDF-3 file should be: the library reads what is cut off as zeros and says nothing.

Follows the file format specification of the NetCDF user's guide, for the classic format, the
64-bit offset format and the 64-bit data format (CDF-1, CDF-2, CDF-5).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_TYPE_SIZE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}


def is_cut_short(path: str | Path) -> bool:
    """Whether a NetCDF-3 file ends before the values that its header announces."""
    size = Path(path).stat().st_size
    try:
        with Path(path).open("rb") as file:
            return _Header(file, size).end() > size
    except (EOFError, KeyError, IndexError):
        return True


@dataclass(frozen=True)
class _Variable:
    begin: int
    record: bool
    nbytes: int  # of a record, or of all values


class _Header:
    """The dimensions and variables of the header; EOFError where the file ends within it."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.left = file, size
        version = self._bytes(4)[3]
        self.count_size = 8 if version == 5 else 4
        self.offset_size = 4 if version == 1 else 8
        self.records = self._count()
        self.streaming = self.records == 2 ** (8 * self.count_size) - 1
        self.lengths = [self._dimension() for _ in self._items()]
        self._skip_attributes()
        self.variables = [self._variable() for _ in self._items()]

    def end(self) -> int:
        """Where the last value ends, bytes."""
        records = [v.nbytes for v in self.variables if v.record]
        # The records of a lone variable follow one another without padding.
        stride = records[0] if len(records) == 1 else sum(_padded(n) for n in records)
        ends = [v.begin + v.nbytes for v in self.variables if not v.record]
        if self.records and not self.streaming:
            before = (self.records - 1) * stride
            ends += [v.begin + before + v.nbytes for v in self.variables if v.record]
        return max(ends, default=0)

    def _bytes(self, size: int) -> bytes:
        # A damaged header may announce any number of bytes: look before reading them.
        if size > self.left:
            raise EOFError
        self.left -= size
        return self.file.read(size)

    def _integer(self, size: int) -> int:
        return int.from_bytes(self._bytes(size), "big")

    def _count(self) -> int:
        return self._integer(self.count_size)

    def _items(self) -> Iterator[int]:
        self._integer(4)  # the tag of the list
        return iter(range(self._count()))

    def _skip_name(self) -> None:
        self._bytes(_padded(self._count()))

    def _skip_attributes(self) -> None:
        for _ in self._items():
            self._skip_name()
            size = _TYPE_SIZE[self._integer(4)]
            self._bytes(_padded(size * self._count()))

    def _dimension(self) -> int:
        self._skip_name()
        return self._count()

    def _variable(self) -> _Variable:
        self._skip_name()
        lengths = [self.lengths[self._count()] for _ in range(self._count())]
        self._skip_attributes()
        size = _TYPE_SIZE[self._integer(4)]
        self._count()  # the size as announced, which is too small a number for large variables
        record = bool(lengths) and lengths[0] == 0
        values = math.prod(lengths[1:] if record else lengths)
        return _Variable(self._integer(self.offset_size), record, size * values)


def _padded(size: int) -> int:
    return -(-size // 4) * 4
