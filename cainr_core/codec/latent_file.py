"""The latents of a file, decoded a group of times at a time, when they are asked for."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.grid import Grid
from cainr_core.data.quality import canonical
from cainr_core.data.sampling import SampledContext, interpolate, mix_times, used_rows
from cainr_core.data.times import TimeAxis
from cainr_core.errors import CainrError
from cainr_core.model.groups import groups_of

if TYPE_CHECKING:
    import torch

    from cainr_core.codec.latents import Known
    from cainr_core.data.contexts import Context
    from cainr_core.model.coordinates import Frame
    from cainr_core.model.entropy import ScaleNet
    from cainr_core.model.latents import Latents
    from cainr_core.model.wavelet import Bands

MOST_GROUPS = 8  # whose integers stay in memory
MOST_HIDDEN = 1 << 10  # units of a layer of the entropy model that are not a damaged header


class FileLatents:
    """Latents as a file holds them: `net` and `groups` are its sections, `entry` its header's,
    `version` its format's."""

    def __init__(
        self, entry: Mapping[str, Any], net: bytes, groups: Sequence[bytes], version: int
    ) -> None:
        first, further = entry["shifts"]
        numbers = [float(entry["step"]), float(entry["gain"]), float(first), float(further)]
        if not all(map(math.isfinite, numbers)) or numbers[0] <= 0:
            raise CainrError("The file's latents cannot be ones: it is damaged.")
        self.step, self.gain, *self.shifts = numbers
        self.hidden = entry["hidden"]
        if type(self.hidden) is not int or not 1 <= self.hidden <= MOST_HIDDEN:
            raise CainrError("The file's entropy model cannot be one: it is damaged.")
        self._net_bytes, self._groups, self._version = net, list(groups), version
        self._decoded: OrderedDict[int, Bands] = OrderedDict()
        self._lock = Lock()
        self._ready: tuple[Known, ScaleNet, torch.Tensor, Grid] | None = None

    @classmethod
    def of(
        cls,
        entry: Mapping[str, Any],
        shape: Sequence[int],
        sections: Iterator[bytes],
        version: int,
    ) -> FileLatents:
        """Takes its sections from the iterator."""
        if len(shape) not in (2, 3):  # columns, or latitudes and longitudes
            raise CainrError("The file's latents do not fit its field: it is damaged.")
        count = len(groups_of(shape[0]))
        net = next(sections)
        return cls(entry, net, [next(sections) for _ in range(count)], version)

    @property
    def nbytes(self) -> int:
        """Bytes of the sections."""
        return len(self._net_bytes) + sum(map(len, self._groups))

    def __getstate__(self) -> dict[str, Any]:
        """Without what is decoded when it is needed."""
        fresh: dict[str, Any] = {"_decoded": OrderedDict(), "_lock": None, "_ready": None}
        return {**self.__dict__, **fresh}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = Lock()

    def prepare(self, frame: Frame, contexts: Sequence[Context], device: torch.device) -> None:
        """Make ready to decode, with the contexts of the file.

        Integers are decoded on the CPU: the range coder is there, and hundreds of small steps that
        wait for it take a GPU longer.
        """
        import torch

        from cainr_core.codec.latents import Known, decode_model

        known = Known.of(frame, contexts, device, torch.device("cpu"))
        net, weights = decode_model(self._net_bytes, known, self.hidden, self._version)
        self._ready = known, net, weights, frame.grid

    @property
    def ready(self) -> bool:
        """Whether `prepare` was called."""
        return self._ready is not None

    def planes(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """What the network is given at these times, (LATENT_INPUTS, time, cells)."""
        from cainr_core.model.columns import at_cells

        assert self._ready is not None
        return at_cells(self._drawn(rows), self._ready[-1])

    def _drawn(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """The same on the grid of the latents."""
        from cainr_core.codec.latents import drawn

        assert self._ready is not None
        known, _, weights, _ = self._ready
        return drawn(known, self._latents(), weights, self._integers, rows)

    def between(
        self, grid: Grid, own: TimeAxis, lat: NDArray, lon: NDArray, axis: TimeAxis
    ) -> list[SampledContext]:
        """What the network is given at places (cells,) and times that need not be the field's."""
        from cainr_core.model.columns import latent_grid

        if len(own) > 1:
            rows, weights = mix_times(own.coordinate, axis.coordinate)
        else:
            rows = np.zeros((len(axis), 2), dtype=np.int64)
            weights = np.tile(np.array([1, 0], dtype=np.float32), (len(axis), 1))
        used, rows = used_rows(rows, weights)
        drawn, under = self._drawn(used.tolist()), latent_grid(grid)
        tables = []
        for plane in drawn:
            values, ordered = canonical(plane.reshape(len(used), *under.shape), under)
            tables.append(interpolate(values, ordered, lat, lon))
        return [SampledContext(table, rows, weights) for table in tables]

    def _latents(self) -> Latents:
        from cainr_core.model.latents import Latents

        return Latents(self.step, (self.shifts[0], self.shifts[1]), self.gain, self.hidden)

    def _integers(self, number: int) -> Bands:
        from cainr_core.codec.latents import decode_group

        assert self._ready is not None
        known, net, *_ = self._ready
        with self._lock:
            if number not in self._decoded:
                times = len(known.pyramid.groups[number])
                bands = decode_group(self._groups[number], times, net, known.around, known.pyramid)
                self._decoded[number] = [band.to(known.prior.device) for band in bands]
                while len(self._decoded) > MOST_GROUPS:
                    self._decoded.popitem(last=False)
            self._decoded.move_to_end(number)
            return self._decoded[number]
