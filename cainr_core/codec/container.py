"""The outer shell of a .cainr file: magic, version, lengths, checksums, header, sections."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from cainr_core.codec import varints, words
from cainr_core.errors import CainrError

MAGIC = b"\x89CAINR\r\n"
VERSION = 4
DICTIONARIES = {1: words.FIRST, 2: words.FIRST, 3: words.COMMON, 4: words.SHORTER}
START = struct.Struct("<8sH")  # magic, version; what follows are numbers as `varints` packs them
OLD_SHELL = struct.Struct("<8sHIIQ")  # of versions 1 to 3: and header packed, plain, whole file
ENOUGH = OLD_SHELL.size  # first bytes that tell whether a file is a whole .cainr file
CHECKSUM = struct.Struct("<I")
LARGEST_HEADER = 1 << 22


def join(header: Mapping[str, Any], sections: Sequence[bytes]) -> bytes:
    """A whole file.

    CainrError where the header is too large, by attributes or coordinates of text.
    """
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )
    if len(text) > LARGEST_HEADER:
        raise CainrError(
            f"Attributes and coordinates take {len(text):,} bytes of text, more than the "
            f"{LARGEST_HEADER:,} that a file may hold: shorten them, such as the attribute history."
        )
    coder = zlib.compressobj(9, wbits=-15, zdict=DICTIONARIES[VERSION])
    packed = coder.compress(text) + coder.flush()
    numbers = varints.packed(len(packed), len(sections), *map(len, sections))
    rest = numbers + packed + b"".join(sections)
    total = size = START.size + len(rest) + CHECKSUM.size
    while size != total + len(varints.packed(size)):  # which counts itself
        size = total + len(varints.packed(size))
    body = START.pack(MAGIC, VERSION) + varints.packed(size) + rest
    return body + CHECKSUM.pack(zlib.crc32(body))


def version_of(start: bytes) -> int:
    """The format version of a file, from its first bytes, which `check_start` has seen."""
    return int(START.unpack(start[: START.size])[1])


def split(data: bytes, what: str = "The file") -> tuple[dict[str, Any], list[bytes]]:
    """Header and sections of a file; CainrError in one sentence where it is not a whole one.

    Everything is checked against the length and the checksum before it is believed.
    """
    check_start(data[:ENOUGH], len(data), what)
    body, checksum = data[: -CHECKSUM.size], data[-CHECKSUM.size :]
    if CHECKSUM.unpack(checksum)[0] != zlib.crc32(body):
        raise CainrError(f"{what} has been altered or damaged: copy or download it again.")
    version = version_of(data)
    if version < 4:
        _, _, packed, plain, _ = OLD_SHELL.unpack(data[: OLD_SHELL.size])
        at = OLD_SHELL.size
        header = _header(data[at : at + packed], plain, version, what)
        sizes: Any = header.get("sections")
    else:
        numbers = varints.Reader(body, START.size)
        _, packed, count = numbers.number(), numbers.number(), numbers.number()
        sizes = [numbers.number() for _ in range(count)]
        at = numbers.at
        header = _header(data[at : at + packed], None, version, what)
    at += packed
    known = isinstance(sizes, list) and all(type(size) is int and size >= 0 for size in sizes)
    if not known or at + sum(sizes) != len(body):
        raise CainrError(f"{what} names other parts than it holds: it is damaged.")
    sections = []
    for size in sizes:
        sections.append(body[at : at + size])
        at += size
    return header, sections


def check_start(start: bytes, size: int, what: str) -> None:
    """CainrError where the first bytes, `ENOUGH` of them, of a file of `size` bytes cannot begin a
    whole .cainr file, so that no other is read further."""
    if size == 0:
        raise CainrError(f"{what} is empty: it is not a .cainr file.")
    if not start.startswith(MAGIC):
        raise CainrError(f"{what} is not a .cainr file: it does not begin as one.")
    version = version_of(start) if size >= START.size else 0
    if size < (OLD_SHELL if version < 4 else START).size + CHECKSUM.size:
        raise CainrError(f"{what} is cut short: copy or download it again.")
    if version > VERSION:
        raise CainrError(
            f"{what} is written in format version {version}, and this cainr reads up to "
            f"{VERSION}: install a newer cainr."
        )
    if version < 4:
        total = OLD_SHELL.unpack(start[: OLD_SHELL.size])[-1]
    else:
        total = varints.Reader(start, START.size).number()
    if size < total:
        raise CainrError(
            f"{what} is cut short, {size:,} of {total:,} bytes: copy or download it again."
        )
    if size > total or version == 0:
        raise CainrError(f"{what} has been altered or damaged: copy or download it again.")


def _header(packed: bytes, size: int | None, version: int, what: str) -> dict[str, Any]:
    """The header; `size`: bytes of its text, where the file tells them."""
    damaged = CainrError(f"{what} has a header that cannot be read: it is damaged.")
    if size is not None and not 0 < size <= LARGEST_HEADER:
        raise damaged
    coder = zlib.decompressobj(wbits=-15, zdict=DICTIONARIES[version])
    try:
        text = coder.decompress(packed, size or LARGEST_HEADER)
        header = json.loads(text)
    except (zlib.error, ValueError, RecursionError) as error:
        raise damaged from error
    whole = coder.eof and not coder.unused_data if size is None else len(text) == size
    if not whole or not isinstance(header, dict):
        raise damaged
    return header
