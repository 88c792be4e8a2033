"""What one visitor does and looks at: the fit under way, the runs, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import param

from app import decoding, shared, uploads
from app.choosing import Choosing, copy_of
from app.settings import settings
from app.viewing import Viewing
from app.visitors import Visitor
from cainr_core.choices import Choices, DataChoice, values_of
from cainr_core.data.fields import Field
from cainr_core.runs import Library, Run, default_name

FINAL = ("done", "failed", "cancelled")
FIT = "fit"  # among what is picked: the fit under way
BESIDE = 4  # runs that stay picked beside a new fit: colours are told apart at a glance up to 5
GONE = "The fit that this page followed is over; if it was kept, its run is in the table."


class Workbench(Choosing, Viewing):
    """The state of a page, which controls write and views read; no widgets."""

    job = param.Parameter(doc="The fit that this page follows, or None.")
    job_field = param.Parameter(doc="The field that it is a fit of.")
    snapshot = param.Parameter(doc="The latest that is known of the job.")
    fitted = param.Parameter(doc="The run that the job became, once it is kept.")
    ended = param.Boolean(default=True, doc="Whether no fit of this page waits or runs.")
    runs = param.List(doc="Runs of the library, the newest first.")
    picked = param.List(
        doc="Ids of the runs looked at, and `FIT` for the fit under way, in the order of their "
        "letters: A, B and so on."
    )

    _seen_runs = -1
    _path = ""  # of the data that are open
    _asked = 0  # for fits

    def __init__(self, visitor: Visitor | None = None) -> None:
        super().__init__()
        self.visitor = visitor or Visitor()
        self.param.watch(self._field_opened, "field")

    def _field_opened(self, event: Any) -> None:
        """Leave what is of other data, but a fit that still goes on."""
        self._keep_view(event.old, event.new)
        self._path = self._opened.path
        alike = [id for id in self.picked if self._of(self.run(id), self._opened)]
        self.step = None
        self.look(alike)
        if self.ended and self.job_field is not self.field:
            self.param.update(job=None, job_field=None, snapshot=None, fitted=None)

    def _keep_view(self, old: Field | None, new: Field | None) -> None:
        """Stay at the date that is shown where the new data have it, and at the place and the
        region where they are of the same file."""
        if old is None or new is None:
            return
        date = old.time.label(min(self.time, len(old.time) - 1))
        dates = (index for index in range(len(new.time)) if new.time.label(index) == date)
        self.time = next(dates, 0)
        if self._opened.path != self._path:
            self.param.update(place_lat=None, place_lon=None, region=[])

    @staticmethod
    def _of(run: Run | None, data: DataChoice) -> bool:
        return run is not None and values_of(run.choices.data) == values_of(data)

    # ------------------------------------------------------------------ fits

    def fit(self, picked: Sequence[str] | None = None) -> None:
        """Start a fit of the choices. `picked`: what is looked at meanwhile, with `FIT` in the
        place of the fit; by itself it is B, after the first of what is picked already."""
        if self.field is None or not self.ended:
            return
        choices, field, name = self.choices, self.field, self._free_name(self.choices)
        self.param.update(ended=False, job=None, snapshot=None)
        self._look_away()
        asked = self._asked = self._asked + 1

        def follow(job: Any) -> None:
            if asked == self._asked:
                self.follow(job, field, picked)
            else:
                job.cancel()

        def refuse(problem: Exception) -> None:
            self.ended = True
            self.report(problem)

        visitor = self.visitor
        work = partial(shared.fits.submit, choices, field, name, visitor.person, visitor.room)
        shared.background(work, follow, refuse)

    def follow(self, job: Any, field: Any, picked: Sequence[str] | None = None) -> None:
        """Show a fit of `field`, and what is compared with it from now on: what is shown as the
        fit ends is what is shown already, so that nothing moves then."""
        if field is not self.field:
            picked = self.picked
        elif picked is None:
            every = [run.id for run in self.picked_runs if self._of(run, job.choices.data)]
            alike = every[:BESIDE]
            # as B: what was A stays so, and the gain over it is that of what is new
            picked = [*alike[:1], FIT, *alike[1:]]
        self.param.update(
            job=job, job_field=field, snapshot=None, fitted=None, picked=list(picked), problem="",
            step=None,
        )  # fmt: skip
        self.look_at(self.time)
        self.poll()

    def rejoin(self, job_id: str) -> None:
        """Follow a fit that an earlier page started, if this server still knows it."""
        job = shared.fits.job(job_id, self.visitor.room)
        if job is None:
            self.problem = GONE
        else:
            self.adopt(job.choices, lambda: self.follow(job, self.field))

    def cancel(self) -> None:
        """Stop the fit; what was learned so far is kept as a run."""
        if self.job is not None and not self.ended:
            self.job.cancel()

    def abandon(self) -> None:
        """Stop the fit and look away from it; what was learned so far is kept as a run."""
        self.cancel()
        self._asked += 1  # one that is not in the line yet is stopped when it is there
        self.param.update(job=None, job_field=None, snapshot=None, fitted=None, ended=True)
        self._look_away()

    def look_at(self, time: int) -> None:
        """Show another time step, here and in what the fit sends."""
        self.time = time
        if self.job is not None and not self.ended:
            self.job.look_at(time)

    def attend(self) -> None:
        """Tell the fit that somebody looks at it; one that nobody looks at makes way for others."""
        if self.job is not None and not self.ended:
            self.job.seen()

    def poll(self) -> None:
        """Take what is new; called a few times a second within this session's turn."""
        job = self.job
        if job is not None and not (self.fitted is not None and self.ended):
            snapshot = job.latest
            if snapshot is not None and snapshot is not self.snapshot:
                self.snapshot = snapshot
            if self.fitted is None and (run := shared.fits.run(job)) is not None:
                self._select(run)
            self.ended = job.state in FINAL
            if job.fruitless and shared.fits.run(job) is None:
                self.param.update(job=None, job_field=None, snapshot=None)
                self._look_away()
            if self.ended and (told := shared.fits.trouble(job)):
                self.problem = told
        if self._seen_runs != shared.fits.version:
            self._seen_runs = shared.fits.version
            self.list_runs()

    def _select(self, run: Run) -> None:
        """Look at the run that the fit has become, in its place. Where runs are looked at instead
        it joins them if that adds no map to theirs."""
        self.list_runs()
        picked = [run.id if id == FIT else id for id in self.picked]
        if self.job_field is self.field and FIT not in self.picked and len(picked) > 1:
            picked.append(run.id)
        sides = {side: run.id for side in ("left", "right") if getattr(self, side) == FIT}
        self.param.update(fitted=run, picked=picked, **sides)

    def _look_away(self) -> None:
        """Look no longer at a fit that is not there."""
        self.picked = [id for id in self.picked if id != FIT]

    def _free_name(self, choices: Choices) -> str:
        if self.plan is not None and choices.target.kind != "none":  # a budget gives the width
            choices = replace(choices, architecture=self.plan.architecture)
        name, taken = default_name(choices), {run.name for run in self.runs}
        steps = choices.recipe.steps
        if any(run.name == name and run.choices.recipe.steps != steps for run in self.runs):
            name = f"{name}, {steps:,} steps"
        number, free = 2, name
        while free in taken:
            free, number = f"{name} ({number})", number + 1
        return free

    # ------------------------------------------------------------------ runs

    @property
    def library(self) -> Library:
        """The runs that this visitor sees."""
        return shared.library(self.visitor.room)

    def _as_seen(self, run: Run) -> Run:
        """A run without the way to a file that another visitor has sent."""
        path = run.choices.data.path
        if not uploads.is_upload(path) or self.uploads.holds(path):
            return run
        data = copy_of(run.choices.data)
        data.path = uploads.hidden(path)
        return replace(run, choices=replace(run.choices, data=data))

    def list_runs(self) -> None:
        """Read the library again."""
        runs = [self._as_seen(run) for run in self.library.list()[::-1]]
        known = {FIT, *(run.id for run in runs)}
        self.param.update(runs=runs, picked=[id for id in self.picked if id in known])
        decoding.prefetch(runs, self.time)

    def run(self, id: str) -> Run | None:
        """The run of that id."""
        return next((run for run in self.runs if run.id == id), None)

    @property
    def picked_runs(self) -> list[Run]:
        """The runs looked at, in the order of their letters."""
        return [run for run in map(self.run, self.picked) if run is not None]

    def look(self, ids: Sequence[str]) -> None:
        """Look at these runs, A, B and so on; at the fit under way where there are none."""
        fitting = self.job is not None and self.fitted is None and self.job_field is self.field
        self.picked = list(ids) or ([FIT] if fitting else [])

    def pick(self, ids: list[str]) -> None:
        """Look at these runs instead of the fit."""
        before = [id for id in self.picked if id in ids]
        self.look(before + [id for id in ids if id not in before])  # the first picked is A

    def look_also(self, id: str) -> None:
        """Look at a run, or no longer: the first is A, another one beside it takes the place of B,
        and one of other data is looked at alone."""
        if self.run(id) is None:  # the list lags behind a sweep
            self.list_runs()
        picked = [run.id for run in self.picked_runs]
        if id in picked:
            self.pick([each for each in picked if each != id])
            return
        run, first = self.run(id), next(iter(self.picked_runs), None)
        beside = run is not None and first is not None and self._of(first, run.choices.data)
        self.look([picked[0], id, *picked[2:]] if beside else [id])

    def rename(self, id: str, name: str) -> None:
        """Give a run another name."""
        self._change_library(partial(self.library.rename, id, name))

    def delete(self, ids: list[str]) -> None:
        """Remove runs from the library and from the disk."""
        for id in ids:
            self._change_library(partial(self._delete, id))

    def _delete(self, id: str) -> None:
        settings.check_deletion()
        self.library.delete(id)

    def _change_library(self, change: Callable[[], object]) -> None:
        try:
            change()
        except Exception as problem:
            self.report(problem)
        shared.fits.changed()
        self.poll()
