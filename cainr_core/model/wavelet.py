"""The wavelet transform that latent grids are interpolated with: Cohen-Daubechies-Feauveau 9/7.

By lifting (Daubechies and Sweldens 1998, section 7.7), nearly orthonormal: a rounding error of a
latent is an error of about the same size in the field. Longitude wraps round, latitude is mirrored
at its ends. Details along latitude are halved further along longitude: near the poles, and in the
zonal flow, a field changes much less along a circle of latitude than across it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_LIFTS = (-1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971)
_GAIN = 1.149604398860241
FEWEST = 4  # rows or columns of the coarsest band
MOST_LEVELS = 7
FURTHER = 2  # times that details along latitude are halved along longitude
MEAN, ALONG_LON, BOTH, ALONG_LAT = range(4)  # kinds of bands; ALONG_LAT + k: its k-th part

Bands = list[Tensor]


@dataclass(frozen=True)
class Band:
    """One band of the transform: `level` 0 for the coarsest mean, 1 for the coarsest details.

    kind: ALONG_LAT is the part of the details along latitude that is lowest along longitude,
        ALONG_LAT + 1 the one that was split off it last, and so on.
    """

    level: int
    kind: int
    rows: int
    columns: int


def layout(rows: int, columns: int) -> list[Band]:
    """The bands of a grid, in the order in which they are coded: the coarsest mean, then from
    coarse to fine the details along longitude, along latitude, and along both."""
    levels = min(MOST_LEVELS, max(0, int(math.log2(max(min(rows, columns) / FEWEST, 1)))))
    bands: list[Band] = []
    for level in range(levels, 0, -1):
        low, west = (rows + 1) // 2, (columns + 1) // 2
        *highs, lowest = _further(west)
        parts = [Band(level, ALONG_LAT, rows - low, lowest)]
        for number, high in enumerate(reversed(highs), 1):
            parts.append(Band(level, ALONG_LAT + number, rows - low, high))
        bands = [
            Band(level, ALONG_LON, low, columns - west),
            *parts,
            Band(level, BOTH, rows - low, columns - west),
            *bands,
        ]
        rows, columns = low, west
    return [Band(0, MEAN, rows, columns), *bands]


def halvings(rows: int, columns: int) -> list[tuple[int, int]]:
    """Rows and columns before each halving, from fine to coarse."""
    shapes = []
    for _ in range(layout(rows, columns)[-1].level):
        shapes.append((rows, columns))
        rows, columns = (rows + 1) // 2, (columns + 1) // 2
    return shapes


def _further(columns: int) -> list[int]:
    """Columns of the parts of details along latitude: high ones first, then what is low."""
    parts: list[int] = []
    while len(parts) < FURTHER and columns >= 2 * FEWEST:
        parts.append(columns // 2)
        columns -= columns // 2
    return [*parts, columns]


def analyse(planes: Tensor, periodic: bool) -> Bands:
    """Bands of planes (n, rows, columns), in the order of their `layout`."""
    levels = layout(*planes.shape[1:])[-1].level
    bands: Bands = []
    for _ in range(levels):
        west, east = _split(planes, 2, periodic)
        planes, lowest = _split(west, 1, False)
        along_lon, both = _split(east, 1, False)
        parts: Bands = []
        for _ in _further(lowest.shape[2])[1:]:
            lowest, high = _split(lowest, 2, periodic)
            parts = [high, *parts]
        bands = [along_lon, lowest, *parts, both, *bands]
    return [planes, *bands]


def synthesise(bands: Bands, periodic: bool, shapes: Sequence[tuple[int, int]] = ()) -> Tensor:
    """Planes (n, rows, columns) of their bands; `shapes`: rows and columns of further levels, from
    coarse to fine, whose details are all zero."""
    planes, *details = bands
    while details:
        # the parts of the details along latitude have as many rows, the band of both as many
        # columns as the one along longitude
        along_lon, along_lat, *details = details
        while along_lat.shape[2] < planes.shape[2]:
            high, *details = details
            along_lat = _join(along_lat, high, 2, periodic)
        both, *details = details
        west = _join(planes, along_lat, 1, False)
        east = _join(along_lon, both, 1, False)
        planes = _join(west, east, 2, periodic)
    for rows, columns in shapes:
        planes = _widen(_widen(planes, 1, rows, False), 2, columns, periodic)
    return planes


def _split(x: Tensor, dim: int, periodic: bool) -> tuple[Tensor, Tensor]:
    """Low and high half of one dimension."""
    size = x.shape[dim]
    even = x.index_select(dim, torch.arange(0, size, 2, device=x.device))
    odd = x.index_select(dim, torch.arange(1, size, 2, device=x.device))
    periodic = periodic and size % 2 == 0
    for step, lift in enumerate(_LIFTS):
        if step % 2 == 0:
            odd = odd + lift * _around_odd(even, odd.shape[dim], dim, periodic)
        else:
            even = even + lift * _around_even(odd, even.shape[dim], dim, periodic)
    return even * _GAIN, odd / _GAIN


def _join(low: Tensor, high: Tensor, dim: int, periodic: bool) -> Tensor:
    """One dimension of its low and high half."""
    size = low.shape[dim] + high.shape[dim]
    periodic = periodic and size % 2 == 0
    even, odd = low / _GAIN, high * _GAIN
    for step, lift in reversed(list(enumerate(_LIFTS))):
        if step % 2 == 0:
            odd = odd - lift * _around_odd(even, odd.shape[dim], dim, periodic)
        else:
            even = even - lift * _around_even(odd, even.shape[dim], dim, periodic)
    return _woven(even, odd, dim)


def _woven(even: Tensor, odd: Tensor, dim: int) -> Tensor:
    """Samples in turn from both."""
    shape = list(even.shape)
    shape[dim] += odd.shape[dim]
    whole = even.new_empty(shape)
    step = [slice(None)] * dim
    whole[(*step, slice(0, None, 2))] = even
    whole[(*step, slice(1, None, 2))] = odd
    return whole


def _widen(low: Tensor, dim: int, size: int, periodic: bool) -> Tensor:
    """One dimension, of `size`, of its low half, the high one being zero: `_join` without what
    comes of zeros alone."""
    periodic = periodic and size % 2 == 0
    even, count = low / _GAIN, size - low.shape[dim]
    odd = -_LIFTS[2] * _around_odd(even, count, dim, periodic)
    even = even - _LIFTS[1] * _around_even(odd, even.shape[dim], dim, periodic)
    odd = odd - _LIFTS[0] * _around_odd(even, count, dim, periodic)
    return _woven(even, odd, dim)


def _around_odd(even: Tensor, count: int, dim: int, periodic: bool) -> Tensor:
    """Sum of the even samples on both sides of each odd one."""
    size = even.shape[dim]
    end = even.narrow(dim, 0, 1) if periodic else even.narrow(dim, size - 1, 1)
    after = torch.cat([even.narrow(dim, 1, size - 1), end], dim)
    return (even + after).narrow(dim, 0, count)


def _around_even(odd: Tensor, count: int, dim: int, periodic: bool) -> Tensor:
    """Sum of the odd samples on both sides of each even one."""
    size = odd.shape[dim]
    last = odd.narrow(dim, size - 1, 1)
    before = torch.cat([last if periodic else odd.narrow(dim, 0, 1), odd], dim)
    after = torch.cat([odd, last], dim) if count > size else odd
    return before.narrow(dim, 0, count) + after.narrow(dim, 0, count)
