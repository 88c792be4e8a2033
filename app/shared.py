"""What all sessions of one server share: the library, the jobs, opened fields and contexts.

It lives in an imported module, not in the served script, because Panel runs that
script again for every visitor.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from app import uploads
from app.recent import Recent
from app.session import (
    POOL,
    after_maps,
    background,
    decided,
    density,
    held,
    is_narrow,
    later,
    loosely,
    on_phone,
)
from app.settings import settings
from cainr_core.apart import open_apart
from cainr_core.choices import Choices, DataChoice, values_of
from cainr_core.compression import open_data
from cainr_core.data.choices import ContextChoice, split_source
from cainr_core.data.contexts import Context, load_context
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.pending import Pending
from cainr_core.planning import Plan
from cainr_core.planning import plan as make_plan
from cainr_core.runs import Library, Run

if TYPE_CHECKING:
    from cainr_core.jobs import Job, Jobs

# of a session, beside all here
__all__ = [
    "after_maps", "background", "decided", "density", "held", "is_narrow", "later", "loosely",
    "on_phone",
]  # fmt: skip
log = logging.getLogger("cainr.app")
ROOMS = 64  # whose libraries are kept in memory
FITS = 64  # that can be asked for, beside those that pages follow

_fields = Recent(512 << 20, lambda field: field.values.nbytes)
_contexts = Recent(16)


@lru_cache
def kept_runs() -> Library:
    """The runs on disk: of all, unless visitors have rooms of their own."""
    return Library()


@lru_cache(ROOMS)
def _library(room: str) -> Library:
    return Library(kept_runs().root / room, common=kept_runs())


def library(room: str) -> Library:
    """The library in a room, in which the runs of all can be looked at; "" is that of all."""
    return _library(room) if room else kept_runs()


@lru_cache
def jobs() -> Jobs:
    """The fits; the first call starts dask, so it is left to the first fit."""
    from cainr_core.jobs import Jobs

    return Jobs(stop_left=settings.kiosk)


def warm_up() -> None:
    """Start the worker process, and load what decoding runs takes, before they are wanted."""
    jobs().start()
    if kept_runs().list():
        POOL.submit(import_module, "cainr_core.codec.reconstruction")


def opened(choice: DataChoice) -> Field | None:
    """The field that a DataChoice names, if it is in memory."""
    return _fields.get(_key(choice))


def open_choice(choice: DataChoice) -> Field:
    """The field that a DataChoice names; the last few stay in memory, of large ones the last."""
    settings.check_file(choice.path, kept_runs().root)
    field = opened(choice)
    if field is None:
        uploads.check(choice.path)
        read = open_apart if uploads.is_upload(choice.path) else open_data
        field = read(choice)
        _fields.put(_key(choice), field)
    return field


def read(choice: DataChoice, seconds: float) -> None:
    """Have the field that a DataChoice names in memory, where that takes no longer; what is wrong
    with it hears who opens it."""
    with suppress(Exception):
        POOL.submit(open_choice, choice).result(seconds)


def forget_uploads(of: uploads.Uploads) -> None:
    """Drop what is in memory of the files of a session."""
    _fields.forget(lambda key: of.holds(key[1]))


def _key(choice: DataChoice) -> Hashable:
    path = Path(choice.path) if choice.path else None
    stamp = path.stat().st_mtime if path and path.exists() else 0.0
    return (stamp, *map(str, values_of(choice).values()))


def context(spec: str) -> Context:
    """A context at its quality; the last few stay in memory."""
    if not (choice := ContextChoice.parse(spec)).is_builtin:
        settings.check_file(split_source(choice.source)[0], kept_runs().root)
    loaded = _contexts.get(spec)
    if loaded is None:
        loaded = load_context(spec)
        _contexts.put(spec, loaded)
    return loaded


def plan(field: Field, choices: Choices) -> Plan:
    """What the choices would cost."""
    contexts = [context(choice.spec) for choice in choices.contexts]
    return make_plan(field, contexts, choices.architecture, choices.target)


@dataclass
class Fit:
    """A fit that this server has started: what its run is called, in whose library, and what became
    of it."""

    job: Job
    name: str
    room: str
    run: Run | None = None
    trouble: str = ""


class Fits:
    """Fits under way and the runs they became; a fit is kept even if its page is closed."""

    def __init__(self) -> None:
        self.version = 0  # changes whenever the library may look different
        self._started = Recent(FITS)
        self._waiting: dict[str, Pending] = {}

    def submit(
        self, choices: Choices, field: Field, name: str, person: str = "", room: str = ""
    ) -> Job:
        """Ask for a fit of a person; its run will bear that name, in the library of that room.
        CainrError where it is longer than this server allows."""
        return self._start(choices, field, name, person, room)

    def go_on(self) -> None:
        """Take up the fits that an earlier server had begun, each from its checkpoint."""
        root = kept_runs().root
        rooms = [path.relative_to(root).as_posix() for path in root.glob(".*/*") if path.is_dir()]
        for room in ("", *rooms):
            for waiting in self._pending(room).take_over():
                try:
                    field = open_choice(waiting.choices.data)
                    person = f"earlier {waiting.id}"
                    self._start(waiting.choices, field, waiting.name, person, room, waiting.id)
                except Exception as problem:  # its file is gone, or it can't be fitted any more
                    log.warning("a fit cannot go on: %s", problem)
                    self._pending(room).forget(waiting.id)

    def _start(
        self,
        choices: Choices,
        field: Field,
        name: str,
        person: str,
        room: str,
        id: str | None = None,
    ) -> Job:
        planned = plan(field, choices)
        settings.check_fit(choices, field, planned)
        job = jobs().submit(choices, field, person, id)
        job.seen()
        if id is None:
            self._pending(room).keep(job.id, choices, name)
        job.lasting = True
        if choices.target.kind != "none":  # the width that the budget gave is what is kept
            choices = replace(choices, architecture=planned.architecture)
        fit = Fit(job, name, room)
        self._started.put(job.id, fit)
        Thread(target=self._keep, args=(fit, choices), daemon=True).start()
        return job

    def _pending(self, room: str) -> Pending:
        if room not in self._waiting:
            self._waiting[room] = Pending(library(room).root)
        return self._waiting[room]

    def job(self, id: str, room: str = "") -> Job | None:
        """The fit of that id, if this server started it for that room."""
        fit = self._started.get(id)
        return fit.job if fit is not None and fit.room == room else None

    def name(self, job: Job) -> str:
        """What the run of a fit will be called; empty where another server has started it."""
        return self._of(job).name

    def run(self, job: Job) -> Run | None:
        """The run that a finished fit became."""
        return self._of(job).run

    def trouble(self, job: Job) -> str:
        """Why a fit that has ended did not become a run; told once."""
        fit = self._of(job)
        told, fit.trouble = fit.trouble, ""
        return told

    def _of(self, job: Job) -> Fit:
        """What is known of a fit: nothing, where another server has started it."""
        return self._started.get(job.id) or Fit(job, "", "")

    def changed(self) -> None:
        """Let every page read the library again."""
        self.version += 1

    def _keep(self, fit: Fit, choices: Choices) -> None:
        job, name = fit.job, fit.name
        try:
            fitted = job.result()
            if fitted is not None:
                stopped_at = int(fitted.curve.step[-1])
                if job.state == "cancelled" and stopped_at < choices.recipe.total_steps:
                    # its figures are not those of a whole fit
                    why = "page closed, stopped" if job.abandoned else "stopped"
                    name = f"{name} ({why} at step {stopped_at:,})"
                fit.run = library(fit.room).add(choices, fitted, name=name)
                job.release()
                self.changed()
        except CainrError as problem:
            fit.trouble = str(problem)
        except Exception:
            log.exception("a fit ended badly")
            fit.trouble = "The fit ended in a way that cainr did not expect; see the log."
        if not job.lost:
            self._pending(fit.room).forget(job.id)


fits = Fits()
