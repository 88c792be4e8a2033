"""Fits as jobs on dask.distributed: on a worker process of one's own, or on a cluster."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time as clock
import uuid
from concurrent.futures import Future as Prepared
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cainr_core.cluster import PATIENCE, connect, disconnect
from cainr_core.curves import Curve
from cainr_core.errors import CainrError
from cainr_core.fit.progress import Progress
from cainr_core.worker import (
    TOO_LARGE,
    Fitted,
    fit,
    forget,
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
PERIOD = 0.1  # seconds between two looks at the jobs
SILENCE = 2.0  # seconds without news of a fit, after which its worker is looked for


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What was known of a fit at one moment.

    `frame`: time index and the reconstruction of that time, in the field's units and of the shape
    of its grid. `message`: something that a person should know, or "".
    """

    progress: Progress | None
    curve: Curve
    frame: tuple[int, NDArray[np.float32]] | None
    message: str


NOTHING_YET = Snapshot(None, Curve.of([]), None, "")


class Job:
    """A fit that was asked for. Nothing here waits, but `result`."""

    def __init__(self, choices: Choices, prepared: Prepared[tuple[Field, list[Context]]]) -> None:
        self.id = uuid.uuid4().hex
        self.choices = choices
        self.state: State = "queued"
        self.latest = NOTHING_YET
        self.error: str | None = None
        self._prepared = prepared
        self._future: Any = None
        self._variables: dict[str, Any] = {}
        self._wishes = {"look": 0, "cancel": False}
        self._sent = dict(self._wishes)
        self._frame_number = 0
        self._state = initial_state()  # the last that the worker told
        self._heard = 0.0
        self._fitted: Fitted | None = None
        self._ended = threading.Event()

    def look_at(self, time: int) -> None:
        """Which time step is to be reconstructed while the fit goes on."""
        self._wishes = {**self._wishes, "look": int(time)}

    def cancel(self) -> None:
        """Stop after the step under way; what was learned by then is still written to a file."""
        self._wishes = {**self._wishes, "cancel": True}

    @property
    def cancelling(self) -> bool:
        """Whether `cancel` was called."""
        return bool(self._wishes["cancel"])

    def result(self, timeout: float | None = None) -> Fitted | None:
        """Wait for the end and give what was fitted; None if cancelled before anything was.

        CainrError where the fit failed, TimeoutError where it takes longer than `timeout` seconds.
        """
        if not self._ended.wait(timeout):
            raise TimeoutError(f"The fit has not ended within {timeout} seconds.")
        if self.state == "failed":
            raise CainrError(self.error or "The fit failed.")
        return self._fitted

    # --- called by the thread of `Jobs` only ---

    def _submit(self, client: Client) -> None:
        problem = self._prepared.exception()
        if problem is not None:
            self._fail(problem)
            return
        field, contexts = self._prepared.result()
        self._variables = variables(self.id, client)
        self._sent = dict(self._wishes)
        self._variables["wishes"].set(self._sent)
        self._variables["state"].set(initial_state())
        self._future = client.submit(
            fit, self.id, self.choices, field, contexts, key=f"cainr-fit-{self.id}", pure=False
        )

    def _exchange(self) -> None:
        if self._wishes != self._sent:
            self._sent = dict(self._wishes)
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
        self.state, self._state, self._heard = "running", state, clock.monotonic()
        frame = self.latest.frame
        if state["frame"] != self._frame_number:
            frame = unpack_frame(self._variables["frame"].get(timeout=PATIENCE))
            self._frame_number = state["frame"]
        progress = None if state["progress"] is None else Progress(*state["progress"])
        self.latest = Snapshot(progress, unpack_curve(state["curve"]), frame, state["message"])

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

    def _wait(self, message: str) -> None:
        if self.latest.message != message:
            self.latest = Snapshot(None, self.latest.curve, self.latest.frame, message)

    def _end(self, state: State, error: str | None = None) -> None:
        for variable in self._variables.values():
            variable.delete()
        self.error, self.state = error, state
        self._ended.set()


