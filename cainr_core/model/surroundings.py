"""What the entropy model sees of a latent: what was coded before it nearby, and the contexts there.

What the range coder follows must be the same on every machine: features are integers, of integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.data.sampling import SampledContext
from cainr_core.model.latents import Pyramid, frequency_bins
from cainr_core.model.wavelet import ALONG_LAT, ALONG_LON, FURTHER, MEAN, Band, Bands

N_NEAR = 6  # features of latents nearby
NOTHING = -32  # a feature of what is not there, or zero
BESIDE = ((4, NOTHING), (5, NOTHING), (N_NEAR + 1, 0))  # what only second halves know, and else
MEAN_UNIT = 16  # of a mean magnitude
LARGEST_MEAN = (1 << 16) - 1
KINDS = (MEAN, ALONG_LON, *range(ALONG_LAT, ALONG_LAT + FURTHER + 1))  # BOTH: none of them
N_PLAIN = N_NEAR + 4 + len(KINDS)  # features besides those of the contexts

Run = tuple[int, range]  # a band and frequencies that are coded together, in two halves


@lru_cache
def _logarithms() -> NDArray[np.int8]:
    """8 log2(n + 1) - 32, rounded down, for means n in sixteenths."""
    return np.array(
        [((n + 1) ** 8).bit_length() - 1 - 32 for n in range(LARGEST_MEAN + 1)], dtype=np.int8
    )


class Surroundings:
    """Features of the latents of a group, from those coded before them and from the contexts.

    A run of latents (frequency, row, column) is coded in two halves, the two colours of a
    chequerboard: the first one knows what was coded before the run, the second one its neighbours
    in the first as well. `maps`: (features, rows, columns) of the grid, integers of 8 bits.
    """

    def __init__(self, pyramid: Pyramid, maps: NDArray[np.int32], device: torch.device) -> None:
        self._pyramid, self.device = pyramid, device
        self.n_features = N_PLAIN + len(maps)
        self._logs = torch.from_numpy(_logarithms()).to(device)
        self._still = [
            torch.from_numpy(_still(pyramid, band, part)).to(device)
            for band, part in zip(pyramid.bands, _shrunk(maps, pyramid), strict=True)
        ]
        self._parents = [_parent(pyramid.bands, band) for band in pyramid.bands]
        self._siblings = [
            [other for other in range(number) if pyramid.bands[other].level == band.level]
            for number, band in enumerate(pyramid.bands)
        ]
        self._halves: dict[tuple[int, int, int, int], tuple[Tensor, Tensor]] = {}
        self._neighbours: dict[range, tuple[Tensor, Tensor, Tensor]] = {}

    @staticmethod
    def runs(pyramid: Pyramid, times: int) -> Iterator[Run]:
        """The runs of a group of so many times, in the order in which they are coded."""
        for band in range(len(pyramid.bands)):
            for frequencies in frequency_bins(times):
                yield band, frequencies

    def every(self, latents: Bands, number: int) -> Tensor:
        """Features (n, n_features), int8, of all latents of a band, where all are known."""
        times = len(latents[number])
        together = number, range(times)
        board = self.whole(latents, together)
        for run in frequency_bins(times):
            self.first(board[:, run.start : run.stop], latents, (number, run))
        flat = self.second(board, latents, together).flatten(1)
        for feature, unknown in BESIDE:
            flat[feature, self.halves(together)[0]] = unknown
        return flat.T

    def halves(self, run: Run) -> tuple[Tensor, Tensor]:
        """Places in a flat run of the latents of its first and of its second half."""
        number, frequencies = run
        band = self._pyramid.bands[number]
        shape = (len(frequencies), band.rows, band.columns)
        key = (*shape, frequencies.start % 2)
        if key not in self._halves:
            axes = [torch.arange(size, device=self.device) for size in shape]
            board = axes[0][:, None, None] + axes[1][:, None] + axes[2] + frequencies.start
            flat = board.reshape(-1) % 2
            first, second = (torch.nonzero(flat == half)[:, 0] for half in (0, 1))
            self._halves[key] = first, second
        return self._halves[key]

    def whole(self, latents: Bands, run: Run) -> Tensor:
        """Features (n_features, frequency, row, column), int8, as far as other bands and contexts
        tell them: those of several runs of a band may be had at once."""
        number, frequencies = run
        chosen = slice(frequencies.start, frequencies.stop)
        band = self._pyramid.bands[number]
        shape = (len(frequencies), band.rows, band.columns)
        board = torch.empty((self.n_features, *shape), dtype=torch.int8, device=self.device)
        board[:N_NEAR] = NOTHING
        if number > 0:
            parent = latents[self._parents[number]][chosen].abs()
            board[0] = _placed(self._log(parent * MEAN_UNIT), *shape[1:])
            board[1] = _placed(self._log(self._box(parent)), *shape[1:])
        siblings = [latents[other][chosen].abs() for other in self._siblings[number]]
        if siblings:
            boxes = [_placed(self._box(sibling), *shape[1:]) for sibling in siblings]
            board[3] = self._log(torch.stack(boxes).sum(0, dtype=torch.int32) // len(boxes))
        each = torch.arange(frequencies.start, frequencies.stop, device=self.device)
        board[N_NEAR] = self._log(each * MEAN_UNIT)[:, None, None]
        board[N_NEAR + 1] = 0
        board[N_NEAR + 2] = 32 * (each == 0)[:, None, None]
        board[N_NEAR + 3 :] = self._still[number][:, None]
        return board

    def first(self, board: Tensor, latents: Bands, run: Run) -> Tensor:
        """Put in what the band's earlier frequencies tell of a run, whose `board` is given: the
        features of its first half."""
        number, frequencies = run
        if frequencies.start > 0:
            earlier = latents[number][frequencies.start // 2 : frequencies.start].abs()
            total = earlier.sum(0, keepdim=True, dtype=torch.int32)
            board[2] = self._log(self._box(total) // len(earlier))
        return board

    def second(self, board: Tensor, latents: Bands, run: Run) -> Tensor:
        """Put in what the first half of a run, or of several at once, tells: the features of its
        second half."""
        number, frequencies = run
        known = latents[number][frequencies.start : frequencies.stop].abs()
        known.view(-1)[self.halves(run)[1]] = 0
        padded = self._padded(known)
        total = padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:]
        total = total + padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1]
        board[4] = self._log(total * (MEAN_UNIT // 4))
        some, lower, upper = self._across(frequencies)
        if len(some):
            across = known.index_select(0, lower) + known.index_select(0, upper)
            board[5, some] = self._log(across * (MEAN_UNIT // 2))
        board[N_NEAR + 1] = 32
        return board

    def _across(self, frequencies: range) -> tuple[Tensor, Tensor, Tensor]:
        """Which of these frequencies have neighbours in their run, and the two of each: at a run's
        ends the inner one twice, for the latent itself is not known yet."""
        if frequencies not in self._neighbours:
            table = [
                (f, f - 1 if f > run.start else f + 1, f + 1 if f + 1 < run.stop else f - 1)
                for run in frequency_bins(frequencies.stop)
                if run.start >= frequencies.start and len(run) > 1
                for f in run
            ]
            places = torch.tensor(table, dtype=torch.int64, device=self.device).reshape(-1, 3)
            some, lower, upper = (places - frequencies.start).T.contiguous()
            self._neighbours[frequencies] = some, lower, upper
        return self._neighbours[frequencies]

    def _log(self, mean: Tensor) -> Tensor:
        index = mean.clamp(max=LARGEST_MEAN).reshape(-1)
        return self._logs.index_select(0, index).view(mean.shape)

    def _box(self, magnitude: Tensor) -> Tensor:
        """Mean over 3 x 3 latents, in sixteenths."""
        padded = self._padded(magnitude)
        total = padded[:, :, :-2] + padded[:, :, 1:-1] + padded[:, :, 2:]
        total = total[:, :-2] + total[:, 1:-1] + total[:, 2:]
        return (total * MEAN_UNIT) // 9

    def _padded(self, x: Tensor) -> Tensor:
        west, east = (-1, 0) if self._pyramid.periodic else (0, -1)
        x = torch.cat([x[:, :, west, None], x, x[:, :, east, None]], dim=2)
        north = x[:, 1:2] if x.shape[1] > 1 else x[:, :1]
        south = x[:, -2:-1] if x.shape[1] > 1 else x[:, :1]
        return torch.cat([north, x, south], dim=1)


def surroundings(
    pyramid: Pyramid, lat: NDArray, scaled: Sequence[SampledContext], device: torch.device
) -> Surroundings:
    """What the entropy model of a field sees; `lat` and contexts, in [-1, 1], at its cells."""
    shape = (pyramid.rows, pyramid.columns)
    tables = [context.table.reshape(-1, *shape) for context in scaled]
    return Surroundings(pyramid, context_maps(lat.reshape(shape), tables), device)


def context_maps(
    latitudes: NDArray[np.float64], contexts: Sequence[NDArray[np.float32]]
) -> NDArray[np.int32]:
    """What the entropy model sees of a place, (2 + 2 n, rows, columns), integers of 8 bits.

    `latitudes`: (rows, columns), degrees. `contexts`: n of (k, rows, columns), scaled to [-1, 1].
    Of each the rank of its mean over k and how much that changes from cell to cell.
    """
    north = np.rint(latitudes * (127 / 90)).astype(np.int64)
    maps = [north, np.abs(north)]
    for context in contexts:
        fine = np.rint(np.clip(context, -1, 1) * 4096).astype(np.int64).sum(0) // len(context)
        change = np.abs(np.diff(fine, axis=0, append=fine[-1:]))
        change = change + np.abs(fine - np.roll(fine, 1, axis=1))
        maps += [_ranks(fine), _logarithms()[np.minimum(change, LARGEST_MEAN)].astype(np.int64)]
    return np.stack(maps).astype(np.int32)


def _ranks(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each value stands among all, -127 to 127: shores and foothills are told apart as well
    as trenches and summits."""
    ordered = np.sort(values, axis=None)
    below, up_to = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return (below + up_to) * 127 // values.size - 127


