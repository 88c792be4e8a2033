"""What is looked at closer: the runs that are picked, and the field that they are runs of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from numpy.typing import NDArray

from app import decoding, shared
from app.choosing import copy_of
from app.views.shown import called, colours
from app.workbench import Workbench
from cainr_core.choices import DataChoice, values_of
from cainr_core.data.fields import Field
from cainr_core.runs import Run


class Picked(NamedTuple):
    """A run, finished or at a step of its fit, and how it is called and coloured wherever it is
    drawn."""

    run: Run
    title: str
    colour: str
    step: int | None = None

    def values(self, told: Callable[[float], None]) -> NDArray:
        """All of it as decoded from its file, (time, *grid.shape); takes a while the first time,
        and meanwhile tells what part is done."""
        return decoding.whole(self.run, self.step, told)

    def at(self, time: int) -> NDArray:
        """One time step of it, any shape of `grid.size` cells."""
        return decoding.decode(self.run, time, self.step)


@dataclass(frozen=True)
class Selected:
    """The runs picked that are of the same data as the first of them, in the order of picking."""

    data: DataChoice
    runs: tuple[Picked, ...]

    def field(self) -> Field:
        """Their original; takes a while where it is not in memory."""
        return shared.open_choice(self.data)


def selected(workbench: Workbench) -> Selected | None:
    """What the page has picked; no runs, but the open field, where nothing is picked."""
    runs = workbench.picked_runs
    if not runs:
        opened = workbench.choices.data
        return None if workbench.field is None else Selected(copy_of(opened), ())
    data, given = runs[0].choices.data, colours(workbench)
    alike = [run for run in runs if values_of(run.choices.data) == values_of(data)]
    step = workbench.step
    # as on the maps and in the table
    names = called(workbench, {run.id: decoding.name_of(run, step) for run in alike})
    picked = (Picked(run, names[run.id], given[run.id], step) for run in alike)
    return Selected(copy_of(data), tuple(picked))
