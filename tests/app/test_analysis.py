"""The tab of checks: what is computed of the runs picked, and what is shown of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from app import decoding, shared
from app.views.analysis import NOTHING, Analysis, Checked, table
from app.workbench import Workbench
from cainr_core.evaluate import analysis
from cainr_core.evaluate.checks import QUESTIONS, Check
from cainr_core.runs import Library, Run


@pytest.fixture
def bench(finished: Library, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.setattr(shared, "kept_runs", lambda: finished)
    bench = Workbench()
    bench.data.time = "0:4"
    bench.open_data()
    bench.list_runs()
    return bench


def test_the_checks_of_each_run_picked(bench: Workbench):
    look = Analysis(bench)
    look.see(True)
    assert look.table.object == ""
    assert NOTHING in look._told.object
    run, other = bench.runs
    bench.pick([run.id])
    html = look.table.object
    assert NOTHING not in look._told.object
    assert html.count("<details>") == len(QUESTIONS)
    correlation = analysis.analyse(bench.field, decoding.whole(run))[0]
    assert correlation.figure in html
    assert correlation.sentence in html
    bench.pick([run.id, other.id])
    assert "--runs: 2" in look.table.object
    assert run.name in look.table.object
    assert other.name in look.table.object


def test_runs_are_analysed_once(bench: Workbench, monkeypatch: pytest.MonkeyPatch):
    look = Analysis(bench)
    look.see(True)
    bench.pick([run.id for run in bench.runs])
    before = look.table.object

    def never(*args: object) -> None:
        raise AssertionError("analysed again")

    monkeypatch.setattr(analysis, "analyse", never)
    bench.time = 2
    bench.pick([])
    bench.pick([run.id for run in bench.runs])
    assert look.table.object == before


def test_how_far_the_checks_are_is_told(bench: Workbench, monkeypatch: pytest.MonkeyPatch):
    look = Analysis(bench)
    look.see(True)
    told = []

    def checks(
        run: object,
        step: int | None,
        on_decoding: Callable[[float], None],
        on_checking: Callable[[int, int], None],
    ) -> list[Check]:
        look._say_busy()  # as the page does after a moment
        on_decoding(0.4)
        look.poll()  # as it does a few times a second
        told.append(look._told.object)
        for done in (1, 3):
            on_checking(done, 4)
            look.poll()
            told.append(look._told.object)
        return []

    monkeypatch.setattr(decoding, "checks", checks)
    run = bench.runs[0]
    bench.pick([run.id])
    assert f"Decoding {run.name}: 40% …" in told[0]
    for part, each in zip(("25%", "75%"), told[1:], strict=True):
        assert f"Checking {run.name}: {part} …" in each
    look.poll()
    assert "Checking" not in look._told.object


def test_work_for_runs_that_are_no_longer_picked_stops(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
):
    look = Analysis(bench)
    look.see(True)
    first, second = (run.id for run in bench.runs)
    checked = []

    def checks(
        run: Run, step: int | None, on_decoding: object, on_checking: Callable[[int, int], None]
    ) -> list[Check]:
        on_checking(1, 2)
        if run.id == first:
            bench.pick([second])
            on_checking(2, 2)
        checked.append(run.id)
        return []

    monkeypatch.setattr(decoding, "checks", checks)
    bench.pick([first])
    assert checked == [second]


def test_what_a_run_says_of_itself_is_text():
    answers = [one.answer(np.float64(0.5), "a < b") for one in QUESTIONS.values()]
    html = table([Checked("<script>alert(1)</script>", "#123456", answers)])
    assert "<script>" not in html
    assert "a &lt; b" in html


def test_a_verdict_is_a_word_and_a_sign():
    question = QUESTIONS["global_mean"]
    answers = [question.answer(value, "") for value in (0.05, 0.2, 0.5)]
    html = table([Checked("a run", "#123456", [*answers, question.not_asked("One time.")])])
    text = re.sub(r"<[^>]+>", " ", html)
    for words in ("✓ pass  0.05 σ", "≈ near  0.2", "✕ fail  0.5 σ", "– not asked"):
        assert " ".join(words.split()) in " ".join(text.split())
    assert "1 pass, 1 near, 1 fail, 1 not asked" in text
