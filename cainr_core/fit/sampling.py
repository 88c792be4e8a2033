"""Which points a step learns from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Sampler:
    """Draws points (time index, cell index) of a field, again and again the same for a seed.

    `area` (cells,): probability of each cell, or None for equal ones. `present` (cells,) bool, or
    None: cells that hold a value at some time. Points are drawn on the device that learns from
    them, since moving indices would take longer than drawing them.
    """

    def __init__(
        self,
        n_times: int,
        n_cells: int,
        area: NDArray | None,
        present: NDArray | None,
        seed: int,
        device: torch.device,
    ) -> None:
        self._n_times, self._n_cells, self._device = n_times, n_cells, device
        self.generator = torch.Generator(device).manual_seed(seed)
        self._cumulative: Tensor | None = None
        if area is not None or present is not None:
            weight = (
                np.ones(n_cells) if area is None else np.asarray(area, dtype=np.float64).ravel()
            )
            weight = weight if present is None else weight * present
            total = np.cumsum(weight)
            self._cumulative = torch.from_numpy(total / total[-1]).to(device)

    def draw(self, n: int) -> tuple[Tensor, Tensor]:
        """Time and cell indices of `n` points, int64, with replacement."""
        point = self.draw_points(n)
        return point // self._n_cells, point % self._n_cells

    def draw_points(self, n: int) -> Tensor:
        """`n` points as one number each, time x cells + cell, int64, with replacement."""
        if self._cumulative is None:
            return torch.randint(
                self._n_times * self._n_cells, (n,), generator=self.generator, device=self._device
            )
        times = torch.randint(self._n_times, (n,), generator=self.generator, device=self._device)
        uniform = torch.rand(n, generator=self.generator, device=self._device, dtype=torch.float64)
        cells = torch.searchsorted(self._cumulative, uniform, right=True)
        return times * self._n_cells + cells.clamp_(max=self._n_cells - 1)

    def every(self, pass_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Every point of the field once, in passes of at most `pass_size` points."""
        total = self._n_times * self._n_cells
        for first in range(0, total, pass_size):
            point = torch.arange(first, min(first + pass_size, total), device=self._device)
            yield point // self._n_cells, point % self._n_cells
