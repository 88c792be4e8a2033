"""A fit that was asked for: what is known of it, and what is wished of it."""

from __future__ import annotations

import math
import threading
import time as clock
import uuid
from concurrent.futures import Future as Prepared
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cainr_core.cluster import PATIENCE
from cainr_core.curves import Curve
from cainr_core.errors import CainrError
from cainr_core.fit.progress import Progress
from cainr_core.queue import Asked, Place
from cainr_core.worker import (
    TOO_LARGE,
    Fitted,
    fit,
    initial_state,
    unpack_curve,
    unpack_frame,
    variables,
)

if TYPE_CHECKING:
    from distributed import Client

    from cainr_core.choices import Choices
    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field

State = Literal["queued", "running", "done", "failed", "cancelled"]
FINAL = ("done", "failed", "cancelled")
TELLING = 50  # steps, after which a fit tells how fast it goes
AWAY = 8.0  # seconds without a look, after which fits that somebody looks at come first
GRACE = 30.0  # seconds without a look, after which a fit that was looked at counts as left


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What was known of a fit at one moment.

    `frame`: time index and the reconstruction of that time, in the field's units and of the shape
    of its grid. `message`: something that a person should know, or "". `place`: in the line, or
    None where it has a worker.
    """

    progress: Progress | None
    curve: Curve
    frame: tuple[int, NDArray[np.float32]] | None
    message: str
    place: Place | None = None


@dataclass(frozen=True)
class Ready:
    """What travels with a fit, and what it takes: `queue.work`."""

    field: Field
    contexts: list[Context]
    work: float


NOTHING_YET = Snapshot(None, Curve.of([]), None, "")


class Job:
    """A fit that was asked for. Nothing here waits, but `result`."""

    def __init__(
        self, choices: Choices, prepared: Prepared[Ready], person: str = "", id: str | None = None
    ) -> None:
        """`person`: whose fit it is, among whom workers are shared fairly; `id`: that of a fit of
        an earlier process, whose checkpoint is taken up."""
        self.id = id or uuid.uuid4().hex
        self.choices, self.person = choices, person
        self.state: State = "queued"
        self.latest = NOTHING_YET
        self.error: str | None = None
        self.lost = False  # whether it failed since the workers went, by no fault of its own
        self.lasting = False  # whether its checkpoint is to outlive this process
        self._prepared: Prepared[Ready] | None = prepared
        self._future: Any = None
        self._variables: dict[str, Any] = {}
        self._look, self._cancel, self._aside = 0, False, False
        self._sent = self._wishes
        self._frame_number = 0
        self._state = initial_state()  # the last that the worker told
        self._since = clock.monotonic()  # in the line
        self._began = self._heard = 0.0
        self.abandoned = False  # whether it was stopped since nobody looked at it
        self._paced = True  # whether it learns all the time, and so tells how long fits take
        self._seen: float | None = None
        self._fitted: Fitted | None = None
        self._ended = threading.Event()

    def look_at(self, time: int) -> None:
        """Which time step is to be reconstructed while the fit goes on."""
        self._look = int(time)

    def cancel(self) -> None:
        """Stop after the step under way; what was learned by then is still written to a file."""
        self._cancel = True

    def abandon(self) -> None:
        """Cancel, as nobody looks at it any more."""
        self.abandoned = True
        self.cancel()

    def seen(self) -> None:
        """Somebody looks at this fit; once told so, it counts as left after `GRACE` s without."""
        self._seen = clock.monotonic()

    @property
    def left(self) -> bool:
        """Whether somebody looked at this fit and nobody does any more."""
        return self._unseen > GRACE

    @property
    def away(self) -> bool:
        """Whether nobody looks at this fit just now, as while a page is loaded anew."""
        return self._unseen > AWAY

    @property
    def _unseen(self) -> float:
        """Seconds since somebody looked; as if it were yet to come where nobody ever did."""
        return -math.inf if self._seen is None else clock.monotonic() - self._seen

    @property
    def cancelling(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancel

    @property
    def fruitless(self) -> bool:
        """Whether it was cancelled and has no result: none was learned, or it was released."""
        return self.state == "cancelled" and self._ended.is_set() and self._fitted is None

    def result(self, timeout: float | None = None) -> Fitted | None:
        """Wait for the end and give what was fitted; None if cancelled before anything was.

        CainrError where the fit failed, TimeoutError where it takes longer than `timeout` seconds.
        """
        if not self._ended.wait(timeout):
            raise TimeoutError(f"The fit has not ended within {timeout} seconds.")
        if self.state == "failed":
            raise CainrError(self.error or "The fit failed.")
        return self._fitted

    def release(self) -> None:
        """Let go of the result of a fit that has ended, once it is kept elsewhere."""
        self._fitted = None

    # --- called by the thread of `Jobs` only ---

    @property
    def _wishes(self) -> dict[str, Any]:
        return {"look": self._look, "cancel": self._cancel, "aside": self._aside}

    @property
    def _asked(self) -> Asked:
        return Asked(self.person, self._since, self.away)

    @property
    def _in_line(self) -> bool:
        """Whether it has no worker: not yet, or it has made way for others."""
        return self._future is None or (self._aside and not self._cancel)

    @property
    def _is_ready(self) -> bool:
        return self._prepared is not None and self._prepared.done()

    def _problem(self) -> BaseException | None:
        """Why what travels with it cannot be read, if that is known."""
        return self._prepared.exception() if self._is_ready else None  # type: ignore[union-attr]

    @property
    def _work(self) -> float | None:
        """What it takes; None until its data are read, which is when it is known."""
        return self._prepared.result().work if self._is_ready else None  # type: ignore[union-attr]

    @property
    def _done(self) -> float:
        """Which part of it is done."""
        progress = self.latest.progress
        return progress.step / max(1, progress.steps) if progress is not None else 0.0

    @property
    def _work_left(self) -> float | None:
        work = self._work
        return None if work is None else work * (1 - self._done)

    @property
    def _pace(self) -> tuple[float, float]:
        """Of a fit that ends: the work done, and the seconds that it took with all besides; no work
        where these tell nothing."""
        return (self._work or 0.0) * self._done * self._paced, clock.monotonic() - self._began

    @property
    def _pace_so_far(self) -> tuple[float, float]:
        """Of a fit under way: the work done, and the seconds spent learning; none at its start,
        which is slower."""
        progress = self.latest.progress
        if progress is None or progress.step < TELLING:
            return 0.0, 0.0
        return (self._work or 0.0) * self._done, progress.seconds

    def _go(self, client: Client) -> None:
        """Begin, or go on."""
        if self._future is None:
            self._submit(client)
        self._aside = False
        self.latest = replace(self.latest, message="", place=None)

    def _make_way(self) -> None:
        """Let others have the worker, and join the line again."""
        self._aside, self._since = True, clock.monotonic()
        self._paced = False

    def _submit(self, client: Client) -> None:
        assert self._prepared is not None
        ready = self._prepared.result()
        self._variables = variables(self.id, client)
        self._sent = self._wishes
        self._variables["wishes"].set(self._sent)
        self._variables["state"].set(initial_state())
        self._future = client.submit(
            fit, self.id, self.choices, ready.field, ready.contexts,
            key=f"cainr-fit-{self.id}", pure=False,
        )  # fmt: skip

    def _exchange(self) -> None:
        if self._wishes != self._sent:
            self._sent = self._wishes
            self._variables["wishes"].set(self._sent)
            if self._sent["cancel"] and self.state == "queued":
                # a worker that has just begun finds the task cancelled and stops
                self._future.cancel()
                self._end("cancelled")
                return
        self._read()

    def _read(self) -> None:
        """Take the latest that the worker told."""
        state = self._variables["state"].get(timeout=PATIENCE)
        if state == self._state:
            return
        self._heard = clock.monotonic()
        self._began = self._began if self.state == "running" else self._heard
        self.state, self._state = "running", state
        frame = self.latest.frame
        if state["frame"] != self._frame_number:
            frame = unpack_frame(self._variables["frame"].get(timeout=PATIENCE))
            self._frame_number = state["frame"]
        progress = None if state["progress"] is None else Progress(*state["progress"])
        curve, place = unpack_curve(state["curve"]), self.latest.place if self._in_line else None
        self.latest = Snapshot(progress, curve, frame, state["message"], place)

    def _finish(self) -> None:
        if self._future.status in ("finished", "error"):
            self._read()
        error = self._future.exception() if self._future.status == "error" else None
        if error is not None:
            self._fail(error)
        elif self._future.status == "finished":
            self._fitted = self._future.result()
            self._end("cancelled" if self._sent["cancel"] else "done")
        else:
            self._end("failed", "The scheduler has lost this fit; start it again.")

    def _fail(self, error: BaseException) -> None:
        self._end("failed", sentence(error))

    def _tell(self, message: str, place: Place | None = None) -> None:
        """Say why no steps are taken."""
        if (self.latest.message, self.latest.place) != (message, place):
            progress = self.latest.progress if self._future is not None and place else None
            self.latest = replace(self.latest, progress=progress, message=message, place=place)

    def _end(self, state: State, error: str | None = None) -> None:
        for variable in self._variables.values():
            variable.delete()
        self.error, self.state = error, state
        # a server lives long: field and contexts go, and the result that a worker still holds
        self._variables, self._future, self._prepared = {}, None, None
        self._ended.set()


def sentence(error: BaseException) -> str:
    """What to tell a person of a fit that failed."""
    if isinstance(error, CainrError):
        return str(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "KilledWorker":
        return TOO_LARGE
    return f"The fit failed ({first_line(error)}); the choices may be out of the ordinary."


def first_line(error: BaseException) -> str:
    """Type and first line of an exception."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
