"""What a .cainr file holds: a field, evaluated on its own grid and times where it is asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cainr_core.codec import container, embedding
from cainr_core.codec.header import Description, restore
from cainr_core.codec.latent_file import FileLatents
from cainr_core.data.contexts import Context
from cainr_core.data.fields import Grid, TimeAxis
from cainr_core.data.sampling import SampledContext
from cainr_core.errors import CainrError
from cainr_core.model.architecture import Architecture

if TYPE_CHECKING:
    import torch
    import xarray as xr
    from torch import Tensor

    from cainr_core.codec.entropy import Coded
    from cainr_core.model.coordinates import Frame
    from cainr_core.model.inputs import Inputs

POINTS_AT_ONCE = 1 << 21  # whose latents are spread over the grid at once


class Opened:
    """Description, network and values of a field, evaluated by the network when asked for."""

    def __init__(
        self,
        data: bytes,
        what: str,
        given: Sequence[Context],
        search: Sequence[Path],
        device: str,
    ) -> None:
        self._device, self._given, self._search = device, given, search
        header, sections = container.split(data, what)
        self.header = header
        self.file_bytes, self.format_version = len(data), container.version_of(data)
        remaining = iter(sections)
        try:
            self._description = restore(header, remaining)
            for entry in header["contexts"]:
                embedding.check(entry)
            self._embedded = {
                index: embedding.read_embedded(entry, remaining)
                for index, entry in enumerate(header["contexts"])
                if "embedded" in entry
            }
            self.architecture = Architecture(**header["architecture"])
            self.file_latents = None
            if self.architecture.has_latents:
                self.file_latents = FileLatents.of(
                    header["latents"], self.shape, remaining, self.format_version
                )
            self.weights = next(remaining)
            self._ranges = tuple((float(low), float(high)) for low, high in header["ranges"])
            self._offset, self._scale = float(header["offset"]), float(header["scale"])
            self._check()
        except CainrError:
            raise
        except Exception as error:  # untrusted: whatever it makes Python raise, it is damaged
            raise CainrError(
                f"{what} holds a description that cannot be understood: it is damaged."
            ) from error

    def _check(self) -> None:
        """Refuse numbers with which no network can be evaluated."""
        numbers = [self._offset, self._scale, *self.architecture.choices().values()]
        numbers += [bound for span in self._ranges for bound in span]
        finite = all(math.isfinite(n) for n in numbers if isinstance(n, float))
        if not finite or len(self._ranges) != len(self.header["contexts"]):
            raise CainrError("The file's network cannot be one: it is damaged.")

    def __getstate__(self) -> dict[str, Any]:
        """Without what is computed when it is needed: dask sends copies to its workers."""
        computed = {"frame", "contexts", "tensors", "_all_inputs", "torch_device"}
        return {key: value for key, value in self.__dict__.items() if key not in computed}

    # ------------------------------------------------------------------ what it is

    @property
    def name(self) -> str:
        """Name of the variable."""
        return self._description.name

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the dimensions, time first."""
        return self._description.dims

    @property
    def shape(self) -> tuple[int, ...]:
        """(time, *grid.shape)."""
        return self._description.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self._description.dtype

    @property
    def attrs(self) -> dict[str, Any]:
        """Attributes of the variable, as they were."""
        return self._description.attrs

    @property
    def coords(self) -> xr.Dataset:
        """Coordinates, as they were."""
        return self._description.coords

    @property
    def grid(self) -> Grid:
        """Where the values lie."""
        return self._description.grid

    @property
    def time(self) -> TimeAxis:
        """When the values hold."""
        return self._description.time

    @property
    def description(self) -> Description:
        """The field without its values."""
        return self._description

    @property
    def n_weights(self) -> int:
        """Number of weights of the network."""
        return self.architecture.n_weights(self.frame.n_inputs)

    @property
    def context_bytes(self) -> int:
        """Bytes of the referenced contexts, which a reader must have besides the file."""
        return sum(int(entry.get("bytes", 0)) for entry in self.header["contexts"])

    # ------------------------------------------------------------------ its values

    @cached_property
    def contexts(self) -> list[Context]:
        """The contexts; CainrError where a referenced one is not to be had."""
        return [
            self._embedded.get(index) or embedding.find_referenced(entry, self._given, self._search)
            for index, entry in enumerate(self.header["contexts"])
        ]

    def values(self, times: slice | int | Sequence[int] | None = None) -> NDArray:
        """The field, (time, *grid.shape), in its units and type; NaN where it is missing."""
        rows = self._rows(times)
        values = self.cells(rows, None)
        return values.reshape(len(rows), *self.grid.shape)

    def cells(self, rows: Sequence[int], cells: NDArray[np.int64] | None) -> NDArray:
        """The field at these time indices and flat cell indices (None: all), (time, cells)."""
        values = self.in_units(self._outputs(rows, cells))
        missing = self._description.missing
        if missing is not None:
            for index, row in enumerate(rows):
                mask = missing[row].ravel()
                values[index, mask if cells is None else mask[cells]] = np.nan
        return values

    def _outputs(self, rows: Sequence[int], cells: NDArray[np.int64] | None) -> NDArray:
        """Outputs of the network, (time, cells)."""
        from cainr_core.model.predict import predict

        if self.file_latents is None:
            inputs = self._all_inputs if cells is None else self._inputs(cells)
            return predict(self.architecture, self.tensors, inputs, rows)
        outputs = []
        count = max(1, POINTS_AT_ONCE // self.grid.size)
        for first in range(0, len(rows), count):
            part = rows[first : first + count]
            inputs = self._inputs(cells, np.asarray(part))
            outputs.append(predict(self.architecture, self.tensors, inputs, range(len(part))))
        return np.concatenate(outputs) if outputs else np.empty((0, self.grid.size), np.float32)

    def latents(self) -> FileLatents | None:
        """The latents, ready to be decoded; None where the architecture has none."""
        latents = self.file_latents
        if latents is not None and not latents.ready:
            latents.prepare(self.frame, self.contexts, self.torch_device)
        return latents

    def lean_on(self, other: Opened) -> None:
        """Share contexts, inputs and latents with another state of the same fit, whose file differs
        in the weights alone, so that they are had but once."""
        self.__dict__.update(frame=other.frame, contexts=other.contexts)
        if self.file_latents is None:
            self.__dict__["_all_inputs"] = other._all_inputs
        else:
            self.file_latents = other.latents()

    def _rows(self, times: slice | int | Sequence[int] | None) -> list[int]:
        every = range(self.shape[0])
        if times is None:
            return list(every)
        if isinstance(times, slice):
            return list(every[times])
        chosen = [times] if isinstance(times, (int, np.integer)) else times
        try:
            return [every[int(index)] for index in chosen]
        except IndexError as error:
            raise CainrError(
                f"There is no time step {list(chosen)} in a file of {len(every)} times; they are "
                "counted from 0."
            ) from error

    def in_units(self, output: NDArray) -> NDArray:
        """Values of outputs of the network, in the field's units and type."""
        return (self._offset + self._scale * output.astype(np.float64)).astype(self.dtype)

    @cached_property
    def frame(self) -> Frame:
        """How place, time and contexts are scaled."""
        from cainr_core.model.coordinates import Frame

        return Frame(self.architecture.coordinates, self.grid, self.time, self._ranges)

    @cached_property
    def torch_device(self) -> torch.device:
        """Where the network is evaluated."""
        from cainr_core.fit.device import choose_device

        return choose_device(self._device)

    def integers(self) -> list[Coded]:
        """Step index and flat integers of each tensor of the network, as the file holds them."""
        from cainr_core.codec.entropy import decode

        sizes = [math.prod(shape) for shape in self._shapes]
        return decode(self.weights, sizes, self.format_version)

    @cached_property
    def tensors(self) -> list[Tensor]:
        """Weights of the network, float32."""
        import torch

        from cainr_core.codec.quantize import from_integers

        return [
            torch.from_numpy(from_integers(integers, step).reshape(shape)).to(self.torch_device)
            for (step, integers), shape in zip(self.integers(), self._shapes, strict=True)
        ]

    @property
    def _shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the tensors: matrix, bias, matrix, bias, ..."""
        layers = self.architecture.layer_shapes(self.frame.n_inputs)
        return [shape for units, inputs in layers for shape in ((units, inputs), (units,))]

    @cached_property
    def _all_inputs(self) -> Inputs:
        return self._inputs(None)

    def _inputs(
        self, cells: NDArray[np.int64] | None, rows: NDArray[np.int64] | None = None
    ) -> Inputs:
        """What the network is given at these cells and times; None: at all."""
        from cainr_core.model.inputs import Inputs

        if cells is None:
            lat, lon = self.grid.points()
        elif self.grid.kind == "columns":
            lat, lon = self.grid.lat[cells], self.grid.lon[cells]
        else:
            row, column = np.divmod(cells, len(self.grid.lon))
            lat, lon = self.grid.lat[row], self.grid.lon[column]
        time = self.time if rows is None else self.time[rows]
        sampled = [context.sample(lat, lon, time) for context in self.contexts]
        planes: list[SampledContext] = []
        latents = self.latents()
        if latents is not None:
            from cainr_core.model.latents import as_contexts

            every = range(len(self.time)) if rows is None else rows.tolist()
            found = latents.planes(every)
            planes = as_contexts(found if cells is None else found[:, :, cells])
        return Inputs(self.frame, lat, lon, time, sampled, self.torch_device, planes)
