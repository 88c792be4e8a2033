"""Latent grids from the field to the file and back."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import cainr_core
from cainr_core.choices import Target
from cainr_core.codec import container, latents
from cainr_core.codec.reconstruction import read
from cainr_core.compression import Compressed, Compression, compress
from cainr_core.data.contexts import load_context
from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field, open_sample
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import REVISED_EVERY, Recipe
from cainr_core.model.architecture import Architecture
from tests import small

pytestmark = pytest.mark.usefixtures("small_lessons")

CONTEXTS = ("topography", "climatology")
RECIPE = Recipe(steps=120, batch=2048)
REVISING = Recipe(steps=REVISED_EVERY, batch=256)  # the fewest steps with which latents are revised
assert (RECIPE.revisions, REVISING.revisions) == (0, 1)


def latent(**choices: object) -> Architecture:
    return Architecture.preset("latent").clone(**choices)


@pytest.fixture(scope="module")
def field(sample: Field) -> Field:
    return sample.isel_time(slice(0, 4))


@pytest.fixture(scope="module")
def made(field: Field) -> Compressed:
    return compress(field, CONTEXTS, latent(), RECIPE, device="cpu", keep_history=True)


def test_latents_beat_a_network_of_as_many_bytes(field: Field, made: Compressed) -> None:
    target = Target(kind="bytes", value=len(made.data))
    plain = compress(field, CONTEXTS, Architecture(), Recipe(steps=300), target, device="cpu")
    assert made.metrics.psnr > plain.metrics.psnr + 3


def test_what_is_written_is_what_is_read(field: Field, made: Compressed, tmp_path: Path) -> None:
    path = made.save(tmp_path / "a.cainr")
    opened = cainr_core.open(path)
    values = opened.values()
    error = values - field.values
    assert float(np.sqrt(np.mean(error**2.0))) == pytest.approx(made.metrics.rmse, rel=1e-6)
    # a time and a place alone are as in the whole
    np.testing.assert_allclose(opened.values(2)[0], values[2], atol=1e-3)
    dataset = xr.open_dataset(path)
    part = dataset[field.name].isel(time=[3, 1], lat=slice(20, 30), lon=5)
    np.testing.assert_allclose(part.values, values[[3, 1], 20:30, 5], atol=1e-3)
    at = opened.evaluate(field.grid.lat[40], field.grid.lon[7], field.time.coordinate[2])
    assert float(at) == pytest.approx(float(values[2, 40, 7]), abs=0.02)
    info = opened.info()
    assert info["format_version"] == 4
    assert info["latent_bytes"] + info["weight_bytes"] < info["file_bytes"] == len(made.data)


def test_the_same_seed_gives_the_same_bytes(field: Field, made: Compressed) -> None:
    again = compress(field, CONTEXTS, latent(), RECIPE, device="cpu")
    assert again.data == made.data


def test_states_on_the_way_begin_with_the_latents_alone(field: Field, made: Compressed) -> None:
    moments, final = made.history, cainr_core.open(made.data)
    assert [moment.step for moment in moments][:4] == [0, 5, 10, 20]
    first = cainr_core.open(moments[0].source)
    assert first.info()["latent_bytes"] == final.info()["latent_bytes"]
    error = first.values().astype(float) - field.values
    psnr = 20 * np.log10((field.hi - field.lo) / np.sqrt(np.mean(error**2)))
    assert moments[0].psnr == pytest.approx(psnr, abs=0.3)
    assert psnr < made.metrics.psnr
    # what the files have in common need not be had twice
    again = cainr_core.open(moments[0].source)
    again.lean_on(final)
    np.testing.assert_array_equal(again.values(), first.values())


@pytest.mark.parametrize("most", [4_000, 12_000])
def test_a_number_of_bytes_is_met_and_never_exceeded(field: Field, most: int) -> None:
    target = Target(kind="bytes", value=most)
    result = compress(field, CONTEXTS, latent(), RECIPE, target, device="cpu")
    assert 0.97 * most <= len(result.data) <= most


@pytest.fixture(scope="module")
def coarse() -> Field:
    return open_sample(slice(0, 4), thin=2)


def test_latents_revised_for_their_network_are_worth_more(
    coarse: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, target = Recipe(steps=1000, batch=1024), Target(kind="bytes", value=5_000)
    revised = compress(coarse, CONTEXTS, latent(), recipe, target, device="cpu")
    assert 0.97 * 5_000 <= len(revised.data) <= 5_000
    steps, seconds = ([getattr(one, of) for one in revised.curve] for of in ("step", "seconds"))
    assert steps[:3] == [-250, -125, 0]  # the curve tells of the networks before the last one, too
    assert steps == sorted(set(steps))
    assert seconds == sorted(seconds)
    monkeypatch.setattr(Recipe, "revisions", 0)
    once = compress(coarse, CONTEXTS, latent(), recipe, target, device="cpu")
    assert revised.metrics.psnr > once.metrics.psnr + 0.05


def test_a_fit_cancelled_between_revisions_keeps_to_its_bytes(coarse: Field) -> None:
    recipe, target = Recipe(steps=1500, batch=1024), Target(kind="bytes", value=5_000)
    contexts = [load_context(name, coarse) for name in CONTEXTS]
    work = Compression(coarse, contexts, latent(), recipe, target, device="cpu")
    told = []
    for progress in work.run():
        told.append(progress.message or "")
        if ", 1 of 3:" in told[-1]:
            work.cancel()
    assert 0.97 * 5_000 <= len(work.data) <= 5_000
    assert any(", 1 of 3:" in one for one in told)
    assert not any(", 3 of 3:" in one for one in told)


def test_a_number_of_bytes_is_met_with_seasons_and_a_context_of_ones_own(shared: Path) -> None:
    field = open_field(shared / "e3sm_trefht_monthly_2012_2013.nc", "TREFHT")
    field = field.isel_time(slice(0, 8))
    contexts = ("topography", f"{shared / 'e3sm_trefht_monthly_1850.nc'}:TREFHT")
    target = Target(kind="bytes", value=5_000)
    result = compress(field, contexts, latent(), RECIPE, target, device="cpu")
    assert 0.97 * 5_000 <= len(result.data) <= 5_000


def test_too_few_bytes_are_refused_with_the_least_that_works(field: Field) -> None:
    with pytest.raises(CainrError, match="too small") as told:
        compress(field, CONTEXTS, latent(), RECIPE, Target(kind="bytes", value=500), device="cpu")
    (least,) = re.findall(r"the smallest that works takes about ([\d,]+) bytes", str(told.value))
    target = Target(kind="bytes", value=int(least.replace(",", "")))
    result = compress(field, CONTEXTS, latent(), RECIPE, target, device="cpu")
    assert 0.97 * target.value <= len(result.data) <= target.value


def test_missing_values_stay_missing() -> None:
    gapped = small.with_gaps(small.field())
    result = compress(gapped, (), latent(step=0.02), RECIPE, device="cpu")
    values = read(result.data).values()
    np.testing.assert_array_equal(np.isnan(values), np.isnan(gapped.values))
    assert result.metrics.psnr > 25


@pytest.mark.parametrize("recipe", [RECIPE, REVISING], ids=["at once", "revised"])
def test_columns_are_laid_out_and_read_back(recipe: Recipe) -> None:
    columns = open_field(small.column_dataset())
    result = compress(columns, (), latent(step=0.02), recipe, device="cpu")
    opened = read(result.data)
    assert opened.values().shape == columns.shape
    assert result.metrics.psnr > 30
    near = opened.evaluate(columns.grid.lat[3], columns.grid.lon[3], columns.time.coordinate[0])
    span = float(np.ptp(columns.values))
    assert float(near) == pytest.approx(float(opened.values(0)[0, 3]), abs=0.1 * span)


def test_columns_of_a_model_beat_a_network_of_as_many_bytes(shared: Path) -> None:
    field = open_field(shared / "e3sm_ne30pg2_trefht_annual.nc", "TREFHT")
    contexts = [f"{shared / 'e3sm_ne30pg2_topography.nc'}:PHIS", "climatology"]
    latents = compress(field, contexts, latent(step=0.05), RECIPE, device="cpu")
    target = Target(kind="bytes", value=len(latents.data))
    plain = compress(field, contexts, Architecture(), Recipe(steps=300), target, device="cpu")
    assert latents.metrics.psnr > plain.metrics.psnr + 3


def test_a_damaged_file_is_refused_in_one_sentence(made: Compressed) -> None:
    header, sections = container.split(made.data)
    for damage in (
        {"step": 0.0},
        {"step": "x"},
        {"gain": float("inf")},
        {"shifts": [1]},
        {"hidden": 0},
    ):
        broken = container.join({**header, "latents": {**header["latents"], **damage}}, sections)
        with pytest.raises(CainrError, match="damaged"):
            read(broken)
    short = container.join(header, [*sections[:-2], sections[-2][:-3], sections[-1]])
    with pytest.raises(CainrError, match="damaged"):
        read(short).values()


def test_only_the_group_of_a_time_is_decoded(
    made: Compressed, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = []
    plain = latents.decode_group
    monkeypatch.setattr(
        latents, "decode_group", lambda *given: (decoded.append(given[1]), plain(*given))[1]
    )
    opened = read(made.data)
    opened.values(1)
    opened.values(2)
    assert decoded == [4]
