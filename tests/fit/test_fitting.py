from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.fit import fitting as module
from cainr_core.fit.checkpoint import Checkpoint
from cainr_core.fit.fitting import Fitting
from cainr_core.fit.progress import Progress
from cainr_core.fit.recipe import RECIPES, Recipe
from cainr_core.fit.resuming import fingerprint_of
from cainr_core.fit.rounding import Rounding
from cainr_core.fit.step import Step
from cainr_core.model.architecture import Architecture
from tests import small


@pytest.fixture(scope="module")
def field() -> Field:
    return small.field()


def fit_of(
    field: Field,
    architecture: Architecture | None = None,
    specs: tuple[str, ...] = (),
    **recipe: object,
) -> Fitting:
    return Fitting(
        field, small.contexts(*specs), architecture or small.tiny(), small.brief(**recipe), "cpu"
    )


def run(fit: Fitting, checkpoint: Path | None = None) -> list[Progress]:
    return list(fit.run(checkpoint))


def weights(fit: Fitting) -> list[np.ndarray]:
    return [tensor.detach().numpy().copy() for tensor in fit.tensors]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# --- learning -------------------------------------------------------------------


@pytest.mark.parametrize("network", small.PLAIN_NETWORKS)
def test_every_network_learns(field: Field, network: str) -> None:
    fit = fit_of(field, small.tiny(network=network, omega=10.0, spread=5.0))
    told = run(fit)
    assert told[-1].loss < 0.5 * told[0].loss
    assert told[-1].psnr > told[0].psnr + 3


def test_progress_tells_where_the_fit_stands(field: Field) -> None:
    fit = fit_of(field, specs=("topography",), rounding_tail=0.1)
    told = run(fit)
    assert [one.step for one in told] == [0, 5, 10, 20, 30, 40, 50, 60]
    assert {one.steps for one in told} == {66}
    assert told == fit.curve
    seconds = [one.seconds for one in told]
    assert seconds == sorted(seconds)
    assert all(one.points_per_second > 0 for one in told[1:])
    assert all(math.isfinite(one.loss) and one.message is None for one in told)
    values = fit.reconstruct()
    rmse = float(np.sqrt(np.mean((values - field.values) ** 2.0)))
    psnr = 20 * math.log10((field.hi - field.lo) / rmse)
    assert max(one.psnr for one in told) == pytest.approx(psnr, abs=0.5)


def test_only_learning_counts_as_seconds(field: Field) -> None:
    fit, started = fit_of(field), time.monotonic()
    for _ in fit.run():
        time.sleep(0.1)
    slept = 0.1 * (len(fit.curve) - 1)  # after the last step nothing is measured any more
    assert fit.curve[-1].seconds <= time.monotonic() - started - slept


