"""The fits of a sweep on dask's workers, on as many GPUs and machines as there are."""

from __future__ import annotations

import time as clock
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from cainr_core.choices import Choices
from cainr_core.cluster import connect, disconnect
from cainr_core.errors import CainrError
from cainr_core.sweep.fits import Ended, fitted
from cainr_core.sweep.together import for_workers

if TYPE_CHECKING:
    from distributed import Client, as_completed

    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field

AHEAD = 2  # groups of fits for each worker that are sent before they are wanted
LOSSES = 3  # times that fits are sent again where all workers that had their field were lost
PRIORITY = -10  # of a fit: whoever waits for a single one, at 0, comes first
PERIOD = 0.1  # seconds between two looks at what has ended


class Workers:
    """Workers of a scheduler, or where there is none this process's own, one for each GPU, which
    begin while the data are opened. A context manager."""

    def __init__(self, scheduler: str | None) -> None:
        self._scheduler = scheduler
        self._pool = ThreadPoolExecutor(1)
        self._connected = self._pool.submit(connect, scheduler)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *problem: object) -> None:
        with suppress(OSError):
            disconnect(*self._connected.result())
        self._pool.shutdown()

    def fitted(
        self,
        todo: Sequence[Choices],
        seconds: float | None,
        field: Field,
        contexts: Mapping[str, Context],
        keep_history: bool,
        stopped: Callable[[], bool],
    ) -> Iterator[Ended]:
        """Each fit with its number as it ends, as `fits.here`. CainrError where the scheduler is
        not there."""
        try:
            _, client = self._connected.result()
        except OSError as error:
            raise CainrError(f"The scheduler at {self._scheduler} cannot be reached.") from error
        return _Sent(client, todo, seconds, field, contexts, keep_history).results(stopped)


def fitted_all(
    group: Sequence[Choices],
    seconds: float | None,
    field: Field,
    contexts: Mapping[str, Context],
    keep_history: bool,
) -> list[Ended]:
    """`fitted`, to its end."""
    return list(fitted(group, seconds, field, contexts, keep_history))


class _Sent:
    """The groups of fits that a scheduler was given, and those that it is still to be given."""

    def __init__(
        self,
        client: Client,
        todo: Sequence[Choices],
        seconds: float | None,
        field: Field,
        contexts: Mapping[str, Context],
        keep_history: bool,
    ) -> None:
        self._client, self._todo, self._seconds = client, todo, seconds
        self._field, self._contexts, self._keep_history = field, contexts, keep_history
        self._sent: dict[Any, list[int]] = {}
        self._losses: Counter[int] = Counter()
        self._share()

    def _share(self) -> None:
        """The field goes to every worker once, not with every fit."""
        values = [self._field, *self._contexts.values()]
        self._shared, *known = self._client.scatter(values, broadcast=True)
        self._known = dict(zip(self._contexts, known, strict=True))

    def _send(self, group: list[int]) -> Any:
        fits = [self._todo[index] for index in group]
        future = self._client.submit(
            fitted_all, fits, self._seconds, self._shared, self._known, self._keep_history,
            pure=False, priority=PRIORITY,
        )  # fmt: skip
        self._sent[future] = group
        return future

    def results(self, stopped: Callable[[], bool]) -> Iterator[Ended]:
        """Each fit as it ends, until all have or the sweep is stopped."""
        from distributed import CancelledError, as_completed

        from cainr_core.job import sentence

        waiting = iter(self._groups(stopped))
        workers = max(1, sum(self._client.nthreads().values()))
        ahead = [self._send(group) for group in islice(waiting, AHEAD * workers)]
        under_way = as_completed(ahead, loop=self._client.loop)
        for future in self._ended(under_way, stopped):
            group = self._sent.pop(future)
            try:
                results = future.result()
            except CancelledError:  # the last worker that had the field is lost
                self._losses[group[0]] += 1
                if self._losses[group[0]] <= LOSSES:
                    self._share()
                    under_way.add(self._send(group))
                    continue
                results = self._failed(group, f"Its worker was lost {LOSSES + 1} times.")
            except Exception as error:  # of a worker that died of it, again and again, too
                results = self._failed(group, sentence(error))
            for following in islice(waiting, 1):
                under_way.add(self._send(following))
            for number, ended in results:
                yield group[number], ended

    def _groups(self, stopped: Callable[[], bool]) -> list[list[int]]:
        """The fits that a worker can take together, as only it knows."""
        future = self._client.submit(
            for_workers, self._todo, self._shared, pure=False, priority=PRIORITY
        )
        while not future.done():
            if stopped():
                return []
            clock.sleep(PERIOD)
        if future.status != "finished":  # its worker was lost
            return [[index] for index in range(len(self._todo))]
        found: list[list[int]] = future.result()
        return found

    def _failed(self, group: list[int], problem: str) -> list[Ended]:
        return [
            (number, (self._todo[index], CainrError(problem))) for number, index in enumerate(group)
        ]

    def _ended(self, under_way: as_completed, stopped: Callable[[], bool]) -> Iterator[Any]:
        while not under_way.is_empty() and not stopped():
            if self._client.status != "running":  # and with the connection its fits are dropped
                raise CainrError("The scheduler can no longer be reached; what was done is kept.")
            ended = under_way.next_batch(block=False)
            yield from ended
            if not ended:
                clock.sleep(PERIOD)
