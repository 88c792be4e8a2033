from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from cainr_core.codec import latents as coder
from cainr_core.codec.container import VERSION
from cainr_core.data.sampling import SampledContext
from cainr_core.errors import CainrError
from cainr_core.fit.latents import LatentFit, Quantised
from cainr_core.model.entropy import TABLES, ScaleNet, first_weights, hidden_for, scale_of
from cainr_core.model.latents import Pyramid
from cainr_core.model.prior import Prior
from cainr_core.model.surroundings import Surroundings, context_maps
from cainr_core.model.wavelet import Bands

CPU = torch.device("cpu")
TIMES, ROWS, COLUMNS = 7, 21, 31
HIDDEN = 8
Made = tuple[Pyramid, Surroundings, ScaleNet]


@pytest.fixture(scope="module", params=[True, False])
def made(request: pytest.FixtureRequest) -> Made:
    pyramid = Pyramid(TIMES, ROWS, COLUMNS, request.param)
    lat = np.broadcast_to(np.linspace(-90, 90, ROWS)[:, None], (ROWS, COLUMNS))
    context = np.random.default_rng(0).uniform(-1, 1, (1, ROWS, COLUMNS)).astype(np.float32)
    around = Surroundings(pyramid, context_maps(lat, [context]), CPU)
    return pyramid, around, ScaleNet.of(first_weights(around.n_features, HIDDEN, 1))


def integers(pyramid: Pyramid, spread: float, seed: int = 0) -> Bands:
    random = np.random.default_rng(seed)
    return [
        torch.from_numpy(
            np.rint(random.laplace(0, spread, (TIMES, band.rows, band.columns))).astype(np.int32)
        )
        for band in pyramid.bands
    ]


@pytest.mark.parametrize("spread", [0.0, 0.1, 3.0, 5000.0])
def test_latents_come_back_as_they_were(made: Made, spread: float) -> None:
    pyramid, around, net = made
    latents = integers(pyramid, spread)
    data = coder.encode_group(latents, net, around, pyramid)
    found = coder.decode_group(data, TIMES, net, around, pyramid)
    for band, other in zip(latents, found, strict=True):
        assert torch.equal(band, other)


def test_the_model_comes_back_as_it_was(made: Made) -> None:
    pyramid, around, net = made
    tables = np.random.default_rng(0).uniform(-1, 1, (2, 1, ROWS * COLUMNS)).astype(np.float32)
    still = np.tile(np.float32([1, 0]), (TIMES, 1)), np.zeros((TIMES, 2), np.int64)
    contexts = [SampledContext(table, still[1], still[0]) for table in tables]
    known = coder.Known(pyramid, around, Prior(pyramid, contexts, CPU))
    weights = torch.randn(known.prior.shape)
    coded = coder.coded_prior(weights)
    found, prior = coder.decode_model(coder.encode_model(net, coded), known, HIDDEN, VERSION)
    for one, other in zip(net.tensors, found.tensors, strict=True):
        np.testing.assert_array_equal(one, other)
    assert torch.equal(prior, coder.prior_weights(coded, known))
    step = weights.abs().amax((1, 2), keepdim=True) / coder.PRIOR_STEPS  # at most
    assert ((prior - weights).abs() <= 0.5001 * step).all()


def test_more_bytes_bear_a_larger_model() -> None:
    sizes = [hidden_for(nbytes) for nbytes in (500, 10_000, 50_000, 1_000_000)]
    assert sizes == sorted(set(sizes))


def test_nothing_that_a_decoder_lacks_is_looked_at(made: Made) -> None:
    """Features of a half are the same whatever stands in it and in what follows."""
    pyramid, around, _ = made
    latents = integers(pyramid, 3.0)
    blank = [torch.zeros_like(band) for band in latents]
    for run in Surroundings.runs(pyramid, TIMES):
        band, frequencies = run
        chosen = slice(frequencies.start, frequencies.stop)
        full, known = (
            around.first(around.whole(values, run), values, run) for values in (latents, blank)
        )
        assert torch.equal(full, known)
        first, second = around.halves(run)
        blank[band][chosen].view(-1)[first] = latents[band][chosen].reshape(-1)[first]
        full, known = around.second(full, latents, run), around.second(known, blank, run)
        assert torch.equal(full, known)
        blank[band][chosen].view(-1)[second] = latents[band][chosen].reshape(-1)[second]


