"""Fits that learn together on fused kernels, against the same fits one by one on the plain way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

pytest.importorskip("triton")

from cainr_core import history
from cainr_core.choices import Choices
from cainr_core.codec.reconstruction import read
from cainr_core.compression import Compressed
from cainr_core.fit import fitting as module
from cainr_core.fit.fitting import Fitting
from cainr_core.fit.kernels import together as kernels
from cainr_core.fit.kernels.together import Together
from cainr_core.fit.progress import WAITING
from cainr_core.fit.rounding import Rounding
from cainr_core.model.architecture import Architecture
from cainr_core.sweep.together import fitted_together
from tests import small

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
pytestmark = [] if INTERPRETED else [pytest.mark.gpu]
DEVICE = "cpu" if INTERPRETED else "cuda"

SETS = [(), ("topography",), ("climatology", "topography")]


@pytest.fixture(autouse=True)
def _few_steps_and_any_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FUSED_CHECK_EVERY", 5)
    if INTERPRETED:
        monkeypatch.setattr(kernels, "refusal", lambda *_: "")


def fit_of(
    width: int,
    specs: tuple[str, ...],
    precision: str,
    together: Together | None = None,
    network: dict[str, object] | None = None,
    **recipe: object,
) -> Fitting:
    recipe = {"steps": 6, "batch": 48, "rounding_tail": 0.5, "learning_rate": 2e-3} | recipe
    return Fitting(
        small.with_gaps(small.field(times=5), moving=True),
        small.contexts(*specs),
        Architecture(depth=3, width=width, omega=10.0, **(network or {})),
        small.brief(precision=precision, **recipe),
        DEVICE,
        together=together,
    )


def assert_learned_alike(one: Fitting, other: Fitting) -> None:
    """What two fits have learned: single weights whose gradient is next to nothing may differ, for
    Adam takes as large a step by these."""
    first = torch.cat([tensor.flatten() for tensor in one.first]).to(DEVICE)
    change, wanted = one.flat - first, other.flat - first
    assert float((change - wanted).norm() / wanted.norm()) < 0.1


def in_step(fits: list[Fitting], together: Together) -> None:
    """Run fits that wait for each other."""
    for way in ("main", "tail"):
        tail = [Rounding((1 / 64,) * len(fit.tensors)) for fit in fits]
        runs = [
            fit.run() if way == "main" else fit.run_rounded(rounding)
            for fit, rounding in zip(fits, tail, strict=True)
        ]
        left = list(runs)
        while left:
            left = [run for run in left if any(told is WAITING for told in run)]
            if left:
                together.learn()


@pytest.mark.parametrize(
    "network", [{}, {"skip": False}, {"network": "relu", "features": 11}], ids=str
)
def test_fits_of_several_widths_and_contexts_learn_as_each_alone(
    network: dict[str, object],
) -> None:
    together = Together(len(SETS))
    fits = [
        fit_of(width, specs, "fused", together, network)
        for width, specs in zip((9, 14, 16), SETS, strict=True)
    ]
    in_step(fits, together)
    for fit in fits:
        plain = fit_of(
            fit.architecture.width,
            tuple(c.choice.spec for c in fit.contexts),
            "tf32",
            network=network,
        )
        list(plain.run())
        list(plain.run_rounded(Rounding((1 / 64,) * len(plain.tensors))))
        assert [one.step for one in fit.curve] == [0, 5, 6, 9]
        assert_learned_alike(fit, plain)
        assert fit.best_error == pytest.approx(plain.best_error, rel=2e-2)
        # what the kernels made of the weights is what the network makes of them
        assert fit._error() == pytest.approx(fit.best_error, rel=1e-2)


def test_states_on_the_way_are_kept_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "APART", 4)
    monkeypatch.setattr(history, "MOST_TOGETHER", 3)
    recipe = small.brief(precision="fused", steps=20, batch=48)
    todo = [
        Choices(architecture=Architecture(depth=3, width=width), recipe=recipe, device=DEVICE)
        for width in (9, 14)
    ]
    field = small.field(times=5)
    for keep in (True, False):
        ended = fitted_together(todo, field, [[], []], keep, lambda: None, lambda: None)
        for number, result in ended:
            assert isinstance(result, Compressed)
            assert len(result.history) == 3 * keep
            for moment in result.history:
                state = read(moment.source)
                assert state.architecture.width == todo[number].architecture.width
                assert state.values().shape == field.values.shape


def test_a_fit_alone_waits_for_nobody() -> None:
    fit = fit_of(12, ("climatology",), "fused")
    assert all(told is not WAITING for told in fit.run())
    assert fit.curve[-1].loss < fit.curve[0].loss


@pytest.mark.parametrize("ends", ["fused", "tf32"])
def test_a_checkpoint_goes_on_on_either_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", -1.0)
    whole = fit_of(12, (), "fused", steps=10)
    list(whole.run())
    for told in fit_of(12, (), "fused", steps=10).run(tmp_path / "fit"):
        if told.step == 5:
            break
    resumed = fit_of(12, (), "fused", steps=10)
    if ends == "tf32":  # as on a machine without kernels
        monkeypatch.setattr(Fitting, "_is_served", lambda _: False)
    list(resumed.run(tmp_path / "fit"))
    assert_learned_alike(resumed, whole)


@pytest.mark.parametrize("size", [1, 2])
def test_out_of_memory_halves_the_batch_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    from cainr_core.fit.kernels.fused import FusedNetworks

    together = Together(size)
    fits = [fit_of(12, (), "fused", together, batch=2048) for _ in range(size)]
    whole = fits[0].batch
    plain, lengths = FusedNetworks.step, []

    def full(networks: FusedNetworks, points: torch.Tensor, *rest: object) -> None:
        lengths.append(len(points))
        if len(points) == whole:
            raise torch.cuda.OutOfMemoryError
        plain(networks, points[:64], *rest)

    monkeypatch.setattr(FusedNetworks, "step", full)
    if size == 1:
        list(fits[0].run())
        assert any("out of memory" in (one.message or "") for one in fits[0].curve)
    else:
        in_step(fits, together)
    assert all(fit.batch == whole // 2 for fit in fits)
    assert lengths.count(whole) == 1
