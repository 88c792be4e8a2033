from __future__ import annotations

import numpy as np
import pytest
import torch

from cainr_core.codec.entropy import encode
from cainr_core.codec.quantize import SMALLEST
from cainr_core.codec.rate import coded, size, steps_for


@pytest.fixture(scope="module")
def tensors() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(shape, generator=generator) * scale
        for shape, scale in (((24, 4), 0.3), ((24,), 0.1), ((24, 24), 0.05), ((1, 28), 1.0))
    ]


INFLUENCE = [5.0, 1.0, 40.0, 2.0]


def test_the_size_is_that_of_the_file(tensors: list[torch.Tensor]) -> None:
    steps = steps_for(tensors, INFLUENCE, 1e-3)
    assert size(tensors, steps) == len(encode(coded(tensors, steps)))
    assert [index for index, _ in coded(tensors, steps)] == steps


@pytest.mark.parametrize("most", [130, 200, 300, 500, 700, 1000])
def test_a_number_of_bytes_is_met_and_never_exceeded(
    tensors: list[torch.Tensor], most: int
) -> None:
    taken = size(tensors, steps_for(tensors, INFLUENCE, 1e-3, most))
    assert 0.9 * most - 8 <= taken <= most


def test_more_bytes_mean_finer_steps(tensors: list[torch.Tensor]) -> None:
    chosen = [steps_for(tensors, INFLUENCE, 1e-3, most) for most in (200, 400, 800, 1600)]
    assert np.array(chosen).sum(axis=1).tolist() == sorted(
        np.array(chosen).sum(axis=1).tolist(), reverse=True
    )


def test_an_impossible_number_gives_the_coarsest_steps(tensors: list[torch.Tensor]) -> None:
    least = size(tensors, steps_for(tensors, INFLUENCE, 1e-3, 1))
    assert least < 120
    assert size(tensors, steps_for(tensors, INFLUENCE, 1e-3, least)) <= least


def test_a_perfect_fit_can_be_made_smaller_too(tensors: list[torch.Tensor]) -> None:
    assert min(steps_for(tensors, INFLUENCE, 0.0)) >= SMALLEST
    one = tensors[1:2]
    assert size(one, steps_for(one, [1.0], 0.0, 40)) <= 40
