from __future__ import annotations

import json
import struct
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cainr_core.codec import varints, words
from cainr_core.codec.container import (
    ENOUGH,
    LARGEST_HEADER,
    MAGIC,
    OLD_SHELL,
    START,
    VERSION,
    check_start,
    join,
    split,
)
from cainr_core.errors import CainrError

quick = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.text(st.characters(exclude_categories=[]))  # lone surrogates too
jsonlike = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def refused(data: bytes, words: str = ".") -> None:
    """In one sentence, on one line."""
    with pytest.raises(CainrError, match=words) as told:
        split(data)
    assert str(told.value).count("\n") == 0
    assert str(told.value).endswith(".")


def sealed(body: bytes) -> bytes:
    """With a right checksum, whatever is in it."""
    return body + struct.pack("<I", zlib.crc32(body))


def old_shell(packed: bytes, plain: int, sections: bytes = b"", version: int = 3) -> bytes:
    """A file as versions 1 to 3 have it."""
    total = OLD_SHELL.size + len(packed) + len(sections) + 4
    return sealed(OLD_SHELL.pack(MAGIC, version, len(packed), plain, total) + packed + sections)


def shell(packed: bytes, sizes: list[int], sections: bytes = b"", version: int = VERSION) -> bytes:
    """A file whose header and sections take fewer than 100 bytes."""
    numbers = varints.packed(len(packed), len(sizes), *sizes)
    total = START.size + 1 + len(numbers + packed + sections) + 4
    total += total > 127
    return sealed(START.pack(MAGIC, version) + varints.packed(total) + numbers + packed + sections)


def deflated(text: bytes, dictionary: bytes = words.SHORTER) -> bytes:
    coder = zlib.compressobj(9, wbits=-15, zdict=dictionary)
    return coder.compress(text) + coder.flush()


def with_old_header(text: bytes, sections: bytes = b"") -> bytes:
    return old_shell(deflated(text, words.COMMON), len(text), sections)


@quick
@given(
    header=st.dictionaries(texts, jsonlike, max_size=4), sections=st.lists(st.binary(max_size=30))
)
def test_header_and_sections_come_back(header: dict[str, Any], sections: list[bytes]) -> None:
    back, parts = split(join(header, sections))
    assert back == header
    assert parts == sections


def test_the_shell_is_as_the_format_says() -> None:
    data = join({"name": "TS"}, [b"abc", b""])
    assert data[:8] == bytes.fromhex("89434149 4e520d0a".replace(" ", ""))
    assert struct.unpack_from("<H", data, 8) == (VERSION,)
    whole, packed, *sizes = data[10:15]
    assert whole == len(data)
    assert sizes == [2, 3, 0]
    text = zlib.decompressobj(wbits=-15, zdict=words.SHORTER).decompress(data[15 : 15 + packed])
    assert json.loads(text) == {"name": "TS"}
    assert data[15 + packed : -4] == b"abc"
    assert struct.unpack("<I", data[-4:]) == (zlib.crc32(data[:-4]),)


@pytest.mark.parametrize("size", [*range(80, 130), *range(16_330, 16_390)])
def test_a_file_counts_its_own_length(size: int) -> None:
    data = join({}, [bytes(size)])
    assert varints.Reader(data, START.size).number() == len(data)
    assert split(data) == ({}, [bytes(size)])


# --- what is no file of ours --------------------------------------------------------


@quick
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_refused(data: bytes, share: float) -> None:
    refused(data[: int(share * len(data))], "empty|cut short|does not begin")


@quick
@given(share=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_file_with_an_altered_byte_is_refused(data: bytes, share: float, flip: int) -> None:
    altered = bytearray(data)
    altered[int(share * len(data))] ^= flip
    refused(bytes(altered))


@quick
@given(more=st.binary(min_size=1, max_size=20))
def test_a_file_with_something_added_is_refused(data: bytes, more: bytes) -> None:
    refused(data + more, "altered or damaged")
    refused(more + data)


@quick
@given(garbage=st.binary(max_size=200))
def test_garbage_is_refused(garbage: bytes) -> None:
    refused(garbage)
    refused(MAGIC + garbage)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"", "is empty"),
        (b"CDF\x01 a NetCDF file", "does not begin as one"),
        (b"\x89HDF\r\n\x1a\n another", "does not begin as one"),
        (b"A text.\n" * 9, "does not begin as one"),
        (MAGIC, "cut short"),
    ],
)
def test_foreign_files_are_told_as_such(start: bytes, words: str) -> None:
    refused(start, words)


