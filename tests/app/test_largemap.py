"""One large map of two things: which two, and what their difference is on native cells."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from app import decoding
from app.views.mapboard import MapBoard
from app.views.shown import Original, Shown
from app.workbench import Workbench
from tests.app.test_views import kept

OFFSETS = {"one": 1.0, "two": -2.0, "three": 0.5}


@pytest.fixture
def bench() -> Workbench:
    bench = Workbench()
    bench.open_data()
    return bench


@pytest.fixture
def board(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> MapBoard:
    """A board of three runs that are off by a known amount."""
    cells = bench.field.values.reshape(len(bench.field.time), -1)
    monkeypatch.setattr(
        decoding, "frame", lambda run, time, step=None: cells[time] + OFFSETS[run.id]
    )
    board = MapBoard(bench)
    runs = [kept(id, name=f"run {id}") for id in OFFSETS]
    bench.param.update(runs=runs, picked=list(OFFSETS))
    return board


def drawn(board: MapBoard, column: str) -> float:
    """The mean of what a column shows less the same of the original."""
    source = board.large.maps.source
    image = source.data[column][0]
    return float(np.nanmean(image, dtype=np.float64))


def test_two_runs_are_swiped_and_any_other_can_be_chosen(board: MapBoard):
    bench = board.workbench
    bench.mode = "swipe"
    assert not board.six.view.visible
    large = board.large
    assert list(large.left.options) == ["Original", "A: run one", "B: run two", "C: run three"]
    assert (large.left.value, large.right.value) == ("one", "two")
    assert drawn(board, "left") - drawn(board, "right") == pytest.approx(3, abs=1e-3)
    large.right.value = "three"
    assert (bench.left, bench.right) == ("one", "three")
    assert drawn(board, "left") - drawn(board, "right") == pytest.approx(0.5, abs=1e-3)
    assert large.overlay.right_name == "C: run three"
    bench.mode = "side"
    assert board.six.view.visible
    assert not large.view.visible


def test_what_the_other_side_has_changes_places_with_it(board: MapBoard):
    board.workbench.mode = "flicker"
    board.large.left.value = "two"
    assert (board.workbench.left, board.workbench.right) == ("two", "one")
    assert (board.large.left.value, board.large.right.value) == ("two", "one")


def test_the_difference_is_that_of_native_cells(board: MapBoard):
    bench = board.workbench
    bench.param.update(left="original", right="two", mode="difference")
    assert drawn(board, "difference") == pytest.approx(-2, abs=1e-3)
    told = board.large.told.object.replace("-", "−").replace("\u00a0", " ")
    assert "RMS 2.00 K, largest 2.00 K, bias −2.00 K" in told
    assert board.scales["error"].high == 2
    bench.mode = "relative"
    truth = bench.field.values[0].astype(np.float64)
    expected = np.sqrt(np.mean((100 * 2 / truth) ** 2))
    assert f"RMS {expected:.3f}\u00a0%" in board.large.told.object
    assert "left out" not in board.large.told.object


def test_a_time_step_is_drawn_in_the_mode_that_is_seen(board: MapBoard):
    bench = board.workbench
    bench.mode = "swipe"
    many = board.maps.source.data["original"][0]
    bench.look_at(3)
    truth = bench.field.values[3]
    low, high = (np.nanmin(truth), np.nanmax(truth))
    image = board.large.maps.source.data["left"][0]
    assert low + 1 <= np.nanmin(image) < np.nanmax(image) <= high + 1 + 1e-3
    assert board.maps.source.data["original"][0] is many
    bench.mode = "side"
    assert board.maps.source.data["original"][0] is not many


def test_without_a_reconstruction_there_is_the_original(bench: Workbench):
    board = MapBoard(bench)
    bench.mode = "difference"
    assert board.large.overlay.right_name == ""
    assert "tick a run" in board.large.told.object
    assert board.large.left.disabled
    assert np.isfinite(board.large.maps.source.data["left"][0]).any()


@pytest.mark.parametrize(
    ("runs", "left", "right", "pair"),
    [
        ("a", "", "", ("original", "a")),
        ("ab", "", "", ("a", "b")),
        ("abc", "c", "original", ("c", "original")),
        ("ab", "gone", "a", ("b", "a")),
        ("ab", "b", "b", ("a", "b")),
        ("a", "a", "gone", ("a", "original")),
        ("", "original", "gone", None),
    ],
)
def test_the_two_that_a_view_names_or_the_usual_ones(bench, runs, left, right, pair):
    sources = tuple(SimpleNamespace(key=key, title=key, colour=None) for key in runs)
    found = Shown(bench.field, sources).pair(left, right)
    assert (found and tuple(each.key for each in found)) == pair


def test_the_original_is_always_at_hand(bench: Workbench):
    np.testing.assert_array_equal(
        Original(bench.field).values(2), bench.field.values[2].reshape(-1)
    )
