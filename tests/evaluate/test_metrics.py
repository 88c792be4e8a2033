from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.errors import CainrError
from cainr_core.evaluate.metrics import Metrics, measure, psnr

COSTS = {"original_bytes": 32, "file_bytes": 16, "context_bytes": 5, "weights": 10}


def measured(original: np.ndarray, other: np.ndarray, area: np.ndarray) -> Metrics:
    return measure(original, other, area, **COSTS)


def test_every_figure_by_hand() -> None:
    original = np.array([[[200.0, 300.0]], [[250.0, 260.0]]], dtype=np.float32)
    other = np.array([[[201.0, 297.0]], [[250.0, 264.0]]], dtype=np.float32)
    area = np.array([[0.75, 0.25]])
    metrics = measured(original, other, area)
    rmse = math.sqrt((1 + 9 + 0 + 16) / 4)
    assert metrics.rmse == pytest.approx(rmse)
    assert metrics.rmse_weighted == pytest.approx(
        math.sqrt((0.75 * 1 + 0.25 * 9 + 0 + 0.25 * 16) / 2)
    )
    assert metrics.max_abs_error == 4
    assert metrics.bias == pytest.approx((1 - 3 + 0 + 4) / 4)
    assert metrics.psnr == pytest.approx(20 * math.log10(100 / rmse))
    assert metrics.psnr_paper == pytest.approx(20 * math.log10(300 / rmse))
    assert metrics.file_bytes == 16
    assert metrics.context_bytes == 5
    assert metrics.compression_ratio == 2
    assert metrics.bits_per_value == 8 * 16 / 4
    assert metrics.compression_gain_paper == 8 * 4 / (4 * 10)


def test_the_papers_peak_is_the_greatest_of_both() -> None:
    original = np.array([[10.0, 20.0]])
    metrics = measured(original, np.array([[10.0, 25.0]]), np.array([0.5, 0.5]))
    assert metrics.psnr_paper == pytest.approx(20 * math.log10(25 / math.sqrt(12.5)))


def test_the_papers_psnr_flatters_kelvin_by_nine_decibels() -> None:
    random = np.random.default_rng(0)
    original = random.uniform(200, 310, (4, 100))
    metrics = measured(original, original + random.standard_normal((4, 100)), np.full(100, 0.01))
    assert metrics.psnr_paper - metrics.psnr == pytest.approx(9, abs=0.2)


def test_missing_values_count_nowhere() -> None:
    original = np.array([[1.0, np.nan, 3.0, 9.0]])
    other = np.array([[2.0, np.nan, 3.0, 9.0]])
    metrics = measured(original, other, np.array([0.1, 0.6, 0.2, 0.1]))
    assert metrics.rmse == pytest.approx(math.sqrt(1 / 3))
    assert metrics.rmse_weighted == pytest.approx(math.sqrt(0.1 / 0.4))
    assert metrics.bias == pytest.approx(1 / 3)
    assert metrics.psnr == pytest.approx(20 * math.log10(8 / metrics.rmse))
    assert metrics.bits_per_value == 32  # of every value, as the original bytes are


def test_no_error_is_infinitely_good() -> None:
    original = np.array([[1.0, 2.0]])
    metrics = measured(original, original.copy(), np.array([0.5, 0.5]))
    assert metrics.psnr == metrics.psnr_paper == math.inf
    assert metrics.rmse == metrics.max_abs_error == metrics.bias == 0
    assert psnr(0, 1) == -math.inf


@given(
    values=st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=30, unique=True),
    shift=st.floats(0.125, 100, width=32),
)
def test_a_shift_is_all_bias(values: list[float], shift: float) -> None:
    original = np.array([values])
    metrics = measured(original, original + shift, np.full(len(values), 1 / len(values)))
    assert metrics.bias == pytest.approx(shift, rel=1e-6)
    assert metrics.rmse == pytest.approx(shift, rel=1e-6)
    assert metrics.rmse_weighted == pytest.approx(shift, rel=1e-6)
    assert metrics.max_abs_error == pytest.approx(shift, rel=1e-6)


def test_float32_values_are_compared_in_float64() -> None:
    original = np.full((1, 1000), 1e4, dtype=np.float32)
    original[0, 0] = 0
    other = original + np.float32(2**-9)
    assert measured(original, other, np.full(1000, 1e-3)).bias == pytest.approx(2**-9, rel=1e-2)


def test_what_does_not_belong_together_is_refused() -> None:
    area = np.full(4, 0.25)
    one = np.array([[1.0, 2.0, np.nan, 4.0]])
    with pytest.raises(CainrError, match="same times and the same grid"):
        measured(one, np.ones((2, 4)), area)
    with pytest.raises(CainrError, match="different places"):
        measured(one, np.ones((1, 4)), area)
    with pytest.raises(CainrError, match="no values here"):
        measured(np.full((1, 4), np.nan), np.full((1, 4), np.nan), area)


def test_the_keys_are_those_of_the_command_line() -> None:
    told = measured(np.array([[1.0, 2.0]]), np.array([[1.5, 2.0]]), np.full(2, 0.5)).to_dict()
    keys = (
        "psnr psnr_paper rmse rmse_weighted max_abs_error bias file_bytes context_bytes "
        "compression_ratio bits_per_value compression_gain_paper"
    )
    assert set(keys.split()) <= set(told)
    assert json.loads(json.dumps(told)) == told
