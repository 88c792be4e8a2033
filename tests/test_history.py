"""States of a fit on its way: files of their own, kept with the run, taken up after a crash."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import cainr_core
from cainr_core.choices import Choices
from cainr_core.compression import Compressed, Compression
from cainr_core.data.fields import Field
from cainr_core.fit import fitting
from cainr_core.history import APART, MOST, MOST_BYTES, Moment, contents, load, planned, save
from cainr_core.runs import HISTORY, Library
from tests import small

STEPS = 400


@pytest.fixture(scope="module")
def field() -> Field:
    return small.field()


def work(field: Field, keep_history: bool = True) -> Compression:
    return Compression(
        field,
        small.contexts("climatology"),
        small.tiny(),
        small.brief(steps=STEPS, rounding_tail=0.5),
        device="cpu",
        keep_history=keep_history,
    )


@pytest.fixture(scope="module")
def done(field: Field) -> Compression:
    one = work(field)
    list(one.run())
    return one


def psnr_of(field: Field, moment: Moment) -> float:
    error = cainr_core.open(moment.source).values().astype(float) - field.values
    return float(20 * np.log10((field.hi - field.lo) / np.sqrt(np.mean(error**2))))


# --- when ---------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [60, 172, 700, 4600, 30_000])
def test_states_lie_close_at_first_and_are_never_too_many(steps: int) -> None:
    due = planned(steps, 7000)
    assert due[0] == 0
    assert due[-1] < steps
    assert len(due) <= min(MOST, steps // APART)
    gaps = [after - before for before, after in pairwise(due)]
    assert gaps == sorted(gaps)


def test_large_files_are_kept_less_often_and_short_fits_have_no_states() -> None:
    assert len(planned(4600, MOST_BYTES // 5)) == 5
    assert planned(4600, 2 * MOST_BYTES) == []
    assert planned(APART - 1, 7000) == []


# --- what ---------------------------------------------------------------------------------


def test_a_fit_leaves_files_that_are_read_like_the_last(field: Field, done: Compression) -> None:
    moments = done.history
    assert [moment.step for moment in moments][:2] == [0, 5]
    assert len(moments) > 6
    assert moments[-1].step < done.curve[-1].step
    for moment in moments:
        assert moment.file_bytes == len(contents(moment))
        # all points of so small a field are among those that tell how good it is
        assert moment.psnr == pytest.approx(psnr_of(field, moment), abs=0.3)
    final = cainr_core.open(done.data)
    assert cainr_core.open(moments[0].source).header["contexts"] == final.header["contexts"]


def test_it_gets_better_from_state_to_state(field: Field, done: Compression) -> None:
    levels = [moment.psnr for moment in done.history]
    assert done.metrics is not None
    assert levels[0] < levels[len(levels) // 2] < levels[-1]
    assert levels[-1] == pytest.approx(done.metrics.psnr, abs=1.5)
    tail = [moment for moment in done.history if moment.step > STEPS]
    assert tail
    assert tail[-1].file_bytes == pytest.approx(len(done.data), rel=0.1)


def test_keeping_states_changes_nothing_of_the_fit(field: Field, done: Compression) -> None:
    plain = work(field, keep_history=False)
    list(plain.run())
    assert plain.history == ()
    assert plain.data == done.data


def test_compress_keeps_states_where_it_is_asked_to(field: Field) -> None:
    plain = cainr_core.compress(field, (), small.tiny(), small.brief(), device="cpu")
    assert plain.history == ()
    kept = cainr_core.compress(
        field, (), small.tiny(), small.brief(), device="cpu", keep_history=True
    )
    assert [moment.step for moment in kept.history] == [0, 5, 20, 40]  # of 60 steps


def test_a_cancelled_fit_keeps_the_states_before_its_end(field: Field) -> None:
    one = work(field)
    for progress in one.run():
        if progress.step == 100:
            one.cancel()
    assert one.curve[-1].step == 100
    assert 0 < one.history[-1].step < 100


# --- where --------------------------------------------------------------------------------


def test_a_run_has_its_states_after_a_restart(tmp_path: Path, done: Compression) -> None:
    assert done.metrics is not None
    fitted = Compressed(done.data, done.metrics, done.curve, done.plan, 1.0, done.history)
    run = Library(tmp_path).add(Choices(), fitted)
    again = Library(tmp_path).get(run.id).history
    assert [(one.step, one.psnr, contents(one)) for one in again] == [
        (one.step, one.psnr, contents(one)) for one in done.history
    ]
    assert again[1].source == run.folder / HISTORY / "5.cainr"
    renamed = Library(tmp_path).rename(run.id, "another")
    assert len(renamed.history) == len(again)
    Library(tmp_path).delete(run.id)
    assert list(tmp_path.iterdir()) == []


def test_a_step_is_seen_as_the_state_before_it(tmp_path: Path, done: Compression) -> None:
    assert done.metrics is not None
    fitted = Compressed(done.data, done.metrics, done.curve, done.plan, 1.0, done.history)
    run = Library(tmp_path).add(Choices(), fitted)
    steps = [moment.step for moment in run.history]
    assert run.at(None) == run.at(run.end.step) == run.at(run.end.step + 1) == run.end
    assert run.end.source == run.cainr_path
    assert [run.at(step).step for step in (0, 4, 5, 6)] == [0, 0, 5, 5]
    assert run.at(run.end.step - 1).step == steps[-1]
    bare = Library(tmp_path).add(Choices(), replace(fitted, history=()))
    assert bare.history == ()
    assert bare.at(0) == bare.end


MOMENTS = [Moment(step, 20.0 + step, 3, b"abc") for step in (0, 5, 10)]


def test_what_is_not_whole_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    assert load(folder) == []
    save(folder, MOMENTS)
    assert [moment.step for moment in load(folder)] == [0, 5, 10]
    (folder / "5.cainr").write_bytes(b"a")
    (folder / "0.cainr").unlink()
    assert [moment.step for moment in load(folder)] == [10]
    for harm in (b"step,psnr\n1,2\n", b"step,psnr,file_bytes\nx,y,z\n", b"\xff\xfe", b""):
        (folder / "moments.csv").write_bytes(harm)
        assert load(folder) == []


def test_an_interrupted_fit_takes_its_states_up(
    field: Field, done: Compression, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "CHECKPOINT_SECONDS", -1.0)
    for progress in work(field).run(tmp_path / "checkpoint"):
        if progress.step == 200:
            break
    late = replace(MOMENTS[0], step=201)  # after the last checkpoint, as if that were older
    save(tmp_path / "history", [*load(tmp_path / "history"), late])
    resumed = work(field)
    list(resumed.run(tmp_path / "checkpoint"))
    assert [moment.step for moment in resumed.history] == [moment.step for moment in done.history]
    assert resumed.history[3] == done.history[3]