def test_a_newer_version_asks_for_a_newer_reader() -> None:
    refused(
        shell(deflated(b"{}"), [], version=VERSION + 1), "format version 5.*install a newer cainr"
    )
    refused(old_shell(deflated(b"{}"), 2, version=0), "damaged")


# --- headers that no writer made, checksums right -------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b"null",
        b"{",
        b"{}",
        b"\xff\xfe",
        b'{"sections": 3}',
        b'{"sections": null}',
        b'{"sections": "abc"}',
        b'{"sections": {"0": 0}}',
        b'{"sections": [-1]}',
        b'{"sections": [-1, 5]}',
        b'{"sections": [true, true, true, true]}',
        b'{"sections": [4.0]}',
        b'{"sections": ["4"]}',
        b'{"sections": [99999999999999999999999]}',
        b'{"sections": [3]}',
        b'{"sections": []}',
        b"[" * 100_000,
        b'{"sections": ' + b"[" * 100_000,
        b'{"a": ' * 50_000,
        b"9" * 10_000,
    ],
    ids=lambda text: text[:24].decode("latin1"),
)
def test_hostile_headers_are_refused(text: bytes) -> None:
    refused(with_old_header(text, b"four"), "damaged")
    refused(shell(deflated(text), [3], b"four"), "damaged")


@pytest.mark.parametrize("sizes", [[], [3], [5], [2, 3], [4, 1 << 62], [0] * 9])
def test_sections_that_do_not_fill_the_file_are_refused(sizes: list[int]) -> None:
    refused(shell(deflated(b"{}"), sizes, b"four"), "damaged")


@pytest.mark.parametrize("numbers", [b"", b"\x80", b"\xff" * 20, varints.packed(3, 1 << 40)])
def test_numbers_that_do_not_end_are_refused(numbers: bytes) -> None:
    total = START.size + 1 + len(numbers) + 4
    refused(sealed(START.pack(MAGIC, VERSION) + varints.packed(total) + numbers), "damaged|cut")


@pytest.mark.parametrize("plain", [0, 1, 2**31, 2**32 - 1, LARGEST_HEADER, LARGEST_HEADER + 1])
def test_headers_that_lie_about_their_size_are_refused(plain: int) -> None:
    refused(old_shell(deflated(b'{"sections":[]}', words.COMMON), plain), "damaged")


def test_a_header_that_would_unpack_without_end_is_not_unpacked() -> None:
    bomb = deflated(b" " * (1 << 26))
    tracemalloc.start()
    for plain in (0, 100, 2**32 - 1):
        refused(old_shell(bomb, plain), "damaged")
    assert tracemalloc.get_traced_memory()[1] < 1 << 21
    numbers = varints.packed(len(bomb), 0)
    total = START.size + 3 + len(numbers + bomb) + 4
    refused(sealed(START.pack(MAGIC, VERSION) + varints.packed(total) + numbers + bomb), "damaged")
    assert tracemalloc.get_traced_memory()[1] < 4 * LARGEST_HEADER
    tracemalloc.stop()


def test_a_packed_header_longer_than_the_file_is_refused() -> None:
    refused(sealed(OLD_SHELL.pack(MAGIC, 3, 2**32 - 1, 100, OLD_SHELL.size + 4)), "damaged")
    numbers = varints.packed(1 << 40, 0)
    total = START.size + 1 + len(numbers) + 4
    refused(sealed(START.pack(MAGIC, VERSION) + varints.packed(total) + numbers), "damaged")


@quick
@given(packed=st.binary(max_size=60), plain=st.integers(0, 2**32 - 1), rest=st.binary(max_size=9))
def test_any_header_is_refused(packed: bytes, plain: int, rest: bytes) -> None:
    refused(old_shell(packed, plain, rest))
    refused(shell(packed, [len(rest)], rest))


def test_the_start_of_a_file_is_enough_to_refuse_it() -> None:
    with pytest.raises(CainrError, match=r"x\.nc is not a \.cainr file"):
        check_start(b"\x89HDF\r\n\x1a\n" + bytes(18), 1 << 40, "x.nc")
    for start in (
        OLD_SHELL.pack(MAGIC, 1, 10, 10, 5000),
        (START.pack(MAGIC, VERSION) + varints.packed(5000) + bytes(20))[:ENOUGH],
    ):
        with pytest.raises(CainrError, match="cut short, 1,000 of 5,000 bytes"):
            check_start(start, 1000, "x.cainr")


# --- what a writer must not write ------------------------------------------------------


def test_a_header_too_large_to_be_read_is_not_written() -> None:
    with pytest.raises(CainrError, match="attribute history"):
        join({"attrs": {"history": "x" * LARGEST_HEADER}}, [])
