"""Runs decoded: time steps, whole fields, and the checks of them; the last few stay in memory, for
all sessions of a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from app import shared
from app.recent import Recent
from app.session import POOL
from cainr_core.data.choices import split_source
from cainr_core.runs import Run

if TYPE_CHECKING:
    from cainr_core.evaluate.checks import Check

PREFETCHED = 4  # of the newest runs
PARTS = 10  # in which a field is decoded whole
_DECODED_BYTES = 512 * 2**20  # of time steps
_WHOLE_BYTES = 1024 * 2**20  # of fields decoded whole

_readers = Recent(8)
_states = Recent(16)  # readers of fits on their way, which lean on those of finished ones
_frames = Recent(_DECODED_BYTES, lambda values: values.nbytes)
_wholes = Recent(_WHOLE_BYTES, lambda values: values.nbytes)
_checks = Recent(256)


def kept(run: Run, step: int | None) -> int | None:
    """The step of the state that stands for a step of the fit; None for the finished fit."""
    if step is None or (moment := run.at(step)).source == run.cainr_path:
        return None
    return moment.step


def name_of(run: Run, step: int | None) -> str:
    """What a run is called, with the state in which it is shown where that is not its end."""
    state = kept(run, step)
    return run.name if state is None else f"{run.name}, step {state:,}"


def frame(run: Run, time: int, step: int | None = None) -> np.ndarray | None:
    """A decoded time step of a run, at a step of its fit, if it is at hand, flat."""
    return _frames.get((run.id, kept(run, step), time))


def decode(run: Run, time: int, step: int | None = None) -> np.ndarray:
    """A time step of a run, finished or at a step of its fit, flat, in the units of its field;
    takes a while the first time."""
    values = frame(run, time, step)
    if values is None:
        values = np.asarray(reader(run, step).values(time)).reshape(-1)
        _frames.put((run.id, kept(run, step), time), values)
    return values


def _ignore(*how_far: float) -> None:
    """Of who waits for the result alone."""


def whole(run: Run, step: int | None = None, told: Callable[[float], None] = _ignore) -> np.ndarray:
    """All time steps of a run, finished or at a step of its fit, (time, *grid.shape), in the units
    of its field; takes seconds the first time.

    `told` is called with the part that is decoded; what it raises ends the work.
    """
    key = (run.id, kept(run, step))
    values: np.ndarray | None = _wholes.get(key)
    if values is None:
        told(0.0)
        opened = reader(run, step)
        values = np.empty(opened.shape, opened.dtype)
        for times in np.array_split(np.arange(len(values)), min(PARTS, len(values))):
            values[times] = opened.values(times)
            told((times[-1] + 1) / len(values))
        _wholes.put(key, values)
    return values


def checks(
    run: Run,
    step: int | None = None,
    decoded: Callable[[float], None] = _ignore,
    checked: Callable[[int, int], None] = _ignore,
) -> list[Check]:
    """Whether a run, finished or at a step of its fit, is fit for analysis; takes many seconds the
    first time.

    `decoded` is called as by `whole`, `checked` with the parts done and all parts; what they raise
    ends the work.
    """
    key = (run.id, kept(run, step))
    found: list[Check] | None = _checks.get(key)
    if found is None:
        from cainr_core.evaluate.analysis import analyse

        original = shared.open_choice(run.choices.data)
        found = analyse(original, whole(run, step, decoded), checked)
        _checks.put(key, found)
    return found


def prefetch(runs: Sequence[Run], time: int) -> None:
    """Decode a time step of runs that somebody may look at next, while nobody waits."""

    def quietly(run: Run) -> None:
        with suppress(Exception):  # told to whoever looks at the run
            decode(run, min(time, reader(run).shape[0] - 1))

    for run in runs[:PREFETCHED]:
        if frame(run, time) is None:
            POOL.submit(quietly, run)


def reader(run: Run, step: int | None = None) -> Any:
    """The run's file, or that of a step of its fit, opened for evaluation."""
    state = kept(run, step)
    readers = _readers if state is None else _states
    opened = readers.get((run.id, state))
    if opened is None:
        from cainr_core.codec.reconstruction import read

        # the file names a visitor's own contexts without their folders; the choices know these
        own = (choice.source for choice in run.choices.contexts if not choice.is_builtin)
        file = run.cainr_path if state is None else run.at(state).source
        opened = read(file, [split_source(source)[0] for source in own])
        if state is not None:
            opened.lean_on(reader(run))
        readers.put((run.id, state), opened)
    return opened
