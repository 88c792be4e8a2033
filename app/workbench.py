"""What one visitor has chosen and looks at: the state that controls write and views read."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import param

from app import shared
from app.views.projections import PROJECTIONS
from cainr_core.choices import Choices, DataChoice, Target
from cainr_core.data.contexts import BUILTIN_CONTEXTS, ContextChoice, load_context
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.runs import Run

log = logging.getLogger("cainr.app")

DEVICES = {"auto": "CUDA where there is one, else CPU", "cpu": "CPU", "cuda": "CUDA"}
SURPRISE = "Something went wrong that cainr did not expect; the server's log has the details."
FINAL = ("done", "failed", "cancelled")


@dataclass(eq=False)
class Offer:
    """A context that can be ticked; its choice of quality stays while it is not."""

    choice: ContextChoice
    title: str
    sentence: str
    ticked: bool = False
    own: bool = field(default=False)  # added by the visitor, so it can be removed


class Workbench(param.Parameterized):
    """The choices, the field, the fit under way and the runs looked at; no widgets."""

    field = param.Parameter(doc="The field that is fitted next, or None.")
    plan = param.Parameter(doc="What the choices would give, or None while that is worked out.")
    problem = param.String(doc="A sentence that the visitor should read.")
    opening = param.Boolean(doc="Whether a field is being read.")
    changed = param.Event(doc="Some choice has changed.")
    offered = param.Event(doc="The list of contexts has changed.")

    device: Any = param.Selector(default="auto", objects=list(DEVICES), doc="Where the fit runs.")
    time = param.Integer(default=0, bounds=(0, None), doc="Index of the time step shown.")
    projection: Any = param.Selector(
        default="robinson", objects={p.title: p.name for p in PROJECTIONS.values()}
    )
    centre: Any = param.Selector(default=0, objects={"0°": 0, "90°E": 90, "180°": 180, "90°W": -90})

    job = param.Parameter(doc="The fit that this page follows, or None.")
    job_field = param.Parameter(doc="The field that it is a fit of.")
    snapshot = param.Parameter(doc="The latest that is known of the job.")
    fitted = param.Parameter(doc="The run that the job became, once it is kept.")
    runs = param.List(doc="Runs of the library, the newest first.")
    picked = param.List(doc="Ids of the runs looked at, in the order of the table.")
    following = param.Boolean(default=True, doc="Whether the maps show the fit, not the picks.")

    def __init__(self) -> None:
        super().__init__()
        self.data, self.architecture = DataChoice(), Architecture()
        self.recipe, self.target = Recipe(), Target()
        self.offers = [
            Offer(ContextChoice(source=name), title, sentence)
            for name, (title, sentence) in BUILTIN_CONTEXTS.items()
        ]
        for choice in (self.architecture, self.recipe, self.target):
            choice.param.watch(self._choice_changed, _names(choice))
        for offer in self.offers:
            offer.choice.param.watch(self._choice_changed, _names(offer.choice))
        self.param.watch(self._choice_changed, "device")
        self._planned = 0
        self._seen_runs = -1

    # ------------------------------------------------------------------ choices

    @property
    def choices(self) -> Choices:
        """A copy of all choices as they stand."""
        return Choices(
            data=_copy(self.data),
            contexts=[_copy(offer.choice) for offer in self.offers if offer.ticked],
            architecture=_copy(self.architecture),
            recipe=_copy(self.recipe),
            target=_copy(self.target),
            device=self.device,
        )

    def tick(self, offer: Offer, ticked: bool) -> None:
        """Use a context, or stop using it."""
        offer.ticked = ticked
        self._choice_changed()

    def offer_file(self, spec: str) -> None:
        """Add a context from a file, "FILE.nc:VAR"; it is read first, to see that it can be."""
        try:
            choice = ContextChoice.parse(spec.strip())
        except (CainrError, ValueError) as problem:
            return self.report(problem)

        def take(context: object) -> None:
            title = getattr(context, "title", "") or choice.source
            offer = Offer(choice, title, choice.source, ticked=True, own=True)
            choice.param.watch(self._choice_changed, _names(choice))
            self.offers.append(offer)
            self.param.trigger("offered")
            self._choice_changed()

        self._background(lambda: load_context(choice, self.field), take)

    def withdraw(self, offer: Offer) -> None:
        """Remove a context that the visitor added."""
        self.offers.remove(offer)
        self.param.trigger("offered")
        self._choice_changed()

    def open_data(self) -> None:
        """Read the field that the choices name."""
        choice = _copy(self.data)

        def take(opened: Field) -> None:
            self.param.update(field=opened, opening=False, problem="")
            self._choice_changed()

        def refuse(problem: Exception) -> None:
            self.opening = False
            self.report(problem)

        self.opening = True
        shared.background(lambda: shared.open_choice(choice), take, refuse)

    def _choice_changed(self, *events: object) -> None:
        self.param.trigger("changed")
        self._planned += 1
        asked, field, choices = self._planned, self.field, self.choices
        if field is None:
            return

        def take(plan: object) -> None:
            if asked == self._planned:  # else a later choice has overtaken this one
                self.plan = plan

        self._background(lambda: shared.plan(field, choices), take)

    # ------------------------------------------------------------------ fits and runs

    @property
    def fitting(self) -> bool:
        """Whether a fit of this page waits or runs."""
        return self.job is not None and self.job.state not in FINAL

    def fit(self) -> None:
        """Start a fit of the choices."""
        if self.field is None or self.fitting:
            return
        choices, field = self.choices, self.field
        name = self._free_name(choices)

        def take(job: object) -> None:
            self.param.update(
                job=job,
                job_field=field,
                snapshot=None,
                fitted=None,
                following=True,
                problem="",
                time=self.time,
            )
            self.look_at(self.time)

        self._background(lambda: shared.fits.submit(choices, field, name), take)

    def cancel(self) -> None:
        """Stop the fit; what was learned so far is kept as a run."""
        if self.fitting:
            self.job.cancel()

    def look_at(self, time: int) -> None:
        """Show another time step, here and in what the fit sends."""
        self.time = time
        if self.fitting:
            self.job.look_at(time)

    def poll(self) -> None:
        """Take what is new; called a few times a second within this session's turn."""
        job = self.job
        if job is not None:
            snapshot = job.latest
            if snapshot is not None and snapshot is not self.snapshot:
                self.snapshot = snapshot
            if job.state == "failed" and self.fitted is None and self.problem != job.error:
                self.problem = job.error or SURPRISE
            if lost := shared.fits.lost.pop(job.id, ""):
                self.problem = lost
            if self.fitted is None and (run := shared.fits.run(job)) is not None:
                self.fitted = run
        if self._seen_runs != shared.fits.version:
            self._seen_runs = shared.fits.version
            self.list_runs()

    def list_runs(self) -> None:
        """Read the library again."""
        runs = sorted(shared.library().list(), key=lambda run: str(run.created), reverse=True)
        known = {run.id for run in runs}
        self.param.update(runs=runs, picked=[id for id in self.picked if id in known])

    def pick(self, ids: list[str]) -> None:
        """Look at these runs instead of the fit."""
        if ids != self.picked:
            self.param.update(picked=ids, following=not ids)

    def run(self, id: str) -> Run | None:
        """The run of that id."""
        return next((run for run in self.runs if run.id == id), None)

    def rename(self, id: str, name: str) -> None:
        """Give a run another name."""
        self._change_library(lambda: shared.library().rename(id, name))

    def delete(self, ids: list[str]) -> None:
        """Remove runs from the library and from the disk."""
        for id in ids:
            self._change_library(partial(shared.library().delete, id))

    def _change_library(self, change: Callable[[], object]) -> None:
        try:
            change()
        except Exception as problem:
            self.report(problem)
        shared.fits.changed()
        self.poll()

    def _free_name(self, choices: Choices) -> str:
        parts = [context.source.split(":")[-1].replace("_", " ") for context in choices.contexts]
        name, taken = " + ".join(parts) or "no context", {run.name for run in self.runs}
        if name not in taken:
            return name
        number = 2
        while f"{name} ({number})" in taken:
            number += 1
        return f"{name} ({number})"

    # ------------------------------------------------------------------ trouble

    def report(self, problem: Exception) -> None:
        """Tell the visitor in one sentence; what was not foreseen goes to the log as well."""
        refused = re.search(r"parameter '\w+\.(\w+)' (must be .*)", str(problem))
        if isinstance(problem, CainrError):
            self.problem = str(problem)
        elif refused and isinstance(problem, ValueError):  # a value that a choice refuses
            name = refused[1].replace("_", " ").capitalize()
            self.problem = f"{name} {refused[2].rstrip('.')}."
        else:
            log.error("unforeseen", exc_info=problem)
            self.problem = SURPRISE

    def _background(self, work: Callable[[], object], then: Callable[[object], None]) -> None:
        shared.background(work, then, self.report)


P = TypeVar("P", bound=param.Parameterized)


def _names(choice: param.Parameterized) -> list[str]:
    return [name for name in choice.param if name != "name"]


def _copy(choice: P) -> P:
    values = {name: value for name, value in choice.param.values().items() if name != "name"}
    return type(choice)(**values)
