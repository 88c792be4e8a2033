from __future__ import annotations

import numpy as np
import torch

from cainr_core.data.sampling import SampledContext
from cainr_core.model.latents import Pyramid
from cainr_core.model.prior import Prior

CPU = torch.device("cpu")
PYRAMID = Pyramid(70, 16, 24, True)  # two groups


def context(seed: int, rows: int) -> SampledContext:
    """A context that moves between the rows of its table, or stands still."""
    random = np.random.default_rng(seed)
    table = random.standard_normal((rows, 16 * 24)).astype(np.float32)
    part = np.linspace(0, 1, 70, dtype=np.float32)
    return SampledContext(
        table,
        np.tile(np.array([0, rows - 1]), (70, 1)),
        np.stack([1 - part, part], 1) if rows > 1 else np.tile(np.float32([1, 0]), (70, 1)),
    )


def test_a_field_that_is_a_sum_of_contexts_is_said_whole() -> None:
    contexts = [context(0, 3), context(1, 1)]
    field = np.stack([2.0 * contexts[0].at(t) - 0.7 * contexts[1].at(t) for t in range(70)])
    planes = torch.from_numpy(field.astype(np.float32)).reshape(70, 16, 24)
    exact = [PYRAMID.analyse(planes[group.start : group.stop]) for group in PYRAMID.groups]
    prior = Prior(PYRAMID, contexts, CPU)
    weights = prior.weigh(exact, 0.1)
    assert tuple(weights.shape) == prior.shape
    for bands, group in zip(exact, PYRAMID.groups, strict=True):
        for band, said in zip(bands, prior.bands(group, weights), strict=True):
            torch.testing.assert_close(said, band, atol=1e-2, rtol=0)
    assert not weights[1, :, 1:].any()  # what stands still says nothing of what moves


def test_a_scale_at_which_a_context_is_noise_is_left_out() -> None:
    told = context(2, 1)
    whole = torch.from_numpy(told.table.reshape(1, 16, 24)).expand(70, -1, -1).contiguous()
    exact = [PYRAMID.analyse(whole[group.start : group.stop]) for group in PYRAMID.groups]
    for bands in exact:  # the finest details are those of another field
        for number, band in enumerate(PYRAMID.bands):
            if band.level == PYRAMID.levels:
                bands[number] = torch.randn_like(bands[number])
    weights = Prior(PYRAMID, [told], CPU).weigh(exact, 0.1)[0, :, 0]
    torch.testing.assert_close(weights[:-1], torch.ones(PYRAMID.levels), atol=0.01, rtol=0)
    assert abs(float(weights[-1])) < 0.2


def test_without_contexts_nothing_is_said() -> None:
    prior = Prior(PYRAMID, [], CPU)
    weights = prior.weigh([PYRAMID.analyse(torch.randn(35, 16, 24))] * 2, 0.1)
    assert weights.shape[0] == 0
    assert not any(band.any() for band in prior.bands(PYRAMID.groups[0], weights))