def _parent(bands: Sequence[Band], band: Band) -> int:
    """The band of the same kind a level coarser, or the one nearest to it that there is."""
    coarser = [(abs(other.kind - band.kind), n) for n, other in enumerate(bands)
               if other.level == max(0, band.level - 1)]  # fmt: skip
    return min(coarser)[1]


def _still(pyramid: Pyramid, band: Band, maps: NDArray[np.int32]) -> NDArray[np.int8]:
    """Features of a band that are the same in all runs, (features, rows, columns)."""
    told = [8 * (pyramid.levels - band.level), *(32 * (band.kind == kind) for kind in KINDS)]
    plain = np.broadcast_to(np.array(told)[:, np.newaxis, np.newaxis], (len(told), *maps.shape[1:]))
    return np.concatenate([plain, maps]).astype(np.int8)


def _shrunk(maps: NDArray[np.int32], pyramid: Pyramid) -> list[NDArray[np.int32]]:
    """The maps at the latents of each band: (features, rows, columns) each."""
    levels = [maps]
    for _ in range(pyramid.levels):
        levels.append(_halved(_halved(levels[-1], 1), 2))
    result = []
    for band in pyramid.bands:
        part = levels[pyramid.levels - max(0, band.level - 1)]
        while part.shape[2] > band.columns + 1:  # a part of the details along latitude
            part = _halved(part, 2)
        result.append(np.ascontiguousarray(part[:, : band.rows, : band.columns]))
    return result


def _halved(maps: NDArray[np.int32], axis: int) -> NDArray[np.int32]:
    size = maps.shape[axis]
    even = np.take(maps, range(0, size, 2), axis)
    odd = np.take(maps, [min(index + 1, size - 1) for index in range(0, size, 2)], axis)
    return (even + odd + 1) >> 1


def _placed(band: Tensor, rows: int, columns: int) -> Tensor:
    """Each latent of another band at the places of so many rows and columns that it lies over."""
    row = torch.arange(rows, device=band.device) * band.shape[1] // rows
    column = torch.arange(columns, device=band.device) * band.shape[2] // columns
    return band[:, row][:, :, column]
