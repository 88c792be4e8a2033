"""The turn of a sweep's fit on a dask worker: it makes way for fits that somebody waits for."""

from __future__ import annotations

import time as clock
from typing import TYPE_CHECKING, Any

from cainr_core.errors import CainrError
from cainr_core.one_fit import PERIOD, one_fit, unwanted

if TYPE_CHECKING:
    from dask.typing import Key
    from distributed import Worker

WAITING = ("ready", "executing", "long-running")


class Turn:
    """Holds the worker for a fit, which calls `pause` between its steps.

    There it lets fits of a higher priority have the worker until none is left, and ends with
    CainrError where nobody wants the sweep any more. Outside of a worker nothing of this happens.
    """

    def __init__(self) -> None:
        self._worker, self._key = _where()
        self._seceded = self._held = False
        self._looked = 0.0

    def __enter__(self) -> Turn:
        self._begin()
        return self

    def __exit__(self, *problem: object) -> None:
        self._release()

    def pause(self, progress: object = None) -> None:
        """Make way if somebody waits; called between two steps."""
        now = clock.monotonic()
        if self._worker is None or now < self._looked + PERIOD:
            return
        self._looked = now
        self._heed()
        if self._others():
            self._release()
            self._begin()

    def end(self) -> None:
        """Let the next task have the worker, where only the processor's work is left to do."""
        if self._worker is not None:
            self._release()
            self._leave()

    def _begin(self) -> None:
        """Wait for the worker."""
        if self._worker is None:
            return
        while self._others() or not one_fit.acquire(timeout=PERIOD):
            self._heed()
            if self._others():
                self._leave()
                clock.sleep(PERIOD)
        self._held = True

    def _release(self) -> None:
        if self._held:
            self._held = False
            one_fit.release()

    def _heed(self) -> None:
        if unwanted(self._worker, self._key):
            raise CainrError("The sweep was stopped.")

    def _others(self) -> bool:
        """Whether a fit of a higher priority waits for this worker, or has it."""
        tasks = list(self._worker.state.tasks.values())
        own = next((task.priority for task in tasks if task.key == self._key), None)
        return own is not None and any(
            task.state in WAITING and task.priority[0] < own[0] for task in tasks if task.priority
        )

    def _leave(self) -> None:
        """Let dask give this thread's place to another task."""
        from distributed import secede

        if not self._seceded:
            self._seceded = True
            secede()


def _where() -> tuple[Any, Any]:
    """The dask worker of this thread and its task, or none."""
    from distributed import get_worker

    try:
        worker: Worker = get_worker()
    except ValueError:
        return None, None
    key: Key = worker.get_current_task()
    return worker, key
