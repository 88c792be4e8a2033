"""What the network behind latent grids begins with: the latents, and weights that add nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.codec.latents import (
    Known,
    coded_prior,
    drawn,
    encode_group,
    encode_model,
    prior_weights,
)
from cainr_core.data.contexts import Context, SampledContext
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.fit.device import choose_device
from cainr_core.fit.latents import LatentFit, Quantised
from cainr_core.fit.misfit import psnr_of, scaling_of
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.model.columns import at_cells, laid_out
from cainr_core.model.coordinates import Frame
from cainr_core.model.entropy import hidden_for
from cainr_core.model.latents import Latents, as_contexts
from cainr_core.model.mlp import initial_tensors
from cainr_core.model.wavelet import Bands

CLOSE = 0.985  # part of a byte target that latents should fill at least
NEAR = (0.8, 1.25)  # parts of it from which latents of another step cost as the model says
TRIES = 12


class LatentStart:
    """Latents of a field, chosen for a step or a number of bytes.

    After `run()` and each `revise()`: `sections` (bytes for the file), `latents` (for its header),
    `sampled` (what the network is given), and `tensors()` to begin with.
    """

    def __init__(
        self,
        field: Field,
        contexts: Sequence[Context],
        architecture: Architecture,
        recipe: Recipe,
        expected_bytes: int,
        device: str = "auto",
    ) -> None:
        """`expected_bytes`: of the latents, about."""
        self._field, self._architecture, self._recipe = field, architecture, recipe
        on = choose_device(device)
        lat, lon = field.grid.points()
        sampled = [context.sample(lat, lon, field.time) for context in contexts]
        self._frame = Frame.of(architecture.coordinates, field.grid, field.time, sampled)
        self.offset, self.scale = scaling_of(field, recipe.scaling)
        values = field.values.reshape(len(field.time), -1)
        target = ((values - self.offset) / self.scale).astype(np.float32)
        if field.grid.kind != "columns":
            target = _filled(target, self._frame.scaled(sampled))
        self._known = Known.of(self._frame, contexts, on)
        pyramid, prior = self._known.pyramid, self._known.prior
        exact = self._analysed(target)
        self._coded_prior = coded_prior(prior.weigh(exact, architecture.step))
        weights = prior_weights(self._coded_prior, self._known)
        for bands, group in zip(exact, pyramid.groups, strict=True):
            for band, part in zip(bands, prior.bands(group, weights), strict=True):
                band -= part
        self._exact = exact
        self._tensors: list[Tensor] | None = None
        self._hidden = hidden_for(expected_bytes)
        self._fit = LatentFit(exact, pyramid, self._known.around, self._hidden, recipe.seed)
        self._chosen: Quantised | None = None
        self.latents = Latents(architecture.step, (0.0, 0.0), 1.0, self._hidden)
        self._sections: list[bytes] | None = None
        self._planes: NDArray[np.float32] | None = None

    def run(self, most_bytes: int | None = None, roughly: bool = False) -> Iterator[str]:
        """Choose the latents, telling how far that is; for `most_bytes` of them, if given, or
        `roughly` as many, where they will be revised.

        CainrError where even the coarsest latents take more.
        """
        yield "Choosing latents."
        step = self._architecture.step
        chosen = self._fit.quantise(step)
        self._take(chosen)
        if most_bytes is not None:
            yield from self._search(chosen, most_bytes, roughly)

    def revise(
        self,
        tensors: Sequence[Tensor],
        values: NDArray[np.float32],
        most_bytes: int | None = None,
        last: bool = False,
    ) -> Iterator[str]:
        """Choose the latents anew for a network with these weights, which draws these values of the
        field with the latents as they are: what it adds to them need not be coded.

        `tensors()` are these weights from now on. The step follows what latents are expected to
        take, and the `last` time what they take.
        """
        assert self._chosen is not None
        self._tensors = [tensor.detach().cpu().clone() for tensor in tensors]
        added = (values.reshape(len(self._field.time), -1) - self.offset) / self.scale
        added = np.nan_to_num(added - self._given()[0])
        self._fit.aim(
            [
                [band - part for band, part in zip(*pair, strict=True)]
                for pair in zip(self._exact, self._analysed(added), strict=True)
            ]
        )
        step = self._chosen.step
        if most_bytes is not None:
            expected = len(self._model_bytes()) + self._chosen.bits / 8
            step = _next_step(step, int(expected), most_bytes, None, None)
        self._take(self._fit.quantise(step, turns=1))
        if last and most_bytes is not None:
            yield from self._search(self._chosen, most_bytes)

    def settle(self) -> None:
        """Let go of what choosing takes, once nothing more is chosen: it is several times as large
        as the field, and a fit goes on for long."""
        del self._fit, self._exact

    def _search(self, chosen: Quantised, most_bytes: int, roughly: bool = False) -> Iterator[str]:
        """Find the step whose latents take at most so many bytes, and nearly as many."""
        smallest: tuple[float, int] | None = None  # too many bytes
        largest: tuple[float, int] | None = None  # few enough
        best: Quantised | None = None
        step, fine = chosen.step, False
        for number in range(TRIES):
            size = self.nbytes
            if roughly and NEAR[0] < size / most_bytes < NEAR[1]:
                return
            if size <= most_bytes:
                largest, best = (step, size), chosen
                if size >= CLOSE * most_bytes and fine:
                    return
            else:
                smallest = (step, size)
            if fine:  # what a step takes depends on the last one: sizes before are no bounds
                smallest = largest = None
            step = _next_step(step, size, most_bytes, smallest, largest)
            # the model is taught anew while the step still moves far
            fine = NEAR[0] < size / most_bytes < NEAR[1] or number > TRIES // 2
            yield f"Choosing latents: {size:,} of {most_bytes:,} bytes."
            chosen = self._fit.requantise(step) if fine else self._fit.quantise(step, turns=2)
            self._take(chosen)
        if best is None:
            raise CainrError(
                f"Latents cannot be had in {most_bytes:,} bytes: ask for at least "
                f"{size - most_bytes:,} more."
            )
        if self.nbytes > most_bytes:
            self._take(best)

    def _analysed(self, values: NDArray[np.float32]) -> list[Bands]:
        """The transform of values (time, cells) in each group."""
        pyramid, grid = self._known.pyramid, self._field.grid
        if grid.kind == "columns":
            planes = laid_out(values, grid)
        else:
            planes = values.reshape(self._field.shape)
        on = self._known.prior.device
        return [
            pyramid.analyse(torch.from_numpy(planes[group.start : group.stop]).to(on))
            for group in pyramid.groups
        ]

    def _take(self, chosen: Quantised) -> None:
        self._sections = self._planes = None
        gain = _brief(1 / max(math.sqrt(chosen.energy), 1e-6))
        self.latents = Latents(chosen.step, chosen.shifts, gain, self._hidden)
        self._chosen = chosen

    @property
    def sections(self) -> list[bytes]:
        """Bytes for the file: of the models, and of each group."""
        if self._sections is None:
            chosen, known = self._chosen, self._known
            assert chosen is not None
            self._sections = [self._model_bytes()]
            self._sections += [
                encode_group(group, chosen.net, known.around, known.pyramid)
                for group in chosen.groups
            ]
        return self._sections

    def _model_bytes(self) -> bytes:
        assert self._chosen is not None
        return encode_model(self._chosen.net, self._coded_prior)

    @property
    def nbytes(self) -> int:
        """Bytes of the sections."""
        return sum(map(len, self.sections))

    @property
    def error(self) -> float:
        """Mean squared error of what latents draw, in scaled units, with what the network added
        when they were revised; 1 before there are any."""
        return 1.0 if self._chosen is None else self._chosen.error

    def psnr(self, mean_squared_error: float) -> float:
        """dB, by the definition of `metrics`."""
        return psnr_of((self._field.hi - self._field.lo) / self.scale, mean_squared_error)

    @property
    def sampled(self) -> list[SampledContext]:
        """What the network is given of the latents."""
        return as_contexts(self._given())

    def tensors(self) -> list[Tensor]:
        """Weights to begin with: those of the last revision, or some that add nothing to what the
        latents say."""
        if self._tensors is not None:
            return [tensor.clone() for tensor in self._tensors]
        tensors = initial_tensors(self._architecture, self._frame.n_inputs, self._recipe.seed)
        tensors[-2].zero_()
        return tensors

    def reconstruct(self, times: int | slice = slice(None)) -> NDArray[np.float32]:
        """The field as latents alone draw it, (time, *grid.shape)."""
        rows = range(len(self._field.time))[
            times if isinstance(times, slice) else slice(times, times + 1)
        ]
        shape = (len(rows), *self._field.grid.shape)
        drawn = np.zeros(shape) if self._chosen is None else self._drawn(rows)[0].reshape(shape)
        values = (self.offset + self.scale * drawn).astype(np.float32)
        if self._field.missing is not None:
            values[self._field.missing[rows]] = np.nan
        return values

    def _given(self) -> NDArray[np.float32]:
        """`_drawn` at all times, which a network and the revision after it both ask for."""
        if self._planes is None:
            self._planes = self._drawn(range(len(self._field.time)))
        return self._planes

    def _drawn(self, rows: Sequence[int]) -> NDArray[np.float32]:
        assert self._chosen is not None
        groups = self._chosen.groups
        weights = prior_weights(self._coded_prior, self._known)
        planes = drawn(self._known, self.latents, weights, groups.__getitem__, rows)
        return at_cells(planes, self._field.grid)


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
        return _brief(step * np.clip((size / aim) ** 0.8, 0.2, 5.0))
    (low, many), (high, few) = smallest, largest
    share = np.log(many / aim) / max(np.log(many / few), 1e-9)
    return _brief(low * (high / low) ** np.clip(share, 0.05, 0.95))


def _brief(value: float) -> float:
    """The value as a file spells it out, in few digits."""
    return float(f"{value:.5g}")


def _filled(target: NDArray, contexts: Sequence[SampledContext]) -> NDArray[np.float32]:
    """The target (time, cells) where it is known, elsewhere the weighted sum of a constant and the
    contexts that is nearest to it: what a transform should meet there, so that it costs little."""
    unknown = np.isnan(target)
    if not unknown.any():
        return target
    size = len(contexts) + 1
    normal, right = np.zeros((size, size)), np.zeros(size)

    def columns(time: int) -> NDArray[np.float64]:
        parts = [context.at(time) for context in contexts]
        return np.stack([np.ones(target.shape[1]), *parts])

    for time, values in enumerate(target):
        table = columns(time)[:, ~unknown[time]]
        normal += table @ table.T
        right += table @ values[~unknown[time]]
    weights = np.linalg.lstsq(normal, right, rcond=None)[0]
    base = np.stack([weights @ columns(time) for time in range(len(target))])
    return np.where(unknown, base, target).astype(np.float32)
