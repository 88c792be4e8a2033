"""The library of runs: complete or not there, whatever lies in its folder."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cainr_core.choices import Choices, DataChoice
from cainr_core.codec import container
from cainr_core.curves import Curve
from cainr_core.data.contexts import ContextChoice
from cainr_core.errors import CainrError
from cainr_core.evaluate.metrics import Metrics
from cainr_core.model.architecture import Architecture
from cainr_core.runs import CURVE, FIELD, RECORD, Library, Run, default_name
from cainr_core.worker import Fitted

DATA = b"CAINR and so on"
METRICS = Metrics(31.5, 40.0, 1.5, 1.25, 12.0, -0.125, len(DATA), 0, 210.0, 0.15, 320.0, 9001)
CURVE_ARRAYS = Curve(np.array([5, 10]), *np.array([[0.1, 0.2], [0.5, 0.25], [20.0, 23.0]]))
CHOICES = Choices(
    data=DataChoice(variable="TS", time="0:3"),
    contexts=[ContextChoice.parse("topography@resolution=4"), ContextChoice.parse("climatology")],
    architecture=Architecture(depth=3, width=12),
)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "runs")


FITTED = Fitted(DATA, METRICS, CURVE_ARRAYS, seconds=0.2)


def add(library: Library, name: str | None = None) -> Run:
    return library.add(CHOICES, FITTED, name=name)


def test_a_run_is_there_after_a_restart(library: Library) -> None:
    kept = add(library)
    run = Library(library.root).get(kept.id)
    assert (run.id, run.name, run.created, run.seconds) == (
        kept.id,
        kept.name,
        kept.created,
        0.2,
    )
    assert run.choices.to_dict() == CHOICES.to_dict()
    assert run.metrics == METRICS
    np.testing.assert_array_equal(run.curve.psnr, [20.0, 23.0])
    assert run.cainr_path.read_bytes() == DATA
    assert sorted(os.listdir(run.folder)) == sorted([RECORD, CURVE, FIELD])


def test_the_unit_is_that_of_the_field_and_none_where_the_file_is_none(library: Library) -> None:
    assert add(library).units == ""
    header = {"variable": {"attrs": {"units": "K"}}}
    data = container.join(header, [])
    metrics = replace(METRICS, file_bytes=len(data))
    assert library.add(CHOICES, Fitted(data, metrics, CURVE_ARRAYS, seconds=0.2)).units == "K"


def test_an_empty_library_is_not_made_by_looking(library: Library) -> None:
    assert library.list() == []
    assert not library.root.exists()


def test_the_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAINR_RUNS", "/somewhere/runs")
    assert Library().root == Path("/somewhere/runs")
    monkeypatch.delenv("CAINR_RUNS")
    assert Library().root == Path("runs")


def test_a_run_is_read_again_only_where_it_was_changed(library: Library) -> None:
    kept = add(library)
    assert library.get(kept.id) is library.get(kept.id)
    Library(library.root).rename(kept.id, "by another process")
    assert library.get(kept.id).name == "by another process"


def test_runs_are_listed_oldest_first(library: Library) -> None:
    runs = [add(library, name=name) for name in ("first", "second", "third")]
    record = json.loads((runs[2].folder / RECORD).read_text())
    record["created"] = "2001-01-01T00:00:00+00:00"
    (runs[2].folder / RECORD).write_text(json.dumps(record))
    assert [run.name for run in library.list()] == ["third", "first", "second"]
    assert len({run.id for run in runs}) == 3


def test_the_name_tells_what_was_chosen(library: Library) -> None:
    assert add(library).name == "TS · topography (4°) + climatology · SIREN 3 × 12"
    assert add(library, name="  my \n run ").name == "my run"
    slow = Choices(architecture=Architecture(depth=2, width=16, omega=5.0))
    assert default_name(slow) == "no context · SIREN 2 × 16, omega 5"  # else called as with 30


def test_rename(library: Library) -> None:
    run = add(library)
    assert library.rename(run.id, "another <name>").name == "another <name>"
    assert library.get(run.id).name == "another <name>"
    with pytest.raises(CainrError, match="needs a name"):
        library.rename(run.id, "  ")
    assert library.get(run.id).metrics == METRICS


def test_delete(library: Library) -> None:
    gone, kept = add(library), add(library)
    library.delete(gone.id)
    assert [run.id for run in library.list()] == [kept.id]
    assert os.listdir(library.root) == [kept.id]
    with pytest.raises(CainrError, match="There is no run"):
        library.get(gone.id)
    with pytest.raises(CainrError, match="There is no run"):
        library.delete(gone.id)


@pytest.mark.parametrize("bad", ["..", ".", "", "/etc", "../runs", "a\x00b", "20250101-000000-abc"])
def test_no_id_leads_out_of_the_library(library: Library, bad: str) -> None:
    add(library)
    for act in (library.get, library.delete):
        with pytest.raises(CainrError, match="There is no run"):
            act(bad)


def truncate(run: Run) -> None:
    run.cainr_path.write_bytes(DATA[:-1])


def forget_choices(run: Run) -> None:
    record = json.loads((run.folder / RECORD).read_text())
    del record["choices"]
    (run.folder / RECORD).write_text(json.dumps(record))


def from_the_future(run: Run) -> None:
    record = json.loads((run.folder / RECORD).read_text())
    (run.folder / RECORD).write_text(json.dumps({**record, "format": 99}))


def unknown_choice(run: Run) -> None:
    record = json.loads((run.folder / RECORD).read_text())
    record["choices"]["architecture"]["colour"] = "blue"
    (run.folder / RECORD).write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (truncate, "field.cainr has not the 15 bytes"),
        (forget_choices, "run.json cannot be read"),
        (unknown_choice, "run.json cannot be read"),
        (from_the_future, "format 99"),
        (lambda run: (run.folder / CURVE).unlink(), "its curve.csv is missing"),
        (lambda run: (run.folder / CURVE).write_text("a,b\n"), "A curve has the columns"),
        (lambda run: (run.folder / RECORD).write_text("[1, 2"), "run.json cannot be read"),
        (lambda run: (run.folder / RECORD).write_text("[1, 2]"), "run.json cannot be read"),
        (lambda run: (run.folder / RECORD).write_bytes(b"\xff\xfe"), "run.json cannot be read"),
    ],
)
def test_a_broken_run_is_skipped_with_a_reason(library: Library, harm, reason: str) -> None:  # type: ignore[no-untyped-def]
    good, bad = add(library), add(library)
    harm(bad)
    runs, broken = library.scan()
    assert [run.id for run in runs] == [good.id] == [run.id for run in library.list()]
    assert list(broken) == [bad.id]
    assert reason in broken[bad.id]
    library.delete(bad.id)
    assert library.scan()[1] == {}


def test_other_things_in_the_folder_do_no_harm(library: Library) -> None:
    run = add(library)
    (library.root / "notes.txt").write_text("mine")
    (library.root / "photos").mkdir()
    (library.root / ".20250101-000000-abcdef.part").mkdir()
    runs, broken = library.scan()
    assert [one.id for one in runs] == [run.id]
    assert list(broken) == ["photos"]


def test_a_run_that_cannot_be_kept_leaves_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cainr_core.runs.atomic_write", full)
    with pytest.raises(CainrError, match="No space left on device"):
        add(library)
    assert os.listdir(library.root) == []


def test_runs_of_all_are_here_too_and_stay_as_they_are(tmp_path: Path) -> None:
    common = Library(tmp_path)
    own = Library(tmp_path / ".users" / "ada", common=common)
    theirs, mine = (library.add(Choices(), FITTED) for library in (common, own))
    assert [run.id for run in own.list()] == [theirs.id, mine.id]
    assert [run.id for run in common.list()] == [theirs.id]
    assert own.get(theirs.id).folder == theirs.folder
    for change in (own.delete, lambda id: own.rename(id, "another")):
        with pytest.raises(CainrError, match="belongs to all"):
            change(theirs.id)
    with pytest.raises(CainrError, match="no run"):
        common.get(mine.id)
    own.delete(mine.id)
    assert [run.id for run in own.list()] == [theirs.id]
