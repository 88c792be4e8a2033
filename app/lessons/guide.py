"""The tour through the lessons: sets the page up, waits for its fits, and gives it back; no
widgets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from string import ascii_uppercase
from typing import Any

import param

from app import shared
from app.lessons import LESSONS
from app.lessons.lesson import Lesson, Step
from app.state import restore, state_of
from app.workbench import FIT, Workbench
from cainr_core.choices import Choices
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.runs import Run

SPERR = "sperr"
# What a step shows things by, where it says nothing else: it speaks of these maps.
USUAL = {"mode": "side", "scale": "shared", "projection": "robinson", "centre": 0, "region": []}


class Guide(param.Parameterized):
    """Where a visitor is in the lessons."""

    lesson: Any = param.Parameter(doc="The lesson that is open, or None.")
    number = param.Integer(default=0, bounds=(0, None), doc="Which of its steps.")
    ready = param.Boolean(doc="Whether what the step waits for has happened.")
    learning = param.Boolean(doc="Whether a fit of this page waits or runs.")
    table = param.List(doc="Rows of the comparison at equal bytes, or none.")
    learned = param.Boolean(doc="Whether the network of this step has learned since it was opened.")
    told = param.String(doc="Why there is no such comparison.")
    turned = param.Event(doc="Another step, or something of it has changed.")

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self.workbench = workbench
        self._before: dict[str, Any] | None = None  # the state of the page, to be given back
        self._compared = ""
        self._fitting = False  # whether the latest fit is a lesson's
        workbench.param.watch(self._look, ["runs", "fitted", "ended"])

    @property
    def step(self) -> Step:
        """The step that is open."""
        step: Step = self.lesson.steps[self.number]
        return step

    @property
    def place(self) -> int:
        """Which of the lessons is open, from 1."""
        return LESSONS.index(self.lesson) + 1

    @property
    def leads(self) -> bool:
        """Whether fits are begun and cancelled here, not by the page's own buttons."""
        return self.lesson is not None and (bool(self.step.learn) or not self.learning)

    # ------------------------------------------------------------------ from step to step

    def start(self, lesson: Lesson) -> None:
        """Open a lesson at its first step."""
        if self._before is None:
            self._before = state_of(self.workbench)
        self.lesson = lesson
        self.go(0)

    def go(self, number: int) -> None:
        """Set the page up for a step."""
        self.number = max(0, min(number, len(self.lesson.steps) - 1))
        self.param.update(ready=False, learned=False, table=[], told="")
        self._compared = ""
        step, asked = self.step, (self.lesson, self.number)
        chosen = step.chosen or next(iter(self.lesson.networks))

        def then() -> None:
            if asked == (self.lesson, self.number):  # else the visitor has gone on
                self._show(keep_fit=False)
                self.workbench.param.update(**{**USUAL, **step.view})
                self._look()

        self.workbench.adopt(self._choices(chosen), then)
        self.param.trigger("turned")

    def fit(self) -> None:
        """Let the network of this step learn, beside the others that it is compared with."""
        self._fitting = True
        runs = {name: self.run(name) for name in self.step.show}
        named = {name: run.id for name, run in runs.items() if run is not None}
        named[self.step.learn] = FIT
        self.workbench.fit([named[name] for name in self.step.show if name in named])
        self._look()

    def leave(self) -> None:
        """Give the page back as it was before, without the lesson's fit; runs are kept."""
        if self._fitting and not self.workbench.ended:
            self.workbench.abandon()
        self._fitting = False
        before, self._before = self._before, None
        self.lesson = None
        if before is not None:
            restore(self.workbench, before)
        self.param.trigger("turned")

    # ------------------------------------------------------------------ what has happened

    def shown(self) -> list[Run]:
        """The runs of the networks that this step looks at, as far as they are there."""
        found = [self.run(name) for name in self.step.show]
        return [run for run in found if run is not None]

    @property
    def lacks(self) -> bool:
        """Whether networks that this step looks at, and does not fit, have been skipped."""
        others = {*self.step.show, *self.step.sperr} - {self.step.learn}
        return any(self.run(name) is None for name in others)

    def run(self, name: str) -> Run | None:
        """The newest whole fit of a network of the lesson."""
        plain = self._choices(name).to_dict()
        whole = (run for run in self.workbench.runs if not run.stopped)
        return next((run for run in whole if run.choices.to_dict() == plain), None)

    def _choices(self, name: str) -> Choices:
        choices: Choices = self.lesson.networks[name].choices()
        return choices

    def _look(self, *events: Any) -> None:
        """See whether the step has what it waits for."""
        if self.lesson is None:
            return
        bench, step = self.workbench, self.step
        self.learning = not bench.ended
        fitted = any(event.name == "fitted" and event.new is not None for event in events)
        if fitted and step.learn and bench.fitted.choices.to_dict() == self._wanted(step):
            self._show(keep_fit=True)
            self.learned = True
        ready = not step.learn or self.run(step.learn) is not None
        if step.sperr:
            self._compare(step)
            ready = bool(self.table or self.told) or self.lacks
        self.ready = ready
        self.param.trigger("turned")

    def _wanted(self, step: Step) -> dict[str, Any]:
        return self._choices(step.learn).to_dict()

    def _show(self, keep_fit: bool) -> None:
        """Look at the runs of this step; at none until its own network has been learned."""
        bench, step = self.workbench, self.step
        if step.learn and not keep_fit and self.run(step.learn) is None:
            ids = [run.id for run in self.shown()][:1]
        else:
            ids = [run.id for run in self.shown()]
        bench.look(ids)

    # ------------------------------------------------------------------ the wavelet

    @property
    def awaited(self) -> list[str]:
        """Names of the rows that the comparison will have."""
        runs = [run for run in map(self.run, self.step.sperr) if run is not None]
        of_sperr = [f"SPERR on the {on}" for on in sperr_on(runs) for run in runs]
        return [*(name for name, *_ in rows_of(self.shown())), *of_sperr]

    def _compare(self, step: Step) -> None:
        """Ask for what SPERR makes of the field at the bytes of the networks."""
        runs = [run for run in map(self.run, step.sperr) if run is not None]
        field = self.workbench.field
        asked = " ".join(run.id for run in runs)
        if field is None or not runs or asked == self._compared:
            return
        self._compared = asked
        shown = self.shown()

        def take(rows: list[Row]) -> None:
            if asked == self._compared:
                self.table = rows
                self._look()

        def refuse(problem: Exception) -> None:
            if asked == self._compared:
                self.told = self.workbench.told(problem)
                self._look()

        shared.background(partial(beside_sperr, field, runs, shown), take, refuse)


