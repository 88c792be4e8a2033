"""A sweep among other fits on the same worker: it makes way, and stops when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cainr_core.choices import Choices, DataChoice
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe
from cainr_core.jobs import Jobs
from cainr_core.runs import Library
from cainr_core.sweep import Fit, Sweep, sweep
from cainr_core.sweep.turn import Turn
from tests.small import tiny

LONG = 200_000  # steps that nobody waits for


@pytest.fixture(scope="module")
def jobs() -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.close()


class Background:
    """A sweep in a thread of its own, as the dashboard has it."""

    def __init__(self, folder: Path, jobs: Jobs, steps: int) -> None:
        self.library, self.stop = Library(folder), threading.Event()
        self.ended: list[Fit] = []
        self.wanted = Sweep(
            data=DataChoice(time="0:2"), depths=[1], widths=[6, 9], recipe=Recipe(steps=steps),
            device="cpu",
        )  # fmt: skip
        self._thread = threading.Thread(target=self._run, args=(jobs.address(),))
        self._thread.start()

    def _run(self, scheduler: str) -> None:
        for fit in sweep(self.wanted, self.library, scheduler, self.stop.is_set):
            self.ended.append(fit)

    def join(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()


def single(steps: int = 20) -> Choices:
    return Choices(
        data=DataChoice(time="0:2"), architecture=tiny(), recipe=Recipe(steps=steps), device="cpu"
    )


def test_a_single_fit_does_not_wait_for_a_sweep(tmp_path: Path, jobs: Jobs) -> None:
    under_way = Background(tmp_path, jobs, LONG)
    for _ in range(2):  # a sweep that made way once does so again
        job = jobs.submit(single())
        assert job.result(60) is not None
    assert under_way.ended == []
    under_way.stop.set()
    under_way.join()
    assert under_way.library.list() == []
    assert jobs.submit(single()).result(60) is not None  # the worker is free again


def test_a_sweep_goes_on_after_it_has_made_way(tmp_path: Path, jobs: Jobs) -> None:
    under_way = Background(tmp_path, jobs, 300)
    assert jobs.submit(single()).result(60) is not None
    under_way.join()
    assert [fit.problem for fit in under_way.ended] == ["", ""]
    assert len(under_way.library.list()) == 2


def test_a_sweep_that_is_stopped_here_begins_no_other_fit(tmp_path: Path) -> None:
    wanted = Sweep(
        data=DataChoice(time="0:2"), depths=[1], widths=[6, 9, 12], recipe=Recipe(steps=20),
        device="cpu",
    )  # fmt: skip
    library = Library(tmp_path)
    ended = list(sweep(wanted, library, stopped=lambda: bool(library.list())))
    assert [fit.number for fit in ended] == [1]


def _ends_while_another_works(name: str) -> str:
    from distributed import Event

    with Turn() as turn:
        turn.end()
        Event(name).wait(60)
    return "written"


def _works(name: str) -> str:
    from distributed import Event

    with Turn():
        Event(name).set()
    return "learned"


def test_what_has_learned_is_written_while_the_next_learns(jobs: Jobs) -> None:
    from distributed import Client

    with Client(jobs.address(), set_as_default=False) as client:
        ending = client.submit(_ends_while_another_works, "next", pure=False)
        assert client.submit(_works, "next", pure=False).result(60) == "learned"
        assert ending.result(60) == "written"


def test_outside_of_a_worker_there_is_nobody_to_make_way_for() -> None:
    with Turn() as turn:
        turn.pause()
        turn.end()


def test_jobs_tell_their_scheduler_or_that_it_is_not_there() -> None:
    with pytest.raises(CainrError, match=r"127\.0\.0\.1:9 cannot be reached"):
        Jobs("tcp://127.0.0.1:9").address()
