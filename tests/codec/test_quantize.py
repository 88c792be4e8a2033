from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.codec.quantize import (
    HIGHEST,
    LARGEST,
    SMALLEST,
    choose_steps,
    from_integers,
    influences,
    rounding,
    step_index,
    step_size,
    to_integers,
)
from cainr_core.fit.fitting import Fitting
from tests import small

indices = st.integers(SMALLEST, LARGEST)


@given(index=indices)
def test_steps_are_eighths_of_octaves(index: int) -> None:
    assert step_size(index) == pytest.approx(2 ** (index / 8 - 8), rel=1e-15)
    if index + 8 <= LARGEST:
        assert step_size(index + 8) == 2 * step_size(index)  # exactly
    assert step_index(step_size(index) * 1.001) == index


@given(size=st.floats(0, 1e9))
def test_the_index_of_a_size_is_the_greatest_step_within(size: float) -> None:
    index = step_index(size)
    assert SMALLEST <= index <= LARGEST
    if index > SMALLEST:
        assert step_size(index) <= size * (1 + 1e-12)
    if index < LARGEST and size > 0:
        assert step_size(index + 1) > size * (1 - 1e-12)


@given(
    values=st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=30),
    index=st.integers(0, LARGEST),
)
def test_weights_are_rounded_to_the_nearest_step(values: list[float], index: int) -> None:
    tensor = torch.tensor(values, requires_grad=True)
    integers = to_integers(tensor, index)
    assert integers.dtype == np.int32
    assert np.abs(integers).max() <= HIGHEST
    back = from_integers(integers, index)
    assert back.dtype == np.float32
    assert np.abs(back - np.array(values)).max() <= step_size(index) / 2 * (1 + 1e-5) + 1e-6
    (inside,) = rounding([index])([tensor])
    np.testing.assert_allclose(inside.detach().numpy(), back, rtol=1e-6)
    inside.sum().backward()
    assert torch.equal(tensor.grad, torch.ones(len(values)))  # straight through


def test_no_integer_is_too_large_for_the_file() -> None:
    tensors = [torch.tensor([1e4, -3.0]), torch.tensor([1e-9, 0.0]), torch.zeros(3)]
    for index, tensor in zip(choose_steps(tensors, [1e9] * 3, 1e-12), tensors, strict=True):
        assert SMALLEST <= index <= LARGEST
        integers = to_integers(tensor, index)
        error = np.abs(from_integers(integers, index) - tensor.numpy())
        assert error.max() <= step_size(index) * 0.5001


def test_rounding_adds_the_error_that_was_asked_for() -> None:
    """Bits are chosen for each tensor by what its error does to the output."""
    field = small.field()
    fit = Fitting(field, [], small.tiny(width=24), small.brief(steps=200), "cpu")
    list(fit.run())
    influence = influences(fit)
    assert len(influence) == len(fit.tensors)
    assert all(one > 0 for one in influence)
    asked = 1e-3
    steps = choose_steps(fit.tensors, influence, asked)
    assert len(set(steps)) > 1
    with torch.no_grad():
        exact = fit.reconstruct()
        for tensor, index in zip(fit.tensors, steps, strict=True):
            values = from_integers(to_integers(tensor, index), index)
            tensor.copy_(torch.from_numpy(values).reshape(tensor.shape))
        added = float(np.mean(((fit.reconstruct() - exact) / fit.scale) ** 2))
    assert asked / 4 < added < 4 * asked


def test_twice_the_error_costs_half_a_bit() -> None:
    tensors = [torch.linspace(-1, 1, 100), torch.linspace(-1, 1, 10)]
    fine = choose_steps(tensors, [3.0, 0.5], 1e-6)
    coarse = choose_steps(tensors, [3.0, 0.5], 4e-6)
    assert [b - a for a, b in zip(fine, coarse, strict=True)] == [8, 8]  # steps twice as large


def test_influences_are_alike_for_a_seed() -> None:
    fit = Fitting(small.field(), [], small.tiny(), small.brief(), "cpu")
    assert influences(fit) == influences(fit)
    assert math.isfinite(sum(influences(fit)))
