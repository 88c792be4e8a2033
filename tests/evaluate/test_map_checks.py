from __future__ import annotations

import numpy as np
import pytest

from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field
from cainr_core.evaluate import similarity
from cainr_core.evaluate.checks import Check
from cainr_core.evaluate.map_checks import of_maps
from tests import small


def checked(field: Field, other: np.ndarray) -> dict[str, Check]:
    return {check.name: check for check in of_maps(field, other, lambda: None)}


def test_the_worst_time_decides(sample: Field) -> None:
    field = sample.isel_time(slice(0, 3))
    other = field.values.copy()
    other[1] += np.float32(3) * np.sin(field.values[1])
    checks = checked(field, other)
    assert {check.verdict for check in checks.values()} == {"fail"}
    day, wrong = field.values[1], other[1]
    expected = {
        "pearson": similarity.pearson(day, wrong),
        "ks_p_value": similarity.ks_p_value(day, wrong),
        "percent_off": similarity.percent_off(day, wrong),
        "data_ssim": similarity.data_ssim(day, wrong),
        "data_ssim_strict": similarity.data_ssim(day, wrong),
    }
    assert {name: check.value for name, check in checks.items()} == pytest.approx(expected)
    for check in checks.values():
        assert check.sentence.startswith(f"At {field.time.label(1)}, the worst of 3 times, ")


def test_the_field_itself_passes(sample: Field) -> None:
    field = sample.isel_time(slice(0, 1))
    checks = checked(field, field.values)
    assert {check.verdict for check in checks.values()} == {"pass"}
    assert checks["pearson"].sentence.startswith("Here the correlation")


def test_a_typical_value_tells_what_a_tolerance_is() -> None:
    field = small.field()
    words = checked(field, field.values)["percent_off"].sentence
    typical = 1e-4 * np.abs(field.values).mean()
    assert f"which is {typical:.2g} K for a typical value" in words


def test_columns_and_small_maps_have_no_ssim() -> None:
    columns = open_field(small.column_dataset())
    few_rows = small.field(lat=small.LAT[:10])
    for field in (columns, few_rows):
        checks = checked(field, field.values)
        assert checks["data_ssim"].verdict == checks["data_ssim_strict"].verdict == "not asked"
        assert "at least 11 x 11 cells" in checks["data_ssim"].sentence
        assert checks["pearson"].verdict == checks["ks_p_value"].verdict == "pass"


def test_maps_without_variation_have_no_correlation() -> None:
    field = small.field()
    constant = field.with_values(np.full(field.shape, np.float32(280)))
    checks = checked(constant, constant.values + np.float32(1))
    assert checks["pearson"].verdict == "not asked"
    assert checks["ks_p_value"].verdict == checks["percent_off"].verdict == "fail"


def test_units_with_braces_are_no_trouble() -> None:
    dataset = small.dataset()
    dataset.tas.attrs["units"] = "kg m^{-2}"
    field = open_field(dataset)
    assert "kg m^{-2}" in checked(field, field.values)["percent_off"].sentence


def test_missing_values_count_nowhere() -> None:
    full = small.field()
    field = small.with_gaps(full, moving=True)
    there = ~np.isnan(field.values)
    other = np.where(there, field.values + np.float32(1) * np.sin(field.values), np.nan)
    value = checked(field, other)["pearson"].value
    pairs = zip(field.values, other, there, strict=True)
    assert value == pytest.approx(min(np.corrcoef(x[t], y[t])[0, 1] for x, y, t in pairs))
