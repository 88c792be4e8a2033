"""The wavelet transform that latent grids are interpolated with: Cohen-Daubechies-Feauveau 9/7.

By lifting (Daubechies and Sweldens 1998, section 7.7), nearly orthonormal: a rounding error of a
latent is an error of about the same size in the field. Longitude wraps round, latitude is mirrored
at its ends.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_LIFTS = (-1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971)
_GAIN = 1.149604398860241
FEWEST = 4  # rows or columns of the coarsest band
MOST_LEVELS = 7

Bands = list[Tensor]


def levels_of(rows: int, columns: int) -> int:
    """How often a grid is halved."""
    return min(MOST_LEVELS, max(0, int(math.log2(max(min(rows, columns) / FEWEST, 1)))))


def band_shapes(rows: int, columns: int, levels: int) -> list[tuple[int, int]]:
    """Shapes of the bands: the coarsest mean, then from coarse to fine the details along longitude,
    along latitude, and along both."""
    shapes: list[tuple[int, int]] = []
    for _ in range(levels):
        low, west = (rows + 1) // 2, (columns + 1) // 2
        shapes = [(low, columns - west), (rows - low, west), (rows - low, columns - west), *shapes]
        rows, columns = low, west
    return [(rows, columns), *shapes]


def analyse(planes: Tensor, levels: int, periodic: bool) -> Bands:
    """Bands of planes (n, rows, columns), in the order of `band_shapes`."""
    bands: Bands = []
    for _ in range(levels):
        west, east = _split(planes, 2, periodic)
        planes, along_lat = _split(west, 1, False)
        along_lon, both = _split(east, 1, False)
        bands = [along_lon, along_lat, both, *bands]
    return [planes, *bands]


def synthesise(bands: Bands, periodic: bool) -> Tensor:
    """Planes (n, rows, columns) of their bands."""
    planes = bands[0]
    for first in range(1, len(bands), 3):
        along_lon, along_lat, both = bands[first : first + 3]
        west = _join(planes, along_lat, 1, False)
        east = _join(along_lon, both, 1, False)
        planes = _join(west, east, 2, periodic)
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
    shape = list(low.shape)
    shape[dim] = size
    whole = low.new_empty(shape)
    whole.index_copy_(dim, torch.arange(0, size, 2, device=low.device), even)
    return whole.index_copy_(dim, torch.arange(1, size, 2, device=low.device), odd)


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
