"""The same in Python and in the shell, for the choices as they stand."""

from __future__ import annotations

from html import escape

import panel as pn
import panel_material_ui as pmui

from app.controls.fold import Fold
from app.uploads import without_folders
from app.views.cards import stack
from app.views.copying import SOURCE, copy_button
from app.workbench import Workbench

_CSS = """
pre { margin: 0; padding: 10px 14px; font: .8rem/1.5 ui-monospace, Menlo, Consolas, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; background: transparent; color: inherit; }
"""


class Lines:
    """Two texts that follow the choices."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.python, self.shell = self._text("python-lines"), self._text("shell-line")
        self.view = Fold("The same without this page", later=self._tabs, css_class="framed lines")
        workbench.param.watch(self._show, "changed")
        self._show()

    def _tabs(self) -> pmui.Tabs:
        return pmui.Tabs(
            ("Python", _with_copy(self.python)), ("Shell", _with_copy(self.shell)),
            sizing_mode="stretch_width", css_classes=["line-tabs"],
        )  # fmt: skip

    def _text(self, css_class: str) -> pn.pane.HTML:
        return pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", css_classes=[css_class, SOURCE]
        )

    def _show(self, *events: object) -> None:
        choices = self.workbench.choices
        self.python.object = f"<pre>{escape(without_folders(choices.to_python()))}</pre>"
        self.shell.object = f"<pre>{escape(without_folders(choices.to_command()))}</pre>"


def _with_copy(pane: pn.pane.HTML) -> pn.Column:
    button = copy_button(
        "Copy", f"copy-{pane.css_classes[0]}", "Put this into the clipboard",
        variant="outlined", size="small", margin=(0, 14, 12, 14),
    )  # fmt: skip
    return stack(pane, button)
