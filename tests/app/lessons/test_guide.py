"""The tour: it sets the page up, waits for its fits, and gives the page back."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from app import decoding, shared
from app.lessons import LESSONS, context, rate, wavelet
from app.lessons.guide import Guide, beside_sperr
from app.lessons.lesson import PLACES, STEPS
from app.state import state_of
from app.views.fitbar import FitBar
from app.views.lessonpanel import LessonPanel
from app.workbench import Workbench
from cainr_core.curves import Curve
from cainr_core.evaluate.metrics import Metrics
from cainr_core.runs import Library, Run

METRICS = Metrics(30.0, 39.0, 2.0, 2.0, 9.0, 0.1, 2000, 0, 500.0, 0.04, 300.0, 9000)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    kept = Library(tmp_path / "runs")
    monkeypatch.setattr(shared, "kept_runs", lambda: kept)
    monkeypatch.setattr(decoding, "prefetch", lambda *of: None)
    bench = Workbench()
    bench.open_data()
    bench.list_runs()
    return bench


def learned(guide: Guide, name: str, steps: int = STEPS) -> Run:
    """Keep a fit of a network of the lesson, as if it had just ended."""
    curve = Curve(np.array([0, steps]), np.arange(2.0), np.ones(2), np.array([10.0, 30.0]))
    fitted = SimpleNamespace(
        data=b"x" * 2000, metrics=METRICS, curve=curve, seconds=3.0, history=()
    )
    bench = guide.workbench
    run = bench.library.add(guide.lesson.networks[name].choices(), fitted)
    bench.job_field = bench.field
    bench._select(run)
    return run


def test_a_step_sets_the_page_up_and_waits_for_its_fit(bench: Workbench):
    guide = Guide(bench)
    guide.start(context.LESSON)
    assert bench.architecture.width == 24
    assert bench.recipe.steps == STEPS
    assert not guide.ready
    learned(guide, "none", steps=STEPS // 2)  # stopped before its end
    assert not guide.ready
    none = learned(guide, "none")
    assert guide.ready
    assert bench.picked == [none.id]
    guide.go(1)
    assert not guide.ready
    assert [offer.choice.source for offer in bench.offers if offer.ticked] == [
        "topography", "climatology",
    ]  # fmt: skip
    assert bench.picked == [none.id]
    both = learned(guide, "both")
    assert guide.ready
    assert bench.picked == [none.id, both.id]
    guide.go(2)
    assert guide.ready
    assert bench.centre == 90


def test_a_step_shows_the_maps_that_it_speaks_of(bench: Workbench):
    bench.param.update(mode="difference", projection="south", scale="percentile", centre=30)
    before = state_of(bench)
    guide = Guide(bench)
    guide.start(context.LESSON)
    assert (bench.mode, bench.projection, bench.scale) == ("side", "robinson", "shared")
    guide.go(2)
    assert bench.centre == 90
    guide.leave()
    assert state_of(bench) == before


def test_a_fit_that_is_kept_need_not_be_made_again(bench: Workbench):
    guide = Guide(bench)
    guide.start(context.LESSON)
    run = learned(guide, "none")
    guide.leave()
    guide.start(context.LESSON)
    assert guide.ready
    assert bench.picked == [run.id]


def test_a_fit_is_asked_for_only_where_there_is_none(bench: Workbench):
    panel = LessonPanel(bench)
    panel._open(None)
    guide = panel.guide
    guide.start(wavelet.LESSON)
    assert "Press Fit. Remember" in panel.text.object
    learned(guide, "none")
    assert panel.fit.label == "Fit again"
    assert "library" not in panel.text.object  # one has seen it learn
    assert "Press Fit." not in panel.text.object
    guide.start(context.LESSON)  # which has the same network
    assert "Press Fit." not in panel.text.object
    assert "Its fit is in the library" in panel.text.object
    guide.go(2)
    assert "library" not in panel.text.object


def test_in_a_lesson_there_is_one_button_of_a_kind(bench: Workbench):
    panel = LessonPanel(bench)
    panel._open(None)
    guide = panel.guide
    bar = FitBar(bench, lambda: guide.leads)
    guide.param.watch(bar.show, "turned")
    assert bar.fit.visible
    guide.start(context.LESSON)
    assert panel.fit.visible
    assert not bar.fit.visible
    guide.leave()
    assert bar.fit.visible


def test_buttons_lead_to_what_the_steps_are_about(bench: Workbench):
    panel = LessonPanel(bench)
    panel._open(None)
    guide = panel.guide
    guide.start(rate.LESSON)
    marked = []
    for number in range(len(rate.LESSON.steps)):
        guide.go(number)
        marked.append([button.css_classes[1:] for button in (panel.back, panel.next)])
        for name in rate.LESSON.steps[number].see:
            assert f'class="to-{PLACES[name]}"' in panel.text.object
    maps, curve = ["to-map-a"], ["to-trade-off-plot"]
    assert marked == [[[], maps], [maps, maps], [maps, curve], [maps, maps]]
    assert bench.tab == "Trade-off"


def test_a_step_may_be_skipped_and_is_missed_where_it_is_looked_at(bench: Workbench):
    panel = LessonPanel(bench)
    panel._open(None)
    guide = panel.guide
    guide.start(wavelet.LESSON)
    assert (panel.next.label, panel.next.disabled) == ("Skip", False)
    panel._next(None)
    assert guide.number == 1
    assert guide.ready  # nothing is waited for
    assert "was skipped" in panel.status.object
    panel._next(None)
    assert "Press Fit, or skip" in panel.status.object
    learned(guide, "both")
    assert panel.next.label == "Next"
    assert "was skipped" in panel.status.object
    guide.go(0)
    learned(guide, "none")
    guide.go(2)
    assert "dB" in panel.status.object


def test_leaving_gives_the_page_back(bench: Workbench):
    bench.architecture.param.update(depth=9, network="finer")
    bench.tick(bench.offers[3], True)
    bench.time, bench.projection = 4, "mollweide" if "mollweide" in _projections() else "robinson"
    before = state_of(bench)
    guide = Guide(bench)
    guide.start(LESSONS[0])
    learned(guide, "plain")
    guide.start(LESSONS[2])
    assert state_of(bench) != before
    guide.leave()
    assert guide.lesson is None
    assert state_of(bench) == before
    assert bench.problem == ""


class Job:
    """A fit that goes on until it is stopped."""

    latest, state, cancelled, fruitless = None, "running", False, False

    def cancel(self) -> None:
        self.cancelled = True

    def look_at(self, time: int) -> None: ...


@pytest.mark.parametrize("in_line", [True, False])
def test_leaving_stops_the_fit_of_the_lesson(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, in_line: bool
):
    job, arrivals = Job(), []
    fits = SimpleNamespace(
        submit=lambda *of: job, run=lambda job: None, trouble=lambda job: "", version=0
    )
    monkeypatch.setattr(shared, "fits", fits)
    guide = Guide(bench)
    guide.start(LESSONS[0])
    with monkeypatch.context() as patch:
        patch.setattr(shared, "background", lambda work, take, refuse: arrivals.append(take))
        guide.fit()
    if in_line:
        arrivals.pop()(job)
        assert bench.job is job
    guide.leave()
    for take in arrivals:  # it comes to the line when the lesson has been left
        take(job)
    assert job.cancelled
    assert bench.job is None
    assert bench.ended


def _projections() -> list[str]:
    return list(Workbench.param["projection"].objects)


def test_other_fits_do_not_count(bench: Workbench):
    guide = Guide(bench)
    guide.start(LESSONS[1])
    other = Guide(bench)
    other.lesson = LESSONS[0]
    learned(other, "plain")
    assert not guide.ready


def test_the_wavelet_is_compared_at_equal_bytes(bench: Workbench):
    pytest.importorskip("numcodecs_wasm_sperr")
    guide = Guide(bench)
    guide.start(wavelet.LESSON)
    learned(guide, "none")
    guide.go(1)
    assert guide.awaited == [bench.runs[0].name, "SPERR on the field"]
    names = [name for name, *_ in guide.table]
    assert names == [bench.runs[0].name, "SPERR on the field"]
    assert abs(guide.table[1][1] / 2000 - 1) < 0.1
    assert guide.ready


def test_a_codec_that_is_not_installed_gets_a_sentence(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
):
    from cainr_core.errors import CainrError

    def absent(*of: object) -> None:
        raise CainrError("The codec 'sperr' comes with a package.")

    monkeypatch.setattr("app.lessons.guide.beside_sperr", absent)
    assert beside_sperr is not absent
    guide = Guide(bench)
    guide.start(wavelet.LESSON)
    learned(guide, "none")
    guide.go(1)
    assert guide.ready
    assert "comes with" in guide.told
