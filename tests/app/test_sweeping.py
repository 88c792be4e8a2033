"""Sweeps of the dashboard without a page: what they would make, start, cancel, go on, trouble."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app import shared, sweeping, sweeps
from app.sweeping import CUSTOM, Sweeping
from app.sweeps import Sweeps
from app.views.sweepcard import SweepBar, SweepForm
from app.views.sweepplot import SweepPlot
from app.workbench import Workbench
from cainr_core.choices import DataChoice
from cainr_core.curves import Curve
from cainr_core.data.contexts import ContextChoice
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe
from cainr_core.runs import Library
from cainr_core.sweep import Fit, Sweep
from cainr_core.sweep.running import key, runs_of
from tests.app.test_workbench import METRICS

WHOLE = Curve(np.array([0, Recipe().steps]), np.arange(2.0), np.ones(2), np.array([10.0, 30.0]))
FITTED = SimpleNamespace(
    data=b"x" * METRICS.file_bytes, metrics=METRICS, curve=WHOLE, seconds=3.0, history=()
)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    kept = Library(tmp_path / "runs")
    monkeypatch.setattr(shared, "kept_runs", lambda: kept)
    monkeypatch.setattr(shared, "fits", shared.Fits())
    monkeypatch.setattr(shared, "jobs", lambda: SimpleNamespace(address=lambda: "tcp://here:1"))
    monkeypatch.setattr(sweeping, "seconds", lambda *given: 12.0)
    return kept


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, library: Library) -> Iterator[Sweeps]:
    """The sweeps of a server, whose fits end at once; it fits as many as it is allowed."""
    known = Sweeps()
    known.allowed = 1000  # type: ignore[attr-defined]
    monkeypatch.setattr(sweeping, "sweeps", known)
    done = 0

    def fit(wanted: Sweep, library: Library, scheduler: str, stopped: Callable[[], bool]) -> Any:
        nonlocal done
        there = {key(run.choices, wanted) for run in runs_of(wanted, library)}
        fits = wanted.fits()
        todo = [fit for fit in fits if key(fit, wanted) not in there]
        for number, choices in enumerate(todo, len(there) + 1):
            while done >= known.allowed and not stopped():  # type: ignore[attr-defined]
                time.sleep(0.01)
            if stopped():
                return
            done += 1
            if choices.architecture.width == 13:
                yield Fit(number, len(fits), choices, None, "Unlucky.", 1.0)
                continue
            run = library.add(choices, FITTED, name=f"run {number}")
            yield Fit(number, len(fits), choices, run, "", float(len(fits) - number))

    monkeypatch.setattr(sweeps, "sweep", fit)
    yield known
    known.cancel()


@pytest.fixture
def page(server: Sweeps) -> Sweeping:
    return new_page()


def new_page() -> Sweeping:
    bench = Workbench()
    bench.data.time = "0:3"
    bench.open_data()
    page = Sweeping(bench)
    page.choice.param.update(depth="1:2", width="6,9")
    page.watch()
    return page


def wait(page: Sweeping, until: Callable[[], bool]) -> None:
    for _ in range(500):
        page.poll()
        if until():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to that")


def text(bar: SweepBar) -> str:
    """The figures as they are read."""
    return re.sub(r"(<[^>]*>)+", "\n", bar.figures.object)


def test_what_a_sweep_would_make_is_told(page: Sweeping):
    made = page.forecast
    assert (len(made.fits), len(made.todo), len(made.runs)) == (8, 8, 0)
    assert 0 < made.least < made.most
    assert page.seconds == 12.0
    assert page.wanted.names == ["no context", "topography + climatology"]
    assert page.wanted.data.time == "0:3"
    told = SweepBar(page).figures.object
    assert "8" in told
    assert "12 s" in told


def test_where_no_worker_is_free_the_time_is_not_known(
    page: Sweeping, monkeypatch: pytest.MonkeyPatch
):
    def busy(*given: Any) -> float:
        raise CainrError("No worker was free for a trial of the speed.")

    monkeypatch.setattr(sweeping, "seconds", busy)
    page.choice.depth = "3"
    told = SweepBar(page).figures.object
    assert "not timed" in told
    assert page.workbench.problem == ""
    assert not SweepBar(page).start.disabled


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"width": ""}, "Write widths as"),
        ({"depth": "5:2"}, "names no number"),
        ({"depth": "40"}, "A depth lies between 1 and 32."),
        ({"depth": "1:32", "width": "2:400"}, "more than the 2,000"),
        ({"resolution": "a"}, "in degrees"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_starts(
    page: Sweeping, server: Sweeps, choices: dict[str, str], sentence: str
):
    page.choice.param.update(**choices)
    assert sentence in page.refusal
    assert "\n" not in page.refusal
    bar = SweepBar(page)
    assert sentence in bar.figures.object
    assert bar.start.disabled
    page.choice.param.update(depth="1:2", width="6,9", resolution="")
    assert page.refusal == ""
    assert not bar.start.disabled


def test_no_set_of_contexts_is_one_sentence(page: Sweeping):
    page.chosen = []
    assert "at least one set" in page.refusal


def test_sets_of_contexts_follow_what_is_ticked(page: Sweeping):
    insolation = next(o for o in page.workbench.offers if o.choice.source == "insolation")
    topography = next(o for o in page.workbench.offers if o.choice.source == "topography")
    assert "topography + insolation" not in page.sets
    page.workbench.tick(insolation, True)
    page.workbench.tick(topography, True)
    assert "topography + insolation" in page.sets
    topography.choice.resolution = 4
    assert "topography@resolution=4 + insolation" in page.sets
    form = SweepForm(page)
    form.sets.value = ["insolation"]
    assert page.wanted.names == ["insolation"]
    page.sets |= {"/far/months.nc:TS": (ContextChoice(source="/far/months.nc:TS"),)}
    assert form.sets.options["TS of months.nc"] == "/far/months.nc:TS"


def test_the_preset_takes_what_the_paper_took(page: Sweeping):
    form = SweepForm(page)
    assert form.preset.value == CUSTOM
    shown = []
    form.preset.param.watch(lambda event: shown.append(event.new), "value")
    form.preset.value = "paper"
    assert shown == ["paper"]  # and nothing else meanwhile, which the page would send back
    assert page.preset == "paper"
    assert page.workbench.architecture.coordinates == "indices"
    assert len(page.forecast.fits) == 560 + 2 * 6
    assert form.sets.value == [
        "no context", "topography", "climatology", "topography + climatology",
    ]  # fmt: skip
    page.choice.depth = "5"
    assert form.preset.value == page.preset == CUSTOM


def test_a_sweep_keeps_its_runs_and_is_seen_by_every_page(page: Sweeping, library: Library):
    other = new_page()
    other.choice.depth = "3"
    plot, bar = SweepPlot(other), SweepBar(other)
    page.start()
    wait(page, lambda: page.standing.state == "done")
    wait(other, lambda: other.standing is page.standing)
    assert len(library.list()) == len(plot.points.data["run"]) == 8
    assert bar.start.disabled
    assert "8" in bar.figures.object
    assert shared.fits.version > 0
    other.choice.depth = "4"  # the visitor turns to other choices
    assert len(plot.points.data["run"]) == len(other.runs) == 8
    assert "last sweep" in plot.key.object
    assert other.shown is page.standing.wanted
    assert not bar.table.disabled
    assert not bar.start.disabled
    assert "4\nfits" in text(bar)


def test_the_last_sweep_stays_until_another_is_started(page: Sweeping, server: Any):
    plot, bar = SweepPlot(page), SweepBar(page)
    page.start()
    wait(page, lambda: page.standing.state == "done")
    first, filled = page.shown, plot.plot.figure.x_range.start
    page.choice.width = ""
    assert "Write widths as" in bar.figures.object
    assert bar.start.disabled
    page.choice.width = "12,15"  # none of these is kept yet
    assert page.shown is first
    assert len(plot.points.data["run"]) == 8
    server.allowed = 8
    page.start()
    assert page.shown.widths == [12, 15]
    wait(page, lambda: page.runs == [])
    assert "of 8 fits" in bar.figures.object
    assert plot.points.data["run"] == []
    assert plot.plot.figure.x_range.start != filled
    assert "last sweep" not in plot.key.object


def test_choices_that_change_while_it_runs_are_those_of_the_next(page: Sweeping, server: Any):
    server.allowed = 3
    bar = SweepBar(page)
    page.start()
    wait(page, lambda: len(page.runs) == 3)
    page.choice.width = "6,9,12"
    assert "of 8 fits" in text(bar)
    server.allowed = 1000
    wait(page, lambda: page.standing.ended)
    assert len(page.runs) == 8
    assert "4\nfits to make; 8 are in the library already" in text(bar)
    assert not bar.start.disabled


def test_the_last_sweep_stays_while_others_have_theirs(page: Sweeping, server: Sweeps):
    page.start()
    wait(page, lambda: page.standing.state == "done")
    server.standing = replace(page.standing, room="of another")
    server.version += 1
    page.poll()
    assert len(page.runs) == 8


def test_a_cancelled_sweep_goes_on_where_it_stood(page: Sweeping, server: Any, library: Library):
    server.allowed = 3
    bar = SweepBar(page)
    page.start()
    wait(page, lambda: len(page.runs) == 3)
    assert bar.cancel.visible
    assert not bar.start.visible
    page.cancel()
    wait(page, lambda: page.standing.state == "cancelled")
    assert bar.start.label == "Go on"
    late = new_page()  # a page of later sees it, too, and can go on with it
    late.choice.depth = "3"
    assert len(page.runs) == 3
    server.allowed = 1000
    page.start()
    wait(page, lambda: page.standing.state == "done")
    assert len(library.list()) == 8
    again = new_page()
    again.choice.param.trigger("depth")
    assert len(again.runs) == 8


def test_what_is_kept_already_is_told(page: Sweeping):
    page.start()
    wait(page, lambda: page.standing.state == "done")
    page.choice.width = "6,9,12"
    assert (len(page.forecast.fits), len(page.forecast.todo), len(page.runs)) == (12, 4, 8)
    bar = SweepBar(page)
    assert "4\nfits to make; 8 are in the library already" in text(bar)
    assert bar.start.label == "Start"


def test_a_fit_of_before_is_no_sweep_to_go_on_with(page: Sweeping, library: Library):
    library.add(page.forecast.fits[0], FITTED, name="alone")
    page.choice.param.trigger("depth")
    page._look()
    bar = SweepBar(page)
    assert "7\nfits to make; 1 is in the library already" in text(bar)
    assert bar.start.label == "Start"
    assert not bar.table.disabled


def test_a_second_sweep_waits_its_turn(page: Sweeping, server: Any):
    server.allowed = 1
    page.start()
    with pytest.raises(CainrError, match="under way on this server"):
        server.start(Sweep(data=DataChoice(time="0:3"), recipe=Recipe(steps=20)))
    page.start()  # a button that was pressed twice
    assert page.workbench.problem == ""
    page.cancel()
    wait(page, lambda: page.standing.ended)


def test_fits_that_fail_are_counted_and_told(page: Sweeping, library: Library):
    page.choice.width = "6,13"
    page.start()
    wait(page, lambda: page.standing.ended)
    told = SweepBar(page).figures.object
    assert page.standing.failed == 4
    assert "Unlucky." in told
    assert len(library.list()) == 4


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (CainrError("The scheduler can no longer be reached."), "no longer be reached"),
        (RuntimeError("bug"), "did not expect"),
    ],
)
def test_a_sweep_that_breaks_is_one_sentence(
    page: Sweeping, monkeypatch: pytest.MonkeyPatch, problem: Exception, sentence: str
):
    def breaking(*given: Any) -> Iterator[Fit]:
        raise problem
        yield

    monkeypatch.setattr(sweeps, "sweep", breaking)
    page.start()
    wait(page, lambda: page.standing.ended)
    assert page.standing.state == "failed"
    assert sentence in page.workbench.problem
    assert SweepBar(page).start.visible


def test_a_point_is_picked_compared_and_left(page: Sweeping):
    plot = SweepPlot(page)
    page.start()
    wait(page, lambda: page.standing.state == "done")
    first, second, third, *_ = plot.points.data["run"]

    def click(run: str) -> list[str]:
        plot.points.selected.indices = [plot.points.data["run"].index(run)]
        assert plot.points.selected.indices == []
        return page.workbench.picked

    assert click(first) == [first]
    assert click(second) == [first, second]
    assert ", ".join(filter(None, plot.picks.data["letter"])) == "A, B"  # which may be close by
    assert click(third) == [first, third]  # A stays
    assert click(first) == [third]
    assert plot.picks.data["letter"] == ["A"]


def test_both_definitions_are_drawn(page: Sweeping):
    plot = SweepPlot(page)
    page.start()
    wait(page, lambda: page.standing.state == "done")
    assert plot.points.data["x"] == [METRICS.compression_ratio] * 8
    plot.definition.value = "Paper"
    assert plot.points.data["x"] == [METRICS.compression_gain_paper] * 8
    assert plot.points.data["y"] == [METRICS.psnr_paper] * 8
    assert "64-bit" in plot.plot.figure.xaxis[0].axis_label
