"""Gradients by hand against float64 autograd, and fits with them against fits without."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cainr_core.data.sampling import SampledContext
from cainr_core.fit.fitting import Fitting
from cainr_core.fit.kernels.tiled import TiledGradient
from cainr_core.fit.misfit import Misfit
from cainr_core.model.architecture import LATENT_INPUTS, Architecture
from cainr_core.model.inputs import Inputs
from cainr_core.model.mlp import forward, frequencies, initial_tensors
from tests import small

POINTS = 500
CONTEXTS = ("climatology", "insolation", "topography")
CASES = [
    ("siren", 5, 20, True, CONTEXTS),
    ("siren", 2, 9, False, ()),
    ("siren", 1, 6, True, ("climatology",)),
    ("siren", 10, 50, True, ("climatology",)),
    ("finer", 3, 12, True, CONTEXTS),
    ("wire", 3, 16, True, ("topography",)),
    ("gaussian", 3, 16, False, ("climatology",)),
    ("gelu", 3, 12, True, CONTEXTS),
    ("relu", 4, 20, False, ("topography",)),
    ("relu", 1, 5, True, ()),
    ("latent", 2, 16, True, ("climatology",)),
]
each_case = pytest.mark.parametrize(("network", "depth", "width", "skip", "specs"), CASES)


class Case:
    """A network with random weights, a field with gaps, and points of it."""

    def __init__(
        self, network: str, depth: int, width: int, skip: bool, specs: tuple[str, ...]
    ) -> None:
        self.field = small.with_gaps(small.field(times=5), moving=True)
        self.architecture = Architecture(network=network, depth=depth, width=width, skip=skip)
        fit = Fitting(
            self.field, small.contexts(*specs), Architecture(), small.brief(), device="cpu"
        )
        self.inputs, given = fit.inputs, fit.inputs.n_inputs
        if network == "latent":
            self.inputs = self._with_latents(fit, specs)
        generator = torch.Generator().manual_seed(1)
        self.tensors = initial_tensors(self.architecture, given, 0)
        for tensor in self.tensors[-2:]:  # these begin with zeros, which would hide much
            tensor += 0.1 * torch.randn(tensor.shape, generator=generator)
        values = torch.from_numpy(self.field.values.reshape(-1))
        self.target = (values - 255) / 20
        points = torch.randint(len(self.target), (POINTS,), generator=generator)
        self.times, self.cells = points // self.inputs.n_cells, points % self.inputs.n_cells

    def _with_latents(self, fit: Fitting, specs: tuple[str, ...]) -> Inputs:
        lat, lon = self.field.grid.points()
        random, time = np.random.default_rng(3), self.field.time
        sampled = [context.sample(lat, lon, time) for context in small.contexts(*specs)]
        rows = np.stack([np.arange(5), np.arange(5)], axis=1)
        latents = [
            SampledContext(
                random.normal(size=(5, len(lat))).astype(np.float32),
                rows,
                np.tile(np.float32([1, 0]), (5, 1)),
            )
            for _ in range(LATENT_INPUTS)
        ]
        return Inputs(fit.frame, lat, lon, time, sampled, "cpu", latents)

    def tiled(self, most_points: int | None = None) -> TiledGradient:
        return TiledGradient(self.architecture, self.inputs, self.target, most_points)

    def found(self, tiled: TiledGradient) -> tuple[float, list[torch.Tensor]]:
        return tiled(self.times, self.cells, self.tensors, POINTS)

    def exact(self) -> tuple[float, list[torch.Tensor]]:
        """What autograd finds in float64."""
        tensors = [tensor.double().requires_grad_() for tensor in self.tensors]
        waves = frequencies(self.architecture, self.inputs.n_inputs)
        seen = self.inputs.gather(self.times, self.cells).double()
        output = forward(
            self.architecture, tensors, seen, None if waves is None else waves.double()
        )
        wanted = self.target[self.times * self.inputs.n_cells + self.cells].double()
        error = torch.where(wanted.isnan(), 0, output - wanted).square().sum()
        return float(error.detach()), list(torch.autograd.grad(error / POINTS, tensors))


def distance(found: list[torch.Tensor], exact: list[torch.Tensor]) -> float:
    """The largest relative distance of a tensor."""
    pairs = list(zip(found, exact, strict=True))
    assert all(one.shape == other.shape for one, other in pairs)
    return max(float((one.double() - other).norm() / other.norm()) for one, other in pairs)


@each_case
def test_gradients_are_those_of_float64(
    network: str, depth: int, width: int, skip: bool, specs: tuple[str, ...]
) -> None:
    case = Case(network, depth, width, skip, specs)
    error, gradients = case.exact()
    for most_points in (None, 128, 7):
        found, by_hand = case.found(case.tiled(most_points))
        assert found == pytest.approx(error, rel=1e-5)
        assert distance(by_hand, gradients) < 1e-5


@each_case
def test_nothing_is_read_before_it_is_written(
    network: str, depth: int, width: int, skip: bool, specs: tuple[str, ...]
) -> None:
    case = Case(network, depth, width, skip, specs)
    tiled = case.tiled(128)
    before = case.found(tiled)
    for tile in tiled._tiles.values():
        tile.seen[:-1] = float("nan")
        tile.whole_down.fill_(float("nan"))
        for slopes, outputs in tile.layers:
            slopes.fill_(float("nan"))
            outputs.fill_(float("nan"))
    tiled._sums.flat.fill_(float("nan"))
    tiled._weights.flat.fill_(float("nan"))
    after = case.found(tiled)
    assert after[0] == before[0]
    for one, other in zip(after[1], before[1], strict=True):
        assert torch.equal(one, other)


def test_a_call_leaves_earlier_gradients_alone() -> None:
    case = Case(*CASES[0])
    tiled = case.tiled()
    _, first = case.found(tiled)
    kept = [gradient.clone() for gradient in first]
    for tensor in case.tensors:
        tensor *= 2
    case.found(tiled)
    for gradient, copy in zip(first, kept, strict=True):
        assert torch.equal(gradient, copy)


def test_lost_weights_are_not_hidden() -> None:
    case = Case(*CASES[0])
    tiled = case.tiled()
    well = case.found(tiled)
    kept = case.tensors[2].clone()
    case.tensors[2].fill_(float("nan"))
    error, gradients = case.found(tiled)
    assert np.isnan(error)
    assert gradients[0].isnan().any()
    case.tensors[2].copy_(kept)
    again = case.found(tiled)
    assert again[0] == well[0]
    assert all(torch.equal(*pair) for pair in zip(again[1], well[1], strict=True))


@pytest.mark.parametrize("batch", [256, 0])
@pytest.mark.parametrize("network", small.PLAIN_NETWORKS)
def test_a_fit_is_as_good_as_by_autograd(
    network: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fitted() -> float:
        fit = Fitting(
            small.with_gaps(small.field(), moving=True),
            small.contexts("climatology"),
            small.tiny(network=network),
            small.brief(batch=batch, learning_rate=3e-3),
            device="cpu",
        )
        return list(fit.run())[-1].psnr

    by_hand = fitted()
    assert fitted() == by_hand
    monkeypatch.setattr(Misfit, "by_hand", lambda *_: None)
    assert fitted() == pytest.approx(by_hand, abs=0.05)


def test_a_gpu_keeps_to_autograd() -> None:
    fit = Fitting(small.field(), [], small.tiny(), small.brief(), device="cpu")
    assert fit.misfit.by_hand(lambda: fit.tensors) is not None
    fit.misfit.target = fit.misfit.target.to("meta")
    assert fit.misfit.by_hand(lambda: fit.tensors) is None
