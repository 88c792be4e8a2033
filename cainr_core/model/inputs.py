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

    The columns, in the order of the file format: place, contexts that stand still, time, contexts
    that change with time. A batch is gathered from the tables, so that the inputs of a field never
    lie in memory whole: 5.5 million points of eight inputs would be 177 MB.
    """

    def __init__(
        self,
        frame: Frame,
        lat: NDArray,
        lon: NDArray,
        time: TimeAxis,
        contexts: Sequence[SampledContext],
        device: torch.device | str = "cpu",
    ) -> None:
        """`lat`, `lon`: (cells,) in degrees; `contexts`: sampled at them and at `time`."""
        scaled = frame.scaled(contexts)
        still = [c.table[0][:, None] for c in scaled if len(c.table) == 1]
        self._cells = torch.from_numpy(np.concatenate([frame.place(lat, lon), *still], axis=1))
        self._times = torch.from_numpy(frame.moment(time))
        self._moving = [
            tuple(
                torch.from_numpy(np.ascontiguousarray(part))
                for part in (c.table, c.rows, c.weights)
            )
            for c in scaled
            if len(c.table) > 1
        ]
        self._cells, self._times = self._cells.to(device), self._times.to(device)
        self._moving = [tuple(part.to(device) for part in parts) for parts in self._moving]

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self._cells)

    @property
    def n_times(self) -> int:
        """Number of time steps."""
        return len(self._times)

    def gather(self, times: Tensor, cells: Tensor) -> Tensor:
        """Inputs (n, n_inputs) of the points with these time and cell indices, (n,) int64 each."""
        columns = [self._cells[cells], self._times[times]]
        for table, rows, weights in self._moving:
            near, far = rows[times].unbind(1)
            near_part, far_part = weights[times].unbind(1)
            value = near_part * table[near, cells] + far_part * table[far, cells]
            columns.append(value[:, None])
        return torch.cat(columns, dim=1)

    def at_time(self, time: int, cells: slice) -> Tensor:
        """Inputs of a run of cells at one time step, (n, n_inputs), without index tensors."""
        place = self._cells[cells]
        columns = [place, self._times[time].expand(len(place), -1)]
        for table, rows, weights in self._moving:
            (near, far), (near_part, far_part) = rows[time].tolist(), weights[time].tolist()
            columns.append((near_part * table[near, cells] + far_part * table[far, cells])[:, None])
        return torch.cat(columns, dim=1)
