"""What the maps show: a field, and reconstructions of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, zip_longest
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app import decoding, shared
from app.views.colours import APART, RUN_COLOURS, free_colour
from app.workbench import FIT, Workbench
from cainr_core.data.fields import Field
from cainr_core.runs import Run

State = tuple[int, int | None]  # a time step, and the step of the fit: None where it is finished
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def lettered(names: Sequence[str], letters: str = LETTERS) -> list[str]:
    """What several are called, each with its letter, as far as letters go."""
    if len(names) < 2:
        return [*names]
    before = [f"{letter}: " for letter in letters[: len(names)]]
    return [letter + name for letter, name in zip_longest(before, names, fillvalue="")]


def called(workbench: Workbench, names: Mapping[str, str]) -> dict[str, str]:
    """What the fit under way and the runs of `names`, by id, are called where they are looked at,
    with their letters; the fit as its run will be, so that no name changes when it ends."""
    job = workbench.job
    told = {FIT: (job is not None and shared.fits.name(job)) or "this fit", **names}
    looked = [id for id in workbench.picked if id in told]
    return told | dict(zip(looked, lettered([told[id] for id in looked]), strict=True))


class Source(Protocol):
    """What comes step by step: a reconstruction, or the original itself."""

    key: str  # how a view names it
    title: str
    colour: str | None

    def values(self, time: int) -> NDArray[np.floating] | None:
        """A time step on native cells, shape (cells,), or None while it is not at hand."""


class Original:
    """The field itself."""

    key, title = "original", "Original"
    colour: str | None = None

    def __init__(self, field: Field) -> None:
        self._cells = field.values.reshape(len(field.time), -1)

    def values(self, time: int) -> NDArray[np.floating]:
        """A time step, always at hand."""
        return self._cells[time]


class FitSource:
    """The fit under way: the frames that its worker sent, the newest of each time step."""

    key, title = FIT, "This fit"

    def __init__(self, job: Any, colour: str) -> None:
        self.job = job
        self.colour: str | None = colour
        self._frames: dict[int, NDArray[np.floating]] = {}

    def take(self, snapshot: Any) -> None:
        """Keep the frame of a snapshot."""
        if snapshot is not None and snapshot.frame is not None:
            time, values = snapshot.frame
            self._frames[int(time)] = np.asarray(values).reshape(-1)

    def values(self, time: int) -> NDArray[np.floating] | None:
        """The newest frame of that time step."""
        return self._frames.get(time)


class RunSource:
    """A run, finished or at a step of its fit (`step`), decoded in a thread; `arrived` is called
    with each time step that is there and still wanted."""

    def __init__(
        self,
        run: Run,
        steps: int,
        arrived: Callable[[int], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.run, self.key, self.title = run, run.id, run.name
        self.colour: str | None = RUN_COLOURS[0]
        self._steps, self._arrived, self._failed = steps, arrived, failed
        self.step: int | None = None
        self._asked: set[State] = set()
        self._wanted: list[State] = []  # what is shown, and what may be next
        self.meanwhile: Source | None = None

    def values(self, time: int) -> NDArray[np.floating] | None:
        """The decoded time step, asked for where it is not there yet; so is what a player or a
        hand shows next."""
        decoded, ahead = decoding.frame(self.run, time, self.step), self._ahead(time)
        self._wanted = [(time, self.step), *ahead]
        if decoded is None:
            self._ask((time, self.step))
            finished = self.step is None
            return self.meanwhile.values(time) if finished and self.meanwhile is not None else None
        for state in ahead:
            shared.after_maps(partial(self._ask, state))
        return decoded

    def _ahead(self, time: int) -> list[State]:
        """The time step that comes next, and the states of the fit on both sides."""
        following: list[State] = [(time + 1, self.step)] if time + 1 < self._steps else []
        if (kept := decoding.kept(self.run, self.step)) is None:
            return following
        steps = [moment.step for moment in self.run.history]
        place = steps.index(kept)
        beside = [*steps[place + 1 : place + 2], *steps[max(place - 1, 0) : place]]
        return [*((time, step) for step in beside), *following]

    def _ask(self, state: State) -> None:
        time, step = state
        if state in self._asked or decoding.frame(self.run, time, step) is not None:
            return
        self._asked.add(state)

        def work() -> None:
            if state in self._wanted:  # else a hand has moved on meanwhile
                decoding.decode(self.run, time, step)

        def arrive(nothing: object) -> None:
            self._asked.discard(state)
            if step == self.step:
                self._arrived(time)

        shared.background(work, arrive, self._failed)


@dataclass(frozen=True)
class Held:
    """A time step of a source, on native cells."""

    source: Source
    time: int
    values: NDArray[np.floating]


class AtHand:
    """What each place showed last, so that it keeps that until what is asked for is there."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}

    def of(self, place: str, source: Source, time: int) -> Held | None:
        """The values of a time step; until they are there, those of the step shown before."""
        values = source.values(time)
        if values is not None:
            self._held[place] = Held(source, time, values)
        held = self._held.get(place)
        return held if held is not None and held.source is source else None


