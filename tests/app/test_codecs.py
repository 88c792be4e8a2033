"""Other codecs on the fields of a server: one run at a time, stopped, gone on with, and kept."""

from __future__ import annotations

import time

import pytest

from app import codecs as module
from app import shared
from app.codecs import Codecs
from cainr_core.choices import DataChoice
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.runs import Library

pytest.importorskip("numcodecs_wasm_sperr")
DATA = DataChoice(time="0:1")


@pytest.fixture
def codecs(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Codecs:
    library = Library(tmp_path / "runs")
    monkeypatch.setattr(shared, "kept_runs", lambda: library)
    return Codecs()


@pytest.fixture
def field() -> Field:
    return shared.open_choice(DATA)


def wait(codecs: Codecs) -> None:
    for _ in range(1200):
        if not codecs.running:
            return
        time.sleep(0.1)
    raise AssertionError("the codecs did not end")


def test_what_is_measured_is_kept(codecs: Codecs, field: Field, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "BASELINES", ("bitround",))
    assert codecs.rows(field) == []
    codecs.start(DATA, field)
    wait(codecs)
    assert codecs.standing.state == "done"
    assert (codecs.standing.done, codecs.standing.total) == (1, 2)
    rows = codecs.rows(field)
    assert {row.codec for row in rows} == {"bitround"}
    assert len(Codecs().rows(field)) == len(rows) > 5  # by another server, too
    assert shared.kept_runs().list() == []


def test_one_run_at_a_time_which_can_be_stopped(codecs: Codecs, field: Field):
    codecs.start(DATA, field)
    with pytest.raises(CainrError, match="another field"):
        codecs.start(DATA, field)
    codecs.stop()
    assert not codecs.running
    codecs._process.wait(60)
    assert codecs.standing.state == "stopped"


def test_what_is_not_installed_is_told(
    codecs: Codecs, field: Field, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(CainrError, match="pip install"):
        codecs.start(DATA, field)


def test_a_process_that_dies_is_told(codecs: Codecs, field: Field):
    codecs.start(DATA, field)
    codecs._process.kill()
    wait(codecs)
    assert codecs.standing.state == "failed"
    assert "did not expect" in codecs.standing.problem
