"""Errors of a known size against variability of a known size: the value is their quotient."""

from __future__ import annotations

import numpy as np
import pytest

from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field
from cainr_core.evaluate.checks import Check
from cainr_core.evaluate.climate import Cells, Series
from cainr_core.evaluate.climate_checks import of_cells, of_series
from cainr_core.evaluate.record import Record
from tests import small

YEARS = 12


def checked(field: Field, other: np.ndarray) -> dict[str, Check]:
    record = Record.of(field.time)
    series = Series.of(field, other, lambda: None)
    cells = Cells.of(field, other, record, lambda: None)
    checks = of_series(field, record, series) + of_cells(field, record, cells)
    return {check.name: check for check in checks}


@pytest.fixture(scope="module")
def months() -> Field:
    """Twelve years of months: a season, a trend, weather of 1 K in each cell and 0.5 K in all."""
    field = small.field(times=12 * YEARS, freq="MS")
    random = np.random.default_rng(0)
    season = 9 * np.cos(2 * np.pi * field.time.phase) + 0.1 * (field.time.years - 2000)
    weather = random.standard_normal(field.shape)
    shared = 0.5 * random.standard_normal(len(field.time))
    values = field.values[:1] + weather + (season + shared)[:, None, None]
    return field.with_values(values.astype(np.float32))


def test_the_field_itself_passes(months: Field) -> None:
    checks = checked(months, months.values)
    assert {check.verdict for check in checks.values()} == {"pass"}
    assert {check.value for check in checks.values()} == {0}


def test_a_shift_is_an_error_of_means_and_percentiles_alone(months: Field) -> None:
    checks = checked(months, months.values + np.float32(0.125))
    assert checks["global_mean"].value == pytest.approx(0.125 / 0.5, rel=0.15)
    assert checks["zonal_means"].value == pytest.approx(0.125 / 0.54, rel=0.15)
    assert checks["percentile_1"].verdict != "pass"
    for name in ("seasonal_cycle", "trends", "lag_1"):
        assert checks[name].value == pytest.approx(0, abs=1e-3)


def test_a_season_that_is_off(months: Field) -> None:
    wave = 0.1 * np.cos(2 * np.pi * months.time.phase)
    checks = checked(months, months.values.astype(np.float64) + wave[:, None, None])
    # four terms over 144 times leave the cycle uncertain by sqrt(4 / 144) of 1.1 K of weather
    expected = 0.1 / np.sqrt(2) / (np.sqrt(4 / 144) * np.sqrt(1.25))
    check = checks["seasonal_cycle"]
    assert check.value == pytest.approx(expected, rel=0.05)
    assert "off by 0.071 K" in check.sentence
    assert "the cycle itself is 6.3 K" in check.sentence  # 9 K over the root of 2
    assert checks["trends"].value == pytest.approx(0, abs=0.01)


def test_a_trend_that_is_off(months: Field) -> None:
    slope = 0.01 * (months.time.years - months.time.years.mean())
    checks = checked(months, months.values.astype(np.float64) + slope[:, None, None])
    # the standard error of a slope: sigma / (sqrt(n) * the deviation of the years)
    error = np.sqrt(1.25) / (np.sqrt(144) * YEARS / np.sqrt(12))
    assert checks["trends"].value == pytest.approx(0.01 / error, rel=0.05)
    assert "off by 0.1 K a decade" in checks["trends"].sentence
    assert checks["seasonal_cycle"].value == pytest.approx(0, abs=0.01)


def test_smoothing_in_time_is_seen_by_the_lag(months: Field) -> None:
    values = months.values.astype(np.float64)
    smooth = values.copy()
    smooth[1:-1] = (values[:-2] + 2 * values[1:-1] + values[2:]) / 4
    check = checked(months, smooth)["lag_1"]
    assert check.verdict == "fail"
    assert check.value == pytest.approx(2 / 3 * np.sqrt(144), rel=0.1)  # white noise, smoothed
    assert "becomes 0.6" in check.sentence


def test_the_worst_latitude_is_named(months: Field) -> None:
    other = months.values.copy()
    other[:, 2] += 1
    checks = checked(months, other)
    worst = checks["zonal_worst"]
    assert f"at {-small.LAT[2]:.3g}° S, the worst latitude, is off by 1 K" in worst.sentence
    assert worst.value > checks["zonal_means"].value
    assert worst.verdict == "fail"


@pytest.mark.parametrize(
    ("choices", "not_asked"),
    [
        ({"times": 30}, {"seasonal_cycle", "trends"}),
        ({"times": 6, "freq": "YS"}, {"seasonal_cycle", "trends", "lag_1"}),
        ({"times": 12, "freq": "MS", "calendar": "360_day"}, {"trends", "lag_1"}),
        ({"times": 24, "freq": "MS", "calendar": "standard"}, {"trends"}),
    ],
)
def test_what_a_record_does_not_show_is_not_asked(
    choices: dict[str, object], not_asked: set[str]
) -> None:
    field = small.field(**choices)
    weather = np.random.default_rng(0).standard_normal(field.shape).astype(np.float32)
    field = field.with_values(field.values + weather)
    checks = checked(field, field.values)
    assert {name for name, one in checks.items() if one.verdict == "not asked"} == not_asked
    for name in not_asked:
        assert str(len(field.time)) in checks[name].sentence


def test_one_time_shows_nothing() -> None:
    field = small.field(times=1)
    checks = checked(field, field.values + 1)
    assert {check.verdict for check in checks.values()} == {"not asked"}


def test_what_never_varies_is_not_asked() -> None:
    field = small.field(times=40)
    constant = field.with_values(np.full(field.shape, np.float32(280)))
    checks = checked(constant, constant.values + np.float32(1))
    assert {check.verdict for check in checks.values()} == {"not asked"}


def test_gaps_at_every_place_leave_the_means() -> None:
    field = small.with_gaps(small.field(times=30), share=0.5, moving=True)
    checks = checked(field, field.values)
    assert checks["global_mean"].verdict == "pass"
    assert checks["lag_1"].sentence == "No cell has values at every time."


def test_columns_are_asked_the_same() -> None:
    dataset = small.column_dataset()
    columns = open_field(dataset)
    years = np.concatenate([columns.time.coordinate + 365 * 3 * n for n in range(4)])
    random = np.random.default_rng(0).standard_normal((12, 200))
    longer = dataset.drop_dims("year").assign(
        TREFHT=(("year", "ncol"), (280 + random).astype(np.float32), {"units": "K"})
    )
    field = open_field(longer.assign_coords(year=np.arange(2001, 2001 + len(years))))
    checks = checked(field, field.values + np.float32(1))
    assert {name for name, one in checks.items() if one.verdict == "not asked"} == {
        "seasonal_cycle",
        "lag_1",
    }
    assert checks["global_mean"].verdict == "fail"
    assert checks["trends"].verdict == "pass"


def test_a_region_is_not_called_global() -> None:
    region = small.field(times=30, lat=small.LAT[:12], lon=small.LON[:12])
    values = region.values + np.random.default_rng(0).standard_normal(region.shape)
    region = region.with_values(values.astype(np.float32))
    assert "The mean of the region" in checked(region, region.values)["global_mean"].sentence