def test_a_speed_is_not_that_of_one_check(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each other check falls where the machine is busy."""
    fit, error, checks = fit_of(field, steps=200), Fitting._error, iter(range(1000))

    def slow_at_times(fit: Fitting) -> float:
        time.sleep(0.1 * (next(checks) % 2))
        return error(fit)

    monkeypatch.setattr(Fitting, "_error", slow_at_times)
    told = [one.points_per_second for one in fit.run()][10:]
    assert max(told) < 2 * min(told)


def test_a_reconstruction_is_had_on_demand(field: Field) -> None:
    fit = fit_of(field)
    progress = fit.run()
    next(progress)
    first = fit.reconstruct(2)
    assert first.shape == (1, *field.grid.shape)
    assert first.dtype == np.float32
    next(progress)
    next(progress)
    later = fit.reconstruct(slice(2, 4))
    assert later.shape == (2, *field.grid.shape)
    assert not np.array_equal(first[0], later[0])
    np.testing.assert_allclose(fit.reconstruct()[2:4], later, rtol=1e-6)


def test_a_seed_gives_the_same_fit(field: Field) -> None:
    def curve(seed: int) -> list[float]:
        return [one.loss for one in run(fit_of(field, seed=seed))]

    assert curve(3) == curve(3)
    assert curve(3) != curve(4)


def test_other_choices_of_a_recipe_work(field: Field) -> None:
    for choices in (
        {"sampling": "area"},
        {"scaling": "unit"},
        {"schedule": "constant"},
        {"precision": "bf16"},
        {"batch": 0},
        {"batch": 1 << 20},
    ):
        told = run(fit_of(field, **{"steps": 30, **choices}))
        assert told[-1].loss < told[0].loss


def test_a_full_batch_is_one_in_any_number_of_passes(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fit_of(field, batch=0, steps=5)
    run(whole)
    monkeypatch.setitem(module.FULL_PASS, "cpu", 500)
    parts = fit_of(field, batch=0, steps=5)
    run(parts)
    for one, other in zip(weights(whole), weights(parts), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_the_papers_recipe_halves_and_returns_to_the_best(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    returned = []
    plain = Fitting._return_to_best
    monkeypatch.setattr(
        Fitting, "_return_to_best", lambda fit: (returned.append(len(fit.curve)), plain(fit))[1]
    )
    recipe = Recipe(**{**RECIPES["paper"], "steps": 100, "halve_every": 40})
    fit = Fitting(field, [], small.tiny(coordinates="indices", skip=False), recipe, "cpu")
    told = run(fit)
    assert [one.learning_rate for one in told[1:]] == [1e-3] * 5 + [5e-4] * 4 + [2.5e-4] * 2
    assert len(returned) == 3  # at steps 40 and 80, and at the end
    assert fit.best_error == min(one.loss for one in told)


def test_depth_10_width_50_is_stable_out_of_the_box(sample: Field) -> None:
    """The paper's size with the default recipe, in short: no divergence, and a falling loss."""
    deep = Architecture.preset("deep")
    few = sample.isel_time(slice(0, 3))
    told = run(Fitting(few, [], deep, Recipe(steps=150, batch=1024), "cpu"))
    assert not [one.message for one in told if one.message]
    losses = [one.loss for one in told]
    assert losses[-1] < 0.25 * losses[0]
    assert max(losses[2:]) < losses[0]


# --- missing values ---------------------------------------------------------------


@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize("batch", [0, 256])
def test_missing_values_are_not_learned_and_come_back_missing(moving: bool, batch: int) -> None:
    gapped = small.with_gaps(small.field(), moving=moving)
    fit = fit_of(gapped, batch=batch)
    told = run(fit)
    assert told[-1].loss < told[0].loss
    values = fit.reconstruct()
    np.testing.assert_array_equal(np.isnan(values), gapped.missing)
    np.testing.assert_array_equal(np.isnan(fit.reconstruct(3)[0]), gapped.missing[3])


# --- it never ends worse than its best ----------------------------------------------


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("network", ["siren", "finer"])
def test_a_diverging_fit_is_rolled_back_and_told(gaps: bool, network: str) -> None:
    field = small.with_gaps(small.field()) if gaps else small.field()
    fit = fit_of(
        field, small.tiny(network=network, depth=4), learning_rate=0.3, steps=1500, batch=64
    )
    told = run(fit)
    messages = [one.message for one in told if one.message]
    assert messages
    assert all("diverged" in message and "\n" not in message for message in messages)
    assert all(math.isfinite(one.loss) for one in told)
    assert fit.best_error == min(one.loss for one in told) < 0.9 * told[0].loss
    assert fit._error() == fit.best_error
    assert np.isfinite(fit.reconstruct()[~np.isnan(field.values)]).all()


def test_a_fit_that_turns_to_nan_goes_on_from_its_best(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    for gapped in (field, small.with_gaps(field)):
        fit = fit_of(gapped)
        plain, calls = Step.__call__, iter(range(1000))

        def poisoned(step: Step, points: object, rate: float, plain=plain, calls=calls) -> None:
            plain(step, points, rate)
            if next(calls) == 30:
                with torch.no_grad():
                    step.optimizer.param_groups[0]["params"][0].fill_(math.nan)

        monkeypatch.setattr(Step, "__call__", poisoned)
        told = run(fit)
        monkeypatch.setattr(Step, "__call__", plain)
        (message,) = [one.message for one in told if one.message]
        assert "went back to its best" in message
        after = [one for one in told if one.step > 50]
        assert told[5].message == message
        assert after[0].learning_rate < 0.5 * 1e-2
        assert after[-1].loss < told[4].loss
        assert np.isfinite(np.concatenate([w.ravel() for w in weights(fit)])).all()


def test_a_fit_ends_with_its_best_weights(field: Field) -> None:
    fit = fit_of(field, learning_rate=0.05, schedule="constant", steps=200)
    told = run(fit)
    assert fit._error() == fit.best_error == min(one.loss for one in told)


# --- the tail with rounded weights ---------------------------------------------------


def test_the_tail_learns_with_rounded_weights(field: Field) -> None:
    fit = fit_of(field, rounding_tail=0.5)
    run(fit)
    before = fit.best_error

    tail = list(fit.run_rounded(Rounding((1 / 20,) * len(fit.tensors))))
    assert [one.step for one in tail] == [70, 80, 90]
    assert tail[-1].loss >= before * 0.5
    assert fit.best_error <= tail[0].loss
    coarse = fit.reconstruct()
    with torch.no_grad():
        for tensor in fit.tensors:
            tensor.copy_((tensor * 20).round() / 20)
    np.testing.assert_allclose(fit.reconstruct(), coarse, atol=1e-3)


# --- cancel, checkpoint and resume -----------------------------------------------------


def test_a_cancelled_fit_keeps_what_it_learned(field: Field) -> None:
    fit = fit_of(field, steps=1000)
    told = []
    for one in fit.run():
        told.append(one)
        if one.step == 50:
            fit.cancel()
    assert fit.cancelled
    assert told[-1].step == 50
    assert fit._error() == min(one.loss for one in told)


def test_a_fit_cancelled_before_it_began_does_no_step(field: Field) -> None:
    fit = fit_of(field)
    fit.cancel()
    assert [one.step for one in run(fit)] == [0]


@pytest.fixture
def every_check_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", -1.0)


@pytest.mark.usefixtures("every_check_is_saved")
@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"schedule": "halving", "halve_every": 40},
        {"batch": 0},
        {"sampling": "area", "learning_rate": 0.2, "rate_follows_size": False},
    ],
    ids=["default", "halving", "full batch", "area"],
)
@pytest.mark.parametrize("stop", [5, 50])
def test_a_resumed_fit_is_the_uninterrupted_one_bit_for_bit(
    field: Field, tmp_path: Path, choices: dict[str, object], stop: int
) -> None:
    def fresh() -> Fitting:
        return fit_of(field, specs=("climatology",), **{"steps": 100, **choices})

    through = fresh()
    whole = run(through)
    for one in fresh().run(tmp_path / "fit"):
        if one.step == stop:
            break
    resumed = fresh()
    rest = run(resumed, tmp_path / "fit")
    assert rest[0].message == f"Going on from step {stop:,}."
    assert same(weights(through), weights(resumed))
    expected = [(one.step, one.loss, one.learning_rate) for one in whole if one.step > stop]
    assert [(one.step, one.loss, one.learning_rate) for one in rest[1:]] == expected
    told = [(one.step, one.loss) for one in resumed.curve]
    assert told == [(one.step, one.loss) for one in whole]
    seconds = [one.seconds for one in resumed.curve]
    assert seconds == sorted(seconds)
    assert seconds[0] < resumed.seconds_before < resumed.seconds


