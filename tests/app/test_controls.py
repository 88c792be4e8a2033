"""The controls on the left, as widgets without a page."""

from __future__ import annotations

import panel as pn
import pytest

from app.controls.data import FILE, SAMPLE, DataSection
from app.controls.form import widget
from app.controls.model import ArchitectureSection
from app.views.fitbar import FitBar
from app.workbench import Workbench
from cainr_core.model.architecture import Architecture


@pytest.fixture
def bench() -> Workbench:
    bench = Workbench()
    bench.open_data()
    return bench


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    heard: list[Exception] = []
    monkeypatch.setattr(pn.config, "exception_handler", heard.append)
    return heard


def test_a_number_is_bound_both_ways():
    choice = Architecture()
    field = widget(choice.param.width)
    field.value = 20
    assert choice.width == 20
    choice.width = 30
    assert field.value == 30


def test_a_number_out_of_bounds_is_told_and_not_taken(told: list[Exception]):
    choice = Architecture()
    field = widget(choice.param.depth)
    field.value = 99
    assert choice.depth == field.value == 5
    assert "must be at most 32" in str(told[0])
    assert len(told) == 1


def test_an_emptied_field_takes_its_number_back(told: list[Exception]):
    choice = Architecture()
    field = widget(choice.param.omega)
    field.value = None
    assert choice.omega == field.value == 30.0
    assert told == []


def test_a_budget_shows_its_width_and_gives_the_own_one_back(bench: Workbench):
    section = ArchitectureSection(bench)
    bench.architecture.width = 50
    bench.target.param.update(kind="bytes", value=20_000)
    assert not section.fields["width"].visible
    assert section.given.visible
    assert section.given.value == bench.plan.architecture.width != 50
    bench.target.kind = "none"
    assert not section.given.visible
    assert section.fields["width"].visible
    assert section.fields["width"].value == 50


def test_a_budget_that_cannot_be_spent_is_told(bench: Workbench):
    bar = FitBar(bench)
    bench.target.param.update(kind="ratio", value=200.0)
    assert "largest width" not in bar.figures.object
    bench.target.value = 1.0
    assert "512 is the largest width" in bar.figures.object


def test_taking_up_a_run_shows_the_tab_of_its_data(bench: Workbench):
    section = DataSection(bench)
    of_sample = bench.choices
    section.source.value = FILE
    bench.adopt(of_sample)
    assert section.source.value == SAMPLE
