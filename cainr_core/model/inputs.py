"""The inputs of a network at chosen points, put together on the device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.data.contexts import SampledContext
from cainr_core.data.fields import TimeAxis
from cainr_core.model.coordinates import Frame


class Inputs:
    """Tables of what the network sees at each cell and at each time.

    The columns, in the order of the file format: place, time, contexts, latents. A batch is
    gathered from the tables, so that the inputs of a field never lie in memory whole: 5.5 million
    points of eight inputs would be 177 MB.
    """

    def __init__(
        self,
        frame: Frame,
        lat: NDArray,
        lon: NDArray,
        time: TimeAxis,
        contexts: Sequence[SampledContext],
        device: torch.device | str = "cpu",
        latents: Sequence[SampledContext] = (),
    ) -> None:
        """`lat`, `lon`: (cells,) in degrees; `contexts`: sampled at them and at `time`; `latents`:
        what latent grids say there, as it is."""
        place = frame.place(lat, lon)
        self._n_place = place.shape[1]
        columns = [place]
        # of each context its column in the table of cells, or table, rows and weights
        self._contexts: list[int | tuple[Tensor, ...]] = []
        for context in [*frame.scaled(contexts), *latents]:
            if len(context.table) == 1:
                # stands still: gathered together with the place
                self._contexts.append(sum(part.shape[1] for part in columns))
                columns.append(context.table.T)
            else:
                parts = (context.table, context.rows, context.weights)
                self._contexts.append(tuple(_tensor(part, device) for part in parts))
        self._cells = _tensor(np.concatenate(columns, axis=1), device)
        self._times = _tensor(frame.moment(time), device)

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self._cells)

    @property
    def n_times(self) -> int:
        """Number of time steps."""
        return len(self._times)

    @property
    def n_inputs(self) -> int:
        """Number of inputs of the network."""
        moving = sum(not isinstance(context, int) for context in self._contexts)
        return self._cells.shape[1] + self._times.shape[1] + moving

    def gather(self, times: Tensor, cells: Tensor) -> Tensor:
        """Inputs (n, n_inputs) of the points with these time and cell indices, (n,) int64 each."""
        place = self._cells[cells]
        columns = [place[:, : self._n_place], self._times[times]]
        for context in self._contexts:
            if isinstance(context, int):
                columns.append(place[:, context, None])
                continue
            table, rows, weights = context
            near, far = rows[times].unbind(1)
            near_part, far_part = weights[times].unbind(1)
            value = near_part * table[near, cells] + far_part * table[far, cells]
            columns.append(value[:, None])
        return torch.cat(columns, dim=1)

    def at_time(self, time: int, cells: slice) -> Tensor:
        """Inputs of a run of cells at one time step, (n, n_inputs), without index tensors."""
        place = self._cells[cells]
        columns = [place[:, : self._n_place], self._times[time].expand(len(place), -1)]
        for context in self._contexts:
            if isinstance(context, int):
                columns.append(place[:, context, None])
                continue
            table, rows, weights = context
            (near, far), (near_part, far_part) = rows[time].tolist(), weights[time].tolist()
            value = table[near, cells]
            if far_part:  # latents lie on the times themselves
                value = near_part * value + far_part * table[far, cells]
            columns.append(value[:, None])
        return torch.cat(columns, dim=1)


def _tensor(array: NDArray, device: torch.device | str) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(device)