Row = tuple[str, int, float, float]  # name, bytes, RMSE and PSNR


def rows_of(shown: Sequence[Run]) -> list[Row]:
    """The runs shown, called by their letters where there are two, as their maps are."""
    names = ascii_uppercase if len(shown) > 1 else [run.name for run in shown]
    measures = [run.metrics for run in shown]
    return [
        (name, each.file_bytes, each.rmse, each.psnr)
        for name, each in zip(names, measures, strict=False)
    ]


def sperr_on(runs: Sequence[Run]) -> list[str]:
    """What SPERR is given beside these runs: the anomaly, too, where one of them had a context."""
    return ["field", *(["anomaly"] if any(run.choices.contexts for run in runs) else [])]


def beside_sperr(field: Field, runs: Sequence[Run], shown: Sequence[Run]) -> list[Row]:
    """The runs shown, and SPERR at the bytes of `runs`, on the field and on its anomaly from the
    climatology. CainrError where SPERR is not installed."""
    from cainr_core.evaluate.baselines import CODECS
    from cainr_core.evaluate.rate_distortion import measure_codec, tasks

    rows = rows_of(shown)
    codec = CODECS[SPERR]
    problems: list[str] = []
    climatology = shared.context("climatology") if "anomaly" in sperr_on(runs) else None
    for task in tasks(field, climatology):
        name = f"SPERR on the {task.on}"
        for run in runs:
            size = run.metrics.file_bytes
            for row in measure_codec(
                task, codec, codec.modes[0], [size], lambda size, why: problems.append(why)
            ):
                rows.append((name, row.bytes, row.rmse, row.psnr))
    if len(rows) == len(shown):
        raise CainrError(problems[0] if problems else "SPERR made no file of that size.")
    return rows
