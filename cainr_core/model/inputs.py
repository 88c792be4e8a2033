"""The inputs of a network at chosen points, put together on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.data.contexts import SampledContext
from cainr_core.data.fields import TimeAxis
from cainr_core.model.coordinates import Frame

PLACES = (16, 32)  # for inputs, that `Tables` may have


@dataclass(frozen=True, eq=False)
class Tables:
    """What inputs are gathered from: `cells` (cells, k) and `times` (times, m); the tables of the
    `n_moving` contexts that change in time one below the other, (rows, cells), with the two `rows`
    and their `parts` at each time (times, n_moving, 2); and for each input its column in the first
    two, or the number of its context: `slots` (3, one of `PLACES`) int32, -1 elsewhere."""

    cells: Tensor
    times: Tensor
    moving: Tensor
    rows: Tensor
    parts: Tensor
    slots: Tensor
    n_moving: int


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

    @cached_property
    def _by_column(self) -> Tensor:
        return self._cells.T.contiguous()

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

    def tables(self) -> Tables:
        """The tables, as a kernel that gathers by itself takes them."""
        n_place, n_time, device = self._n_place, self._times.shape[1], self._cells.device
        places = next(count for count in PLACES if count >= self.n_inputs)
        slots = torch.full((3, places), -1, dtype=torch.int32)
        slots[0, :n_place] = torch.arange(n_place, dtype=torch.int32)
        slots[1, n_place : n_place + n_time] = torch.arange(n_time, dtype=torch.int32)
        moving: list[tuple[Tensor, ...]] = []
        for number, context in enumerate(self._contexts, n_place + n_time):
            if isinstance(context, int):
                slots[0, number] = context
            else:
                slots[2, number] = len(moving)
                moving.append(context)
        first, rows, stacked = 0, [], []
        for table, near_and_far, _ in moving:
            rows.append(near_and_far + first)
            stacked.append(table)
            first += len(table)
        empty = torch.zeros(1, device=device)
        return Tables(
            self._cells,
            self._times,
            torch.cat(stacked) if moving else empty,
            torch.stack(rows, 1).contiguous() if moving else empty.long(),
            torch.stack([weights for *_, weights in moving], 1).contiguous() if moving else empty,
            slots.to(device),
            len(moving),
        )

    def column(self, number: int) -> Tensor:
        """One input at all points, (times x cells,)."""
        every = slice(None)
        return torch.cat([self.at_time(time, every)[:, number] for time in range(self.n_times)])

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
        place = self._by_column[:, cells]
        columns = [place[: self._n_place], self._times[time, :, None].expand(-1, place.shape[1])]
        for context in self._contexts:
            if isinstance(context, int):
                columns.append(place[context, None])
                continue
            table, rows, weights = context
            (near, far), (near_part, far_part) = rows[time].tolist(), weights[time].tolist()
            value = table[near, cells]
            if far_part:  # latents lie on the times themselves
                value = near_part * value + far_part * table[far, cells]
            columns.append(value[None])
        return torch.cat(columns).T  # columns lie in memory as they lie in the tables


def _tensor(array: NDArray, device: torch.device | str) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(device)
