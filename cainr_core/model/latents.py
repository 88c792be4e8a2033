"""Latent grids: integers on bands of scale in latitude and longitude and of frequency in time.

Time is cut into groups that are decoded alone. Within a group, a latent belongs to one frequency of
a cosine transform in time and to one band of a wavelet transform in latitude and longitude; the
field's anomaly is their sum (`planes`), and what a network is given at a point are the parts of
that sum at several scales.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.data.fields import Grid
from cainr_core.data.grid import is_periodic
from cainr_core.data.sampling import SampledContext
from cainr_core.model.architecture import LATENT_INPUTS
from cainr_core.model.columns import latent_grid
from cainr_core.model.groups import groups_of
from cainr_core.model.wavelet import Band, Bands, analyse, halvings, layout, synthesise

COARSER = (2, 3)  # finest levels of detail left away in what a network is given besides the whole
AROUND = (
    (-1, 0),
    (1, 0),
    (0, -1),
    (0, 1),
)  # neighbours in rows and columns whose difference it is given
LATER = (-1, 1)  # and in time
DIFFERENCE_GAIN = 3.0  # differences are smaller than what they are taken of
assert 2 + len(COARSER) + len(AROUND) + len(LATER) == LATENT_INPUTS


Times = slice | NDArray[np.int64]


@dataclass(frozen=True)
class Pyramid:
    """Where the latents of a field lie: `times` steps on a grid of `rows` x `columns` cells.

    A field on columns is laid out on a grid of latitudes and longitudes: `model.columns`.
    """

    times: int
    rows: int
    columns: int
    periodic: bool

    @classmethod
    def of(cls, grid: Grid, times: int) -> Pyramid:
        """The pyramid of a field."""
        latents = latent_grid(grid)
        rows, columns = latents.shape
        return cls(times, rows, columns, is_periodic(latents.lon))

    @cached_property
    def bands(self) -> list[Band]:
        """The bands, in the order in which they are coded."""
        return layout(self.rows, self.columns)

    @property
    def levels(self) -> int:
        """How often the grid is halved."""
        return self.bands[-1].level

    @cached_property
    def groups(self) -> list[range]:
        """The time steps of each group, of nearly equal lengths."""
        return groups_of(self.times)

    def analyse(self, planes: Tensor) -> Bands:
        """Latents, not yet rounded, of the planes (time, rows, columns) of one group."""
        basis = cosines(len(planes)).to(planes)
        spectrum = (basis @ planes.reshape(len(planes), -1)).reshape(planes.shape)
        return analyse(spectrum, self.periodic)

    def planes(self, bands: Bands, times: Times = slice(None), dropped: int = 0) -> Tensor:
        """Planes (time, rows, columns) of the latents of one group, without its finest levels."""
        basis = cosines(len(bands[0]))[:, times].to(bands[0])
        finest = self.levels - min(dropped, self.levels)
        chosen = []
        for band, values in zip(self.bands, bands, strict=True):
            shape = (basis.shape[1], band.rows, band.columns)
            if band.level <= finest:
                chosen.append((basis.T @ values.reshape(len(values), -1)).reshape(shape))
        shapes = halvings(self.rows, self.columns)[: self.levels - finest]
        return synthesise(chosen, self.periodic, shapes[::-1])


def cosines(count: int) -> Tensor:
    """The orthonormal cosine transform (DCT-II), (frequency, time), float32."""
    frequency, time = np.arange(count)[:, np.newaxis], np.arange(count) + 0.5
    basis = np.cos(np.pi * frequency * time / count) * math.sqrt(2 / count)
    basis[0] /= math.sqrt(2)
    return torch.from_numpy(basis.astype(np.float32))


def frequency_bins(count: int) -> list[range]:
    """Frequencies of a group that are coded together: 0, 1, 2 and 3, 4 to 7, and so on."""
    edges = [0, 1, *(1 << power for power in range(1, 16) if 1 << power < count)]
    edges = [edge for edge in edges if edge < count] + [count]
    return [range(first, last) for first, last in pairwise(edges)]


def flat(bands: Bands) -> Tensor:
    """All latents in one row."""
    return torch.cat([band.reshape(-1) for band in bands])


def unflat(values: Tensor, like: Bands) -> Bands:
    """The bands of a row of latents."""
    parts = values.split([band.numel() for band in like])
    return [part.reshape(band.shape) for part, band in zip(parts, like, strict=True)]


def restored(bands: Bands, step: float, shifts: tuple[float, float]) -> Bands:
    """Latents of integers: each a little beyond its own, at the middle of what became it."""
    first, further = shifts
    result = []
    for band in bands:
        value = band.to(torch.float32)
        magnitude = value.abs()
        shift = torch.where(magnitude == 1, first, torch.where(magnitude > 1, further, 0.0))
        result.append((value + value.sign() * shift) * step)
    return result


@dataclass(frozen=True, eq=False)
class Latents:
    """What a file keeps of latent grids besides their integers.

    `step`: of an integer, in the scaled units that the network's output has; `shifts`: what is
    added, in steps, to magnitudes of 1 and to greater ones; `gain`: what a network is given of the
    grids, per scaled unit; `hidden`: units in a layer of the entropy model.
    """

    step: float
    shifts: tuple[float, float]
    gain: float
    hidden: int

    def at(
        self, pyramid: Pyramid, bands: Bands, prior: Bands, times: Times = slice(None)
    ) -> NDArray[np.float32]:
        """What a network is given, (LATENT_INPUTS, time, cells), of the integers of one group.

        First the sum of latents and `prior`, which is also added to what the network says. Then, of
        the latents alone and times `gain`: the whole, what is left of it without its finest
        details, and its differences to the next cells and to the times before and after; none
        where the group ends.
        """
        values = restored(bands, self.step, self.shifts)
        sums = [value + part for value, part in zip(values, prior, strict=True)]
        wanted = np.arange(len(bands[0]))[times]
        needed = np.unique(np.clip(wanted[:, None] + np.array((0, *LATER)), 0, len(bands[0]) - 1))
        near = pyramid.planes(values, needed)

        def whole(later: int) -> Tensor:
            rows = np.searchsorted(needed, np.clip(wanted + later, 0, len(bands[0]) - 1))
            return near[torch.from_numpy(rows).to(near.device)]

        now = whole(0)
        beside = [_moved(now, *way, pyramid.periodic) - now for way in AROUND]
        beside += [whole(later) - now for later in LATER]
        planes = [pyramid.planes(sums, wanted), now * self.gain]
        planes += [pyramid.planes(values, wanted, dropped) * self.gain for dropped in COARSER]
        planes += [difference * (self.gain * DIFFERENCE_GAIN) for difference in beside]
        return torch.stack(planes).flatten(2).cpu().numpy()


def _moved(planes: Tensor, row: int, column: int, periodic: bool) -> Tensor:
    """The value of the next cell in each place; the last ones stand beside themselves."""
    moved = planes.roll((-row, -column), (1, 2))
    if row:
        edge = 0 if row < 0 else -1
        moved[:, edge] = planes[:, edge]
    if column and not periodic:
        edge = 0 if column < 0 else -1
        moved[:, :, edge] = planes[:, :, edge]
    return moved


def as_contexts(planes: NDArray[np.float32]) -> list[SampledContext]:
    """Planes (LATENT_INPUTS, time, cells) in the form in which contexts stand before a network."""
    times = np.arange(planes.shape[1])
    rows = np.stack([times, times], 1)
    weights = np.stack([np.ones(len(times)), np.zeros(len(times))], 1).astype(np.float32)
    return [SampledContext(table, rows, weights) for table in planes]
