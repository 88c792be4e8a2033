"""From integers to the field, section 8 of docs/format.md, by a second reader, which shares no code
with the first.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.codec.second_latents import Layout, runs
from tests.codec.second_reader import constant


def lifted(even: np.ndarray, odd: np.ndarray, step: int, lift: float, periodic: bool) -> None:
    """One step of lifting along the first dimension, in place."""
    n = len(even) + len(odd)
    for i in range(1 - step % 2, n, 2):
        total = 0.0
        for near in (i - 1, i + 1):
            at = near % n if periodic else (n - 2 if near == n else abs(near))
            total = total + (odd if at % 2 else even)[at // 2]
        (odd if i % 2 else even)[i // 2] += lift * total


LIFTS = constant("model/wavelet.py", "_LIFTS")
GAIN = constant("model/wavelet.py", "_GAIN")


def split(a: np.ndarray, axis: int, wraps: bool) -> tuple[np.ndarray, np.ndarray]:
    a = np.moveaxis(a, axis, 0).astype(np.float64)
    even, odd = a[0::2].copy(), a[1::2].copy()
    for step, lift in enumerate(LIFTS):
        lifted(even, odd, step, lift, wraps and len(a) % 2 == 0)
    return np.moveaxis(even * GAIN, 0, axis), np.moveaxis(odd / GAIN, 0, axis)


def join(low: np.ndarray, high: np.ndarray, axis: int, wraps: bool) -> np.ndarray:
    even, odd = np.moveaxis(low, axis, 0) / GAIN, np.moveaxis(high, axis, 0) * GAIN
    n = len(even) + len(odd)
    for step, lift in reversed(list(enumerate(LIFTS))):
        lifted(even, odd, step, -lift, wraps and n % 2 == 0)
    a = np.empty((n, *even.shape[1:]))
    a[0::2], a[1::2] = even, odd
    return np.moveaxis(a, 0, axis)


def cosines(n: int) -> np.ndarray:
    """The orthonormal DCT-II: (frequencies, times)."""
    k, t = np.arange(n)[:, None], np.arange(n)
    matrix = np.sqrt(2 / n) * np.cos(math.pi * (t + 0.5) * k / n)
    matrix[0] = math.sqrt(1 / n)
    return matrix


def transformed(where: Layout, planes: np.ndarray) -> list[np.ndarray]:
    """The bands of planes (times, R, C)."""
    mean = np.einsum("kt,tij->kij", cosines(len(planes)), planes)
    details: list[np.ndarray] = []
    for level in range(where.levels, 0, -1):
        low, high = split(mean, 1, False)
        mean, along_lon = split(low, 2, where.wraps)
        detail, both = split(high, 2, where.wraps)
        parts: list[np.ndarray] = []
        for _ in range(sum(band.level == level and band.kind > 3 for band in where.bands)):
            detail, part = split(detail, 2, where.wraps)
            parts.insert(0, part)
        details = [along_lon, detail, *parts, both, *details]
    return [mean, *details]


def back(where: Layout, bands: list[np.ndarray], finest: int) -> np.ndarray:
    """The planes of bands, of which the finest levels from `finest` on are left out."""
    kept = [
        values if band.level < finest else np.zeros_like(values)
        for band, values in zip(where.bands, bands, strict=True)
    ]
    mean = kept.pop(0)
    for level in range(1, where.levels + 1):
        here = [kept.pop(0) for band in where.bands if band.level == level]
        along_lon, detail, *parts, both = here
        for part in parts:
            detail = join(detail, part, 2, where.wraps)
        low = join(mean, along_lon, 2, where.wraps)
        mean = join(low, join(detail, both, 2, where.wraps), 1, False)
    return np.einsum("kt,kij->tij", cosines(len(mean)), mean)


def prior_of(
    where: Layout, weights: list[np.ndarray], contexts: list[np.ndarray]
) -> list[np.ndarray]:
    """Of the latents of a group; contexts: (times, R, C), scaled."""
    n = len(contexts[0])
    run = np.array([i for i, run in enumerate(runs(n)) for _ in run])
    total = [np.zeros(())] * len(where.bands)
    for weight, context in zip(weights, contexts, strict=True):
        for index, values in enumerate(transformed(where, context)):
            of_run = weight[where.bands[index].level][run]
            total[index] = total[index] + of_run[:, None, None] * values
    return total


def ten(
    where: Layout,
    told: dict[str, Any],
    integers: list[np.ndarray],
    weights: list[np.ndarray],
    contexts: list[np.ndarray],
) -> np.ndarray:
    """The ten inputs of a group, (10, times, R, C)."""
    one, more = told["shifts"]
    values = [told["step"] * (q + np.sign(q) * np.where(abs(q) == 1, one, more)) for q in integers]
    whole, everything = back(where, values, 99), where.levels + 1
    first = whole
    if contexts:
        prior = prior_of(where, weights, contexts)
        first = back(where, [v + p for v, p in zip(values, prior, strict=True)], 99)
    smooth = [back(where, values, max(1, everything - n)) for n in (2, 3)]
    steps = []
    for axis in (1, 2, 0):
        for shift in (1, -1):
            step = np.roll(whole, shift, axis) - whole
            if axis != 2 or not where.wraps:
                end = [slice(None)] * 3
                end[axis] = slice(1) if shift == 1 else slice(-1, None)
                step[tuple(end)] = 0
            steps.append(3 * step)
    return np.stack([first, *(told["gain"] * plane for plane in [whole, *smooth, *steps])])


def at_columns(planes: np.ndarray, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Planes (..., R, C) read at columns."""
    rows, columns = planes.shape[-2:]
    row = np.clip((lat + 90) * rows / 180 - 0.5, 0, rows - 1)
    column = lon % 360 * columns / 360
    i, j = np.minimum(row.astype(int), rows - 2), column.astype(int)
    y, x = row - i, column - j
    east = (j + 1) % columns
    south = (1 - x) * planes[..., i, j % columns] + x * planes[..., i, east]
    north = (1 - x) * planes[..., i + 1, j % columns] + x * planes[..., i + 1, east]
    return (1 - y) * south + y * north
