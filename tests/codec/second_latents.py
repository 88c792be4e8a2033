"""The integers of section 8 of docs/format.md by a second reader, which shares no code with the
first.

The values of contexts it is given: `tables`, on the grid of the latents, (rows, R, C), scaled to
[-1, 1].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from constriction import stream

from tests.codec.second_reader import as_weights, integers


@dataclass
class Band:
    level: int
    kind: int
    rows: int
    columns: int


@dataclass
class Layout:
    """Where latents lie."""

    lat: np.ndarray
    lon: np.ndarray
    wraps: bool
    levels: int
    bands: list[Band]


def layout(header: dict[str, Any], coords: dict[str, np.ndarray]) -> Layout:
    """Grid and bands."""
    lat, lon = coords[header["grid"]["lat"]], coords[header["grid"]["lon"]]
    if header["grid"]["kind"] == "columns":
        rows = 2 * max(2, round(math.sqrt(0.675 * len(lat)) / 2))
        lat = (np.arange(rows) + 0.5) * 180 / rows - 90
        lon = np.arange(2 * rows) * 180 / rows
    wraps = bool(np.isclose(len(lon) * (lon[1] - lon[0]), 360))
    levels = max(0, min(7, math.floor(math.log2(min(len(lat), len(lon)) / 4))))
    rows, columns = len(lat), len(lon)
    details: list[Band] = []
    for level in range(levels, 0, -1):
        low_rows, low_columns = (rows + 1) // 2, (columns + 1) // 2
        high_rows, high_columns = rows // 2, columns // 2
        width = low_columns
        parts: list[int] = []
        while len(parts) < 2 and width >= 8:
            parts.insert(0, width // 2)
            width = (width + 1) // 2
        bands = [Band(level, 1, low_rows, high_columns)]
        bands += [Band(level, 3 + i, high_rows, n) for i, n in enumerate([width, *parts])]
        details = [*bands, Band(level, 2, high_rows, high_columns), *details]
        rows, columns = low_rows, low_columns
    return Layout(lat, lon, wraps, levels, [Band(0, 0, rows, columns), *details])


def groups(times: int) -> list[range]:
    n = math.ceil(times / 64)
    return [range(times * g // n, times * (g + 1) // n) for g in range(n)]


def runs(n: int) -> list[range]:
    """Of the frequencies of n times."""
    found, first = [range(1)], 1
    while first < n:
        found.append(range(first, min(2 * first, n)))
        first *= 2
    return found


# ---------------------------------------------------------------- features


def log(m: np.ndarray) -> np.ndarray:
    return np.floor(8 * np.log2(np.minimum(m, 65535) + 1)).astype(int) - 32


def around(a: np.ndarray, wraps: bool) -> np.ndarray:
    """One more row and column on every side of the last two dimensions."""
    sides = [(0, 0)] * (a.ndim - 2)
    a = np.pad(a, [*sides, (1, 1), (0, 0)], "reflect" if a.shape[-2] > 1 else "edge")
    return np.pad(a, [*sides, (0, 0), (1, 1)], "wrap" if wraps else "edge")


def box(a: np.ndarray, wraps: bool) -> np.ndarray:
    wide, (rows, columns) = around(a, wraps), a.shape[-2:]
    total = sum(wide[..., i : i + rows, j : j + columns] for i in range(3) for j in range(3))
    return np.asarray(total) * 16 // 9


def spread_to(a: np.ndarray, band: Band) -> np.ndarray:
    """Values of another band at the places of this one."""
    rows = np.arange(band.rows) * a.shape[-2] // band.rows
    columns = np.arange(band.columns) * a.shape[-1] // band.columns
    return a[..., rows[:, None], columns]


def halved(maps: np.ndarray, axis: int) -> np.ndarray:
    maps = np.moveaxis(maps, axis, -1)
    if maps.shape[-1] % 2:
        maps = np.concatenate([maps, maps[..., -1:]], axis=-1)
    return np.moveaxis((maps[..., 0::2] + maps[..., 1::2] + 1) >> 1, -1, axis)


def maps_of(where: Layout, tables: list[np.ndarray]) -> list[np.ndarray]:
    """Features 16 and after for each band."""
    size = (len(where.lat), len(where.lon))
    latitude = np.broadcast_to(np.rint(where.lat * 127 / 90).astype(int)[:, None], size)
    maps = [latitude, abs(latitude)]
    for table in tables:
        f = np.rint(4096 * np.clip(table, -1, 1)).astype(int).sum(axis=0) // len(table)
        ordered = np.sort(f.ravel())
        counts = np.searchsorted(ordered, f, "left") + np.searchsorted(ordered, f, "right")
        below = np.concatenate([f[1:], f[-1:]])
        maps.append(counts * 127 // f.size - 127)
        maps.append(log(abs(f - below) + abs(f - np.roll(f, 1, axis=1))))
    pyramid = [np.stack(maps)]
    for _ in range(where.levels):
        pyramid.append(halved(halved(pyramid[-1], 1), 2))
    found = []
    for band in where.bands:
        part = pyramid[where.levels - band.level + 1 if band.level else where.levels]
        while band.kind >= 3 and part.shape[2] > band.columns + 1:
            part = halved(part, 2)
        found.append(part[:, : band.rows, : band.columns])
    return found


def parent(bands: list[Band], index: int) -> int | None:
    band = bands[index]
    coarser = [i for i, other in enumerate(bands) if other.level == band.level - 1]
    return min(coarser, key=lambda i: abs(bands[i].kind - band.kind), default=None)


def features(
    where: Layout, found: list[np.ndarray], index: int, run: range, before: range, half: int
) -> list[np.ndarray]:
    """1 to 15 for a run of a band, each (frequencies, rows, columns) or fewer; `found` holds the
    magnitudes so far."""
    band, own = where.bands[index], found[index][run.start : run.stop]
    none = np.array(-32)
    above, older, same, sides, times = none, none, none, none, none
    up = parent(where.bands, index)
    above_box = none
    if up is not None:
        theirs = found[up][run.start : run.stop]
        above = log(16 * spread_to(theirs, band))
        above_box = log(spread_to(box(theirs, where.wraps), band))
    if run.start:
        earlier = found[index][before.start : before.stop].sum(axis=0)
        older = log(box(earlier, where.wraps) // len(before))
    siblings = [i for i in range(index) if where.bands[i].level == band.level]
    if siblings:
        boxes = [box(found[i][run.start : run.stop], where.wraps) for i in siblings]
        same = log(np.sum([spread_to(each, band) for each in boxes], axis=0) // len(boxes))
    if half:
        wide = around(own, where.wraps)
        four = [wide[:, :-2, 1:-1], wide[:, 2:, 1:-1], wide[:, 1:-1, :-2], wide[:, 1:-1, 2:]]
        sides = log(4 * np.sum(four, axis=0))
        if len(run) > 1:
            lower, higher = [own[1], *own[:-1]], [*own[1:], own[-2]]
            times = log(8 * (np.stack(lower) + np.stack(higher)))
    k = np.arange(run.start, run.stop)[:, None, None]
    kinds = [np.array(32 * (band.kind == kind)) for kind in (0, 1, 3, 4, 5)]
    flags = [np.array(32 * half), 32 * (k == 0), np.array(8 * (where.levels - band.level))]
    return [above, above_box, older, same, sides, times, log(16 * k), *flags, *kinds]


# ---------------------------------------------------------------- integers


def frequencies(t: int) -> list[int]:
    """Of -reach to reach, and of all beyond."""
    with localcontext() as context:
        context.prec = 40
        s = Decimal("0.04") * Decimal(2) ** (Decimal("0.3") * (t + Decimal("0.5")))
        h = (-1 / (2 * s)).exp()
        middle = int(2**40 * (1 - h))
        w, ratio = [int(2**40 * h * (1 - h * h) / 2)], int(2**40 * h * h)
        reach = min(4095, math.ceil(16 * s) + 2)
    while len(w) < reach:
        w.append((w[-1] * ratio) >> 40)
    return [1 + n for n in [*reversed(w), middle, *w]] + [1]


def decoded(coder: stream.queue.RangeDecoder, tables: np.ndarray) -> np.ndarray:
    """The latents of a half, whose tables are given in their order."""
    values = np.zeros(len(tables), dtype=np.int64)
    for t in sorted(set(tables.tolist())):
        counts = frequencies(t)
        reach = len(counts) // 2 - 1
        model = stream.model.Categorical(np.array(counts, dtype=np.float64), perfect=False)
        part = coder.decode(model, int((tables == t).sum())).astype(np.int64) - reach
        for i in np.flatnonzero(part > reach):
            upper, lower = coder.decode(stream.model.Uniform(65536), 2).tolist()
            part[i] = np.int32(np.uint32(upper * 65536 + lower))
        values[tables == t] = part
    return values


class Entropy:
    """The network that chooses tables, and the weights of the prior."""

    def __init__(
        self, section: bytes, where: Layout, hidden: int, contexts: int, runs: int, version: int
    ):
        n = 17 + 2 * contexts
        shapes = [(hidden, n), (hidden, hidden), (1, hidden)]
        sizes = [[math.prod(shape) for shape in shapes], [shape[0] for shape in shapes]]
        each = (where.levels + 1, runs)
        found = integers(section, [*map(sum, sizes), *[math.prod(each)] * contexts], version)
        matrices, biases = (
            np.split(part.astype(int), np.cumsum(size)[:-1])
            for (_, part), size in zip(found[:2], sizes, strict=True)
        )
        self.matrices = [part.reshape(shape) for part, shape in zip(matrices, shapes, strict=True)]
        self.biases = biases
        self.prior = [as_weights(*part).reshape(each) for part in found[2:]]

    def tables(self, x: np.ndarray) -> np.ndarray:
        """Of features (features, latents)."""
        for matrix, bias in zip(self.matrices[:2], self.biases[:2], strict=True):
            x = np.clip((matrix @ x + bias[:, None] + 32) >> 6, 0, 255)
        return np.clip((self.matrices[2] @ x + self.biases[2] + 9511) // 614, 0, 47)[0]


def latents(
    section: bytes, n: int, where: Layout, entropy: Entropy, maps: list[np.ndarray]
) -> list[np.ndarray]:
    """The integers of a group of n times, (n, rows, columns) for each band."""
    every = runs(n)
    count = len(where.bands) * len(every)
    head = math.ceil(count / 8)
    bits = iter(np.unpackbits(np.frombuffer(section[:head], np.uint8), count=count))
    coder = stream.queue.RangeDecoder(np.frombuffer(section[head:], "<u4").astype(np.uint32))
    found = [np.zeros((n, band.rows, band.columns), dtype=np.int64) for band in where.bands]
    for index, band in enumerate(where.bands):
        for number, run in enumerate(every):
            if not next(bits):
                continue
            for half in (0, 1):
                k, i, j = np.indices((len(run), band.rows, band.columns))
                here = (k + run.start + i + j) % 2 == half
                told = features(where, [abs(q) for q in found], index, run, every[number - 1], half)
                x = np.stack([np.broadcast_to(f, here.shape)[here] for f in [*told, *maps[index]]])
                found[index][run.start : run.stop][here] = decoded(coder, entropy.tables(x))
    assert next(bits, None) is None
    return found
