from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.data.fields import Grid, TimeAxis
from cainr_core.data.sampling import SampledContext
from cainr_core.errors import CainrError
from cainr_core.model.coordinates import Frame
from tests import small

LATS = {"ascending": np.linspace(-90, 90, 13), "descending": np.linspace(87.5, -87.5, 15)}
LONS = {
    "from 0": np.arange(0, 360, 7.5),
    "from -180": np.arange(-180, 180, 7.5),
    "both ends": np.linspace(-180, 180, 49),
    "0 to 360": np.linspace(0, 360, 49),
    "folded": np.mod(np.arange(180, 540, 7.5) + 180, 360) - 180,
    "westward": np.arange(352.5, -1, -7.5),
    "westward, folded": np.mod(np.arange(340.1, -19.0, -0.7), 360.0),
    "a region over Greenwich": np.mod(np.arange(-30, 40, 0.7), 360),
}


def axis(days: np.ndarray) -> TimeAxis:
    return TimeAxis.of_days(np.asarray(days, dtype=float), "noleap")


def frame(
    coordinates: str, lat: np.ndarray, lon: np.ndarray, days: np.ndarray | None = None
) -> Frame:
    days = np.arange(4.0) if days is None else days
    return Frame(coordinates, Grid.latlon(lat, lon), axis(days), ())


def paper(n: int) -> np.ndarray:
    """Array indices scaled to [-1, 1]."""
    return (2 * np.arange(n) / (n - 1) - 1).astype(np.float32)


# --- array indices, as in the paper ---------------------------------------------


@pytest.mark.parametrize("lat", LATS.values(), ids=LATS)
@pytest.mark.parametrize("lon", LONS.values(), ids=LONS)
def test_indices_are_those_of_the_paper(lat: np.ndarray, lon: np.ndarray) -> None:
    told = frame("indices", lat, lon)
    place = told.place(*told.grid.points()).reshape(len(lat), len(lon), 2)
    np.testing.assert_allclose(
        place[..., 0], np.broadcast_to(paper(len(lat))[:, None], place.shape[:2]), atol=1e-6
    )
    np.testing.assert_allclose(
        place[..., 1], np.broadcast_to(paper(len(lon)), place.shape[:2]), atol=1e-6
    )
    assert place.dtype == np.float32
    np.testing.assert_array_equal(told.moment(told.time)[:, 0], paper(4))


def test_indices_go_straight_between_the_points_and_beyond() -> None:
    told = frame("indices", np.array([0.0, 10, 30]), np.array([0.0, 90, 180, 270]))
    place = told.place(np.array([5.0, 20, 40, 0]), np.array([45.0, 200, 315, -90]))
    np.testing.assert_allclose(place[:, 0], [-0.5, 0.5, 1.5, -1], atol=1e-6)
    np.testing.assert_allclose(place[:, 1], [0.5 * 2 / 3 - 1, 2 / 3 - 1 + 2 / 3 * 11 / 9, 4 / 3, 1])


@pytest.mark.parametrize(
    "days",
    [[3, 1, 2], [2, 2, 2], [0, 1, 1, 5], [5, 4, 0], [7]],
    ids=["unsorted", "same", "twice", "backwards", "one"],
)
def test_indices_bear_any_times(days: list[float]) -> None:
    lat, lon = np.linspace(-80, 80, 5), np.arange(0, 360, 30.0)
    told = frame("indices", lat, lon, np.array(days))
    moment = told.moment(told.time)
    assert np.isfinite(moment).all()
    if len(set(days)) == len(days) > 1:
        np.testing.assert_allclose(moment[:, 0], paper(len(days)))


def test_columns_have_no_indices() -> None:
    with pytest.raises(CainrError, match="sphere"):
        Frame("indices", Grid.columns(np.zeros(3), np.arange(3)), axis(np.arange(3)), ())


# --- the sphere -----------------------------------------------------------------


def sphere() -> Frame:
    return frame("sphere", LATS["ascending"], LONS["from 0"])


