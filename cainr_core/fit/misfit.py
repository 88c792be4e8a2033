"""The misfit of a network to its field: what is learned from, and how good it is by now."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.fit.kernels.tiled import TiledGradient
from cainr_core.fit.step import Gradients
from cainr_core.model.architecture import LATENT_INPUTS, Architecture
from cainr_core.model.coordinates import brief, rounded
from cainr_core.model.inputs import Inputs
from cainr_core.model.mlp import forward, frequencies

CHECK_POINTS = 1 << 14
POINTS_PER_PASS = 1 << 14
LEAST_SCALE = float(np.finfo(np.float32).tiny)


class Misfit:
    """Squared errors of the outputs of a network, which stand for the values of a field.

    A value is `offset` + `scale` x output; errors are in units of `scale`, and `peak` is the span
    of the field in them, `variance` the error of one that says the mean of the field everywhere.
    Missing values, NaN in `target` (times x cells,), have no error. `checks`:
    time and cell indices of the points that tell how good a network is.
    """

    def __init__(
        self,
        field: Field,
        inputs: Inputs,
        architecture: Architecture,
        scaling: str,
        seed: int,
        device: torch.device,
    ) -> None:
        self.offset, self.scale = scaling_of(field, scaling)
        self.peak = (field.hi - field.lo) / self.scale
        self._inputs, self._architecture = inputs, architecture
        values = field.values.reshape(-1)
        target = torch.from_numpy(((values - self.offset) / self.scale).astype(np.float32))
        self.target = target.to(device)
        self._has_missing = field.missing is not None
        waves = frequencies(architecture, inputs.n_inputs)
        self._waves = None if waves is None else waves.to(device)
        self.checks = self._drawn(min(CHECK_POINTS, 4 * values.size), seed)
        times, cells = self.checks
        self.variance = float(self.target[times * inputs.n_cells + cells].var(correction=0))

    def to_learn(self) -> Tensor:
        """What the layers of the network are to give: the target less what latents say."""
        if not self._architecture.has_latents:
            return self.target
        return self.target - self._inputs.column(-LATENT_INPUTS)

    def output(self, times: Tensor, cells: Tensor, tensors: list[Tensor]) -> Tensor:
        """Outputs of the network with these weights at points (n,)."""
        points = self._inputs.gather(times, cells)
        return forward(self._architecture, tensors, points, self._waves)

    def squared(self, times: Tensor, cells: Tensor, tensors: list[Tensor]) -> Tensor:
        """Squared errors at points (n,), zero where the field is missing."""
        target = self.target[times * self._inputs.n_cells + cells]
        error = self.output(times, cells, tensors).float() - target
        if self._has_missing:
            # a missing target is NaN: replaced before squaring, so that no gradient meets it; that
            # of a diverged network stays, or its error would look like none
            error = torch.where(torch.isnan(target), torch.zeros_like(error), error)
        return error * error

    def by_hand(self, weights: Callable[[], list[Tensor]]) -> Gradients | None:
        """Gradients without autograd, by what `weights` gives at each call; None where there are
        none. Those by rounded weights are of use for the weights themselves: rounding is straight
        through."""
        if self.target.device.type != "cpu":
            return None
        tiled = TiledGradient(self._architecture, self._inputs, self.target)
        return lambda times, cells, total: tiled(times, cells, weights(), total)[1]

    def mean(self, tensors: list[Tensor]) -> float:
        """Mean squared error, on the same points throughout."""
        times, cells = self.checks
        with torch.no_grad():
            total = sum(
                float(self.squared(*points, tensors).sum(dtype=torch.float64))
                for points in zip(
                    times.split(POINTS_PER_PASS), cells.split(POINTS_PER_PASS), strict=True
                )
            )
        return total / len(times)

    def psnr(self, mean_squared_error: float) -> float:
        """dB, by the definition of `metrics`."""
        return psnr_of(self.peak, mean_squared_error)

    def _drawn(self, n: int, seed: int) -> tuple[Tensor, Tensor]:
        """Time and cell indices of `n` points that hold a value, the same for a seed."""
        device = self.target.device
        generator = torch.Generator(device).manual_seed(seed + 1)  # not the batches' points
        present = torch.nonzero(~torch.isnan(self.target)) if self._has_missing else None
        count = len(self.target) if present is None else len(present)
        point = torch.randint(count, (n,), generator=generator, device=device)
        point = point if present is None else present[point, 0]
        return point // self._inputs.n_cells, point % self._inputs.n_cells


def psnr_of(peak: float, mean_squared_error: float) -> float:
    """dB, of errors and a span of the field in the same units."""
    ratio = peak**2 / max(mean_squared_error, 1e-30)
    return 10 * math.log10(max(ratio, 1e-30))


def scaling_of(field: Field, kind: str) -> tuple[float, float]:
    """Offset and scale, in the field's units, as float32 holds them: a file keeps them so.

    CainrError where the field is constant, or its values are too large or too small to be scaled.
    """
    if kind == "unit":
        offset, scale = field.lo, field.hi - field.lo
    else:
        offset, scale = (
            float(np.nanmean(field.values, dtype=np.float64)),
            float(np.nanstd(field.values, dtype=np.float64)),
        )
        if LEAST_SCALE <= scale < math.inf:
            offset, scale = rounded(offset, scale), rounded(scale, scale)
    with np.errstate(over="ignore"):
        offset, scale = brief(offset), brief(scale)
    if not (math.isfinite(offset) and LEAST_SCALE <= scale < math.inf):
        raise CainrError(
            f"The values of '{field.name}' lie from {field.lo:g} to {field.hi:g}: a field must "
            "vary, within what 32-bit numbers hold; choose another, or give it other units."
        )
    return offset, scale
