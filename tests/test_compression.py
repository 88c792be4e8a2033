from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch

import cainr_core
from cainr_core.choices import Target
from cainr_core.codec import container
from cainr_core.codec.reconstruction import read
from cainr_core.compression import Compression, compress
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.fit import fitting
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from tests import small


@pytest.fixture(scope="module")
def field() -> Field:
    return small.field()


def work(
    field: Field,
    specs: tuple[str, ...] = (),
    architecture: Architecture | None = None,
    target: Target | None = None,
    **recipe: object,
) -> Compression:
    return Compression(
        field,
        small.contexts(*specs),
        architecture or small.tiny(),
        small.brief(**recipe),
        target,
        "cpu",
    )


# --- a budget -------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1000, 1500, 2500, 5000])
@pytest.mark.parametrize("specs", [(), ("climatology",)])
def test_a_number_of_bytes_is_met_and_never_exceeded(
    field: Field, most: int, specs: tuple[str, ...]
) -> None:
    target = Target(kind="bytes", value=most)
    one = work(field, specs, small.tiny(depth=3), target)
    assert one.plan.file_bytes <= most
    list(one.run())
    assert 0.85 * most < len(one.data) <= most
    assert one.metrics is not None
    assert one.metrics.file_bytes == len(one.data)


@pytest.mark.parametrize("tail", [0.0, 0.3])
@pytest.mark.parametrize("rate", [1e-3, 3e-2])
def test_a_budget_holds_for_any_recipe(field: Field, tail: float, rate: float) -> None:
    target = Target(kind="ratio", value=4)
    one = work(field, (), small.tiny(), target, rounding_tail=tail, learning_rate=rate, steps=150)
    list(one.run())
    assert field.original_bytes / len(one.data) >= 4


@pytest.mark.parametrize(
    "architecture",
    [small.tiny(), small.tiny(depth=32), small.tiny(network="relu"), Architecture(depth=10)],
    ids=["tiny", "deep", "features", "paper's depth"],
)
def test_a_budget_too_small_names_the_smallest_that_works(
    field: Field, architecture: Architecture
) -> None:
    with pytest.raises(CainrError, match="smallest that works") as told:
        work(field, (), architecture, Target(kind="bytes", value=150))
    assert "\n" not in str(told.value)
    (least,) = re.findall(r"takes about ([\d,]+) bytes", str(told.value))
    target = Target(kind="bytes", value=int(least.replace(",", "")))
    one = work(field, (), architecture, target, steps=30)
    list(one.run())
    assert len(one.data) <= target.value


def test_a_perfect_fit_keeps_to_its_budget_too() -> None:
    """A field that the linear path holds alone leaves no error to compare with."""
    field = small.field()
    flat = np.broadcast_to(np.sin(np.deg2rad(small.LAT))[:, None], field.shape).astype(np.float32)
    one = work(
        field.with_values(np.array(flat)), target=Target(kind="bytes", value=1200), steps=200
    )
    list(one.run())
    assert len(one.data) <= 1200


# --- a compression under way ------------------------------------------------------------------


def test_metrics_are_of_what_the_file_holds(field: Field) -> None:
    one = work(field, ("topography",), steps=100)
    told = list(one.run())
    assert one.metrics is not None
    decoded = read(one.data).values()
    error = decoded.astype(float) - field.values
    assert one.metrics.rmse == pytest.approx(float(np.sqrt(np.mean(error**2))), rel=1e-9)
    assert one.metrics.max_abs_error == float(np.abs(error).max())
    assert one.metrics.file_bytes == len(one.data)
    assert one.metrics.context_bytes == small.context("topography").nbytes
    assert one.metrics.compression_ratio == field.original_bytes / len(one.data)
    weights = one.metrics.weights
    assert one.metrics.compression_gain_paper == 8 * field.values.size / (4 * weights)
    assert told[-1].psnr == one.metrics.psnr
    assert f"{len(one.data):,} bytes" in str(told[-1].message)
    np.testing.assert_array_equal(one.reconstruct(), decoded)
    assert one.seconds > 0


def test_rounding_costs_little(field: Field) -> None:
    one = work(field, steps=300, rounding_tail=0.2)
    list(one.run())
    assert one.metrics is not None
    before = max(progress.psnr for progress in one.curve)
    assert one.metrics.psnr > before - 0.5
    bits = 8 * len(container.split(one.data)[1][-1]) / one.metrics.weights
    assert bits < 16


def test_a_reconstruction_is_had_while_it_learns(field: Field) -> None:
    one = work(field)
    with pytest.raises(CainrError, match="before the fit has begun"):
        one.reconstruct(0)
    progress = one.run()
    next(progress)
    first = one.reconstruct(3)
    assert first.shape == (1, *field.grid.shape)
    for _ in progress:
        pass
    assert not np.array_equal(one.reconstruct(3), first)


def test_a_cancelled_compression_still_gives_its_file(field: Field) -> None:
    one = work(field, steps=5000)
    for progress in one.run():
        if progress.step == 50:
            one.cancel()
    assert one.metrics is not None
    assert one.curve[-1].step == 50
    assert read(one.data).values().shape == field.shape
    early = work(field)
    early.cancel()
    assert [progress.step for progress in early.run()] == [0, 0, 0]
    assert early.metrics is not None


def test_a_compression_goes_on_from_its_checkpoint(
    field: Field, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "CHECKPOINT_SECONDS", -1.0)
    through = work(field, steps=100)
    list(through.run())
    for progress in work(field, steps=100).run(tmp_path / "fit"):
        if progress.step == 50:
            break
    resumed = work(field, steps=100)
    assert "Going on from step 50" in str(next(resumed.run(tmp_path / "fit")).message)
    again = work(field, steps=100)
    list(again.run(tmp_path / "fit"))
    assert again.data == through.data
    assert again.seconds >= again.curve[-1].seconds  # with those before it was taken up


def test_a_field_with_context_is_fitted_better_than_one_without(sample: Field) -> None:
    few = sample.isel_time(slice(0, 4))
    recipe = Recipe(steps=200, batch=2048)
    psnr = [
        compress(few, contexts, small.tiny(width=24), recipe, device="cpu").metrics.psnr
        for contexts in ([], ["topography", "climatology"])
    ]
    assert psnr[1] > psnr[0] + 1


def test_compress_says_how_it_goes_and_saves(field: Field, tmp_path: Path) -> None:
    told = []
    result = cainr_core.compress(
        field, ["topography"], small.tiny(), small.brief(), device="cpu", on_progress=told.append
    )
    assert [progress.step for progress in told][:3] == [0, 5, 10]
    assert result.curve[-1].step == told[-1].step
    path = result.save(tmp_path / "a.cainr")
    assert path.read_bytes() == result.data
    assert [other.name for other in tmp_path.iterdir()] == ["a.cainr"]
    assert cainr_core.open(path).info()["contexts"][0]["source"] == "topography"
    assert result.seconds >= result.curve[-1].seconds


def test_a_full_gpu_is_told_in_a_sentence(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: fitting.Fitting, *given: object) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 250 MiB.")

    monkeypatch.setattr(fitting.Fitting, "__init__", full)
    with pytest.raises(CainrError, match="memory of the GPU does not hold this field"):
        list(work(field).run())


def test_a_context_that_cannot_be_had_is_refused(field: Field) -> None:
    with pytest.raises(CainrError, match="There is no context 'orography'"):
        compress(field, ["orography"], small.tiny(), small.brief())
