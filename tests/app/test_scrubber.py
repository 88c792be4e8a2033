"""Looking back on how runs were fitted: the player, what it tells, and what follows it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import cainr_core
from app import decoding, shared
from app.recent import Recent
from app.views.closer import Closer
from app.views.curves import Curves
from app.views.mapboard import MapBoard
from app.views.panels import Look, of_run
from app.views.prints import MapFigure
from app.views.scrubber import LIVE, NONE, Scrubber
from app.views.selected import selected
from app.views.shown import RunSource
from app.words import size_of
from app.workbench import Workbench
from cainr_core.choices import Choices, DataChoice
from cainr_core.compression import compress, open_data
from cainr_core.data.contexts import ContextChoice
from cainr_core.evaluate.analysis import analyse
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.runs import Library, Run
from tests.app.test_views import follow

DATA = DataChoice(time="0:2")
END = 230


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A run with states on its way, and one without."""
    library = Library(tmp_path_factory.mktemp("scrubbed") / "runs")
    contexts = [ContextChoice.parse("climatology")]
    for steps, keep in ((200, True), (20, False)):
        architecture, recipe = Architecture(depth=2, width=16), Recipe(steps=steps, batch=1024)
        choices = Choices(DATA, contexts, architecture, recipe)
        fitted = compress(open_data(DATA), contexts, architecture, recipe, keep_history=keep)
        library.add(choices, fitted, name="with" if keep else "without")
    return library


