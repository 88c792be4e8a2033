"""The measurements behind the advice, on small fields."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cainr_core import adviser as module
from cainr_core.adviser import Adviser, measure_at, smallest
from cainr_core.choices import Target
from cainr_core.data.contexts import Context
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.evaluate.baselines import CODECS
from cainr_core.evaluate.goal import Goal
from cainr_core.evaluate.rate_distortion import Row, Task
from cainr_core.model.architecture import Architecture
from cainr_core.planning import plan
from tests import small

pytest.importorskip("numcodecs_wasm_sperr")
SEARCHED = {"sperr": "bpp", "sz3": "abs, interpolation", "zfp": "rate", "jpeg2000": "psnr"}


@pytest.fixture(scope="module")
def few(sample: Field) -> Field:
    return sample.isel_time(slice(0, 2))


def adviser(goal: Goal, field: Field, *contexts: Context, steps: int = 40) -> Adviser:
    return Adviser(goal, field, contexts, small.brief(steps=steps), "cpu", quiet=True)


@pytest.mark.parametrize(("name", "mode"), SEARCHED.items(), ids=list(SEARCHED))
@pytest.mark.parametrize("goal", [Goal("bytes", 8000), Goal("rmse", 2.0)], ids=["bytes", "rmse"])
def test_a_codec_just_keeps_the_goal(goal: Goal, name: str, mode: str, few: Field) -> None:
    codec = CODECS[name]
    chosen = next(one for one in codec.modes if one.name == mode)
    row = measure_at(goal, Task(few), codec, chosen)
    assert goal.holds(row)
    if (name, goal.kind) != ("zfp", "rmse"):  # rates of whole bits a block
        assert goal.bounded(row) > 0.95 * goal.most


def test_of_few_settings_the_nearest_within_is_taken(few: Field) -> None:
    codec = CODECS["bitround"]
    task, mode = Task(few), codec.modes[0]
    row = measure_at(Goal("rmse", 0.3), task, codec, mode)
    sizes = [len(codec.encode(task.values(), mode.name, bits)) for bits in mode.steps]
    assert row.rmse <= 0.3
    bits = sizes.index(row.bytes)
    less = codec.decode(codec.encode(task.values(), mode.name, mode.steps[bits - 1]), few.shape)
    assert np.sqrt(np.mean((less - few.values) ** 2.0)) > 0.3


def test_missing_values_count_towards_the_bytes(few: Field) -> None:
    gaps = small.with_gaps(few)
    task = Task(gaps)
    row = measure_at(Goal("bytes", 12000), task, CODECS["sperr"], CODECS["sperr"].modes[0])
    assert task.mask_bytes() < row.bytes <= 12000


def test_codecs_are_measured_on_field_and_anomaly(few: Field) -> None:
    asked = adviser(Goal("bytes", 4000), few, *small.contexts("topography", "climatology"))
    asked.run_codec(CODECS["sperr"])
    advice = asked.advice()
    assert [(row.codec, row.on) for row in advice.rows] == [
        ("sperr", "anomaly"),
        ("sperr", "field"),
    ]
    assert advice.use == advice.rows[0]
    assert "Climatology by month" in advice.notes[0]
    assert not asked.skipped


def test_there_is_no_anomaly_without_a_context_in_the_units_of_the_field(few: Field) -> None:
    asked = adviser(Goal("bytes", 4000), few, *small.contexts("topography"))
    asked.run_codec(CODECS["zfp"])
    assert {row.on for row in asked.rows} == {"field"}


def test_one_fit_answers_for_bytes(few: Field) -> None:
    asked = adviser(Goal("bytes", 4000), few, *small.contexts("climatology"))
    asked.run_network("siren", small.tiny())
    (row,) = asked.rows
    assert (row.codec, row.on, row.mode) == ("cainr siren", "Climatology by month", "40 steps")
    assert row.bytes <= 4000
    assert row.wanted == 4000
    assert row.context_bytes > 0
    assert row.encode_s > 0 < row.decode_s


def test_a_network_that_comes_close_is_asked_what_longer_would_give(few: Field) -> None:
    goal = Goal("bytes", 4000)
    asked = adviser(goal, few, *small.contexts("climatology"))
    asked.run_network("siren", small.tiny())
    (fit,) = asked.rows
    asked.rows.append(replace(fit, codec="sperr", on="field", rmse=fit.rmse / 1.5, context_bytes=0))
    note = asked.advice().notes[0]
    assert "longer fit of cainr siren" in note
    assert "from 20 to 40 steps" in note
    assert "lacks 33.3 %" in note


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes asked for, of fits whose RMSE is 40 / sqrt(bytes)."""
    sizes: list[int] = []

    def fitted(name: str, on: str, field: Field, contexts: object, network: object, recipe: object,
               size: int, *more: object) -> Row:  # fmt: skip
        sizes.append(size)
        rmse = 40 / np.sqrt(size)
        return Row(name, on, "", "", size, size, 0, 1, 1, rmse, rmse, 1, 1, 1)

    monkeypatch.setattr(module, "measure_fit", fitted)
    return sizes


def test_a_few_fits_find_the_bytes_for_an_error(few: Field, fits: list[int]) -> None:
    asked = adviser(Goal("rmse", 0.5), few)
    asked.rows.append(Row("sperr", "field", "", "", 0, 9000, 0, 1, 1, 0.5, 0.5, 1, 1, 1))
    asked.run_network("siren", Architecture())
    assert fits[0] == 9000
    assert len(fits) <= 4
    best = asked.advice().use
    assert best is not None
    assert best.codec == "cainr siren"
    assert 6400 <= best.bytes < 6400 * 1.1


def test_a_network_far_behind_is_given_up(few: Field, fits: list[int]) -> None:
    asked = adviser(Goal("rmse", 0.1), few)
    asked.rows.append(Row("sperr", "field", "", "", 0, 9000, 0, 1, 1, 0.1, 0.1, 1, 1, 1))
    asked.run_network("siren", Architecture())
    assert max(fits) == 27000
    assert len(fits) == len(set(fits)) <= 4
    advice = asked.advice()
    assert advice.use == asked.rows[0]
    assert advice.rows[1].bytes == 27000


def test_the_smallest_file_is_the_smallest_that_is_planned(few: Field) -> None:
    for name in ("default", "latent"):
        network = Architecture.preset(name)
        least = smallest(few, [], network)
        assert 300 < least < 5000
        plan(few, [], network, Target(kind="bytes", value=least))
        with pytest.raises(CainrError):
            plan(few, [], network, Target(kind="bytes", value=least - 1))


def test_what_cannot_be_measured_is_told(few: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "numcodecs_wasm_sz3", None)
    asked = adviser(Goal("bytes", 60), few)
    asked.run_codec(CODECS["sz3"])
    asked.run_network("siren", small.tiny())
    assert "pip install 'cainr[codecs]'" in asked.skipped["SZ3"]
    assert "the smallest that works" in asked.skipped["cainr siren"]
    with pytest.raises(CainrError, match=r"Nothing could be measured. SZ3: .* cainr siren: "):
        asked.advice()
