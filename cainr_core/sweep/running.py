"""A sweep under way: what is there is not fitted again, and what is done is kept at once."""

from __future__ import annotations

import json
import time as clock
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from cainr_core.choices import Choices
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe
from cainr_core.runs import Library, Run
from cainr_core.sweep.grid import Sweep

if TYPE_CHECKING:
    from distributed import Client, as_completed

    from cainr_core.compression import Compressed
    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field

PILOT_STEPS = 50  # of which the later ones tell how long a step takes
FEWEST_STEPS = 20
AHEAD = 2  # fits for each worker of a scheduler that are sent before they are wanted
PRIORITY = -10  # of a fit on a scheduler: whoever waits for a single one, at 0, comes first
PERIOD = 0.1  # seconds between two looks at fits on a scheduler
LOSSES = 3  # times that a fit is sent again where all workers that had its field were lost


@dataclass(frozen=True)
class Fit:
    """A fit that has ended: `number` of `total`, and about how many seconds the others take.

    `run` is None where it failed, and `problem` then says why.
    """

    number: int
    total: int
    choices: Choices
    run: Run | None
    problem: str
    seconds_left: float


def sweep(
    wanted: Sweep,
    library: Library,
    scheduler: str | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Fit]:
    """Fit what the library lacks, keeping each run as it is done; `scheduler`: a dask scheduler
    on whose workers the fits run, more than one at a time. Once `stopped()`, those under way there
    are given up, and no other is begun.

    CainrError where the field or a context cannot be used, before anything is fitted.
    """
    from cainr_core.compression import open_data
    from cainr_core.data.contexts import load_context

    fits = wanted.fits()
    there = _kept(wanted, library)
    todo = [choices for choices in fits if key(choices, wanted) not in there]
    field = open_data(wanted.data)
    specs = {context.spec for choices in todo for context in choices.contexts}
    contexts = {spec: load_context(spec, field) for spec in sorted(specs)}
    done, started = len(fits) - len(todo), clock.monotonic()
    costs = [cost(choices, wanted) for choices in todo]
    left, spent = sum(costs), 0.0
    results = _here(todo, wanted, field, contexts, stopped)
    if scheduler and todo:
        results = _there(todo, wanted, field, contexts, scheduler, stopped)
    for index, (choices, result) in results:
        done, spent, left = done + 1, spent + costs[index], left - costs[index]
        seconds = (clock.monotonic() - started) * left / spent
        if isinstance(result, CainrError):
            yield Fit(done, len(fits), choices, None, str(result), seconds)
        else:
            yield Fit(done, len(fits), choices, library.add(choices, result), "", seconds)


def runs_of(wanted: Sweep, library: Library) -> list[Run]:
    """The runs of a sweep that a library holds, in the order of the fits."""
    there = _kept(wanted, library)
    keys = [key(choices, wanted) for choices in wanted.fits()]
    return [there[key] for key in keys if key in there]


def _kept(wanted: Sweep, library: Library) -> dict[str, Run]:
    """The runs of a library by the keys that this sweep tells them by."""
    return {key(run.choices, wanted): run for run in library.list()}


def key(choices: Choices, wanted: Sweep) -> str:
    """What tells a fit of a sweep from others: all choices, but steps where seconds rule."""
    values = choices.to_dict()
    if wanted.seconds:
        values["recipe"] = {**values["recipe"], "steps": None}
    return json.dumps(values, sort_keys=True, default=str)


def cost(choices: Choices, wanted: Sweep) -> float:
    """What a fit takes, in a unit of its own: by units, for small networks wait for launches."""
    if wanted.seconds:
        return 1.0
    return choices.architecture.depth * (20.0 + choices.architecture.width) * choices.recipe.steps


def fitted(
    choices: Choices, seconds: float | None, field: Field, contexts: Sequence[Context]
) -> tuple[Choices, Compressed | CainrError]:
    """A fit of a sweep, and the choices that it was made with."""
    from cainr_core.compression import compress
    from cainr_core.sweep.turn import Turn

    try:
        with Turn() as turn:
            if seconds:
                choices = in_seconds(choices, seconds, field, contexts)
            return choices, compress(
                field,
                contexts,
                choices.architecture,
                choices.recipe,
                choices.target,
                choices.device,
                turn.pause,
            )
    except CainrError as problem:
        return choices, problem