@pytest.fixture
def bench(library: Library, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.setattr(shared, "kept_runs", lambda: library)
    bench = Workbench()
    bench.data.time = DATA.time
    bench.open_data()
    bench.list_runs()
    return bench


def named(bench: Workbench, name: str) -> Run:
    return next(run for run in bench.runs if run.name == name)


def steps(scrubber: Scrubber) -> list[int]:
    return list(scrubber.player.options.values())


def test_a_state_is_decoded_as_its_own_file(bench: Workbench):
    run = named(bench, "with")
    for moment in run.history:
        alone = cainr_core.open(moment.source).values(1).ravel()
        np.testing.assert_array_equal(decoding.decode(run, 1, moment.step), alone)
        assert decoding.frame(run, 1, moment.step + 1) is decoding.frame(run, 1, moment.step)
    assert decoding.whole(run, 0).shape == decoding.whole(run).shape
    assert not np.array_equal(decoding.whole(run, 0), decoding.whole(run))
    np.testing.assert_array_equal(decoding.decode(run, 1, END), decoding.whole(run)[1].ravel())


def test_there_may_be_nothing_to_look_back_on(bench: Workbench):
    scrubber = Scrubber(bench, 900)
    assert scrubber.player.disabled
    assert NONE in scrubber.told.object
    bench.pick([named(bench, "with").id])
    assert not scrubber.player.disabled
    bench.pick([named(bench, "without").id])
    assert scrubber.player.disabled
    assert "no states before kept" in scrubber.told.object


def test_the_player_moves_the_page_to_a_step_and_back_to_the_end(bench: Workbench):
    scrubber, run = Scrubber(bench, 900), named(bench, "with")
    bench.pick([run.id])
    assert steps(scrubber) == [*(moment.step for moment in run.history), END]
    assert scrubber.player.value == END
    moment = run.history[1]
    scrubber.player.value = moment.step
    assert bench.step == moment.step
    size = size_of(moment.file_bytes)
    told = f"{moment.psnr:.1f} dB, {size}, step {moment.step} of 200 + 30"
    assert told in scrubber.told.object
    scrubber.player.value = END
    assert bench.step is None
    assert f"{run.metrics.psnr:.1f} dB" in scrubber.told.object
    bench.step = moment.step + 1  # of a link, of another run's states
    assert scrubber.player.value == moment.step


def test_other_runs_are_shown_as_they_are(bench: Workbench):
    scrubber = Scrubber(bench, 900)
    bench.pick([named(bench, "with").id, named(bench, "without").id])
    scrubber.player.value = 0
    told = scrubber.told.object
    assert re.search(r"A: [\d.]+ dB, [\d.]+ B, step 0 of 200 \+ 30<", told)
    assert re.search(r"B: [\d.]+ dB, [\d.]+ B after 20 \+ 3 steps, no states before kept<", told)


def test_what_is_compared_on_one_map_is_told_of(bench: Workbench):
    scrubber = Scrubber(bench, 900)
    bench.runs = [*bench.runs, replace(bench.runs[0], id="third")]
    bench.pick([run.id for run in bench.runs])
    assert "C: " not in scrubber.told.object
    bench.param.update(mode="difference", left="original", right="third")
    assert "C: " in scrubber.told.object
    assert "B: " not in scrubber.told.object


def test_a_fit_is_seen_as_it_is(bench: Workbench):
    scrubber = Scrubber(bench, 900)
    follow(bench)
    assert scrubber.player.disabled
    assert LIVE in scrubber.told.object


def test_a_new_fit_and_other_data_are_seen_at_their_end(bench: Workbench):
    bench.step = 5
    bench.data.time = "0:3"
    bench.open_data()
    assert bench.step is None


def test_maps_and_curves_follow(bench: Workbench):
    board, curves, run = MapBoard(bench), Curves(bench), named(bench, "with")
    bench.pick([run.id])
    finished = np.array(board.maps.source.data["error_a"][0])
    assert not curves.marks.data["x"]
    bench.step = 0
    early = np.array(board.maps.source.data["error_a"][0])
    assert np.nanstd(early) > 1.5 * np.nanstd(finished)
    assert curves.marks.data["x"] == [0.0]
    assert curves.marks.data["psnr"] == [run.history[0].psnr]
    curves.axis.value = "Seconds"
    bench.step = run.history[2].step
    assert 0 < curves.marks.data["x"][0] < run.curve.seconds[-1]
    bench.step = None
    np.testing.assert_array_equal(board.maps.source.data["error_a"][0], finished)
    assert not curves.marks.data["x"]


def test_closer_looks_are_of_the_state_and_say_so(bench: Workbench):
    run = named(bench, "with")
    bench.pick([run.id])
    (finished,) = selected(bench).runs
    bench.step = 0
    (early,) = selected(bench).runs
    assert (finished.title, early.title) == ("with", "with, step 0")
    np.testing.assert_array_equal(early.at(1), decoding.decode(run, 1, 0))
    np.testing.assert_array_equal(early.values(print)[1].ravel(), early.at(1))


def test_a_picture_for_print_is_of_the_state_and_says_so(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
):
    run, asked = named(bench, "with"), []
    plain = decoding.decode
    monkeypatch.setattr(
        decoding, "decode", lambda *state: (asked.append(state[1:]), plain(*state))[1]
    )
    figure = MapFigure(of_run(run, run.history[1].step), Look("robinson", 0))
    figure.show(1)
    assert asked == [(1, run.history[1].step)]
    assert f"with, step {run.history[1].step} of {END}" in figure.told
    assert f"PSNR {run.history[1].psnr:.2f} dB" in figure.told
    assert "RMSE" not in figure.told


def test_a_hand_that_moved_on_is_not_waited_for(bench: Workbench, monkeypatch: pytest.MonkeyPatch):
    run, decoded, waiting = named(bench, "with"), [], []
    monkeypatch.setattr(decoding, "_frames", Recent(1e9))
    monkeypatch.setattr(shared, "background", lambda *turn: waiting.append(turn))
    monkeypatch.setattr(decoding, "decode", lambda *state: decoded.append(state[1:]))
    source = RunSource(run, 2, lambda time: None, bench.report)
    for moment in run.history:
        source.step = moment.step
        source.values(0)
    for work, then, _ in waiting:
        then(work())
    assert len(waiting) == len(run.history)
    assert decoded == [(0, step) for step in sorted({m.step for m in run.history[-2:]})]


def test_the_ring_of_the_trade_off_stands_at_the_state_that_is_shown(bench: Workbench):
    closer = Closer(bench)
    closer.open()
    bench.tab = "Trade-off"
    run, rings = named(bench, "with"), closer.looks["Trade-off"].plot.picks
    bench.pick([run.id])
    assert rings.data["y"] == [run.metrics.psnr]
    moment = run.history[0]
    bench.step = moment.step
    assert rings.data["y"] == [moment.psnr]
    original = run.metrics.compression_ratio * run.metrics.file_bytes
    assert rings.data["x"] == pytest.approx([original / moment.file_bytes])
    bench.axes = "Paper"  # on which a fit has as many weights at each of its steps
    assert rings.data["x"] == [run.metrics.compression_gain_paper]
    flattered = run.metrics.psnr_paper - run.metrics.psnr
    assert rings.data["y"] == pytest.approx([moment.psnr + flattered])


def test_the_checks_are_of_the_state(bench: Workbench):
    run = named(bench, "with")
    bench.pick([run.id])
    closer = Closer(bench)
    closer.open()
    bench.tab = "Analysis"
    table = closer.looks["Analysis"].table
    assert analyse(bench.field, decoding.whole(run))[0].sentence in table.object
    bench.step = 0
    early = analyse(bench.field, decoding.whole(run, 0))[0].sentence
    assert early in table.object
    assert "with, step 0" in table.object
    bench.step = None
    assert early not in table.object
