"""The address of the page, kept up to date: a reload, or whoever is sent it, finds the same."""

from __future__ import annotations

from urllib.parse import urlencode

import panel as pn

from app import shared
from app.state import data_of, from_link, restore, state_of, to_link
from app.viewing import Viewing
from app.workbench import Workbench
from cainr_core.errors import CainrError

SOON = 1.0  # s that a page is kept waiting for the data that its address names
CALM = 4  # ticks without a change, after which the address is written
STATE, FIT = "state", "fit"
# Not by Panel's Location: each change of that is a page of its own to the browser's way back.
_REPLACE = f"""
const url = new URL(window.location)
for (const name of ["{STATE}", "{FIT}"]) url.searchParams.delete(name)
new URLSearchParams(cb_obj.value).forEach((value, name) => url.searchParams.set(name, value))
window.history.replaceState(window.history.state, "", url)
"""


class Address:
    """Names the state of a page and the fit that it follows; `view` is an invisible part of it."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.view = pn.widgets.TextInput(visible=False, css_classes=["address"])
        self.view.jscallback(value=_REPLACE)
        self._calm = 0  # ticks since the last change; 0 where nothing is to be written
        self._link, self._named = "", False
        view = [name for name in Viewing.param if name != "name"]
        workbench.param.watch(self._touch, ["changed", "offered", "picked", "field", *view])
        workbench.param.watch(self._hurry, ["job", "ended"])

    def link(self) -> str:
        """What a link says of the present state; "" where that is too long for one."""
        try:
            return to_link(state_of(self.workbench))
        except CainrError:
            return ""

    def restore(self) -> None:
        """Take over what the address names that the page was opened with."""
        asked = pn.state.location.query_params if pn.state.location is not None else {}
        if link := asked.get(STATE):
            self._named = True
            try:
                state = from_link(str(link))
                shared.read(data_of(state), SOON)  # else the page comes with the sample first
                restore(self.workbench, state)
            except CainrError as problem:
                self.workbench.report(problem)
        if fit := asked.get(FIT):
            self.workbench.rejoin(str(fit))

    def begin(self) -> None:
        """What the page shows now needs no words in its address; called once it is there."""
        self._link, self._calm = self.link(), 0

    def tick(self) -> None:
        """Write the address when nothing has changed for a moment; to be called regularly."""
        if not self._calm:
            return
        self._calm += 1
        if self._calm > CALM:
            self._calm = 0
            self._write()

    def _touch(self, *events: object) -> None:
        self._calm = 1

    def _hurry(self, *events: object) -> None:
        self._calm = CALM

    def _write(self) -> None:
        bench, link = self.workbench, self.link()
        names = {}
        if self._named or link != self._link:
            self._named, names[STATE] = True, link
        if bench.job is not None and not bench.ended:
            names[FIT] = bench.job.id
        self.view.value = urlencode({name: value for name, value in names.items() if value})
