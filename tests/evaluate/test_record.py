"""Season, drift and natural variability, for the calendars and records that there are."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cainr_core.data.times import TimeAxis
from cainr_core.evaluate.record import Record, lag_one


def axis(periods: int, freq: str, calendar: str = "noleap") -> TimeAxis:
    dates = xr.date_range(
        "1999-01-01", periods=periods, freq=freq, calendar=calendar, use_cftime=True
    )
    return TimeAxis.of_coordinate("time", dates.values)


@pytest.mark.parametrize("calendar", ["noleap", "360_day", "standard", "all_leap"])
@pytest.mark.parametrize(
    ("periods", "freq", "season", "drift", "trends"),
    [
        (30, "D", False, True, False),
        (360, "D", True, False, False),
        (12, "MS", True, False, False),
        (24, "MS", True, True, False),
        (132, "MS", True, True, True),
        (6, "YS", False, True, False),
        (12, "YS", False, True, True),
    ],
)
def test_what_a_record_shows(
    periods: int, freq: str, season: bool, drift: bool, trends: bool, calendar: str
) -> None:
    record = Record.of(axis(periods, freq, calendar))
    assert (record.season, record.drift, record.shows_trends) == (season, drift, trends)
    assert record.varies
    assert record.shows_lag == (periods >= 20)


def test_a_gap_in_the_year_hides_the_season() -> None:
    months = axis(24, "MS")
    winters = months[np.flatnonzero((months.phase < 0.3) | (months.phase > 0.8))]
    assert not Record.of(winters).season


def test_few_times_show_nothing() -> None:
    assert not Record.of(axis(1, "D")).varies
    assert not Record.of(axis(4, "D")).varies
    assert Record.of(axis(5, "D")).varies


def test_times_with_a_hole_do_not_follow_each_other() -> None:
    days = axis(40, "D")
    assert Record.of(days).shows_lag
    assert not Record.of(days[np.r_[0:20, 30:40]]).shows_lag
    assert not Record.of(days[np.r_[0:20, 19:40]]).shows_lag


@pytest.mark.parametrize("calendar", ["noleap", "360_day", "standard"])
def test_season_and_drift_leave_nothing_behind(calendar: str) -> None:
    time = axis(48, "MS", calendar)
    record = Record.of(time)
    season = 8 * np.cos(2 * np.pi * (time.phase - 0.1)) + 2 * np.sin(4 * np.pi * time.phase)
    values = np.stack([280 + season + 0.3 * time.years, 280 + season], axis=1)
    assert record.left(values) == pytest.approx(0, abs=1e-9)
    assert (record.natural(values) == 0).all()  # rounding is no variability
    fitted = record.solver @ values
    assert fitted[1] == pytest.approx([0.3, 0], abs=1e-9)
    assert record.season_of(fitted)[:, 1] == pytest.approx(season, abs=1e-9)


def test_natural_variability_is_without_bias() -> None:
    record = Record.of(axis(24, "MS"))
    noise = np.random.default_rng(0).standard_normal((24, 20_000))
    assert (record.natural(noise) ** 2).mean() == pytest.approx(1, abs=0.02)
    slopes = (record.solver @ noise)[1]
    assert slopes.std() == pytest.approx(record.covariance[1, 1] ** 0.5, rel=0.02)


def test_lag_one_of_what_is_known() -> None:
    random = np.random.default_rng(0)
    noise = random.standard_normal((20_000, 1))
    persistent = np.zeros_like(noise)
    for step in range(1, len(noise)):
        persistent[step] = 0.7 * persistent[step - 1] + noise[step]
    both = np.hstack([noise, persistent, np.zeros_like(noise)])
    assert lag_one(both - both.mean(axis=0)) == pytest.approx([0, 0.7, 0], abs=0.02)
