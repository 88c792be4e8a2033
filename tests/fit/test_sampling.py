from __future__ import annotations

import numpy as np
import pytest
import torch

from cainr_core.fit.sampling import Sampler
from tests import small

CPU = torch.device("cpu")
N = 200_000


def shares(cells: torch.Tensor, n_cells: int) -> np.ndarray:
    return np.bincount(cells.numpy(), minlength=n_cells) / len(cells)


def test_uniform_points_are_uniform() -> None:
    times, cells = Sampler(4, 50, None, None, 0, CPU).draw(N)
    assert times.dtype == cells.dtype == torch.int64
    np.testing.assert_allclose(shares(times, 4), 1 / 4, atol=0.005)
    np.testing.assert_allclose(shares(cells, 50), 1 / 50, atol=0.002)


def test_cells_are_drawn_in_proportion_to_their_area() -> None:
    area = small.field().grid.area
    times, cells = Sampler(4, area.size, area, None, 0, CPU).draw(N)
    rows = shares(cells, area.size).reshape(area.shape).sum(axis=1)
    np.testing.assert_allclose(rows, area.sum(axis=1), atol=0.003)
    assert rows[0] < 0.02 < rows[7]  # a pole, the equator
    np.testing.assert_allclose(shares(times, 4), 1 / 4, atol=0.005)


@pytest.mark.parametrize("weighted", [False, True])
def test_cells_that_are_never_there_are_never_drawn(weighted: bool) -> None:
    present = np.arange(50) % 3 == 0
    area = np.arange(1.0, 51) if weighted else None
    _, cells = Sampler(4, 50, area, present, 0, CPU).draw(N)
    drawn = shares(cells, 50)
    assert (drawn[~present] == 0).all()
    expected = (area if area is not None else np.ones(50)) * present
    np.testing.assert_allclose(drawn, expected / expected.sum(), atol=0.005)


def test_every_point_comes_once() -> None:
    passes = list(Sampler(3, 10, None, None, 0, CPU).every(7))
    assert [len(times) for times, _ in passes] == [7, 7, 7, 7, 2]
    points = torch.cat([times * 10 + cells for times, cells in passes])
    assert points.tolist() == list(range(30))


@pytest.mark.parametrize("area", [None, np.arange(1.0, 51)])
def test_a_seed_draws_the_same_points(area: np.ndarray | None) -> None:
    one, again, other = (Sampler(4, 50, area, None, seed, CPU).draw(100) for seed in (5, 5, 6))
    assert torch.equal(one[0], again[0])
    assert torch.equal(one[1], again[1])
    assert not torch.equal(one[1], other[1])
