"""The outer shell of a .cainr file: magic, version, lengths, checksums, header, sections."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from cainr_core.codec import words
from cainr_core.errors import CainrError

MAGIC = b"\x89CAINR\r\n"
VERSION = 3
DICTIONARIES = {1: words.FIRST, 2: words.FIRST, 3: words.COMMON}
SHELL = struct.Struct("<8sHIIQ")  # magic, version, header packed, header plain, whole file
CHECKSUM = struct.Struct("<I")
LARGEST_HEADER = 1 << 22


def join(header: Mapping[str, Any], sections: Sequence[bytes]) -> bytes:
    """A whole file. The header is given a list `sections` of their lengths.

    CainrError where the header is too large, by attributes or coordinates of text.
    """
    text = json.dumps(
        {**header, "sections": [len(section) for section in sections]},
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode("utf-8", "surrogatepass")
    if len(text) > LARGEST_HEADER:
        raise CainrError(
            f"Attributes and coordinates take {len(text):,} bytes of text, more than the "
            f"{LARGEST_HEADER:,} that a file may hold: shorten them, such as the attribute history."
        )
    coder = zlib.compressobj(9, wbits=-15, zdict=DICTIONARIES[VERSION])
    packed = coder.compress(text) + coder.flush()
    total = SHELL.size + len(packed) + sum(map(len, sections)) + CHECKSUM.size
    body = SHELL.pack(MAGIC, VERSION, len(packed), len(text), total) + packed + b"".join(sections)
    return body + CHECKSUM.pack(zlib.crc32(body))


def version_of(start: bytes) -> int:
    """The format version of a file, from its first bytes, which `check_shell` has seen."""
    return int(SHELL.unpack(start[: SHELL.size])[1])


def split(data: bytes, what: str = "The file") -> tuple[dict[str, Any], list[bytes]]:
    """Header and sections of a file; CainrError in one sentence where it is not a whole one.

    Everything is checked against the length and the checksum before it is believed.
    """
    packed_size, plain_size = check_shell(data[: SHELL.size], len(data), what)
    body, checksum = data[: -CHECKSUM.size], data[-CHECKSUM.size :]
    if CHECKSUM.unpack(checksum)[0] != zlib.crc32(body):
        raise CainrError(f"{what} has been altered or damaged: copy or download it again.")
    words_of = DICTIONARIES[version_of(data)]
    header = _header(data[SHELL.size : SHELL.size + packed_size], plain_size, words_of, what)
    sizes: Any = header.get("sections")
    at = SHELL.size + packed_size
    known = isinstance(sizes, list) and all(type(size) is int and size >= 0 for size in sizes)
    if not known or at + sum(sizes) != len(body):
        raise CainrError(f"{what} names other parts than it holds: it is damaged.")
    sections = []
    for size in sizes:
        sections.append(body[at : at + size])
        at += size
    return header, sections


def check_shell(start: bytes, size: int, what: str) -> tuple[int, int]:
    """Bytes of the header, packed and plain, from the first bytes of a file of `size` bytes.

    CainrError where these cannot begin a whole .cainr file, so that no other is read further.
    """
    if size == 0:
        raise CainrError(f"{what} is empty: it is not a .cainr file.")
    if not start.startswith(MAGIC):
        raise CainrError(f"{what} is not a .cainr file: it does not begin as one.")
    if size < SHELL.size + CHECKSUM.size:
        raise CainrError(f"{what} is cut short: copy or download it again.")
    _, version, packed_size, plain_size, total = SHELL.unpack(start[: SHELL.size])
    if version > VERSION:
        raise CainrError(
            f"{what} is written in format version {version}, and this cainr reads up to "
            f"{VERSION}: install a newer cainr."
        )
    if size < total:
        raise CainrError(
            f"{what} is cut short, {size:,} of {total:,} bytes: copy or download it again."
        )
    if size > total or version < 1 or not 0 < plain_size <= LARGEST_HEADER:
        raise CainrError(f"{what} has been altered or damaged: copy or download it again.")
    return packed_size, plain_size


def _header(packed: bytes, size: int, words_of: bytes, what: str) -> dict[str, Any]:
    try:
        text = zlib.decompressobj(wbits=-15, zdict=words_of).decompress(packed, size)
        header = json.loads(text)
    except (zlib.error, ValueError, RecursionError) as error:
        raise CainrError(f"{what} has a header that cannot be read: it is damaged.") from error
    if len(text) != size or not isinstance(header, dict):
        raise CainrError(f"{what} has a header that cannot be read: it is damaged.")
    return header
