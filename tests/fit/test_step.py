from __future__ import annotations

import pytest
import torch

from cainr_core.fit.step import Step

TARGET = torch.linspace(-1, 1, 12).reshape(3, 4)


def step_on(device: str, precision: str = "float32") -> tuple[torch.Tensor, Step]:
    """A network of one weight a cell, which learns the target by heart."""
    where = torch.device(device)
    weights = torch.zeros(4, device=where, requires_grad=True)
    target = TARGET.to(where)

    def errors(times: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
        return (weights[cells] - target[times, cells]).square()

    return weights, Step(errors, [weights], where, precision)


def every(device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor]:
    point = torch.arange(12, device=device)
    return point // 4, point % 4


def test_steps_go_down_by_the_rate() -> None:
    weights, step = step_on("cpu")
    step(every(), 0.1)
    # the first step of Adam goes the whole rate against the sign of the gradient
    torch.testing.assert_close(weights.detach(), 0.1 * TARGET.mean(dim=0).sign())
    step(every(), 0.0)
    torch.testing.assert_close(weights.detach(), 0.1 * TARGET.mean(dim=0).sign())
    for _ in range(400):
        step(every(), 0.01)
    torch.testing.assert_close(weights.detach(), TARGET.mean(dim=0), rtol=0, atol=1e-3)


def test_a_step_in_passes_is_a_step_on_all() -> None:
    one, whole = step_on("cpu")
    other, parts = step_on("cpu")
    times, cells = every()
    for rate in (0.1, 0.05, 0.02):
        whole((times, cells), rate)
        parts.on_all([(times[:5], cells[:5]), (times[5:], cells[5:])], 12, rate)
    torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-7)


def test_what_adam_remembers_can_be_dropped() -> None:
    weights, step = step_on("cpu")
    step(every(), 0.1)
    step.forget()
    before = weights.detach().clone()
    step(every(), 0.1)
    moved = (weights - before).detach().abs()
    torch.testing.assert_close(moved, torch.full((4,), 0.1), rtol=1e-3, atol=0)


@pytest.mark.gpu
def test_a_graph_does_what_plain_steps_do() -> None:
    plain, eager = step_on("cuda")
    fast, graph = step_on("cuda")
    points = every("cuda")
    generator = torch.Generator("cuda").manual_seed(0)
    for number in range(50):
        drawn = torch.randint(12, (8,), generator=generator, device="cuda")
        points = drawn // 4, drawn % 4
        eager.on_all([points], 8, 0.1 / (number + 1))
        graph(points, 0.1 / (number + 1))
    assert float(plain.detach().abs().max()) > 0.1
    torch.testing.assert_close(plain, fast, rtol=1e-5, atol=1e-6)
    graph(tuple(part[:5] for part in points), 0.0)  # another size is captured anew
    torch.testing.assert_close(plain, fast, rtol=1e-5, atol=1e-6)
