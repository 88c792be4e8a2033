"""The advice that rows lead to, without measuring any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cainr_core.evaluate.advice import Advice, LongerFit, advise, best_of_each, worth_longer
from cainr_core.evaluate.goal import Goal
from cainr_core.evaluate.rate_distortion import Row
from tests import small

BYTES, RMSE = Goal("bytes", 1000), Goal("rmse", 0.5)
FIELD = small.field(times=60)
ROW = Row("sperr", "field", "bpp", "1 bits", 0, 1000, 0, 10, 30.0, 0.5, 0.5, 1, 1, 1)


def row(codec: str, size: int, rmse: float, on: str = "field", context_bytes: int = 0) -> Row:
    return replace(ROW, codec=codec, on=on, bytes=size, rmse=rmse, context_bytes=context_bytes)


SPERR, SZ3 = row("sperr", 990, 0.4), row("sz3", 990, 0.6)
LATENT = row("cainr latent", 980, 0.5, "no context")


def test_the_answer_may_be_sperr() -> None:
    advice = advise(BYTES, FIELD, [SZ3, LATENT, SPERR])
    assert advice.use == SPERR
    assert advice.sentence == (
        "Use SPERR on the field: an RMSE of 0.4 K in 990 bytes, against 0.5 K of cainr latent "
        "with no context."
    )
    assert advice.rows == [SPERR, LATENT, SZ3]
    assert advice.notes == []


def test_the_answer_may_be_cainr() -> None:
    rows = [SZ3, row("sperr", 2000, 0.5), row("cainr latent", 1500, 0.49, "Topography")]
    advice = advise(RMSE, FIELD, rows)
    assert advice.sentence == (
        "Use cainr latent with Topography: 1,500 bytes for an RMSE of 0.49 K, against 2,000 bytes "
        "of SPERR on the field."
    )


def test_without_networks_the_next_codec_is_told() -> None:
    rows = [row("sperr", 900, 0.3, "anomaly"), SPERR, SZ3]
    assert advise(BYTES, FIELD, rows).sentence.endswith("against 0.6 K of SZ3 on the field.")
    assert advise(BYTES, FIELD, rows[:2]).sentence.endswith("in 900 bytes.")


def test_only_the_best_mode_of_a_codec_counts() -> None:
    worse = replace(SPERR, mode="q", rmse=0.45)
    larger = replace(SPERR, mode="pwe", bytes=1001, rmse=0.1)
    assert best_of_each(BYTES, [worse, larger, SPERR]) == [SPERR]


def test_where_nothing_keeps_the_bound_the_nearest_is_told() -> None:
    advice = advise(Goal("bytes", 40), FIELD, [SPERR, LATENT])
    assert advice.use is None
    assert advice.sentence == (
        "Nothing fits into 40 bytes: the smallest is cainr latent with no context with 980 bytes "
        "and an RMSE of 0.5 K."
    )
    assert "Nothing keeps the RMSE to 0.1 K: the nearest is SPERR on the field with 0.4 K" in (
        advise(Goal("rmse", 0.1), FIELD, [SPERR, LATENT]).sentence
    )


def test_a_context_that_the_reader_needs_is_told_with_what_is_best_without() -> None:
    anomaly = row("sperr", 990, 0.3, "anomaly", 12345)
    (note,) = advise(BYTES, FIELD, [SPERR, anomaly], base="Climatology by month").notes
    assert note == (
        "Its reader must have Climatology by month besides, 12,345 bytes; without, the best is "
        "SPERR on the field with 0.4 K."
    )
    (note,) = advise(BYTES, FIELD, [anomaly], base="Climatology by month").notes
    assert note.endswith("12,345 bytes; nothing that was measured reaches the goal without.")
    (note,) = advise(BYTES, FIELD, [row("cainr latent", 900, 0.3, "Topography", 77)]).notes
    assert note.startswith("Its reader must have Topography besides, 77 bytes")


def with_longer(rmse_at_half: float, usual: int = 4000) -> Advice:
    rows = [SPERR, row("cainr siren", 990, 0.5, "no context")]
    return advise(BYTES, FIELD, rows, LongerFit(500, 0.5, rmse_at_half, usual))


def test_a_longer_fit_that_may_turn_the_advice_is_told() -> None:
    (note,) = with_longer(0.55).notes
    assert note == (
        "A longer fit of cainr siren may turn this: from 250 to 500 steps its RMSE fell by 9.1 %, "
        "and it lacks 20.0 % at equal bytes; try it with --steps 4000."
    )


@pytest.mark.parametrize("rmse_at_half", [0.51, 0.4])
def test_a_longer_fit_that_would_not_turn_it_is_told_too(rmse_at_half: float) -> None:
    (note,) = with_longer(rmse_at_half).notes
    assert note.startswith("A longer fit of cainr siren would hardly turn this: from 250 to 500")


def test_a_fit_that_is_not_brief_is_not_hoped_for_beyond_one_doubling() -> None:
    assert LongerFit(4000, 0.5, 0.55, 4000).hope == pytest.approx(1.1)
    assert LongerFit(500, 0.5, 0.55, 4000).hope == pytest.approx(1.1**3)


def test_a_longer_fit_is_asked_about_only_where_it_may_matter() -> None:
    far = row("cainr siren", 990, 0.81, "no context")
    assert worth_longer(BYTES, [SPERR, LATENT]) == LATENT
    assert worth_longer(BYTES, [SPERR, far]) is None
    assert worth_longer(BYTES, [SPERR]) is None
    assert worth_longer(BYTES, [SZ3, LATENT]) is None
    assert worth_longer(BYTES, [SPERR, replace(LATENT, bytes=1001)]) is None
    # twice the bytes are less than twice the error
    assert worth_longer(RMSE, [SPERR, replace(LATENT, bytes=4 * 990)]) is not None
    assert worth_longer(RMSE, [SPERR, replace(LATENT, bytes=6 * 990)]) is None


def test_what_the_search_cannot_tell_apart_is_told() -> None:
    (note,) = advise(BYTES, FIELD, [SPERR, row("cainr latent", 999, 0.405, "no context")]).notes
    assert note.startswith("The two are within 2 %")


@pytest.mark.parametrize("share", [0.3, 0.99])
def test_a_field_that_nothing_compresses_is_told(share: float) -> None:
    noise = np.random.default_rng(1).normal(0, 2, FIELD.shape).astype(np.float32)
    field = FIELD.with_values(noise)
    bits = -np.log2(share) * field.values.size
    rmse = share * float(noise.std())
    as_noise = row("sperr", int(bits / 8) + 1, rmse)
    (note,) = advise(Goal("bytes", 10**6), field, [as_noise]).notes
    assert "nothing compresses the field well" in note
    better = row("sperr", int(bits / 8 / 3), rmse)
    assert advise(Goal("bytes", 10**6), field, [better]).notes == []


def test_a_field_that_is_kept_without_loss_compares_with_all_its_bits() -> None:
    without_loss = row("sz3", int(0.8 * FIELD.original_bytes), 0.0)
    (note,) = advise(Goal("rmse", 1e-9), FIELD, [without_loss]).notes
    assert note.endswith("white noise would take 32.")
    half = row("sz3", int(0.4 * FIELD.original_bytes), 0.0)
    assert advise(Goal("rmse", 1e-9), FIELD, [half]).notes == []
