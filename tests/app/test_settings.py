"""What a server allows: read from the environment, and kept to on the server itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import settings as module
from app import shared
from app.controls.contexts import ContextSection
from app.controls.data import DataSection
from app.settings import Settings
from app.state import restore
from app.sweeps import Sweeps
from app.views.mapboard import MapBoard
from app.views.runs import RunTable
from app.workbench import Workbench
from cainr_core.choices import DataChoice
from cainr_core.errors import CainrError
from cainr_core.sweep import Sweep


@pytest.fixture
def kiosk(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(module.settings, "kiosk", True)
    return module.settings


@pytest.fixture
def bench() -> Workbench:
    bench = Workbench()
    bench.open_data()
    return bench


@pytest.mark.parametrize(
    ("environment", "kiosk", "steps"),
    [
        ({}, False, 2000),
        ({"CAINR_KIOSK": ""}, False, 2000),
        ({"CAINR_KIOSK": "0"}, False, 2000),
        ({"CAINR_KIOSK": "1", "CAINR_KIOSK_STEPS": "500"}, True, 500),
    ],
)
def test_settings_are_read_from_the_environment(
    environment: dict[str, str], kiosk: bool, steps: int
):
    found = Settings.of(environment)
    assert (found.kiosk, found.kiosk_steps) == (kiosk, steps)
    assert found.uploads_allowed is found.deletion_allowed is found.files_allowed is not kiosk


@pytest.mark.parametrize(("told", "apart"), [("1", True), ("0", False)])
def test_a_switch_is_read_from_the_environment(told: str, apart: bool):
    assert Settings.of({"CAINR_APART": told}).apart is apart


@pytest.mark.parametrize(
    "environment", [{"CAINR_KIOSK": "perhaps"}, {"CAINR_KIOSK_STEPS": "0"}], ids=str
)
def test_a_setting_that_is_none_is_told_by_name(environment: dict[str, str]):
    with pytest.raises(CainrError, match=rf"{next(iter(environment))} must be"):
        Settings.of(environment)


def test_a_class_opens_no_files(kiosk: Settings, bench: Workbench, shared_file: str):
    before = bench.field
    bench.data.path = shared_file
    bench.open_data()
    assert "only the bundled sample" in bench.problem
    assert bench.field is before
    offers = len(bench.offers)
    bench.offer_file(f"{shared_file}:TS")
    assert "only the bundled sample" in bench.problem
    assert len(bench.offers) == offers
    with pytest.raises(CainrError, match="only the bundled sample"):
        shared.context(f"{shared_file}:TS")


@pytest.fixture
def shared_file() -> str:
    return str(next((Path(__file__).parents[2] / "data" / "sample").glob("*.nc")))


def test_a_class_fits_in_limits(kiosk: Settings):
    bench = Workbench()
    bench.open_data()
    assert bench.recipe.steps == kiosk.kiosk_steps
    assert bench.refusal == ""
    bench.recipe.steps += 1
    assert "2,000 steps at most" in bench.refusal
    bench.recipe.steps = 1000
    assert bench.refusal == ""
    bench.recipe.batch = 0
    assert "times as long as kiosk mode allows" in bench.refusal
    allowed = int(re.search(r"choose ([\d,]+) steps", bench.refusal)[1].replace(",", ""))
    assert bench.plan is None
    with pytest.raises(CainrError, match="times as long"):
        shared.Fits().submit(bench.choices, bench.field, "a name")
    bench.recipe.steps = allowed
    assert bench.refusal == ""


def test_a_state_from_elsewhere_is_taken_as_far_as_a_class_may(
    kiosk: Settings, bench: Workbench, shared_file: str
):
    restore(
        bench,
        {
            "format": 1,
            "choices": {
                "data": {"path": shared_file, "variable": "TREFHT"},
                "contexts": ["topography", f"{shared_file}:TREFHT"],
                "recipe": {"steps": 4000},
            },
            "view": {"time": 3},
        },
    )
    assert bench.data.path == ""
    assert bench.field is not None
    assert [choice.source for choice in bench.choices.contexts] == ["topography"]
    assert bench.recipe.steps == kiosk.kiosk_steps
    assert bench.time == 3
    assert bench.problem.endswith("without: files or steps that kiosk mode has not.")


def test_a_class_deletes_nothing_and_starts_no_sweeps(kiosk: Settings, bench: Workbench):
    bench.delete(["20260101-000000-000000"])
    assert bench.problem == "In kiosk mode runs cannot be deleted."
    with pytest.raises(CainrError, match="no sweeps"):
        Sweeps().start(Sweep(data=DataChoice(), depths=[1], widths=[5], contexts=[()]))


@pytest.mark.parametrize("allowed", [True, False])
def test_what_would_be_refused_is_not_on_the_page(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, allowed: bool
):
    monkeypatch.setattr(module.settings, "kiosk", not allowed)
    controls = [
        DataSection(bench).source,
        ContextSection(bench).file,
        RunTable(bench, MapBoard(bench).sheet).delete,
    ]
    assert [control.visible for control in controls] == [allowed] * 3


def test_files_of_other_people_are_not_read(tmp_path: Path):
    found = Settings()
    found.check_file("", tmp_path)
    found.check_file(str(tmp_path / "20260101-000000-000000" / "field.cainr"), tmp_path)
    for path in (".users/a/x/field.cainr", "b/../.guests/a/x/field.cainr"):
        with pytest.raises(CainrError, match="belongs to another"):
            found.check_file(str(tmp_path / path), tmp_path)
        with pytest.raises(CainrError, match="belongs to another"):
            found.check_file(f"file://{tmp_path / path}", tmp_path)
