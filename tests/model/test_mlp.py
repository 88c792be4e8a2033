from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from cainr_core.model.architecture import LATENT_INPUTS, NETWORKS, Architecture
from cainr_core.model.mlp import forward, frequencies, initial_tensors

N_INPUTS = 5


def plainly(architecture: Architecture, tensors: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """The networks as docs/format.md has them, in float64."""
    omega, spread = architecture.omega, architecture.spread
    act = {
        "siren": lambda u: np.sin(omega * u),
        "finer": lambda u: np.sin(omega * (np.abs(u) + 1) * u),
        "wire": lambda u: np.cos(omega * u) * np.exp(-((spread * u) ** 2)),
        "gaussian": lambda u: np.exp(-((spread * u) ** 2) / 2),
        "relu": lambda u: np.maximum(u, 0),
        "gelu": lambda u: u * np.vectorize(lambda v: (1 + math.erf(v / math.sqrt(2))) / 2)(u),
    }[architecture.network.replace("latent", "gelu")]
    hidden = x
    if architecture.network in ("relu", "gelu"):
        draw = np.random.RandomState(20250711).standard_normal((x.shape[1], architecture.features))
        waves = x @ (draw * architecture.bandwidth)
        hidden = np.concatenate([np.sin(waves), np.cos(waves), x], axis=1)
    for matrix, bias in zip(tensors[:-2:2], tensors[1:-2:2], strict=True):
        hidden = act(hidden @ matrix.T + bias)
    if architecture.skip or architecture.network == "latent":
        hidden = np.concatenate([hidden, x], axis=1)
    return (hidden @ tensors[-2].T + tensors[-1])[:, 0]


def given(architecture: Architecture) -> int:
    """Number of inputs, latents included."""
    return N_INPUTS + (LATENT_INPUTS if architecture.has_latents else 0)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("skip", [True, False])
def test_networks_are_what_the_format_says(network: str, skip: bool) -> None:
    choice = Architecture(network=network, depth=3, width=9, features=4, skip=skip)
    random = np.random.default_rng(0)
    tensors = [
        tensor + 0.05 * torch.from_numpy(random.standard_normal(tensor.shape)).float()
        for tensor in initial_tensors(choice, N_INPUTS, 3)
    ]
    inputs = random.uniform(-1, 1, (40, given(choice))).astype(np.float32)
    waves = frequencies(choice, N_INPUTS)
    told = forward(choice, tensors, torch.from_numpy(inputs), waves)
    plain = plainly(choice, [t.double().numpy() for t in tensors], inputs.astype(np.float64))
    if choice.has_latents:
        plain = plain + inputs[:, -LATENT_INPUTS]
    assert told.shape == (40,)
    np.testing.assert_allclose(told.numpy(), plain, rtol=0, atol=2e-4 * np.abs(plain).max())


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("depth", [1, 10])
def test_signals_live_through_any_depth(network: str, depth: int) -> None:
    choice = Architecture(network=network, depth=depth, width=50)
    tensors = [tensor.requires_grad_() for tensor in initial_tensors(choice, N_INPUTS, 0)]
    inputs = torch.rand((512, given(choice)), generator=torch.Generator().manual_seed(0)) * 2 - 1
    output = forward(choice, tensors, inputs, frequencies(choice, N_INPUTS))
    assert 1e-4 < float(output.detach().std()) < 10
    for gradient in torch.autograd.grad(output.square().mean(), tensors):
        assert torch.isfinite(gradient).all()
        assert float(gradient.abs().max()) > 0


def test_a_siren_begins_as_sitzmann_has_it() -> None:
    choice = Architecture(network="siren", depth=3, width=64, omega=30.0, skip=False)
    first, _, second, *_ = initial_tensors(choice, 4, 0)
    assert float(first.abs().max()) <= 1 / 4
    assert float(second.abs().max()) <= math.sqrt(6 / 64) / 30
    assert float(second.std()) == pytest.approx(math.sqrt(2 / 64) / 30, rel=0.05)


def test_the_linear_path_begins_at_zero() -> None:
    last = initial_tensors(Architecture(width=8, skip=True), 4, 0)[-2]
    assert last.shape == (1, 12)
    assert (last[:, 8:] == 0).all()


def test_a_seed_gives_the_same_weights() -> None:
    choice = Architecture(width=8)
    one, again, other = (initial_tensors(choice, 4, seed) for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert not torch.equal(one[0], other[0])


def test_the_random_frequencies_never_change() -> None:
    """They are part of the file format: files of networks with Fourier features need them."""
    waves = frequencies(Architecture(network="gelu", features=3, bandwidth=2.0), 2)
    assert waves is not None
    known = [[-1.6636733, 2.9891274, 0.35558], [-0.8941124, 0.4432002, -0.19950809]]
    np.testing.assert_allclose(waves.numpy(), known, rtol=1e-6)
    assert frequencies(Architecture(network="siren"), 2) is None
