"""The state of a page, without a page: choices, plan, fits and runs."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import numpy as np
import pytest

from app import shared
from app.choosing import SURPRISE
from app.state import state_of
from app.views.shown import colours
from app.workbench import FIT, Workbench
from cainr_core.choices import Choices, DataChoice
from cainr_core.curves import Curve
from cainr_core.errors import CainrError
from cainr_core.evaluate.metrics import Metrics
from cainr_core.pending import FOLDER, Pending
from cainr_core.runs import Library

METRICS = Metrics(30.0, 39.0, 2.0, 2.0, 9.0, 0.1, 4, 0, 500.0, 0.04, 300.0, 9000)
CURVE = Curve(np.arange(3), np.arange(3.0), np.ones(3), np.array([10.0, 20.0, 30.0]))


class FakeJob:
    """A fit that ends when it is told to."""

    fails = lost = fruitless = False

    def __init__(self, choices) -> None:
        self.id, self.choices, self.state, self.error = uuid4().hex, choices, "running", None
        self.latest = SimpleNamespace(progress=None, curve=CURVE, frame=None, message="")
        self.looked_at: list[int] = []
        self.looks = 0
        self.cancelling = False

    def look_at(self, time: int) -> None:
        self.looked_at.append(time)

    def seen(self) -> None:
        self.looks += 1

    def release(self) -> None:
        """Its result is not needed any more."""

    def cancel(self) -> None:
        self.state, self.cancelling = "cancelled", True

    def result(self):
        if self.fails:
            raise CainrError("The fit failed for a reason.")
        return SimpleNamespace(data=b"data", metrics=METRICS, curve=CURVE, seconds=3.0, history=())


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    kept = Library(tmp_path / "runs")
    monkeypatch.setattr(shared, "kept_runs", lambda: kept)
    return kept


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> list[FakeJob]:
    """The jobs that were submitted; each ends at once where nothing else is said."""
    submitted: list[FakeJob] = []

    def submit(choices, field, person, id=None):
        submitted.append(FakeJob(choices))
        submitted[-1].id = id or submitted[-1].id
        submitted[-1].person = person
        return submitted[-1]

    monkeypatch.setattr(shared, "jobs", lambda: SimpleNamespace(submit=submit))
    monkeypatch.setattr(shared, "fits", shared.Fits())
    return submitted


@pytest.fixture
def bench(library: Library) -> Workbench:
    bench = Workbench()
    bench.open_data()
    return bench


def settle(bench: Workbench, wait=lambda bench: bench.fitted is not None) -> None:
    """Poll as the page does, until the thread that keeps a fit is through."""
    for _ in range(200):
        bench.poll()
        if wait(bench):
            return
        time.sleep(0.01)
    raise AssertionError("nothing came of the fit")


def test_the_sample_is_open_and_its_cost_is_known_at_once(bench: Workbench):
    assert bench.field.shape == (30, 192, 288)
    assert bench.plan.weights > 1000
    assert bench.plan.compression_ratio > 50
    assert not bench.problem


def test_every_choice_changes_the_plan(bench: Workbench):
    before = bench.plan.weights
    bench.architecture.width += 8
    wider = bench.plan.weights
    assert wider > before
    bench.tick(bench.offers[0], True)
    assert bench.plan.weights > wider
    assert [c.source for c in bench.choices.contexts] == ["topography"]
    assert "topography" in bench.choices.to_python()


def test_a_budget_chooses_the_width(bench: Workbench):
    bench.target.param.update(kind="bytes", value=20_000)
    assert bench.plan.file_bytes <= 20_000
    assert bench.plan.architecture.width != bench.architecture.width


def test_an_impossible_budget_is_refused_in_a_sentence(bench: Workbench):
    bench.target.param.update(kind="bytes", value=10)
    assert bench.plan is None
    assert "too small" in bench.refusal
    bench.target.kind = "none"
    assert bench.plan is not None
    assert not bench.refusal


def test_bad_data_leave_the_field_and_tell_a_sentence(bench: Workbench):
    before = bench.field
    bench.data.path = "/nowhere/at/all.nc"
    bench.open_data()
    assert bench.field is before
    assert "/nowhere/at/all.nc" in bench.problem
    assert not bench.opening
    assert bench.choices.data.path == ""  # what would be fitted is what is open


def test_the_field_chosen_last_is_opened_whichever_is_read_first(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
):
    turns = []
    monkeypatch.setattr(shared, "background", lambda work, then, failed: turns.append((work, then)))
    for times in ("0:3", "0:2"):
        bench.data.time = times
        bench.open_data()
    for work, then in reversed(turns):
        then(work())
    assert bench.field.shape[0] == 2
    assert bench.choices.data.time == "0:2"
    assert not bench.opening


def test_a_context_that_cannot_be_read_is_not_offered(bench: Workbench):
    offers = len(bench.offers)
    bench.offer_file("/nowhere.nc:T")
    assert len(bench.offers) == offers
    assert bench.problem


def test_what_a_choice_refuses_is_told_by_name(bench: Workbench):
    with pytest.raises(ValueError, match="steps") as refused:
        bench.recipe.steps = 10**9
    bench.report(refused.value)
    assert bench.problem.startswith("Steps must be at most 1,000,000, not ")


def test_what_was_not_foreseen_stays_in_the_log(bench: Workbench, caplog):
    bench.report(RuntimeError("secret detail"))
    assert bench.problem == SURPRISE
    assert "secret detail" in caplog.text


def test_a_fit_becomes_a_run_that_bears_its_contexts(bench: Workbench, job, library: Library):
    bench.tick(bench.offers[0], True)
    bench.fit()
    job[0].state = "done"
    settle(bench)
    assert bench.ended
    assert [run.name for run in library.list()] == ["topography · SIREN 5 × 48"]
    assert bench.fitted.id == bench.runs[0].id
    bench.fit()
    assert job[1].choices.contexts[0].source == "topography"


def test_names_are_not_used_twice(bench: Workbench, job, library: Library):
    for number in range(3):
        bench.fit()
        job[-1].state = "done"
        settle(bench)
        assert len(library.list()) == number + 1
    assert {run.name for run in library.list()} == {
        "no context · SIREN 5 × 48",
        "no context · SIREN 5 × 48 (2)",
        "no context · SIREN 5 × 48 (3)",
    }


def test_names_tell_networks_apart(bench: Workbench, job):
    bench.target.param.update(kind="bytes", value=20_000)
    fitted(bench, job)
    bench.architecture.network = "gelu"
    fitted(bench, job)
    width = bench.plan.architecture.width
    assert bench.runs[0].name == f"no context · GELU 5 × {width}"
    assert bench.runs[1].name.startswith("no context · SIREN 5 × ")


def test_one_fit_of_a_page_at_a_time(bench: Workbench, job):
    bench.fit()
    bench.fit()
    assert len(job) == 1
    bench.cancel()
    assert job[0].state == "cancelled"


def test_each_page_is_a_person_and_tells_the_fit_that_it_looks(bench: Workbench, job):
    bench.fit()
    assert job[0].person == bench.visitor.person != Workbench().visitor.person
    looks = job[0].looks
    bench.attend()
    assert job[0].looks == looks + 1
    bench.cancel()
    bench.poll()
    bench.attend()
    assert job[0].looks == looks + 1


def test_looking_at_another_time_asks_the_fit_for_it(bench: Workbench, job):
    bench.fit()
    bench.look_at(7)
    assert job[0].looked_at[-1] == 7
    assert bench.time == 7


def test_a_fit_that_fails_tells_why(bench: Workbench, job, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(FakeJob, "fails", True, raising=False)
    original = FakeJob.__init__

    def failing(self, choices) -> None:
        original(self, choices)
        self.fails, self.state = True, "failed"

    monkeypatch.setattr(FakeJob, "__init__", failing)
    bench.fit()
    settle(bench, lambda bench: bench.problem)
    assert bench.problem == "The fit failed for a reason."
    assert bench.ended


def test_runs_are_picked_renamed_and_deleted(bench: Workbench, job, library: Library):
    bench.fit()
    job[0].state = "done"
    settle(bench)
    run = bench.runs[0]
    bench.rename(run.id, "my run")
    assert [run.name for run in bench.runs] == ["my run"]
    bench.rename(run.id, "  ")
    assert "name" in bench.problem
    bench.delete([run.id])
    assert bench.runs == bench.picked == []
    assert library.list() == []


def test_the_choices_of_a_run_can_be_taken_up(bench: Workbench):
    bench.tick(bench.offers[1], True)
    bench.offers[1].choice.resolution = 4
    bench.architecture.depth = 3
    bench.recipe.steps = 77
    choices = bench.choices
    other = Workbench()
    other.adopt(choices)
    assert other.choices.to_dict() == choices.to_dict()
    assert other.field is bench.field


def test_a_page_finds_its_fit_again(bench: Workbench, job):
    bench.architecture.width = 20
    bench.fit()
    again = Workbench()
    again.rejoin(job[0].id)
    assert again.job is bench.job
    assert again.architecture.width == 20
    again.rejoin("unknown")
    assert again.job is bench.job


def test_a_fit_has_one_colour_whatever_others_do(bench: Workbench, job, library: Library):
    bench.fit()
    colour = colours(bench)[FIT]
    others = Workbench()
    library.add(bench.choices, job[0].result())
    others.list_runs()
    colours(others)
    assert colours(bench)[FIT] == colour
    settle(bench)
    assert colours(bench)[bench.fitted.id] == colour


def test_a_server_does_not_remember_every_fit(
    bench: Workbench, job, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shared, "FITS", 2)
    monkeypatch.setattr(shared, "fits", shared.Fits())
    for _ in range(3):
        bench.fit()
        job[-1].state = "done"
        settle(bench)
    assert [shared.fits.job(each.id) for each in job] == [None, job[1], job[2]]
    assert len(bench.runs) == 3


def test_a_restarted_server_goes_on_with_its_fits(bench: Workbench, job, library: Library):
    bench.architecture.width = 20
    id, earlier = uuid4().hex, Pending(library.root)
    earlier.keep(id, bench.choices, "a name")
    shared.fits.go_on()
    assert job == []  # the other server lives
    earlier._release(id)
    shared.fits.go_on()
    assert job[0].id == id
    again = Workbench()
    again.rejoin(id)
    assert (again.job, again.architecture.width) == (job[0], 20)
    settle(again)
    assert again.fitted.name == "a name"
    other = uuid4().hex
    earlier.keep(other, Choices(data=DataChoice(path="/gone.nc")), "of a file that is gone")
    earlier._release(other)
    shared.fits.go_on()
    assert len(job) == 1
    assert list(earlier.folder.iterdir()) == []


@pytest.mark.parametrize("lost", [True, False])
def test_a_fit_is_pending_as_long_as_it_may_go_on(
    bench: Workbench, job, library: Library, monkeypatch: pytest.MonkeyPatch, lost: bool
):
    monkeypatch.setattr(FakeJob, "lost", lost)
    monkeypatch.setattr(FakeJob, "fails", True)
    bench.fit()
    job[0].state = "failed"
    there = (library.root / FOLDER).glob
    settle(bench, lambda bench: bench.problem and len(list(there("*.json"))) == lost)


def test_a_fit_that_never_began_leaves_nothing_to_look_at(bench: Workbench, job):
    bench.fit()
    bench.poll()
    assert bench.job is job[0]
    job[0].state, job[0].fruitless = "cancelled", True
    bench.poll()
    assert bench.ended
    assert bench.job is bench.snapshot is None
    assert bench.problem == ""


def fitted(bench: Workbench, job) -> str:
    """Fit the choices and give the id of the run."""
    bench.fit()
    job[-1].state = "done"
    settle(bench, lambda bench: bench.fitted is not None and bench.ended)
    return bench.fitted.id


@pytest.mark.parametrize("state", ["done", "cancelled"])
def test_when_a_fit_ends_its_run_is_picked(bench: Workbench, job, state: str):
    bench.fit()
    job[0].state = state
    settle(bench)
    assert bench.picked == [bench.fitted.id] == [bench.runs[0].id]


def test_the_last_run_stands_beside_the_next_fit_and_its_run(bench: Workbench, job):
    first = fitted(bench, job)
    bench.fit()
    assert bench.picked == [first, FIT]
    job[-1].state = "done"
    settle(bench)
    second = bench.fitted.id
    assert bench.picked == [first, second]
    third = fitted(bench, job)
    assert bench.picked == [first, third, second]


def test_no_more_runs_stay_picked_than_colours_tell_apart(bench: Workbench, job):
    first, *others = [fitted(bench, job) for _ in range(7)]
    assert bench.picked == [first, *others[:1:-1]]


def test_what_was_picked_for_comparison_stands_beside_the_new_run(bench: Workbench, job):
    first, second = fitted(bench, job), fitted(bench, job)
    bench.pick([first])
    third = fitted(bench, job)
    assert bench.picked == [first, third]
    bench.pick([second, first, third])
    fourth = fitted(bench, job)
    assert bench.picked == [first, fourth, third, second]


def test_a_name_tells_steps_where_nothing_else_does(bench: Workbench, job):
    fitted(bench, job)
    bench.recipe.steps = 1000
    fitted(bench, job)
    assert [run.name for run in bench.runs] == [
        "no context · SIREN 5 × 48, 1,000 steps", "no context · SIREN 5 × 48",
    ]  # fmt: skip


def test_what_is_looked_at_as_a_fit_ends_is_what_was_before(bench: Workbench, job):
    first, second = fitted(bench, job), fitted(bench, job)
    bench.fit([second, first, FIT])  # as a lesson has it
    assert bench.picked == [second, first, FIT]
    bench.param.update(left="original", right=FIT)
    job[-1].state = "done"
    settle(bench)
    assert bench.picked == [second, first, bench.fitted.id]
    assert (bench.left, bench.right) == ("original", bench.fitted.id)


def test_who_looks_at_runs_meanwhile_is_not_taken_away_from_them(bench: Workbench, job):
    first, second = fitted(bench, job), fitted(bench, job)
    bench.fit()
    bench.pick([])
    assert bench.picked == [FIT]
    bench.pick([first])
    job[-1].state = "done"
    settle(bench)
    assert bench.picked == [first]  # a second one would bring maps of B
    bench.fit()
    bench.pick([second, first])
    assert bench.picked == [first, second]
    job[-1].state = "done"
    settle(bench)
    assert bench.picked == [first, second, bench.fitted.id]


def test_a_fit_that_comes_to_nothing_leaves_what_it_was_compared_with(bench: Workbench, job):
    first = fitted(bench, job)
    bench.fit()
    job[-1].state, job[-1].fruitless = "cancelled", True
    bench.poll()
    assert bench.picked == [first]
    bench.fit()
    bench.abandon()
    assert bench.picked == [first]


def test_a_state_does_not_name_the_fit_under_way(bench: Workbench, job):
    first = fitted(bench, job)
    bench.fit()
    assert bench.picked == [first, FIT]
    assert state_of(bench)["picked"] == [first]


def test_the_first_picked_is_a(bench: Workbench, job):
    first, second = fitted(bench, job), fitted(bench, job)
    bench.pick([first])
    bench.pick([second, first])  # as a table may give them
    assert bench.picked == [first, second]
    bench.pick([second])
    bench.pick([first, second])
    assert bench.picked == [second, first]


def test_other_data_leave_runs_and_fits_of_the_former_behind(bench: Workbench, job):
    fitted(bench, job)
    bench.data.time = "0:3"
    bench.open_data()
    assert bench.picked == []
    assert bench.job is bench.fitted is bench.snapshot is None
    run = fitted(bench, job)
    bench.open_data()  # the same once more
    assert bench.picked == [run]


def test_a_fit_that_ends_after_other_data_were_opened_takes_nobody_away(bench: Workbench, job):
    bench.fit()
    bench.data.time = "0:3"
    bench.open_data()
    settle(bench)
    assert len(bench.runs) == 1
    assert bench.picked == []


def test_a_run_of_other_data_is_looked_at_alone(bench: Workbench, library: Library):
    runs = [
        library.add(replace(bench.choices, data=DataChoice(time=time)), FakeJob(None).result())
        for time in ("", "", "0:2")
    ]
    bench.list_runs()
    bench.look_also(runs[0].id)
    bench.look_also(runs[1].id)
    assert bench.picked == [runs[0].id, runs[1].id]
    bench.look_also(runs[2].id)
    assert bench.picked == [runs[2].id]
    bench.look_also(runs[2].id)
    assert bench.picked == []


def test_what_is_looked_at_also_takes_the_place_of_b_alone(bench: Workbench, job):
    first, second, third, fourth = (fitted(bench, job) for _ in range(4))
    bench.look([first, second, third])
    bench.look_also(fourth)
    assert bench.picked == [first, fourth, third]
    bench.look_also(first)
    assert bench.picked == [fourth, third]
