"""What the maps show: a field, and one or two reconstructions of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app import shared
from app.views.colours import FIT_COLOUR, RUN_COLOURS
from app.workbench import Workbench
from cainr_core.data.fields import Field
from cainr_core.runs import Run


class Source(Protocol):
    """A reconstruction that comes step by step."""

    title: str
    colour: str

    def values(self, time: int) -> NDArray[np.floating] | None:
        """A time step on native cells, shape (cells,), or None while it is not at hand."""


class FitSource:
    """The fit under way: the frames that its worker sent, the newest of each time step."""

    title, colour = "Reconstruction", FIT_COLOUR

    def __init__(self, job: Any) -> None:
        self.job = job
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
    """A finished run, decoded in a thread; `arrived` is called with each step that is there."""

    def __init__(
        self,
        run: Run,
        title: str,
        colour: str,
        steps: int,
        arrived: Callable[[int], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.run, self.title, self.colour = run, title, colour
        self._steps, self._arrived, self._failed = steps, arrived, failed
        self._asked: set[int] = set()
        self.meanwhile: Source | None = None

    def values(self, time: int) -> NDArray[np.floating] | None:
        """The decoded time step, asked for where it is not there yet; so is the one after it,
        which a player shows next."""
        decoded = shared.frame(self.run, time)
        if decoded is None:
            self._ask(time)
            return self.meanwhile.values(time) if self.meanwhile is not None else None
        if time + 1 < self._steps:
            self._ask(time + 1)
        return decoded

    def _ask(self, time: int) -> None:
        if time in self._asked or shared.frame(self.run, time) is not None:
            return
        self._asked.add(time)

        def arrive(values: object) -> None:
            self._asked.discard(time)
            self._arrived(time)

        shared.background(lambda: shared.decode(self.run, time), arrive, self._failed)


@dataclass(frozen=True)
class Held:
    """A time step of a source, on native cells."""

    source: Source
    time: int
    values: NDArray[np.floating]


@dataclass(frozen=True)
class Shown:
    """A field and the reconstructions of it, at most two."""

    field: Field | None
    sources: tuple[Source, ...] = ()

    @property
    def comparing(self) -> bool:
        """Whether two runs are side by side."""
        return len(self.sources) == 2


def colour_of(workbench: Workbench, run_id: str) -> str:
    """The colour of a run in curves and maps."""
    if workbench.fitted is not None and workbench.fitted.id == run_id:
        return FIT_COLOUR
    others = [
        id for id in workbench.picked if workbench.fitted is None or id != workbench.fitted.id
    ]
    return RUN_COLOURS[others.index(run_id) % len(RUN_COLOURS)] if run_id in others else "#888888"
