"""The definitions of ldcpy 0.20: against ldcpy where it is installed, else against what it said.

ldcpy's source distribution is 282 MB and brings 35 packages, among them pyarrow, which changes the
text of pandas; it is therefore no part of the extra `test`. `tests/golden/ldcpy.json` was made with
ldcpy 0.20, setuptools 80.10 and the pinned numpy, scipy and xarray in a fresh environment:

    pip install 'ldcpy==0.20' 'setuptools<81'
    PYTHONPATH=. python -m tests.evaluate.test_similarity > tests/golden/ldcpy.json
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cainr_core.data.samples import sample_path
from cainr_core.evaluate.similarity import (
    WINDOW,
    data_ssim,
    ks_distance,
    ks_p_value,
    pearson,
    percent_off,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "ldcpy.json"
NAMES = ["pearson_correlation_coefficient", "ks_p_value", "spatial_rel_error", "ssim_fp"]
Pair = tuple[xr.DataArray, xr.DataArray]


@cache
def pairs() -> dict[str, Pair]:
    """Maps of the sample and what simple means make of them, (lat, lon), float32."""
    with xr.open_dataset(sample_path("cesm1_ts_30days.nc")) as dataset:
        day, later = dataset.TS[0].load(), dataset.TS[7].load()
    celsius = (day - np.float32(273.15)).assign_attrs(day.attrs)
    blurred = day.copy(data=(day.data + np.roll(day.data, 1, 1) + np.roll(day.data, -1, 1)) / 3)
    frozen = celsius.where(celsius > 0, 0)  # many values are exactly 0
    gaps = day.copy()
    gaps[40:70, 100:180] = np.nan
    gaps[150:, ::7] = np.nan
    return {
        "fine": (day, rounded(day, 50)),
        "coarse": (day, rounded(day, 2)),
        "blurred": (day, blurred),
        "another day": (day, later),
        "celsius": (celsius, rounded(celsius, 20)),
        "zeros": (frozen, frozen + np.float32(2**-10)),
        "shifted": (day, day + np.float32(0.25)),
        "gaps": (gaps, rounded(gaps, 4)),
        "constant": (xr.full_like(day, 280), xr.full_like(day, 280)),
    }


def rounded(values: xr.DataArray, levels: int) -> xr.DataArray:
    """To 1/levels of a kelvin."""
    return values.copy(data=np.round(values.data * np.float32(levels)) / np.float32(levels))


def of_ldcpy(pair: Pair) -> dict[str, float | None]:
    """What ldcpy says of a pair; None where that is no number."""
    from ldcpy.calcs import Diffcalcs

    calcs = Diffcalcs(*pair, "cam-fv", weighted=False)
    said = {name: float(calcs.get_diff_calc(name)) for name in NAMES}
    return {name: None if np.isnan(value) else value for name, value in said.items()}


def ours(pair: Pair) -> dict[str, float | None]:
    functions = (pearson, ks_p_value, percent_off, data_ssim)
    return {
        name: function(*(one.data for one in pair))
        for name, function in zip(NAMES, functions, strict=True)
    }


def agree(told: dict[str, float | None], pair: Pair) -> None:
    """Ours is what ldcpy says, but where ldcpy has no answer."""
    here = ours(pair)
    if told[NAMES[0]] == -1:  # ldcpy's word for a constant map
        assert here[NAMES[0]] is None
        told, here = ({**one, NAMES[0]: 0} for one in (told, here))
    if told["ks_p_value"] is None:  # ldcpy's test does not leave missing values out
        told = {**told, "ks_p_value": here["ks_p_value"]}
    assert here == pytest.approx(told, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("name", list(pairs()))
def test_what_ldcpy_said(name: str) -> None:
    agree(json.loads(GOLDEN.read_text())[name], pairs()[name])


def test_what_ldcpy_says() -> None:
    pytest.importorskip("ldcpy", reason="ldcpy is not installed; what it said is compared")
    for pair in pairs().values():
        agree(of_ldcpy(pair), pair)


def test_the_distance_ranks_as_the_p_value_does() -> None:
    from scipy.stats import ks_2samp

    maps = [[one.data for one in pair] for name, pair in pairs().items() if name != "gaps"]
    for pair in maps:
        assert ks_distance(*pair) == pytest.approx(ks_2samp(*map(np.ravel, pair)).statistic)
    ranked = sorted(maps, key=lambda pair: ks_distance(*pair))
    told = [ks_p_value(*pair) for pair in ranked]
    assert told == sorted(told, reverse=True)


def test_the_order_of_rows_does_not_matter() -> None:
    day, other = (one.data for one in pairs()["coarse"])
    assert data_ssim(day[::-1], other[::-1]) == pytest.approx(data_ssim(day, other), abs=1e-12)


def test_missing_values_count_nowhere() -> None:
    day, other = (one.data.astype(np.float64) for one in pairs()["coarse"])
    gaps = np.zeros(day.shape, bool)
    gaps[:, :90] = True
    with_gaps = [np.where(gaps, np.nan, one) for one in (day, other)]
    for function in (pearson, ks_p_value, percent_off):
        rest = function(day[:, 90:], other[:, 90:])
        assert function(*with_gaps) == pytest.approx(rest, rel=1e-12)
    assert 0 < data_ssim(*with_gaps) < 1
    edge_alone = [np.full((15, 15), np.nan) for _ in range(2)]
    for one in edge_alone:
        one[0] = np.arange(15)
    assert data_ssim(edge_alone[0], 2 * edge_alone[1]) is None


def test_a_map_of_one_window_is_its_middle_alone() -> None:
    random = np.random.default_rng(0)
    one = random.random((WINDOW, WINDOW))
    assert data_ssim(one, one) == pytest.approx(1)
    assert data_ssim(one, random.random((WINDOW, WINDOW))) < 0.5


def test_errors_are_absolute_where_the_original_is_zero() -> None:
    original = np.array([0.0, 0.0, 100.0, 100.0, -100.0])
    other = np.array([0.5e-4, 2e-4, 100.005, 100.02, -100.02])
    assert percent_off(original, other) == pytest.approx(60)


if __name__ == "__main__":
    print(json.dumps({name: of_ldcpy(pair) for name, pair in pairs().items()}, indent=2))
