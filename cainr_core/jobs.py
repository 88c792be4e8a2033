"""Fits as jobs on dask.distributed: on a worker process of one's own, or on a cluster."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time as clock
from concurrent.futures import Future as Prepared
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cainr_core.cluster import PATIENCE, connect, disconnect
from cainr_core.errors import CainrError
from cainr_core.job import FINAL, Job, Ready, first_line
from cainr_core.queue import Pace, Place, order, starts, work
from cainr_core.worker import forget

if TYPE_CHECKING:
    from distributed import Client

    from cainr_core.choices import Choices
    from cainr_core.data.fields import Field

__all__ = ["FINAL", "Job", "Jobs"]

PERIOD = 0.1  # seconds between two looks at the jobs
COUNTED = 1.0  # seconds between two counts of the workers, and between two times told
SILENCE = 2.0  # seconds without news of a fit, after which its worker is looked for


class Jobs:
    """Runs fits one after the other on a worker process, or on a scheduler's workers one on each.

    `scheduler`: address of a dask scheduler, by default $CAINR_SCHEDULER; where there is none, a
    worker process is started, which a crash may end while this process goes on. One line stands
    before all workers, in the order of `queue.order`: a fit that nobody looks at any more comes
    last, and makes way for others even once it has begun; with `stop_left` it is cancelled. One
    thread asks all jobs for news; no method waits for it.
    """

    def __init__(self, scheduler: str | None = None, stop_left: bool = False) -> None:
        self.stop_left = stop_left
        self.scheduler = scheduler or os.environ.get("CAINR_SCHEDULER") or None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._preparing = ThreadPoolExecutor(1, thread_name_prefix="cainr-prepare")
        self._jobs: list[Job] = []
        self._closing = threading.Event()
        self._address: Prepared[str] = Prepared()
        self._pace = Pace()
        self._workers, self._counted = 1, 0.0

    def start(self) -> None:
        """Begin to start the worker, or to connect, so that the first fit need not wait for it."""
        import distributed  # noqa: F401  a caller that goes on to open a file would meet dask,
        # which the thread imports too, half imported

        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._address = Prepared()
                self._thread = threading.Thread(target=self._run, name="cainr-jobs", daemon=True)
                self._thread.start()

    def submit(
        self,
        choices: Choices,
        field: Field | None = None,
        person: str = "",
        id: str | None = None,
    ) -> Job:
        """Ask for a fit; the field of the choices is opened if it is not given. `person`, `id`: as
        `Job` has them."""
        job = Job(choices, self._preparing.submit(_prepare, choices, field), person, id)
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
                if not job.lasting:
                    forget(job.id)

    def _look_after(self, client: Client) -> None:
        with self._lock:
            self._jobs = [job for job in self._jobs if job.state not in FINAL]
            jobs = list(self._jobs)
        if client.status != "running":  # and with the connection a scheduler drops its fits
            raise ConnectionError("the connection was closed")
        for job in jobs:
            self._step(job)
        ended = {job.person for job in jobs if job.state in FINAL}
        for job in jobs:
            if job.person in ended:  # who had a worker goes to the end of the line
                job._since = clock.monotonic()
        self._share(client, [job for job in jobs if job.state not in FINAL])

    def _step(self, job: Job) -> None:
        """Exchange news with one fit."""
        try:
            if self.stop_left and job.left and not job.cancelling:
                job.abandon()
            if job._future is not None and job._future.done():
                self._pace.take(*job._pace)
                job._finish()
            elif job._future is not None:
                job._exchange()
            elif job.cancelling:
                job._end("cancelled")
            elif (problem := job._problem()) is not None:
                job._fail(problem)
        except OSError:
            raise
        except Exception as error:
            job._fail(error)

    def _share(self, client: Client, jobs: list[Job]) -> None:
        """Give the workers to those whose turn it is, and tell the others their places."""
        running = [job for job in jobs if not job._in_line]
        waiting = [job for job in jobs if job._in_line]
        now = clock.monotonic()
        if count := bool(jobs) and now - self._counted > COUNTED:
            self._counted, self._workers = now, len(client.nthreads())
        people = [job.person for job in running]
        line = [waiting[index] for index in order([job._asked for job in waiting], people)]
        free = max(1, self._workers) - len(running)
        for job in [job for job in line if job._is_ready][: max(0, free)]:
            line.remove(job)
            running.append(job)
            job._go(client)
        wanted = sum(not job.away and job._is_ready for job in line)
        for job in [job for job in running if job.away and not job.cancelling][:wanted]:
            job._make_way()
        for job in running:
            if job.state == "queued":
                job._tell("Waiting for a worker.")
            elif not self._workers and now - job._heard > SILENCE:
                job._tell("The worker process ended; another one is being started.")
        if count or any(job.latest.place is None for job in line):
            self._tell_places([job for job in running if not job._in_line], line)

    def _tell_places(self, running: list[Job], line: list[Job]) -> None:
        for job in running:
            self._pace.meanwhile(*job._pace_so_far)
        busy = [self._seconds_left(job) for job in running]
        idle = [0.0] * (max(1, self._workers) - len(running))
        takes = [self._seconds_left(job) for job in line]
        times = starts([*busy, *idle], takes)
        for before, (job, seconds) in enumerate(zip(line, times, strict=True), len(running)):
            if before:
                job._tell(_waiting(before), Place(before, seconds))

    def _seconds_left(self, job: Job) -> float | None:
        """About how long a fit still takes: by its own pace, where it has one."""
        done, seconds = job._pace_so_far
        left = job._work_left
        return left * seconds / done if done and left is not None else self._pace.seconds(left)

    def _fail_all(self, error: BaseException) -> list[Job]:
        """End all jobs and give them; the next that is asked for makes a new attempt to connect."""
        where = f"The scheduler at {self.scheduler}" if self.scheduler else "The worker process"
        with self._lock:
            jobs, self._jobs, self._thread = self._jobs, [], None
            address = self._address  # a new attempt has one of its own
        problem = f"{where} cannot be reached ({first_line(error)})."
        if not address.done():
            address.set_exception(CainrError(problem))
        for job in jobs:
            job.lost = True
            job._variables = {}  # which no scheduler is there to hear of
            job._end("failed", problem)
        return jobs


def _waiting(before: int) -> str:
    return f"Waiting for {before} other fit{'s' if before > 1 else ''}."


def _prepare(choices: Choices, field: Field | None) -> Ready:
    """What travels with a job: files are read here, where the person's files are."""
    from cainr_core.compression import open_data
    from cainr_core.data.contexts import load_context
    from cainr_core.planning import plan

    field = open_data(choices.data) if field is None else field
    contexts = [load_context(choice, field) for choice in choices.contexts]
    network = plan(field, contexts, choices.architecture, choices.target).architecture
    return Ready(field, contexts, work(network, choices.recipe, field.values.size))
