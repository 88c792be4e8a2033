from __future__ import annotations

import numpy as np
import pytest

from cainr_core.data.grid import latitude_shares
from cainr_core.data.insolation import PHASES, SOLAR_CONSTANT, daily_mean

LAT = np.arange(-89.5, 90)
SOLSTICE = {"june": 171.5 / 365, "december": 354.5 / 365}


def test_the_globe_receives_a_quarter_of_the_solar_constant() -> None:
    over_the_year = daily_mean(LAT[:, None], PHASES[None]).mean(axis=1)
    globe = np.average(over_the_year, weights=latitude_shares(LAT))
    assert globe == pytest.approx(SOLAR_CONSTANT / 4, rel=2e-3)


def test_polar_night_and_polar_day() -> None:
    june = daily_mean(np.array([-90.0, -80, 0, 80, 90]), SOLSTICE["june"])
    assert june[:2].tolist() == [0, 0]
    assert june[4] > june[2]
    assert june[4] == pytest.approx(524, abs=8)  # Hartmann (1994), figure 2.6
    december = daily_mean(np.array([-90.0, 90]), SOLSTICE["december"])
    assert december[0] > june[4], "the earth is nearer to the sun in January"
    assert december[1] == 0


def test_equinox_is_even() -> None:
    north, south = daily_mean(np.array([45.0, -45.0]), 79.5 / 365)
    assert north == pytest.approx(south, rel=0.03)
    assert daily_mean(np.array([0.0]), 79.5 / 365)[0] == pytest.approx(437, abs=5)


def test_between_the_phases_of_the_table_it_is_linear() -> None:
    fine = np.arange(7300) / 7300
    exact = daily_mean(LAT[::10, None], fine[None])
    coarse = daily_mean(LAT[::10, None], PHASES[None])
    table = np.stack([np.interp(fine, PHASES, row, period=1) for row in coarse])
    # Where the polar night begins the curve has a kink.
    assert np.abs(table - exact).max() < 6
    assert np.sqrt(np.mean((table - exact) ** 2)) < 0.2
