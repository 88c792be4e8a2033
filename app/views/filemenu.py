"""A button with a choice of files, each made in the background and then downloaded."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Collection, Sequence
from threading import Event
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app import shared
from app.controls.form import while_visible
from app.views.cards import stack

MOST_BYTES = 14_000_000  # of a file: what a message to the page takes, as text
EVERY = 500  # ms between two looks at how far a file is
_SAVE = """
const {name, data} = JSON.parse(cb_obj.value)
const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
const link = document.body.appendChild(document.createElement("a"))
link.href = URL.createObjectURL(new Blob([bytes], {type: "application/octet-stream"}))
link.download = name
link.click()
setTimeout(() => { URL.revokeObjectURL(link.href); link.remove() }, 1000)
"""
ICON_ONLY = {"minWidth": 0, "px": "6px", "& .MuiButton-startIcon": {"mr": 0}}
_PLACE = ":host { position: relative; overflow: visible; width: auto; }"
# Below the button, over what is there, so that nothing moves.
_CHIP = """
:host { position: absolute; top: calc(100% + 2px); right: 0; z-index: 20; border-radius: 6px;
  background: var(--panel-surface-color); color: var(--panel-on-surface-color);
  box-shadow: 0 2px 8px rgb(0 0 0 / 30%); width: 150px; min-width: 150px; max-width: none;
  border: 1px solid color-mix(in srgb, var(--panel-on-surface-color) 25%, transparent); }
"""
_BESIDE = """
:host { display: flex; flex-flow: row nowrap; align-items: center; min-width: 150px; }
"""
_FAR = """
div { font-size: .8rem; line-height: 34px; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
"""

Told = Callable[[int, int], None]  # how many parts are done, of how many
Made = tuple[str, Callable[[Told], bytes]]  # the name of a file, and what makes it in a thread


class Stopped(Exception):
    """Nobody wants the file any more."""


class FileMenu:
    """A menu of kinds of files; what takes long says how far it is and can be stopped."""

    def __init__(
        self,
        kinds: Sequence[str],
        choose: Callable[[str], Made | None],
        failed: Callable[[Exception], None],
        allowed: Callable[[], bool] = lambda: True,
        long: Collection[str] = (),
        label: str = "Picture",
        **look: Any,
    ) -> None:
        """`choose` says at a click what file of a kind is called and what makes it. `long`: the
        kinds that can be stopped."""
        self._choose, self._failed, self._long = choose, failed, long
        self._stop: Event | None = None  # of the file that is being made
        self._far, self._number = "", 0
        css_class = f"menu-{(label or 'picture').lower()}"
        self.menu = pmui.MenuButton(
            items=[{"label": kind} for kind in kinds], label=label, icon="image",
            variant="outlined", size="small", css_classes=[css_class], **look,
        )  # fmt: skip
        self.cancel = pmui.IconButton(
            icon="close", size="small", description="Stop making this file",
            css_classes=[f"{css_class}-stop"], margin=(0, 2),
        )  # fmt: skip
        self.far = pn.pane.HTML("", stylesheets=[_FAR], margin=(0, 0, 0, 10), width=100)
        self.chip = stack(  # which a way of standing of its own would not let be hidden
            stack(self.far, self.cancel, css=_BESIDE, sizing_mode=None),
            css=_CHIP, sizing_mode=None, visible=False,
        )  # fmt: skip
        self._saved = pn.widgets.TextInput(styles={"display": "none"})  # part of the page
        self._saved.jscallback(value=_SAVE)
        self.view = while_visible(
            stack(css=_PLACE, sizing_mode=None), (self.menu, self.chip, self._saved)
        )
        self.allow = shared.decided(
            self.menu, "disabled", lambda: self._stop is not None or not allowed()
        )
        self.menu.on_click(shared.held(self._chosen))
        self.cancel.on_click(shared.held(self._stopped))

    def _chosen(self, item: Any) -> None:
        kind = item["label"] if isinstance(item, dict) else str(item)
        if self._stop is not None:
            return
        try:
            chosen = self._choose(kind)
        except Exception as problem:
            self._failed(problem)
            return
        if chosen is not None:
            self._make(*chosen, long=kind in self._long)

    def _make(self, name: str, make: Callable[[Told], bytes], long: bool) -> None:
        stop = self._stop = Event()
        self._far = ""
        self.chip.visible = long
        self._show()
        callback = None
        if long and pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
            callback = pn.state.add_periodic_callback(shared.held(self._show), period=EVERY)

        def told(done: int, of: int) -> None:
            if stop.is_set():
                raise Stopped
            self._far = f"{done} of {of} pictures"

        def end() -> None:
            if callback is not None:
                callback.stop()
            self._stop = None
            self.chip.visible = False
            self._show()

        def take(made: bytes) -> None:
            end()
            if len(made) > MOST_BYTES:
                self._failed(too_large(len(made)))
                return
            self._number += 1  # the same file once more is news, too
            words = {"name": name, "data": b64encode(made).decode(), "number": self._number}
            self._saved.value = json.dumps(words)

        def refuse(problem: Exception) -> None:
            end()
            if not isinstance(problem, Stopped):
                self._failed(problem)

        shared.background(lambda: make(told), take, refuse)

    def _stopped(self, event: object) -> None:
        if self._stop is not None:
            self._stop.set()

    def _show(self, *events: object) -> None:
        self.menu.loading = self._stop is not None
        html = f'<div role="status">{self._far or "…"}</div>'
        if html != self.far.object:
            self.far.object = html
        self.allow()


def too_large(size: int) -> Exception:
    """Why a file does not come to the page."""
    from cainr_core.errors import CainrError

    return CainrError(
        f"The file has {size / 1e6:.0f} MB, more than a page is sent; choose fewer time steps."
    )
