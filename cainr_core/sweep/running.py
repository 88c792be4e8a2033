"""A sweep under way: what is there is not fitted again, and what is done is kept at once."""

from __future__ import annotations

import json
import time as clock
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cainr_core.choices import Choices
from cainr_core.cluster import gpus
from cainr_core.errors import CainrError
from cainr_core.runs import Library, Run
from cainr_core.sweep.fits import Ended, here
from cainr_core.sweep.grid import Sweep
from cainr_core.sweep.workers import Workers

if TYPE_CHECKING:
    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field


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
    """Fit what the library lacks, keeping each run as it is done, on every GPU of this machine, or
    on its processor; `scheduler`: a dask scheduler on whose workers the fits run, more than one at
    a time. Once `stopped()`, those under way on workers are given up, and no other is begun.

    CainrError where the field or a context cannot be used, before anything is fitted.
    """
    fits = wanted.fits()
    kept = _kept(wanted, library)
    todo = [choices for choices in fits if key(choices, wanted) not in kept]
    done, started = len(fits) - len(todo), clock.monotonic()
    costs = [cost(choices, wanted) for choices in todo]
    left, spent = sum(costs), 0.0
    for index, (choices, result) in _results(wanted, todo, scheduler, stopped):
        done, spent, left = done + 1, spent + costs[index], left - costs[index]
        seconds = (clock.monotonic() - started) * left / spent
        if isinstance(result, CainrError):
            yield Fit(done, len(fits), choices, None, str(result), seconds)
        else:
            yield Fit(done, len(fits), choices, library.add(choices, result), "", seconds)


def _results(
    wanted: Sweep, todo: Sequence[Choices], scheduler: str | None, stopped: Callable[[], bool]
) -> Iterator[Ended]:
    several = wanted.device in ("auto", "cuda") and len(gpus()) > 1
    if todo and (scheduler or several):
        with Workers(scheduler) as workers:
            data = _data(wanted, todo)
            yield from workers.fitted(todo, wanted.seconds, *data, wanted.keep_history, stopped)
    else:
        data = _data(wanted, todo)
        yield from here(todo, wanted.seconds, *data, wanted.keep_history, stopped)


def _data(wanted: Sweep, todo: Sequence[Choices]) -> tuple[Field, dict[str, Context]]:
    """The field, and the contexts of these fits by their words."""
    from cainr_core.compression import open_data
    from cainr_core.data.contexts import load_context

    field = open_data(wanted.data)
    specs = {context.spec for choices in todo for context in choices.contexts}
    return field, {spec: load_context(spec, field) for spec in sorted(specs)}


def runs_of(wanted: Sweep, library: Library) -> list[Run]:
    """The runs of a sweep that a library holds, in the order of the fits."""
    there = _kept(wanted, library)
    keys = [key(choices, wanted) for choices in wanted.fits()]
    return [there[key] for key in keys if key in there]


def _kept(wanted: Sweep, library: Library) -> dict[str, Run]:
    """The whole runs of a library by the keys that this sweep tells them by."""
    return {key(run.choices, wanted): run for run in library.list() if not run.stopped}


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
