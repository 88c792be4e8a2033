"""Which maps a picture has: those that the page shows, each as what computes its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app import decoding, shared
from app.views.colours import Scale
from app.views.printing import provenance
from app.views.projections import EVERY, Extent
from app.views.projections import Cells as Seen
from app.views.shown import LETTERS, lettered
from app.words import three
from cainr_core.choices import DataChoice
from cainr_core.data.fields import Field
from cainr_core.evaluate.difference import difference, relative_difference
from cainr_core.evaluate.over_time import rmse
from cainr_core.runs import Run

Cells = Callable[[int], NDArray]  # of a time step, any shape of `grid.size`; may take a while


@dataclass(frozen=True)
class Look:
    """How maps are drawn: `scales` by kind, those of the page; `seen`: the part that is zoomed in
    on, None for all of it, which `part` tells in words."""

    projection: str
    centre: float
    scales: Mapping[str, Scale] = field(default_factory=dict)
    seen: Extent | None = None
    part: str = ""


@dataclass(frozen=True)
class Panel:
    """A map: its title, the kind of scale that it is coloured by, the unit of its cells; `errors`:
    whether its title tells their RMSE."""

    title: str
    kind: str
    unit: str
    cells: Cells
    errors: bool = False

    def heading(self, cells: NDArray, seen: Seen = EVERY) -> str:
        """The title over these cells, of which some are `seen`."""
        if not self.errors:
            return self.title
        of = "this time" if isinstance(seen, slice) else "this part"
        figure = three(float(rmse(cells.ravel()[seen])))
        return f"{self.title}, RMSE of {of} {figure} {self.unit}".rstrip()


@dataclass(frozen=True)
class Sheet:
    """What a picture is made of: maps of a field, and the runs that they show at a step of their
    fits."""

    field: Field
    data: DataChoice
    panels: Sequence[Panel]
    runs: Sequence[Run] = ()
    step: int | None = None
    letters: str = LETTERS  # of the runs, where there are several

    @property
    def told(self) -> str:
        """Where it comes from."""
        return provenance(self.data, self.runs, self.field.units, self.step, self.letters)

    @property
    def name(self) -> str:
        """What its file is called, without the time."""
        runs = " ".join(decoding.name_of(run, self.step) for run in self.runs)
        return runs if runs.startswith(f"{self.field.name} ") else f"{self.field.name} {runs}"


def of_run(run: Run, step: int | None = None) -> Sheet:
    """The original, a run and its error."""
    return of_runs(shared.open_choice(run.choices.data), run.choices.data, [run], step)


def of_runs(field: Field, data: DataChoice, runs: Sequence[Run], step: int | None = None) -> Sheet:
    """The original, and the first of the runs with its error; of two, B with its error and its gain
    as well."""
    truth, unit = _of_field(field), field.units
    panels = [Panel("Original", "original", unit, truth)]
    errors = []
    for letter, run in zip("AB", runs, strict=False):
        title = decoding.name_of(run, step)
        cells = _of_run(run, step)
        error = _minus(cells, truth)
        errors.append(error)
        several = len(runs) > 1
        panels += [
            Panel(f"{letter}: {title}" if several else title, "original", unit, cells),
            Panel(f"Error of {letter}" if several else "Error", "error", unit, error, errors=True),
        ]
    if len(errors) > 1:
        a, b = errors
        gain = Panel(
            "Gain of B over A", "gain", unit, lambda time: np.abs(a(time)) - np.abs(b(time))
        )
        panels.insert(3, gain)
    return Sheet(field, data, panels, runs[:2], step)


def of_pair(
    field: Field,
    data: DataChoice,
    pair: tuple[Run | None, Run | None],
    mode: str,
    step: int | None = None,
    letters: str = LETTERS,
) -> Sheet:
    """Two things compared, None for the original, and in the modes that show one their
    difference. `letters`: of two runs."""
    runs = [run for run in pair if run is not None]
    names = iter(lettered([decoding.name_of(run, step) for run in runs], letters))
    titles = ["Original" if run is None else next(names) for run in pair]
    first, second = (_of_field(field) if run is None else _of_run(run, step) for run in pair)
    unit = field.units
    panels = [
        Panel(title, "original", unit, cells)
        for title, cells in zip(titles, (first, second), strict=True)
    ]
    # by their letters: their names stand over their maps, and would not fit here
    apart = " − ".join(letters[1::-1]) if len(runs) > 1 else "Second − first"
    if mode == "difference":
        panels.append(Panel(apart, "error", unit, _minus(second, first), errors=True))
    elif mode == "relative":

        def relative(time: int) -> NDArray:
            return relative_difference(second(time), first(time)).values

        panels.append(Panel(f"{apart}, in percent of the first", "relative", "%", relative))
    return Sheet(field, data, panels, runs, step, letters)


def _of_field(field: Field) -> Cells:
    return lambda time: field.values.reshape(len(field.time), -1)[time]


def _of_run(run: Run, step: int | None) -> Cells:
    return lru_cache(1)(lambda time: decoding.decode(run, time, step))  # for its error, too


def _minus(first: Cells, second: Cells) -> Cells:
    return lambda time: difference(first(time), second(time)).values