def in_seconds(
    choices: Choices, seconds: float, field: Field, contexts: Sequence[Context]
) -> Choices:
    """The choices with as many steps as this machine takes in about so many seconds."""
    from cainr_core.fit.fitting import Fitting

    recipe = choices.recipe

    def of(steps: int) -> Recipe:
        return Recipe(**{**recipe.choices(), "steps": steps})

    moments = []
    pilot = Fitting(field, contexts, choices.architecture, of(PILOT_STEPS), choices.device)
    for progress in pilot.run():
        moments.append((progress.step, progress.seconds))
    (first, early), (last, late) = moments[len(moments) // 2], moments[-1]
    a_step = max(late - early, 1e-6) / (last - first)
    steps = max(FEWEST_STEPS, int(seconds / a_step / (1 + recipe.rounding_tail)))
    return replace(choices, recipe=of(steps))


Result = tuple[int, tuple[Choices, Any]]


def _here(
    todo: Sequence[Choices],
    wanted: Sweep,
    field: Field,
    contexts: dict[str, Context],
    stopped: Callable[[], bool],
) -> Iterator[Result]:
    for index, choices in enumerate(todo):
        if stopped():
            return
        chosen = [contexts[context.spec] for context in choices.contexts]
        yield index, fitted(choices, wanted.seconds, field, chosen)


def _there(
    todo: Sequence[Choices],
    wanted: Sweep,
    field: Field,
    contexts: dict[str, Context],
    scheduler: str,
    stopped: Callable[[], bool],
) -> Iterator[Result]:
    from cainr_core.cluster import connect, disconnect

    try:
        cluster, client = connect(scheduler)
    except OSError as error:
        raise CainrError(f"The scheduler at {scheduler} cannot be reached.") from error
    try:
        yield from _Sent(client, todo, wanted, field, contexts).results(stopped)
    finally:
        disconnect(cluster, client)


class _Sent:
    """The fits that a scheduler was given, and those that it is still to be given."""

    def __init__(
        self,
        client: Client,
        todo: Sequence[Choices],
        wanted: Sweep,
        field: Field,
        contexts: dict[str, Context],
    ) -> None:
        self._client, self._todo, self._wanted = client, todo, wanted
        self._field, self._contexts = field, contexts
        self._waiting = iter(range(len(todo)))
        self._numbers: dict[Any, int] = {}
        self._losses = [0] * len(todo)
        self._share()

    def _share(self) -> None:
        """The field goes to every worker once, not with every fit."""
        scatter = self._client.scatter
        self._shared = scatter(self._field, broadcast=True)
        self._known = {
            spec: scatter(context, broadcast=True) for spec, context in self._contexts.items()
        }

    def _send(self, index: int) -> Any:
        choices = self._todo[index]
        chosen = [self._known[context.spec] for context in choices.contexts]
        future = self._client.submit(
            fitted, choices, self._wanted.seconds, self._shared, chosen,
            pure=False, priority=PRIORITY,
        )  # fmt: skip
        self._numbers[future] = index
        return future

    def results(self, stopped: Callable[[], bool]) -> Iterator[Result]:
        """Each fit as it ends, until all have or the sweep is stopped."""
        from distributed import CancelledError, as_completed

        from cainr_core.jobs import sentence

        workers = max(1, sum(self._client.nthreads().values()))
        ahead = [self._send(index) for index in islice(self._waiting, AHEAD * workers)]
        under_way = as_completed(ahead, loop=self._client.loop)
        for future in self._ended(under_way, stopped):
            index = self._numbers.pop(future)
            try:
                result = future.result()
            except CancelledError:  # the last worker that had the field is lost
                self._losses[index] += 1
                if self._losses[index] <= LOSSES:
                    self._share()
                    under_way.add(self._send(index))
                    continue
                result = self._todo[index], CainrError(f"Its worker was lost {LOSSES + 1} times.")
            except Exception as error:  # of a worker that died of it, again and again, too
                result = self._todo[index], CainrError(sentence(error))
            for following in islice(self._waiting, 1):
                under_way.add(self._send(following))
            yield index, result

    def _ended(self, under_way: as_completed, stopped: Callable[[], bool]) -> Iterator[Any]:
        while not under_way.is_empty() and not stopped():
            if self._client.status != "running":  # and with the connection its fits are dropped
                raise CainrError("The scheduler can no longer be reached; what was done is kept.")
            ended = under_way.next_batch(block=False)
            yield from ended
            if not ended:
                clock.sleep(PERIOD)
