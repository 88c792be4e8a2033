from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.model.architecture import LATENT_INPUTS
from cainr_core.model.groups import MOST_TIMES, groups_of
from cainr_core.model.latents import (
    COARSER,
    DIFFERENCE_GAIN,
    Latents,
    Pyramid,
    as_contexts,
    cosines,
    flat,
    frequency_bins,
    restored,
    unflat,
)
from tests import small


@given(times=st.integers(1, 1000))
def test_groups_hold_every_time_once_and_are_nearly_equal(times: int) -> None:
    groups = groups_of(times)
    assert [time for group in groups for time in group] == list(range(times))
    sizes = {len(group) for group in groups}
    assert max(sizes) <= MOST_TIMES
    assert max(sizes) - min(sizes) <= 1


@given(count=st.integers(1, MOST_TIMES))
def test_bins_hold_every_frequency_once(count: int) -> None:
    bins = frequency_bins(count)
    assert [number for each in bins for number in each] == list(range(count))
    for before, after in pairwise(bins):
        assert before.start == after.start // 2 or after.start <= 1


@pytest.mark.parametrize("count", [1, 6, 50])
def test_the_cosine_transform_is_orthonormal(count: int) -> None:
    basis = cosines(count)
    torch.testing.assert_close(basis @ basis.T, torch.eye(count), atol=1e-5, rtol=0)


def test_latents_are_the_field_at_every_time_alone_too() -> None:
    field = small.field(times=9)
    pyramid = Pyramid.of(field.grid, 9)
    assert pyramid.periodic
    values = torch.from_numpy(field.values)
    bands = pyramid.analyse(values)
    torch.testing.assert_close(pyramid.planes(bands), values, atol=2e-3, rtol=0)
    one = pyramid.planes(bands, np.array([4]))
    torch.testing.assert_close(one, values[4:5], atol=2e-3, rtol=0)
    coarse = pyramid.planes(bands, dropped=1)
    assert coarse.shape == values.shape
    assert 0 < float((coarse - values).std()) < float(values.std())


def test_rows_of_latents_come_apart_again() -> None:
    pyramid = Pyramid(5, 17, 24, True)
    bands = pyramid.analyse(torch.randn(5, 17, 24))
    for one, other in zip(unflat(flat(bands), bands), bands, strict=True):
        assert torch.equal(one, other)


def test_integers_are_restored_beyond_themselves() -> None:
    band = torch.tensor([[[-3, -1, 0, 1, 2]]], dtype=torch.int32)
    (value,) = restored([band], 0.5, (0.1, -0.2))
    assert value.flatten().tolist() == pytest.approx([-1.4, -0.55, 0, 0.55, 0.9])


def test_what_a_network_is_given_stands_as_contexts_do() -> None:
    pyramid = Pyramid(4, 16, 24, True)
    integers = [(band * 3).round().int() for band in pyramid.analyse(torch.randn(4, 16, 24))]
    prior = [torch.ones_like(band, dtype=torch.float32) for band in integers]
    planes = Latents(0.5, (0.0, 0.0), 2.0, 8).at(pyramid, integers, prior)
    assert planes.shape == (LATENT_INPUTS, 4, 16 * 24)
    whole = pyramid.planes([band * 0.5 for band in integers])
    both = pyramid.planes([band * 0.5 + 1 for band in integers])
    np.testing.assert_allclose(planes[0], both.flatten(1).numpy(), atol=1e-5)
    np.testing.assert_allclose(planes[1], 2 * whole.flatten(1).numpy(), atol=1e-5)
    contexts = as_contexts(planes)
    np.testing.assert_array_equal(contexts[1].at(2), planes[1, 2])
    # neighbours: rows and columns, then the times before and after
    field, first = planes[1].reshape(4, 16, 24), 2 + len(COARSER)
    differences = planes[first:].reshape(-1, 4, 16, 24) / DIFFERENCE_GAIN
    np.testing.assert_allclose(differences[0][:, 1:], field[:, :-1] - field[:, 1:], atol=1e-4)
    assert not differences[0][:, 0].any()
    np.testing.assert_allclose(differences[3], np.roll(field, -1, 2) - field, atol=1e-4)
    np.testing.assert_allclose(differences[4][1:], field[:-1] - field[1:], atol=1e-4)
    assert not differences[5][-1].any()


def test_a_time_alone_is_as_among_others() -> None:
    pyramid = Pyramid(5, 17, 24, False)
    integers = [(band * 3).round().int() for band in pyramid.analyse(torch.randn(5, 17, 24))]
    prior = [torch.zeros_like(band, dtype=torch.float32) for band in integers]
    latents = Latents(0.5, (0.05, 0.1), 2.0, 8)
    whole = latents.at(pyramid, integers, prior)
    for times in ([0], [4, 2]):
        some = latents.at(pyramid, integers, prior, np.array(times))
        np.testing.assert_allclose(some, whole[:, times], atol=1e-4)