@pytest.mark.usefixtures("every_check_is_saved")
def test_a_fit_begun_on_another_kind_of_device_goes_on(field: Field, tmp_path: Path) -> None:
    for one in fit_of(field).run(tmp_path / "fit"):
        if one.step == 30:
            break
    key = fingerprint_of(fit_of(field))
    state = Checkpoint.load(tmp_path / "fit", key)
    of_cuda = np.zeros(16, dtype=np.uint8)  # where the CPU's generator has 5,056 bytes
    replace(state, generator=of_cuda).save(tmp_path / "fit")
    resumed = fit_of(field)
    rest = run(resumed, tmp_path / "fit")
    assert [progress.step for progress in rest][-3:] == [40, 50, 60]
    assert resumed.best_error <= state.best_error


@pytest.mark.usefixtures("every_check_is_saved")
def test_a_finished_fit_is_taken_up_as_it_is(field: Field, tmp_path: Path) -> None:
    one = fit_of(field)
    run(one, tmp_path / "fit")
    other = fit_of(field)
    assert [progress.step for progress in run(other, tmp_path / "fit")] == [60]
    assert same(weights(one), weights(other))


@pytest.mark.usefixtures("every_check_is_saved")
def test_a_checkpoint_of_another_fit_is_refused(field: Field, tmp_path: Path) -> None:
    run(fit_of(field, steps=5), tmp_path / "fit")
    warmer = field.with_values(field.values + 1)
    for other in (
        fit_of(warmer, steps=5),
        fit_of(field, small.tiny(width=9), steps=5),
        fit_of(field, steps=6),
        fit_of(field, specs=("topography",), steps=5),
        fit_of(small.field(calendar="360_day"), steps=5),
    ):
        with pytest.raises(CainrError, match="belongs to another fit"):
            run(other, tmp_path / "fit")


