"""What a page shows, for others and for later: a link to it, or a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import panel as pn
import panel_material_ui as pmui

from app import shared
from app.state import MOST_BYTES, from_json, restore, state_of, to_json, to_link
from app.style import TOLD_BELOW_LEFTWARD
from app.views.cards import stack
from app.views.copying import SOURCE, copy_button
from app.views.download import Download
from app.workbench import Workbench
from cainr_core.errors import CainrError

FILE = "cainr_state.json"
_CSS = """
.told { font-size: .85rem; opacity: .8; line-height: 1.4; }
"""
_LINK = "A link opens this page with the same data, choices, runs and view, on this server."
_SAVED = (
    "A file holds the same and can be kept. It names runs and data; what they hold stays where it "
    "is, and is needed again when the file is loaded."
)
# Panel's file input is as large as any, whatever size it is given
_AS_SMALL = {
    "fontSize": ".8125rem", "lineHeight": 1.75, "padding": "6px 9px",
    "& .MuiButton-startIcon > *": {"fontSize": "18px"},
}  # fmt: skip


class Share:
    """A button for the head of the page, and the box that it opens."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.button = pmui.Button(
            label="Share", description="A link to what this page shows, or a file of it",
            icon="share", variant="text", size="small", sx={"color": "inherit"},
            css_classes=["share"], stylesheets=[TOLD_BELOW_LEFTWARD],
        )  # fmt: skip
        self.dialog: pmui.Dialog | None = None  # made when first wanted
        self.view = stack()
        self.button.on_click(shared.held(self._open))

    def _open(self, event: object) -> None:
        if self.dialog is None:
            self.dialog = self._make()
            self.view.append(self.dialog)
        self._name()
        self.dialog.open = True

    def _make(self) -> pmui.Dialog:
        look: dict[str, Any] = {"variant": "outlined", "size": "small", "margin": (6, 8, 14, 0)}
        self.shown = pmui.TextInput(
            label="Link", size="small", width=None, sizing_mode="stretch_width",
            margin=(10, 0, 4, 0), css_classes=["shown-link", SOURCE],
            description="The address of this page in its present state",
        )  # fmt: skip
        self.copy = copy_button("Copy link", "copy-link", "Put the link into the clipboard", **look)
        save = Download(
            self._file, self.workbench.report, filename=FILE, label="Save state",
            css_classes=["save-state"], description="Download the present state as a file",
            **look,
        )  # fmt: skip
        self.load = pmui.FileInput(
            # whatever it is, the server tells what is wrong with it; the page itself only marks it
            label="Load state", max_file_size=50 * MOST_BYTES,
            css_classes=["load-state"], sx=_AS_SMALL, **look,
        )  # fmt: skip
        self.load.param.watch(shared.held(self._loaded), "value")
        return pmui.Dialog(
            stack(
                _told(_LINK), self.shown, self.copy, _told(_SAVED), pn.Row(save, self.load),
                margin=(0, 4),
            ),
            title="Share this state", show_close_button=True, close_on_click=True,
            css_classes=["share-dialog"],
        )  # fmt: skip

    def _name(self) -> None:
        """Name the present state."""
        try:
            link = to_link(state_of(self.workbench))
        except CainrError as problem:
            self.shown.value = str(problem)
            self.copy.disabled = True
            return
        self.copy.disabled = False
        href = urlsplit(pn.state.location.href if pn.state.location is not None else "")
        query = f"?state={link}" if link else ""
        self.shown.value = f"{href.scheme}://{href.netloc}{href.path}{query}"

    def _file(self) -> tuple[str, Callable[[], bytes]]:
        state = state_of(self.workbench)
        return FILE, lambda: to_json(state)

    def _loaded(self, event: object) -> None:
        data = self.load.value
        if not data:
            return
        self.load.clear()
        if self.dialog is not None:
            self.dialog.open = False
        try:
            restore(self.workbench, from_json(bytes(data)))
        except CainrError as problem:
            self.workbench.report(problem)


def _told(sentence: str) -> pn.pane.HTML:
    html = f'<div class="told">{sentence}</div>'
    return pn.pane.HTML(html, stylesheets=[_CSS], sizing_mode="stretch_width", margin=0)