@dataclass(frozen=True)
class Shown:
    """A field and the reconstructions of it; the first two are A and B."""

    field: Field | None
    sources: tuple[Source, ...] = ()

    @property
    def comparing(self) -> bool:
        """Whether two runs are side by side."""
        return len(self.sources) > 1

    def title(self, source: Source) -> str:
        """What a reconstruction is called, with its letter where there are several."""
        return f"{self.in_short(source)}: {source.title}" if self.comparing else source.title

    def letter(self, source: Source) -> str:
        """The letter of a reconstruction; the original has none."""
        if source not in self.sources:
            return ""
        place = self.sources.index(source)
        return LETTERS[place : place + 1]

    def in_short(self, source: Source) -> str:
        """A reconstruction by its letter alone, where there are several."""
        return self.letter(source) if self.comparing else "Reconstruction"

    def pair(self, left: str, right: str) -> tuple[Source, Source] | None:
        """The two that a view names, where they are here; else A and B, or the original and A.
        None where there is nothing to compare."""
        if self.field is None or not self.sources:
            return None
        things: tuple[Source, ...] = (Original(self.field), *self.sources)
        every = {source.key: source for source in things}
        usual = self.sources[:2] if self.comparing else (every["original"], self.sources[0])
        first, second = every.get(left), every.get(right)
        if first is None or first is second:
            first = next(each for each in (*usual, *things) if each is not second)
        if second is None:
            second = next(each for each in (*usual[::-1], *things) if each is not first)
        return first, second


# The order in which this server met the runs of the library, and fits under way: it gives each its
# colour, which neither a later run nor a deleted one changes. The oldest come first: so it outlives
# a restart.
_met: dict[str, int] = {}
_number = count()


def _place_of(id: str) -> int:
    if id not in _met:
        _met[id] = next(_number)
    return _met[id]


def colours(workbench: Workbench) -> dict[str, str]:
    """Colours of the runs picked, by id, and of the fit under way (`FIT`), in curves and maps.

    Two that are seen together never share one, while there are enough.
    """
    job, fitted = workbench.job, workbench.fitted
    if job is not None and fitted is not None and job.id in _met:
        _met[fitted.id] = _met.pop(job.id)  # from the press on Fit on
    for run in reversed(workbench.runs):
        _place_of(run.id)
    under_way = [FIT] if job is not None and fitted is None else []
    seen = workbench.picked if FIT in workbench.picked else [*under_way, *workbench.picked]
    places = {id: _met.get(id, 0) for id in seen}
    if FIT in places and job is not None:
        places[FIT] = _place_of(job.id)
    given: dict[str, str] = {}
    for id, first in sorted(places.items(), key=lambda each: each[1]):  # who was there keeps theirs
        given[id] = free_colour(first, RUN_COLOURS[:APART], RUN_COLOURS[APART:], given.values())
    return {id: given[id] for id in seen}
