"""A fit that was asked for, before any worker has it. `test_jobs` has the workers."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from cainr_core import job as jobs_module
from cainr_core.choices import Choices
from cainr_core.errors import CainrError
from cainr_core.job import Job, sentence
from cainr_core.worker import TOO_LARGE


def test_a_fit_counts_as_left_only_if_somebody_looked_at_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = Job(Choices(), Future())
    monkeypatch.setattr(jobs_module, "GRACE", -1.0)
    assert not job.left  # of a script, which waits for its result
    job.seen()
    assert job.left
    monkeypatch.setattr(jobs_module, "GRACE", 60.0)
    assert not job.left


def test_a_fit_cancelled_in_the_line_is_fruitless() -> None:
    job = Job(Choices(), Future())
    job.cancel()
    assert not job.fruitless  # it is not yet heard
    job._end("cancelled")
    assert job.fruitless


def test_what_went_wrong_is_one_sentence() -> None:
    assert sentence(CainrError("The file is empty.")) == "The file is empty."
    assert sentence(MemoryError()) == TOO_LARGE
    told = sentence(ValueError("first\nsecond"))
    assert "ValueError: first)" in told
    assert "second" not in told


def test_a_fit_of_an_earlier_process_keeps_its_id() -> None:
    assert Job(Choices(), Future(), id="abc").id == "abc"
    assert Job(Choices(), Future()).id != Job(Choices(), Future()).id
