"""The sweep of a server: one at a time, on the workers of the fits, seen by every page."""

from __future__ import annotations

import json
import logging
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from app import shared
from app.settings import settings
from cainr_core.choices import Choices
from cainr_core.cluster import connect, disconnect
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.planning import Plan
from cainr_core.runs import Run
from cainr_core.sweep import Sweep, sweep
from cainr_core.sweep.running import key, runs_of
from cainr_core.sweep.speed import Speed, extremes, seconds_of, timed
from cainr_core.sweep.workers import PRIORITY

if TYPE_CHECKING:
    from distributed import Future

log = logging.getLogger("cainr.app")
MOST_FITS = 2000  # of a sweep on a page
LIST_EVERY = 2.0  # seconds between two readings of the library while fits come in
PATIENCE = 60.0  # seconds that a trial of the speed may take
LOST = "The sweep ended in a way that cainr did not expect; see the log. What was done is kept."


@dataclass(frozen=True, eq=False)
class Standing:
    """How far a sweep is: its fits, the runs that are there, and what went wrong.

    `room`: whose library it fills; `state`: "running", "stopping", "done", "cancelled" or "failed";
    `left`: seconds to the end as of `heard`, None before the first fit has ended.
    """

    wanted: Sweep
    total: int
    room: str = ""
    state: str = "running"
    runs: tuple[Run, ...] = ()
    failed: int = 0
    problem: str = ""
    left: float | None = None
    heard: float = field(default_factory=clock.monotonic)

    @property
    def ended(self) -> bool:
        """Whether no fit of it waits or runs."""
        return self.state in ("done", "cancelled", "failed")

    @property
    def done(self) -> int:
        """Fits that have ended, well or not."""
        return len(self.runs) + self.failed

    @property
    def seconds_left(self) -> float | None:
        """About how long it takes from now."""
        if self.left is None:
            return None
        return max(0.0, self.left - (clock.monotonic() - self.heard))


@dataclass(frozen=True, eq=False)
class Forecast:
    """What a sweep would make: its fits, those kept already, and the sizes of files in bytes."""

    fits: Sequence[Choices]
    runs: Sequence[Run]
    todo: Sequence[Choices]
    least: int
    most: int


class Sweeps:
    """The sweep under way, or the last one; it goes on if all pages are closed."""

    def __init__(self) -> None:
        self.version = 0  # changes whenever `standing` does
        self.standing: Standing | None = None
        self._lock = Lock()
        self._stop = Event()

    def seen_from(self, room: str) -> Standing | None:
        """The sweep, where it is one of that room."""
        now = self.standing
        return now if now is not None and now.room == room else None

    def start(self, wanted: Sweep, room: str = "") -> None:
        """Begin a sweep, or go on with one, in the library of a room. CainrError where another is
        under way, or none may be."""
        settings.check_sweep()
        total = len(wanted.fits())
        with self._lock:
            if self.standing is not None and not self.standing.ended:
                raise CainrError("A sweep is under way on this server: wait for it or cancel it.")
            self._stop = Event()
            self._set(Standing(wanted, total, room))
        Thread(target=self._run, args=(wanted, room, self._stop), daemon=True).start()

    def cancel(self, room: str = "") -> None:
        """Give up the fit under way, if it is of that room; those that are done are kept."""
        with self._lock:
            now = self.seen_from(room)
            if now is not None and not now.ended:
                self._stop.set()
                self._set(replace(now, state="stopping"))

    def _run(self, wanted: Sweep, room: str, stop: Event) -> None:
        try:
            library, listed = shared.library(room), 0.0
            self._tell(runs=tuple(runs_of(wanted, library)))
            for fit in sweep(wanted, library, shared.jobs().address(), stop.is_set):
                self._take(fit.run, fit.problem, fit.seconds_left)
                if clock.monotonic() - listed > LIST_EVERY:
                    listed = clock.monotonic()
                    shared.fits.changed()
            self._tell(state="cancelled" if stop.is_set() else "done")
        except CainrError as problem:
            self._tell(state="failed", problem=str(problem))
        except Exception:
            log.exception("a sweep ended badly")
            self._tell(state="failed", problem=LOST)
        shared.fits.changed()

    def _take(self, run: Run | None, problem: str, left: float) -> None:
        now = self.standing
        assert now is not None
        runs = (*now.runs, run) if run is not None else now.runs
        self._tell(
            runs=runs, failed=now.failed + (run is None), problem=problem or now.problem,
            left=left, heard=clock.monotonic(),
        )  # fmt: skip

    def _tell(self, **news: object) -> None:
        with self._lock:
            assert self.standing is not None
            self._set(replace(self.standing, **news))  # type: ignore[arg-type]

    def _set(self, standing: Standing) -> None:
        self.standing = standing
        self.version += 1


sweeps = Sweeps()
_speeds: dict[str, Speed] = {}  # by the trial that told them


def forecast(wanted: Sweep, field: Field, room: str = "") -> Forecast:
    """What a sweep of that field would make in a room. CainrError where it can't be."""
    if not wanted.contexts:
        raise CainrError("Choose at least one set of contexts; none is one.")
    count = len(wanted.depths) * len(wanted.widths) * len(wanted.contexts)
    if count > MOST_FITS:
        raise CainrError(
            f"{count:,} fits are more than the {MOST_FITS:,} of a sweep on this page: take fewer "
            "depths, widths or sets of contexts, or cainr sweep in a shell."
        )
    fits, runs = wanted.fits(), runs_of(wanted, shared.library(room))
    there = {key(run.choices, wanted) for run in runs}
    todo = [fit for fit in fits if key(fit, wanted) not in there]
    ends = [
        replace(fit, contexts=contexts) for fit in extremes(fits) for contexts in wanted.contexts
    ]
    plans: list[Plan] = [shared.plan(field, fit) for fit in ends]
    sizes = [plan.file_bytes for plan in plans]
    return Forecast(fits, runs, todo, min(sizes), max(sizes))


def seconds(
    wanted: Sweep, todo: Sequence[Choices], field: Field, asked: Callable[[], bool]
) -> float:
    """About how long these fits take on the workers that are there, after a trial of the smallest
    and the largest; it is given up once it is no longer `asked()`. CainrError where no worker is
    free for it."""
    address = shared.jobs().address()
    cluster, client = connect(address)
    try:
        speeds = []
        for fit in extremes(todo):
            recipe = {**fit.recipe.choices(), "steps": None}
            tried = json.dumps([address, {**fit.to_dict(), "recipe": recipe}], default=str)
            if tried not in _speeds:
                contexts = [shared.context(choice.spec) for choice in fit.contexts]
                # after the fits of a sweep: whoever starts one need not wait for its trial
                trial = client.submit(
                    timed, fit, field, contexts, pure=False, priority=2 * PRIORITY
                )
                _speeds[tried] = _result(trial, asked)
            speeds.append(_speeds[tried])
        return seconds_of(wanted, todo, speeds) / max(1, len(client.nthreads()))
    finally:
        disconnect(cluster, client)


def _result(trial: Future, asked: Callable[[], bool]) -> Speed:
    started = clock.monotonic()
    while not trial.done():
        if not asked() or clock.monotonic() - started > PATIENCE:
            raise CainrError("No worker was free for a trial of the speed.")
        clock.sleep(0.1)
    speed: Speed = trial.result()
    return speed
