"""Numeric arrays without loss: coordinates, masks and embedded contexts."""

from __future__ import annotations

import lzma
import math
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cainr_core.codec import varints
from cainr_core.errors import CainrError

# a dictionary as large as the sections here: the preset's 64 MB would cost each reader its memory
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 1 << 22}]
LARGEST = 1 << 30  # bytes of an array, unpacked: more is a damaged file
DTYPES = ("<f8", "<f4", "<f2", "<i8", "<i4", "<i2", "|i1", "<u8", "<u4", "<u2", "|u1", "|b1")
WIDTHS = (1, 2, 4, 8)  # bytes of a distance
PLAIN = 0  # in place of the width of distances: the values themselves follow
LINE = 16  # all values lie on the line between the ends, which follow
OLD_RULED = 32  # + width of a difference: whole multiples of a power of two follow
OLD_RULE = struct.Struct("<BBq")  # kind, binary places, first multiple
EVEN = 48  # multiples of a power of two, all as far from each other: places, first, difference
RULED = 48  # + width of a difference: places, first, differences
MOST_PLACES = 10  # binary ones of such a multiple: minutes of a day are not, its 1024ths are


def pack(data: bytes) -> bytes:
    """LZMA2 without container."""
    return lzma.compress(data, format=lzma.FORMAT_RAW, filters=FILTERS)


def unpack(data: bytes, size: int) -> bytes:
    """What `pack` was given, which must be `size` bytes; never allocates more than that."""
    if not 0 <= size <= LARGEST:
        raise CainrError("The file claims an array that is too large: it is damaged.")
    coder = lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=FILTERS)
    try:
        plain = coder.decompress(data, max_length=size)
    except lzma.LZMAError as error:
        raise CainrError("A part of the file cannot be unpacked: it is damaged.") from error
    if len(plain) != size:
        raise CainrError("A part of the file is shorter than it says: it is damaged.")
    return plain


def encode_array(array: NDArray) -> bytes:
    """Bytes of an array whose little-endian dtype is one of `DTYPES`; shape and dtype are the
    caller's to keep. CainrError for other types.

    Floats are stored as the distance, in representable numbers, from the straight line between the
    first and the last value: zero throughout for an evenly spaced axis. Integers likewise. Where
    that takes more, as for the columns of an unstructured grid, the values are stored as they are.
    Multiples of a power of two, as days and their halves, are stored as their differences: months
    and the bounds of days are no line.
    """
    flat = np.ascontiguousarray(array).ravel()
    if flat.dtype.str not in DTYPES or flat.nbytes > LARGEST:
        raise CainrError(
            f"An array of {flat.size:,} values of type {flat.dtype} cannot be kept in a file: "
            "convert it to float64, or leave it away."
        )
    if flat.dtype.kind == "b" or flat.size < 3:
        return pack(_shuffled(flat))
    ordered = _ordered(flat)
    residual = ordered - _ordered(_line(flat[0], flat[-1], flat.size, flat.dtype))
    ends = flat[:1].tobytes() + flat[-1:].tobytes()
    ruled = _ruled(flat)
    if not residual.any():
        return min(filter(None, (struct.pack("<B", LINE) + ends, ruled)), key=len)
    zigzag = _zigzag(residual)
    width = flat.dtype.itemsize if int(zigzag.max()) >> (8 * flat.dtype.itemsize) == 0 else 8
    line = struct.pack("<B", width) + ends + pack(_shuffled(zigzag.astype(f"<u{width}")))
    plain = struct.pack("<B", PLAIN) + pack(flat.tobytes())
    return min(filter(None, (line, plain, ruled)), key=len)


def decode_array(data: bytes, dtype: str, shape: Sequence[int]) -> NDArray:
    """The array that `encode_array` was given."""
    if dtype not in DTYPES:
        raise CainrError(f"The file holds an array of type '{dtype}', which cainr never writes.")
    kind = np.dtype(dtype)
    if not all(type(n) is int and n >= 0 for n in shape):
        raise CainrError("The file holds an array whose shape is none: it is damaged.")
    size = math.prod(shape)
    if kind.kind == "b" or size < 3:
        return _unshuffled(unpack(data, size * kind.itemsize), kind).reshape(shape)
    if data[:1] == bytes([PLAIN]):
        plain = unpack(data[1:], size * kind.itemsize)
        return np.frombuffer(plain, dtype=kind).reshape(shape).copy()
    if size * kind.itemsize > LARGEST:
        raise CainrError("The file claims an array that is too large: it is damaged.")
    if data and data[0] > LINE:
        return _unruled(data, kind, size).reshape(shape)
    if len(data) < 1 + 2 * kind.itemsize or data[0] not in (LINE, *WIDTHS):
        raise CainrError("A coordinate of the file cannot be read: it is damaged.")
    width, head = data[0], 1 + 2 * kind.itemsize
    first, last = np.frombuffer(data[1:head], dtype=kind)
    ordered = _ordered(_line(first, last, size, kind))
    if width != LINE:
        plain = unpack(data[head:], size * width)
        ordered = ordered + _unzigzag(_unshuffled(plain, np.dtype(f"<u{width}")))
    elif len(data) != head:
        raise CainrError("A coordinate of the file cannot be read: it is damaged.")
    return _unordered(ordered, kind).reshape(shape)


