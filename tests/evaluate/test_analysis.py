from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cainr_core
from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError
from cainr_core.evaluate.analysis import analyse
from cainr_core.evaluate.checks import QUESTIONS, Check
from tests import small


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def rounded(field: Field, levels: int) -> np.ndarray:
    """To 1/levels of a unit."""
    return np.round(field.values * np.float32(levels)) / np.float32(levels)


def test_every_question_in_its_order() -> None:
    field = small.field(times=8)
    parts: list[tuple[int, int]] = []
    checks = analyse(field, rounded(field, 4), lambda *part: parts.append(part))
    assert [check.name for check in checks] == list(QUESTIONS)
    assert [done for done, _ in parts] == list(range(1, parts[0][1] + 1))


def test_finer_is_never_worse(sample: Field) -> None:
    field = sample.isel_time(slice(0, 21))
    fine, coarse = (by_name(analyse(field, rounded(field, levels))) for levels in (256, 2))
    assert [name for name, one in fine.items() if one.verdict == "near"] == ["data_ssim_strict"]
    assert not [name for name, one in fine.items() if one.verdict == "fail"]
    for name in ("pearson", "percent_off", "data_ssim", "lag_1"):
        assert coarse[name].verdict in ("near", "fail")


def test_every_shared_file_is_answered(shared_field: tuple[Path, str]) -> None:
    field = open_field(*shared_field).isel_time(slice(0, 12))
    if field.cells > 50_000:  # many maps take many seconds
        field = field.isel_time(slice(0, 1))
    checks = by_name(analyse(field, rounded(field, 2)))
    assert (checks["data_ssim"].verdict == "not asked") == (field.grid.kind == "columns")
    asked_season = "monthly" in shared_field[0].name
    assert (checks["seasonal_cycle"].verdict != "not asked") == asked_season
    assert checks["trends"].verdict == "not asked"
    assert checks["percent_off"].verdict == "fail"
    for check in checks.values():
        assert check.sentence[0].isupper() or check.sentence[0].isdigit()
        assert check.sentence.endswith(".")
        assert (check.value is None) == (check.verdict == "not asked")


def test_the_order_of_times_and_empty_ones_do_not_matter(sample: Field) -> None:
    field = sample.isel_time(slice(0, 6))
    other = rounded(field, 4)
    expected = [check.value for check in analyse(field, other)]
    turned = field.isel_time(np.array([3, 0, 5, 1, 4, 2]))
    values = np.concatenate([turned.values, np.full_like(turned.values[:1], np.nan)])
    with_empty = sample.isel_time(np.array([3, 0, 5, 1, 4, 2, 9])).with_values(values)
    again = np.where(np.isnan(values), np.nan, rounded(with_empty, 4))
    assert [check.value for check in analyse(with_empty, again)] == pytest.approx(expected)


def test_what_does_not_belong_together_is_refused() -> None:
    field = small.field()
    with pytest.raises(CainrError, match="same times and the same grid"):
        analyse(field, field.values[:2])
    with pytest.raises(CainrError, match="different places"):
        analyse(field, small.with_gaps(field).values)


def test_it_can_be_stopped() -> None:
    def stop(done: int, total: int) -> None:
        raise InterruptedError

    field = small.field()
    with pytest.raises(InterruptedError):
        analyse(field, field.values, stop)


def test_it_is_part_of_the_library() -> None:
    assert cainr_core.analyse is analyse
    assert cainr_core.Check is Check
