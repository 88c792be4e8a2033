"""What the network behind latent grids begins with: the grids, and a linear network of its inputs.

The field is first drawn as a weighted sum of its contexts, by least squares; what that leaves is
what latents are chosen for. A network whose linear path says just this sum then learns the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.codec.latents import encode
from cainr_core.data.contexts import Context, SampledContext
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.fit.device import choose_device
from cainr_core.fit.latents import LatentFit, Quantised
from cainr_core.fit.misfit import psnr_of, scaling_of
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import LATENT_INPUTS, Architecture
from cainr_core.model.coordinates import Frame
from cainr_core.model.entropy import surroundings
from cainr_core.model.latents import Latents, Pyramid, as_contexts
from cainr_core.model.mlp import initial_tensors

CLOSE = 0.985  # part of a byte target that latents should fill at least
TRIES = 12


class LatentStart:
    """Latents of a field, chosen for a step or a number of bytes.

    After `run()`: `sections` (bytes for the file), `latents` (for its header), `sampled` (what the
    network is given), and `tensors()` to begin with.
    """

    def __init__(
        self,
        field: Field,
        contexts: Sequence[Context],
        architecture: Architecture,
        recipe: Recipe,
        device: str = "auto",
    ) -> None:
        if field.grid.kind != "latlon":
            raise CainrError(
                "Latent grids need a latitude-longitude grid, and this field lies on columns: "
                "choose another architecture, such as siren."
            )
        self._field, self._architecture, self._recipe = field, architecture, recipe
        self._device = choose_device(device)
        lat, lon = field.grid.points()
        sampled = [context.sample(lat, lon, field.time) for context in contexts]
        self._frame = Frame.of(architecture.coordinates, field.grid, field.time, sampled)
        scaled = self._frame.scaled(sampled)
        self.offset, self.scale = scaling_of(field, recipe.scaling)
        target = (field.values.reshape(len(field.time), -1) - self.offset) / self.scale
        self._linear, base = _least_squares(target, scaled)
        residual = np.nan_to_num(target - base).astype(np.float32).reshape(field.shape)
        self._base, self._residual = base, residual.reshape(len(field.time), -1)
        self.pyramid = Pyramid.of(field.grid, len(field.time))
        self._around = surroundings(self.pyramid, lat, scaled, self._device)
        self._fit = LatentFit(
            torch.from_numpy(residual).to(self._device), self.pyramid, self._around, recipe.seed
        )
        self.latents = Latents(0.0, (0.0, 0.0), 1.0)
        self.sections: list[bytes] = []
        self._planes: NDArray[np.float32] | None = None

    def run(self, most_bytes: int | None = None) -> Iterator[str]:
        """Choose the latents, telling how far that is; for `most_bytes` of them, if given.

        CainrError where even the coarsest latents take more.
        """
        yield "Choosing latents."
        step = self._architecture.step
        chosen = self._fit.quantise(step)
        self._take(chosen)
        if most_bytes is None:
            return
        yield from self._search(chosen, most_bytes)

    def _search(self, chosen: Quantised, most_bytes: int) -> Iterator[str]:
        """Find the step whose latents take at most so many bytes, and nearly as many."""
        smallest: tuple[float, int] | None = None  # too many bytes
        largest: tuple[float, int] | None = None  # few enough
        step, fine = chosen.step, False
        for number in range(TRIES):
            size = self.nbytes
            if size <= most_bytes:
                largest, best = (step, size), chosen
                if size >= CLOSE * most_bytes and fine:
                    return
            else:
                smallest = (step, size)
            step = _next_step(step, size, most_bytes, smallest, largest)
            # the model is taught anew while the step still moves far
            fine = 0.8 < size / most_bytes < 1.25 or number > TRIES // 2
            yield f"Choosing latents: {size:,} of {most_bytes:,} bytes."
            chosen = self._fit.requantise(step) if fine else self._fit.quantise(step, turns=2)
            self._take(chosen)
        if largest is None:
            raise CainrError(
                f"Latents cannot be had in {most_bytes:,} bytes: ask for at least "
                f"{size + len(self.sections):,} more."
            )
        if self.nbytes > most_bytes:
            self._take(best)

    def _take(self, chosen: Quantised) -> None:
        self.sections = encode(chosen.groups, chosen.net, self._around, self.pyramid)
        plain = Latents(chosen.step, chosen.shifts, 1.0)
        groups = [plain.at(self.pyramid, bands) for bands in chosen.groups]
        planes = np.concatenate(groups, axis=1)
        gain = float(np.float32(1 / max(float(planes[0].std()), 1e-6)))
        self.latents = Latents(chosen.step, chosen.shifts, gain)
        self._planes = planes * np.float32(gain)

    @property
    def nbytes(self) -> int:
        """Bytes of the sections."""
        return sum(map(len, self.sections))

    @property
    def error(self) -> float:
        """Mean squared error of what contexts and latents alone draw, in scaled units."""
        left = (
            self._residual
            if self._planes is None
            else self._residual - self._planes[0] / self.latents.gain
        )
        return float(np.mean(np.square(left), dtype=np.float64))

    def psnr(self, mean_squared_error: float) -> float:
        """dB, by the definition of `metrics`."""
        return psnr_of((self._field.hi - self._field.lo) / self.scale, mean_squared_error)

    @property
    def sampled(self) -> list[SampledContext]:
        """What the network is given of the latents."""
        assert self._planes is not None
        return as_contexts(self._planes)

    def tensors(self) -> list[Tensor]:
        """Weights to begin with: the linear path draws contexts and latents, the rest nothing."""
        tensors = initial_tensors(self._architecture, self._frame.n_inputs, self._recipe.seed)
        matrix, bias = tensors[-2:]
        matrix.zero_()
        n = len(self._linear) - 1
        if n:
            matrix[0, -LATENT_INPUTS - n : -LATENT_INPUTS] = torch.from_numpy(self._linear[1:])
        matrix[0, -LATENT_INPUTS] = 1 / self.latents.gain
        bias[0] = float(self._linear[0])
        return tensors

    def reconstruct(self, times: int | slice = slice(None)) -> NDArray[np.float32]:
        """The field as contexts and latents alone draw it, (time, *grid.shape)."""
        rows = range(len(self._field.time))[
            times if isinstance(times, slice) else slice(times, times + 1)
        ]
        values = self._base[rows]
        if self._planes is not None:
            values = values + self._planes[0, rows] / self.latents.gain
        values = (self.offset + self.scale * values).astype(np.float32)
        values = values.reshape(len(rows), *self._field.grid.shape)
        if self._field.missing is not None:
            values[self._field.missing[rows]] = np.nan
        return values


def _next_step(
    step: float,
    size: int,
    most: int,
    smallest: tuple[float, int] | None,
    largest: tuple[float, int] | None,
) -> float:
    """A step that should take a little less than `most` bytes: bytes fall about as step^-1.3."""
    aim = 0.5 * (1 + CLOSE) * most
    if smallest is None or largest is None:
        return step * float(np.clip((size / aim) ** 0.8, 0.2, 5.0))
    (low, many), (high, few) = smallest, largest
    share = np.log(many / aim) / max(np.log(many / few), 1e-9)
    return float(low * (high / low) ** np.clip(share, 0.05, 0.95))


def _least_squares(
    target: NDArray, contexts: Sequence[SampledContext]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Constant and weight of each context whose sum is nearest to the target (time, cells), and
    that sum."""
    size = len(contexts) + 1
    normal, right = np.zeros((size, size)), np.zeros(size)

    def columns(time: int) -> NDArray[np.float64]:
        parts = [context.at(time) for context in contexts]
        return np.stack([np.ones(target.shape[1]), *parts])

    for time, values in enumerate(target):
        known = ~np.isnan(values)
        table = columns(time)[:, known]
        normal += table @ table.T
        right += table @ values[known]
    weights = np.linalg.lstsq(normal, right, rcond=None)[0].astype(np.float32)
    base = np.stack([weights @ columns(time) for time in range(len(target))])
    return weights, base.astype(np.float32)