def test_a_damaged_checkpoint_is_refused(field: Field, tmp_path: Path) -> None:
    (tmp_path / "fit").write_bytes(b"not a checkpoint")
    with pytest.raises(CainrError, match="delete it"):
        run(fit_of(field), tmp_path / "fit")


# --- out of memory -----------------------------------------------------------------


def test_out_of_memory_halves_the_batch_and_says_so(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, sizes = Step.__call__, []

    def scarce(step: Step, points: tuple[torch.Tensor, torch.Tensor], rate: float) -> None:
        if len(points[0]) > 600:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        sizes.append(len(points[0]))
        plain(step, points, rate)

    monkeypatch.setattr(Step, "__call__", scarce)
    told = run(fit_of(field, batch=2000))
    messages = [one.message for one in told if one.message]
    assert [message.split("halved to ")[1] for message in messages] == [
        "1,000 points.",
        "500 points.",
    ]
    assert set(sizes) == {500}
    assert told[-1].loss < told[0].loss


def test_out_of_memory_in_a_full_batch_halves_the_pass(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Step.on_all

    def scarce(step: Step, passes: Iterator, n_points: int, rate: float) -> None:
        passes = list(passes)
        if len(passes[0][0]) > 600:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        plain(step, passes, n_points, rate)

    monkeypatch.setitem(module.FULL_PASS, "cpu", 2000)
    monkeypatch.setattr(Step, "on_all", scarce)
    told = run(fit_of(field, batch=0, steps=20))
    assert sum("halved" in (one.message or "") for one in told) == 2
    assert told[-1].loss < told[0].loss


def test_no_memory_at_all_ends_in_a_sentence(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(Step, "__call__", none)
    with pytest.raises(CainrError, match="no memory left for even a small batch"):
        run(fit_of(field, batch=2000))


# --- CUDA -----------------------------------------------------------------------------


def on_cuda(field: Field, **recipe: object) -> Fitting:
    choices = {"batch": 1024, "steps": 300, **recipe}
    return Fitting(
        field, small.contexts("climatology"), small.tiny(), small.brief(**choices), "cuda"
    )


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["tf32", "bf16", "float32"])
@pytest.mark.parametrize("batch", [0, 1024])
def test_cuda_learns_in_every_precision(field: Field, precision: str, batch: int) -> None:
    fit = on_cuda(field, precision=precision, batch=batch)
    told = run(fit)
    assert told[-1].psnr > told[0].psnr + 6
    assert all(tensor.dtype == torch.float32 for tensor in fit.tensors)
    rmse = float(np.sqrt(np.mean((fit.reconstruct() - field.values) ** 2.0)))
    assert 20 * math.log10((field.hi - field.lo) / rmse) == pytest.approx(told[-1].psnr, abs=1)


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["tf32", "bf16", "float32"])
def test_a_seed_gives_the_same_fit_on_cuda(field: Field, precision: str) -> None:
    one, other = (run(on_cuda(field, precision=precision, steps=100)) for _ in range(2))
    assert [p.loss for p in one] == [p.loss for p in other]


@pytest.mark.gpu
@pytest.mark.usefixtures("every_check_is_saved")
def test_a_fit_goes_on_on_cuda(field: Field, tmp_path: Path) -> None:
    through = on_cuda(field, steps=100)
    run(through)
    for one in on_cuda(field, steps=100).run(tmp_path / "fit"):
        if one.step == 50:
            break
    resumed = on_cuda(field, steps=100)
    run(resumed, tmp_path / "fit")
    for one_, other in zip(through.tensors, resumed.tensors, strict=True):
        torch.testing.assert_close(one_, other, rtol=1e-4, atol=1e-5)
