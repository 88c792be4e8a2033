from __future__ import annotations

from typing import Any

import cftime
import numpy as np
import pytest

from cainr_core.codec.reconstruction import Reconstruction, read
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError
from tests import small

SPECS = {
    "plain": (),
    "static": ("topography",),
    "seasons": ("climatology", "insolation"),
    "embedded": ("climatology@resolution=30,embedded", "land_sea_mask"),
}


@pytest.fixture(scope="module", params=SPECS.values(), ids=SPECS)
def reconstruction(request: pytest.FixtureRequest) -> Reconstruction:
    return read(small.file_of(small.field(freq="ME"), request.param))


def test_at_the_points_it_is_the_field(reconstruction: Reconstruction) -> None:
    whole = reconstruction.values()
    lat, lon = reconstruction.grid.points()
    times = reconstruction.coords["time"].values
    at = reconstruction.evaluate(lat, lon, times[:, None])
    np.testing.assert_allclose(at.reshape(whole.shape), whole, rtol=0, atol=2e-3)
    one = reconstruction.evaluate(lat[40], lon[40], times[2])
    assert one.shape == ()
    assert float(one) == pytest.approx(float(whole[2].ravel()[40]), abs=2e-3)


def test_indices_are_evaluated_anywhere_too() -> None:
    back = read(small.file_of(small.field(), (), small.tiny(coordinates="indices", skip=False)))
    lat, lon = back.grid.points()
    at = back.evaluate(lat, lon, back.coords["time"].values[:, None])
    np.testing.assert_allclose(at.reshape(back.shape), back.values(), rtol=0, atol=2e-3)


def test_columns_are_evaluated_anywhere_too() -> None:
    field = open_field(small.column_dataset())
    back = read(small.file_of(field, ("topography",)))
    days = field.time.coordinate[:, None]
    at = back.evaluate(field.grid.lat, field.grid.lon, days)
    np.testing.assert_allclose(at, back.values(), rtol=0, atol=2e-3)


def test_a_context_by_month_is_smooth_in_the_middle_of_a_month() -> None:
    """There one month alone is needed, which must not change what the network is given."""
    back = read(small.file_of(small.field(freq="ME"), ("topography", "climatology")))
    minutes = [f"2000-01-16T{time}" for time in ("11:59", "12:00", "12:01")]
    before, middle, after = back.evaluate(30.0, 100.0, minutes)
    assert abs(middle - (before + after) / 2) < 0.02


def test_nothing_jumps_at_the_date_line_and_the_pole(reconstruction: Reconstruction) -> None:
    if any("topography" in str(c.choice.source) for c in reconstruction.contexts):
        return  # topography has steps of its own
    west, east = reconstruction.evaluate(20.0, [-180.0, 180.0], "2000-02-10")
    assert west == pytest.approx(east, abs=1e-3)
    poles = reconstruction.evaluate(90.0, np.arange(0, 360, 30.0), "2000-02-10")
    assert float(np.ptp(poles)) < 0.01


def test_any_notation_of_a_time_is_understood(reconstruction: Reconstruction) -> None:
    text = reconstruction.evaluate(0.0, 0.0, "2000-02-10")
    day = reconstruction.time.parse("2000-02-10")
    for time in (
        cftime.DatetimeNoLeap(2000, 2, 10),
        np.datetime64("2000-02-10"),
        float(day),
        np.array(["2000-02-10"]),
    ):
        assert float(np.squeeze(reconstruction.evaluate(0.0, 0.0, time))) == float(text)


def test_places_and_times_broadcast(reconstruction: Reconstruction) -> None:
    lat, lon = np.linspace(-80, 80, 5)[:, None], np.linspace(0, 300, 4)
    values = reconstruction.evaluate(lat, lon, np.array("2000-02-10"))
    assert values.shape == (5, 4)
    assert values.dtype == reconstruction.dtype
    one = reconstruction.evaluate(lat[3, 0], lon[2], "2000-02-10")
    assert float(values[3, 2]) == pytest.approx(float(one), abs=1e-3)
    assert reconstruction.evaluate([], [], "2000-02-10").shape == (0,)


@pytest.mark.parametrize(
    ("lat", "lon", "time", "words"),
    [
        (91.0, 0.0, "2000-01-01", "between -90 and 90"),
        (np.nan, 0.0, "2000-01-01", "may be missing"),
        (0.0, np.inf, "2000-01-01", "may be missing"),
        (0.0, 0.0, np.nan, "may be missing"),
        (0.0, 0.0, np.datetime64("NaT"), "NaT|missing|date"),
        (0.0, 0.0, "yesterday", "yesterday"),
        ("here", 0.0, "2000-01-01", "numbers"),
        ([0.0, 1], [0.0, 1, 2], "2000-01-01", "broadcast"),
    ],
)
def test_places_that_are_none_are_refused(lat: Any, lon: Any, time: Any, words: str) -> None:
    with pytest.raises(CainrError, match=words):
        read(small.file_of(small.field())).evaluate(lat, lon, time)
