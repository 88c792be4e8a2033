from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from cainr_core.data.fields import Field
from cainr_core.evaluate.baselines import CODECS
from cainr_core.evaluate.rate_distortion import (
    ANOMALY,
    FIELD,
    WITHIN,
    Row,
    Task,
    measure_codec,
    wanted_by,
)
from tests import small

pytest.importorskip("numcodecs_wasm_sperr")
SIZES = [500, 1500]


def measured(
    task: Task, name: str, mode: int = 0, **more: float
) -> tuple[list[Row], list[tuple[int, str]]]:
    codec, told = CODECS[name], []
    rows = list(
        measure_codec(
            task,
            codec,
            codec.modes[mode],
            SIZES,
            lambda size, reason: told.append((size, reason)),
            **more,
        )
    )
    return rows, told


@pytest.fixture(scope="module")
def few(sample: Field) -> Field:
    return sample.isel_time(slice(0, 1))


def test_every_wanted_size_is_a_row(few: Field) -> None:
    rows, unreached = measured(Task(few), "sperr")
    assert [row.wanted for row in rows] == SIZES
    assert not unreached
    assert all(row.wanted / WITHIN <= row.bytes <= row.wanted * WITHIN for row in rows)
    assert rows[0].psnr < rows[1].psnr
    assert {row.on for row in rows} == {FIELD}
    assert rows[0].ratio == pytest.approx(few.original_bytes / rows[0].bytes)
    assert rows[0].setting.endswith(" bits per value")


def test_the_anomaly_is_put_back_before_it_is_measured(few: Field) -> None:
    base = few.values + np.float32(2)
    rows, _ = measured(Task(few, base, 77), "sperr")
    assert {row.on for row in rows} == {ANOMALY}
    assert {row.context_bytes for row in rows} == {77}
    assert max(row.rmse for row in rows) < 1e-4


def test_a_size_out_of_reach_is_told_with_the_nearest(few: Field) -> None:
    rows, unreached = measured(Task(few), "zfp", 1)
    assert not rows
    assert unreached[0][0] == SIZES[0]
    assert "nearest size is" in unreached[0][1]


def test_a_codec_that_refuses_is_told_once() -> None:
    field = small.open_field(small.column_dataset())
    rows, unreached = measured(Task(field), "ebcc")
    assert not rows
    assert len(unreached) == 1
    assert unreached[0][0] == 0
    assert "32 x 32" in unreached[0][1]


def test_a_weak_codec_is_measured_on_to_the_wanted_quality(few: Field) -> None:
    best, _ = measured(Task(few), "sperr")
    until = best[-1].psnr + 3
    rows, _ = measured(Task(few), "sz3", until_psnr=until)
    assert [row.wanted for row in rows][:3] == [500, 1500, 3000]
    assert rows[-1].psnr >= until > rows[-2].psnr


def test_few_settings_are_all_measured(few: Field) -> None:
    mode = CODECS["bitround"].modes[0]
    assert wanted_by(mode, SIZES) == [0]
    rows, _ = measured(Task(few), "bitround")
    assert len(rows) == len(mode.steps)
    assert all(a.psnr < b.psnr for a, b in pairwise(rows))


def test_missing_values_are_filled_and_their_places_counted(few: Field) -> None:
    gaps = small.with_gaps(few)
    task = Task(gaps)
    values = task.values()
    assert np.isfinite(values).all()
    assert task.mask_bytes() > 0
    assert Task(few).mask_bytes() == 0
    exact = task.measured(values, 10)
    assert exact.rmse == 0


def test_a_cell_without_a_value_takes_the_mean_of_all(sample: Field) -> None:
    values = sample.values[:2].copy()
    values[:, 0, 0] = np.nan
    values[0, 1, 1] = np.nan
    filled = Task(sample.isel_time(slice(0, 2)).with_values(values)).values()
    assert filled[0, 0, 0] == pytest.approx(np.nanmean(values, dtype=np.float64), rel=1e-5)
    assert filled[0, 1, 1] == values[1, 1, 1]
