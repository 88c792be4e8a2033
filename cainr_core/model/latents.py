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
from cainr_core.model.groups import groups_of
from cainr_core.model.wavelet import Bands, analyse, band_shapes, levels_of, synthesise

DROPPED = (0, 2, 3)  # levels of detail left away in each of what a network is given
assert len(DROPPED) == LATENT_INPUTS


Times = slice | NDArray[np.int64]


@dataclass(frozen=True)
class Pyramid:
    """Where the latents of a field lie: `times` steps on a grid of `rows` x `columns` cells."""

    times: int
    rows: int
    columns: int
    periodic: bool

    @classmethod
    def of(cls, grid: Grid, times: int) -> Pyramid:
        """The pyramid of a field on a latitude-longitude grid."""
        rows, columns = grid.shape
        return cls(times, rows, columns, is_periodic(grid.lon))

    @cached_property
    def levels(self) -> int:
        """How often the grid is halved."""
        return levels_of(self.rows, self.columns)

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """Rows and columns of each band."""
        return band_shapes(self.rows, self.columns, self.levels)

    @cached_property
    def groups(self) -> list[range]:
        """The time steps of each group, of nearly equal lengths."""
        return groups_of(self.times)

    def level(self, band: int) -> int:
        """0 for the coarsest mean, 1 for the coarsest details, and so on."""
        return 0 if band == 0 else 1 + (band - 1) // 3

    def analyse(self, planes: Tensor) -> Bands:
        """Latents, not yet rounded, of the planes (time, rows, columns) of one group."""
        basis = cosines(len(planes)).to(planes)
        spectrum = (basis @ planes.reshape(len(planes), -1)).reshape(planes.shape)
        return analyse(spectrum, self.levels, self.periodic)

    def planes(self, bands: Bands, times: Times = slice(None), dropped: int = 0) -> Tensor:
        """Planes (time, rows, columns) of the latents of one group, without its finest levels."""
        basis = cosines(len(bands[0]))[:, times].to(bands[0])
        kept = len(bands) - 3 * min(dropped, self.levels)
        chosen = [basis.T @ band.reshape(len(band), -1) for band in bands[:kept]]
        shaped = [
            part.reshape(-1, *shape) for part, shape in zip(chosen, self.shapes, strict=False)
        ]
        shaped += [chosen[0].new_zeros(len(chosen[0]), *shape) for shape in self.shapes[kept:]]
        return synthesise(shaped, self.periodic)


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
    grids, per scaled unit.
    """

    step: float
    shifts: tuple[float, float]
    gain: float

    def at(self, pyramid: Pyramid, bands: Bands, times: Times = slice(None)) -> NDArray[np.float32]:
        """What a network is given, (LATENT_INPUTS, time, cells), of the integers of one group."""
        values = restored(bands, self.step, self.shifts)
        planes = [pyramid.planes(values, times, dropped) * self.gain for dropped in DROPPED]
        return torch.stack(planes).flatten(2).cpu().numpy()


def as_contexts(planes: NDArray[np.float32]) -> list[SampledContext]:
    """Planes (LATENT_INPUTS, time, cells) in the form in which contexts stand before a network."""
    times = np.arange(planes.shape[1])
    rows = np.stack([times, times], 1)
    weights = np.stack([np.ones(len(times)), np.zeros(len(times))], 1).astype(np.float32)
    return [SampledContext(table, rows, weights) for table in planes]