@given(lat=st.floats(-90, 90), lon=st.floats(-360, 720))
def test_places_lie_on_the_unit_sphere(lat: float, lon: float) -> None:
    place = sphere().place(np.array([lat]), np.array([lon]))[0]
    assert np.linalg.norm(place) == pytest.approx(1, abs=1e-6)
    assert place[2] == pytest.approx(np.sin(np.radians(lat)), abs=1e-6)


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_all_turns_of_the_globe_are_one_place(lat: float, lon: float) -> None:
    one, other = sphere().place(np.array([lat, lat]), np.array([lon, lon + 360]))
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_nothing_tears_at_the_date_line_or_the_poles() -> None:
    told = sphere()
    west, east = (
        told.place(np.full(9, 30.0), np.full(9, -179.999)),
        told.place(np.full(9, 30.0), np.full(9, 179.999)),
    )
    np.testing.assert_allclose(west, east, atol=1e-4)
    for pole in (-90.0, 90.0):
        place = told.place(np.full(8, pole), np.arange(0, 360, 45.0))
        np.testing.assert_allclose(place, np.broadcast_to(place[0], place.shape), atol=1e-6)


def test_columns_and_grids_have_the_same_places() -> None:
    grid = Grid.latlon(LATS["ascending"], LONS["from 0"])
    columns = Frame("sphere", Grid.columns(*grid.points()), axis(np.arange(3)), ())
    np.testing.assert_array_equal(
        columns.place(*columns.grid.points()), sphere().place(*grid.points())
    )


# --- time -----------------------------------------------------------------------


@pytest.mark.parametrize(("days", "season"), [(100, False), (180, False), (182, True), (365, True)])
def test_the_season_is_an_input_where_there_is_one(days: int, season: bool) -> None:
    told = frame("sphere", LATS["ascending"], LONS["from 0"], np.arange(0, days + 1.0))
    assert told.has_season == season
    assert told.n_inputs == (6 if season else 4)
    moment = told.moment(told.time)
    assert moment.shape == (days + 1, 3 if season else 1)
    if season:
        np.testing.assert_allclose(np.hypot(moment[:, 1], moment[:, 2]), 1, atol=1e-6)
    indices = Frame("indices", told.grid, told.time, ())
    assert indices.n_inputs == 3


def test_the_season_knows_no_new_year() -> None:
    told = frame("sphere", LATS["ascending"], LONS["from 0"], np.arange(0.0, 3 * 365))
    season = told.moment(told.time)[:, 1:]
    assert np.abs(np.diff(season, axis=0)).max() < 0.02
    np.testing.assert_allclose(season[:365], season[365:730], atol=1e-6)


def test_time_goes_from_minus_one_to_one_and_is_stretched_where_it_is_long() -> None:
    def of(n: int) -> np.ndarray:
        told = frame("sphere", LATS["ascending"], LONS["from 0"], np.arange(float(n)))
        return told.moment(told.time)[:, 0]

    assert of(1).tolist() == [0]
    assert (of(2)[0], of(2)[-1]) == (-1, 1)
    assert (of(30)[0], of(30)[-1]) == (-1, 1)
    assert of(90)[-1] == pytest.approx(3)
    assert np.diff(of(120))[0] == pytest.approx(np.diff(of(60))[0], rel=0.02)


# --- contexts -------------------------------------------------------------------


def test_contexts_are_scaled_by_their_range_on_the_field() -> None:
    one = SampledContext(
        np.array([[-20.0, 0, 60]], np.float32), np.zeros((4, 2), np.int64), np.eye(4, 2, dtype="f4")
    )
    flat = SampledContext(np.full((1, 3), 7, np.float32), one.rows, one.weights)
    field = small.field()
    told = Frame.of("sphere", field.grid, field.time, [one, flat])
    assert told.ranges == ((-20, 60), (7, 7))
    assert told.n_inputs == 6
    scaled = told.scaled([one, flat])
    np.testing.assert_allclose(scaled[0].table, [[-1, -0.5, 1]])
    assert (scaled[1].table == 0).all()