def _ruled(flat: NDArray) -> bytes:
    """Places, the first multiple, and the differences; nothing where the values are no multiples
    of at most 53 bits, whose differences float64 and int64 hold."""
    with np.errstate(over="ignore", invalid="ignore"):
        for places in range(MOST_PLACES + 1) if flat.dtype.kind == "f" else (0,):
            scaled = flat.astype(np.float64) * 2.0**places
            if not (np.abs(scaled) < 2**53).all():  # nor may a NaN pass
                return b""
            if (scaled == np.rint(scaled)).all():
                break
        else:
            return b""
    whole = scaled.astype("<i8")
    if not np.array_equal(_of_multiples(whole, places, flat.dtype).view("u1"), flat.view("u1")):
        return b""  # -0.0
    steps = np.diff(whole)
    first = varints.packed(varints.signed(int(whole[0])))
    if (steps == steps[0]).all():
        return bytes([EVEN, places]) + first + varints.packed(varints.signed(int(steps[0])))
    zigzag = _zigzag(steps)
    width = next(w for w in WIDTHS if int(zigzag.max()) >> (8 * w) == 0)
    coder = zlib.compressobj(9, wbits=-15)
    packed = coder.compress(_shuffled(zigzag.astype(f"<u{width}"))) + coder.flush()
    return bytes([RULED + width, places]) + first + packed


def _unruled(data: bytes, dtype: np.dtype, size: int) -> NDArray:
    reader = varints.Reader(data)
    kind, places = reader.byte(), reader.byte()
    damaged = CainrError("A coordinate of the file cannot be read: it is damaged.")
    if places > MOST_PLACES:
        raise damaged
    if kind < EVEN and len(data) >= OLD_RULE.size:
        width, at, first = kind - OLD_RULED, OLD_RULE.size, OLD_RULE.unpack_from(data)[-1]
    else:
        width, first, at = kind - RULED, reader.signed(), reader.at
    if kind == EVEN:
        steps = np.full(size - 1, reader.signed(), np.int64)
        if reader.at != len(data):
            raise damaged
    elif width in WIDTHS:
        plain = _inflated(data[at:], (size - 1) * width)
        steps = _unzigzag(_unshuffled(plain, np.dtype(f"<u{width}")))
    else:
        raise damaged
    return _of_multiples(np.cumsum(np.concatenate([[first], steps])), places, dtype)


def _inflated(data: bytes, size: int) -> bytes:
    try:
        plain = zlib.decompressobj(wbits=-15).decompress(data, size)
    except zlib.error as error:
        raise CainrError("A part of the file cannot be unpacked: it is damaged.") from error
    if len(plain) != size:
        raise CainrError("A part of the file is shorter than it says: it is damaged.")
    return plain


def _of_multiples(whole: NDArray[np.int64], places: int, dtype: np.dtype) -> NDArray:
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return (whole * 2.0**-places).astype(dtype)
    return whole.astype(dtype)


def _zigzag(values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """0, -1, 1, -2, ... as 0, 1, 2, 3, ...: small negative numbers stay small."""
    return ((values << 1) ^ (values >> 63)).view("<u8")


def _unzigzag(codes: NDArray) -> NDArray[np.int64]:
    wide = codes.astype("<u8")
    return (wide >> np.uint64(1)).view("<i8") ^ -(wide & np.uint64(1)).view("<i8")


def _line(first: NDArray, last: NDArray, size: int, dtype: np.dtype) -> NDArray:
    start, stop = float(first), float(last)
    if not np.isfinite([start, stop, stop - start]).all():
        return np.zeros(size, dtype=dtype)
    with np.errstate(over="ignore"):  # rounding may pass the greatest number
        line = start + np.arange(size) * ((stop - start) / (size - 1))
        if dtype.kind == "f":
            return line.astype(dtype)
    bounds = np.iinfo(dtype)
    # the greatest 64-bit integers are no floats: clip inside the range before the cast
    top = np.nextafter(float(bounds.max), 0) if dtype.itemsize == 8 else bounds.max
    return np.clip(np.rint(line), bounds.min, top).astype(dtype)


def _ordered(values: NDArray) -> NDArray[np.int64]:
    """Integers in the order of the values, neighbours one apart: -0.0 is -1, and 0.0 is 0."""
    if values.dtype.kind != "f":
        return values.astype("<i8", casting="unsafe")
    width = values.dtype.itemsize
    bits = np.ascontiguousarray(values).view(f"<i{width}").astype("<i8")
    return _mirrored(bits, width)


def _unordered(ordered: NDArray[np.int64], dtype: np.dtype) -> NDArray:
    if dtype.kind != "f":
        return ordered.astype(dtype, casting="unsafe")
    bits = _mirrored(ordered, dtype.itemsize)
    return bits.astype(f"<i{dtype.itemsize}").view(dtype)


def _mirrored(bits: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Sign and magnitude to two's complement, less one, and back."""
    return bits ^ ((bits >> 63) & np.int64(2 ** (8 * width - 1) - 1))


def _shuffled(values: NDArray) -> bytes:
    """Bytes of the values, all first bytes before all second ones."""
    raw = np.ascontiguousarray(values).view(np.uint8)
    return raw.reshape(-1, values.itemsize).T.tobytes()


def _unshuffled(data: bytes, dtype: np.dtype) -> NDArray:
    raw = np.frombuffer(data, dtype=np.uint8).reshape(dtype.itemsize, -1).T
    return np.ascontiguousarray(raw).view(dtype).ravel()
