"""One fit at a time on a worker, which it may lend to others while it goes on."""

from __future__ import annotations

import threading
import time as clock
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dask.typing import Key
    from distributed import Worker

PERIOD = 0.1  # seconds between two looks at what is wished

one_fit = threading.Lock()  # a worker may have many threads, but a fit uses all of its cores


class OneFit:
    """The worker, held for one fit, which may lend it to others between two steps."""

    def __init__(self) -> None:
        self._held = self._seceded = False

    def __enter__(self) -> OneFit:
        one_fit.acquire()
        self._held = True
        return self

    def __exit__(self, *problem: object) -> None:
        if self._held:
            one_fit.release()

    def lend(self, aside: Callable[[], bool], stopped: Callable[[], bool]) -> None:
        """Stand aside as long as that is wished, unless the fit is to stop."""
        from distributed import secede

        if not aside() or stopped():
            return
        self._held = False
        one_fit.release()
        if not self._seceded:  # else dask would begin no other task
            self._seceded = True
            secede()
        while not self._held and not stopped():
            if aside():
                clock.sleep(PERIOD)
            else:
                self._held = one_fit.acquire(timeout=PERIOD)


def unwanted(worker: Worker, key: Key) -> bool:
    """Whether dask has cancelled a task, or its client has left."""
    task = worker.state.tasks.get(key)
    return task is None or task.state == "cancelled"
