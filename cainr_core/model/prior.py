"""What contexts alone say of latents: each is weighted anew at every scale and frequency.

A climatology is near to a field at large scales and at the frequencies of the year; at others it
holds the weather of its own years, which is noise here. So each context is transformed as the field
is, and has a weight of its own for each level of detail and each run of frequencies: a Wiener
filter (Wiener 1949) of few bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from cainr_core.data.sampling import SampledContext
from cainr_core.model.latents import Pyramid, cosines, frequency_bins
from cainr_core.model.wavelet import Bands, analyse

TURNS = 6  # of weighing the latents anew
RIDGE = 1e-6  # keeps weights of contexts that resemble each other apart from infinity


class Prior:
    """The transforms of the contexts of a field, scaled to [-1, 1], at the cells of a pyramid."""

    def __init__(
        self, pyramid: Pyramid, scaled: Sequence[SampledContext], device: torch.device
    ) -> None:
        self._pyramid, self.device = pyramid, device
        self._tables: list[Bands] = []
        self._mixtures: list[Tensor] = []  # (time, rows of the table)
        for context in scaled:
            table = torch.from_numpy(np.ascontiguousarray(context.table, np.float32)).to(device)
            planes = table.reshape(len(table), pyramid.rows, pyramid.columns)
            self._tables.append(analyse(planes, pyramid.periodic))
            mixture = torch.zeros(pyramid.times, len(table))
            for side in (0, 1):
                part = torch.from_numpy(np.ascontiguousarray(context.weights[:, side]))
                row = torch.from_numpy(np.ascontiguousarray(context.rows[:, side]))
                mixture[torch.arange(pyramid.times), row] += part
            self._mixtures.append(mixture.to(device))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of the weights: (contexts, levels, runs of frequencies)."""
        longest = max(map(len, self._pyramid.groups))
        return len(self._tables), self._pyramid.levels + 1, len(frequency_bins(longest))

    def bands(self, group: range, weights: Tensor) -> Bands:
        """What the contexts with these weights say of the latents of a group."""
        result = [
            torch.zeros((len(group), band.rows, band.columns), device=self.device)
            for band in self._pyramid.bands
        ]
        run = self._run_of(group)
        for context, weight in enumerate(weights.to(self.device)):
            for number, band in enumerate(self._pyramid.bands):
                spectrum = self._spectrum(context, group) * weight[band.level, run, None]
                table = self._tables[context][number]
                result[number] += torch.tensordot(spectrum, table, 1)
        return result

    def weigh(self, exact: Sequence[Bands], step: float) -> Tensor:
        """Weights with which the contexts leave least of these latents, (contexts, levels, runs).

        The sum of log(1 + (rest / step)^2) is least: what is less than a step costs next to
        nothing, and what is far above one its logarithm.
        """
        weights = torch.zeros(self.shape)
        if not len(weights):
            return weights
        n_levels, n_runs = weights.shape[1:]
        for level in range(n_levels):
            for run in range(n_runs):
                found = self._weigh(exact, level, run, step)
                weights[:, level, run] = found.float().cpu()
        return weights

    def _weigh(self, exact: Sequence[Bands], level: int, run: int, step: float) -> Tensor:
        columns: list[Tensor] = []
        target = []
        for bands, group in zip(exact, self._pyramid.groups, strict=True):
            chosen = self._run_of(group) == run
            for number, band in enumerate(self._pyramid.bands):
                if band.level != level:
                    continue
                target.append(bands[number][chosen].reshape(-1))
                said = [
                    torch.tensordot(self._spectrum(c, group)[chosen], table[number], 1).reshape(-1)
                    for c, table in enumerate(self._tables)
                ]
                columns.append(torch.stack(said))
        table, wanted = torch.cat(columns, 1).double(), torch.cat(target).double()
        result = torch.zeros(len(table), dtype=torch.float64, device=table.device)
        heard = table.square().mean(1) > 1e-12  # one that stands still is silent beyond frequency 0
        if not heard.any():
            return result
        table = table[heard]
        importance = torch.ones_like(wanted)
        for _ in range(TURNS):
            normal = (table * importance) @ table.T
            normal += RIDGE * normal.trace() * torch.eye(len(normal), device=table.device)
            found = torch.linalg.solve(normal, (table * importance) @ wanted)
            importance = 1 / (step**2 + (wanted - found @ table).square())
        result[heard] = found
        return result

    def _spectrum(self, context: int, group: range) -> Tensor:
        """The rows of a context's table in each frequency, (frequency, rows)."""
        mixture = self._mixtures[context][group.start : group.stop]
        return cosines(len(group)).to(mixture) @ mixture

    def _run_of(self, group: range) -> Tensor:
        """The run of each frequency of a group."""
        runs = frequency_bins(len(group))
        numbers = [number for number, run in enumerate(runs) for _ in run]
        return torch.tensor(numbers, device=self.device)