def test_features_of_all_latents_at_once_are_those_of_each_half(made: Made) -> None:
    pyramid, around, _ = made
    latents = integers(pyramid, 3.0)
    tables = [around.every(latents, number) for number in range(len(latents))]
    for run in Surroundings.runs(pyramid, TIMES):
        number, frequencies = run
        board = around.first(around.whole(latents, run), latents, run)
        shape = (TIMES, *latents[number].shape[1:], around.n_features)
        rows = tables[number].reshape(shape)[frequencies.start : frequencies.stop].flatten(0, 2)
        first, second = around.halves(run)
        assert torch.equal(rows[first], board.flatten(1).T[first])
        board = around.second(board, latents, run)
        assert torch.equal(rows[second], board.flatten(1).T[second])


def test_every_latent_belongs_to_one_half_of_one_run(made: Made) -> None:
    pyramid, around, _ = made
    counts = [
        torch.zeros((TIMES, band.rows, band.columns), dtype=torch.int32) for band in pyramid.bands
    ]
    for run in Surroundings.runs(pyramid, TIMES):
        for places in around.halves(run):
            counts[run[0]][run[1].start : run[1].stop].view(-1)[places] += 1
    assert all(bool((count == 1).all()) for count in counts)


@pytest.mark.parametrize("cut", [0, 3, 40])
def test_damaged_latents_are_refused_or_are_others(made: Made, cut: int) -> None:
    pyramid, around, net = made
    data = coder.encode_group(integers(pyramid, 3.0), net, around, pyramid)
    with pytest.raises(CainrError, match="damaged"):
        coder.decode_group(data[:cut] + data[cut + 1 :], TIMES, net, around, pyramid)


def test_tables_are_those_of_a_laplace_distribution() -> None:
    for table in range(TABLES):
        weights, width = coder.frequencies(table), float(scale_of(table))
        reach = coder.reach_of(table)
        assert len(weights) == 2 * reach + 2
        assert (weights >= 1).all()
        assert weights.sum() < 2**53
        share = weights / weights.sum()
        within = 1 - math.exp(-(reach + 0.5) / width)  # the table ends there
        assert share[reach] == pytest.approx((1 - math.exp(-0.5 / width)) / within, rel=1e-5)
        np.testing.assert_array_equal(weights[:reach], weights[reach + 1 : -1][::-1])


def test_learning_the_model_saves_bytes(made: Made) -> None:
    pyramid, around, net = made
    random = torch.Generator().manual_seed(0)
    field = torch.randn(TIMES, ROWS, COLUMNS, generator=random)
    field[:, :, COLUMNS // 2 :] *= 0.05  # loud in the west, quiet in the east
    exact = [pyramid.analyse(field)]
    chosen = LatentFit(exact, pyramid, around, HIDDEN, 0).quantise(0.5, turns=2)
    assert isinstance(chosen, Quantised)
    untaught = len(coder.encode_group(chosen.groups[0], net, around, pyramid))
    taught = len(coder.encode_group(chosen.groups[0], chosen.net, around, pyramid))
    assert taught < 0.9 * untaught
    assert taught == pytest.approx(chosen.bits / 8, rel=0.1, abs=40)
    again = LatentFit(exact, pyramid, around, HIDDEN, 0).quantise(0.5, turns=2)
    assert again.bits == chosen.bits
    values = [band.float() * 0.5 for band in chosen.groups[0]]
    unshifted = float((pyramid.planes(values) - field).square().mean())
    assert chosen.error == pytest.approx(unshifted, rel=0.1)


@pytest.mark.gpu
def test_what_cuda_encodes_the_cpu_decodes(made: Made) -> None:
    pyramid, around, net = made
    cuda = torch.device("cuda")
    lat = np.broadcast_to(np.linspace(-90, 90, ROWS)[:, None], (ROWS, COLUMNS))
    context = np.random.default_rng(0).uniform(-1, 1, (1, ROWS, COLUMNS)).astype(np.float32)
    there = Surroundings(pyramid, context_maps(lat, [context]), cuda)
    latents = integers(pyramid, 3.0)
    data = coder.encode_group([band.to(cuda) for band in latents], net, there, pyramid)
    assert data == coder.encode_group(latents, net, around, pyramid)
    for band, other in zip(
        latents, coder.decode_group(data, TIMES, net, around, pyramid), strict=True
    ):
        assert torch.equal(band, other)
