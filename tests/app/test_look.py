"""Closer looks at the runs picked: what is computed, when, and what is drawn of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from bokeh.models import ColumnDataSource

from app import decoding, shared
from app.views.closer import Closer
from app.views.look import LATER, STOPPED
from app.workbench import FIT, Workbench
from cainr_core.evaluate.zonal import zonal_mean
from cainr_core.runs import Run


def drawn(closer: Closer, title: str) -> ColumnDataSource:
    return closer.looks[title].plot.source


def test_the_original_is_drawn_alone_until_runs_are_picked(bench: Workbench):
    closer = Closer(bench)
    assert not closer.looks["Zonal mean"].view.objects
    closer.open()
    assert drawn(closer, "Zonal mean").data["name"] == ["Original"]
    bench.pick([run.id for run in bench.runs])
    data = drawn(closer, "Zonal mean").data
    assert data["name"] == [
        "Original",
        *(f"{letter}: {run.name}" for letter, run in zip("AB", bench.runs, strict=True)),
    ]
    assert len(set(data["colour"])) == 3
    run, field = bench.runs[1], bench.field
    _, mean = zonal_mean(decoding.whole(run)[0].astype(float), field.grid)
    assert np.allclose(data["ys"][2], mean, atol=1e-3)


@pytest.mark.parametrize("title", ["Zonal mean", "Place", "Errors", "RMSE over time", "Spectrum"])
def test_a_fit_under_way_is_said_to_come(bench: Workbench, title: str):
    closer = Closer(bench)
    closer.open()
    look = closer.looks[title]
    look.see(True)
    bench.param.update(place_lat=10.0, place_lon=20.0, picked=[bench.runs[0].id, FIT])
    assert LATER in look._told.object
    bench.picked = [bench.runs[0].id]
    assert LATER not in look._told.object


def test_another_time_is_drawn_only_where_somebody_looks(bench: Workbench):
    closer = Closer(bench)
    closer.open()
    look = closer.looks["Zonal mean"]
    before = drawn(closer, "Zonal mean").data["ys"][0]
    look.see(False)
    bench.time = 2
    assert np.array_equal(drawn(closer, "Zonal mean").data["ys"][0], before)
    look.see(True)
    assert not np.array_equal(drawn(closer, "Zonal mean").data["ys"][0], before)


def test_a_problem_is_told_over_what_is_shown(bench: Workbench, monkeypatch: pytest.MonkeyPatch):
    closer = Closer(bench)
    closer.open()

    def broken(*args: object) -> None:
        raise ValueError("<script>")

    monkeypatch.setattr(decoding, "decode", broken)
    bench.pick([bench.runs[0].id])
    told = closer.looks["Zonal mean"]._told.object
    assert "did not expect" in told
    assert "<script>" not in told


@pytest.mark.parametrize("title", ["RMSE over time", "Errors", "Place"])
def test_how_far_decoding_is_and_that_it_can_be_stopped(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, title: str
):
    bench.param.update(place_lat=0.0, place_lon=0.0)
    look = Closer(bench).looks[title]
    look.see(True)
    told, whole = [], decoding.whole

    def half(run: Run, step: int | None, on_decoding: Callable[[float], None]) -> np.ndarray:
        look._say_busy()  # as the page does after a moment
        on_decoding(0.5)
        look.poll()  # as it does a few times a second
        told.append((look._told.object, look._halt.label, look._halt.visible))
        look._stop_or_compute()
        on_decoding(0.6)
        raise AssertionError("it goes on")

    monkeypatch.setattr(decoding, "whole", half)
    bench.pick([run.id for run in bench.runs])
    ((sentence, label, visible),) = told
    assert "Decoding run 1 of 2 for all times: 50% …" in sentence
    assert (label, visible) == ("Stop", True)
    assert STOPPED in look._told.object
    assert (look._halt.label, look._halt.visible) == ("Compute", True)
    monkeypatch.setattr(decoding, "whole", whole)
    look._stop_or_compute()
    assert STOPPED not in look._told.object
    assert not look._halt.visible


def test_the_open_tab_is_part_of_the_view(bench: Workbench):
    closer = Closer(bench)
    closer.open()
    assert bench.tab == "Zonal mean"


def test_what_is_chosen_while_something_is_computed_is_computed_after_it(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
):
    closer = Closer(bench)
    waiting = []
    monkeypatch.setattr(shared, "background", lambda *work, long: waiting.append(work))
    closer.open()
    for time in (1, 2, 3):
        bench.time = time
    assert len(waiting) == 1
    work, then, _ = waiting.pop()
    then(work())
    assert len(waiting) == 1
    work, then, _ = waiting.pop()
    then(work())
    assert not waiting
    _, mean = zonal_mean(bench.field.values[3], bench.field.grid)
    assert np.array_equal(drawn(closer, "Zonal mean").data["ys"][0], mean)