class Jobs:
    """Runs fits one after the other on a worker process, or as they fit on a scheduler's workers.

    `scheduler`: address of a dask scheduler, by default $CAINR_SCHEDULER; where there is none, a
    worker process is started, which a crash may end while this process goes on. One thread asks
    all jobs for news; no method waits for it.
    """

    def __init__(self, scheduler: str | None = None) -> None:
        self.scheduler = scheduler or os.environ.get("CAINR_SCHEDULER") or None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._preparing = ThreadPoolExecutor(1, thread_name_prefix="cainr-prepare")
        self._jobs: list[Job] = []
        self._closing = threading.Event()
        self._address: Prepared[str] = Prepared()

    def start(self) -> None:
        """Begin to start the worker, or to connect, so that the first fit need not wait for it."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._address = Prepared()
                self._thread = threading.Thread(target=self._run, name="cainr-jobs", daemon=True)
                self._thread.start()

    def submit(self, choices: Choices, field: Field | None = None) -> Job:
        """Ask for a fit; the field of the choices is opened if it is not given."""
        job = Job(choices, self._preparing.submit(_prepare, choices, field))
        with self._lock:
            self._jobs.append(job)
        self.start()
        return job

    def address(self) -> str:
        """Where the scheduler is, for others who have work for its workers; waits until it is
        there. CainrError where it cannot be reached."""
        self.start()
        return self._address.result()

    def close(self) -> None:
        """End the worker and whatever it does."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(PATIENCE)
        self._preparing.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        cluster, client = None, None
        left: list[Job] = []
        try:
            cluster, client = connect(self.scheduler)
            self._address.set_result(client.scheduler_info()["address"])
            atexit.register(self.close)  # after dask's own, which is slower, and so before it
            while not self._closing.wait(PERIOD):
                self._look_after(client)
            left = self._fail_all(ConnectionError("the jobs were closed"))
        except OSError as error:  # the scheduler is not there, or no longer
            left = self._fail_all(error)
        except Exception as error:
            logging.getLogger(__name__).exception("the thread of the jobs ended")
            left = self._fail_all(error)
        finally:
            disconnect(cluster, client)
            for job in left:
                forget(job.id)

    def _look_after(self, client: Client) -> None:
        with self._lock:
            self._jobs = waiting = [job for job in self._jobs if job.state not in FINAL]
        if client.status != "running":  # and with the connection a scheduler drops its fits
            raise ConnectionError("the connection was closed")
        for place, job in enumerate(waiting):
            self._step(job, client)
            if job.state == "queued":
                job._wait(_waiting(place))
            elif clock.monotonic() - job._heard > SILENCE and not client.nthreads():
                job._wait("The worker process ended; another one is being started.")

    @staticmethod
    def _step(job: Job, client: Client) -> None:
        try:
            if job._future is not None and job._future.done():
                job._finish()
            elif job._future is not None:
                job._exchange()
            elif job._wishes["cancel"]:
                job._end("cancelled")
            elif job._prepared.done():
                job._submit(client)
        except OSError:
            raise
        except Exception as error:
            job._fail(error)

    def _fail_all(self, error: BaseException) -> list[Job]:
        """End all jobs and give them; the next that is asked for makes a new attempt to connect."""
        where = f"The scheduler at {self.scheduler}" if self.scheduler else "The worker process"
        with self._lock:
            jobs, self._jobs, self._thread = self._jobs, [], None
            address = self._address  # a new attempt has one of its own
        problem = f"{where} cannot be reached ({_first_line(error)})."
        if not address.done():
            address.set_exception(CainrError(problem))
        for job in jobs:
            job._variables = {}
            job._end("failed", problem)
        return jobs


def sentence(error: BaseException) -> str:
    """What to tell a person of a fit that failed."""
    if isinstance(error, CainrError):
        return str(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "KilledWorker":
        return TOO_LARGE
    return f"The fit failed ({_first_line(error)}); the choices may be out of the ordinary."


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _waiting(place: int) -> str:
    if place == 0:
        return "Waiting for a worker."
    return f"Waiting for {place} other fit{'s' if place > 1 else ''}."


def _prepare(choices: Choices, field: Field | None) -> tuple[Field, list[Context]]:
    """What travels with a job: files are read here, where the person's files are."""
    from cainr_core.compression import open_data
    from cainr_core.data.contexts import load_context

    field = open_data(choices.data) if field is None else field
    return field, [load_context(choice, field) for choice in choices.contexts]
