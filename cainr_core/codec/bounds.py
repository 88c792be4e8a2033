"""Bounds of intervals that follow each other without gaps: told by their stamps and one edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cainr_core.codec import varints
from cainr_core.errors import CainrError

ENDS, MIDDLES, STARTS = PLACES = range(20, 23)  # where stamps stand; no kind of array has these
PARTS = 1024  # of a unit: the edge is a whole number of them


def encode_bounds(bounds: NDArray, stamps: NDArray | None) -> bytes | None:
    """Bytes of bounds (n, 2) whose stamps (n,) are known; None where these do not tell them."""
    if stamps is None or len(stamps) < 2 or bounds.shape != (len(stamps), 2):
        return None
    if bounds.dtype != stamps.dtype or bounds.dtype.str not in ("<f8", "<i8"):
        return None
    for place in PLACES:
        parts = float(bounds[-1, 1] if place == STARTS else bounds[0, 0]) * PARTS
        if not abs(parts) < 2**53 or parts != int(parts):
            continue
        data = bytes([place]) + varints.packed(varints.signed(int(parts)))
        if decode_bounds(data, stamps).tobytes() == bounds.tobytes():
            return data
    return None


def decode_bounds(data: bytes, stamps: NDArray) -> NDArray:
    """The bounds that `encode_bounds` was given."""
    reader = varints.Reader(data)
    place, parts = reader.byte(), reader.signed()
    if place not in PLACES or reader.at != len(data):
        raise CainrError("A coordinate of the file cannot be read: it is damaged.")
    edge = stamps.dtype.type(parts / PARTS)
    edges = np.append(stamps, edge) if place == STARTS else np.insert(stamps, 0, edge)
    if place == MIDDLES:
        with np.errstate(all="ignore"):
            for index, stamp in enumerate(stamps):
                edges[index + 1] = 2 * stamp - edges[index]
    return np.stack([edges[:-1], edges[1:]], axis=1)
