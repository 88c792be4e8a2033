"""The same in Python and in the shell, for the choices as they stand."""

from __future__ import annotations

from html import escape

import panel as pn
import panel_material_ui as pmui

from app.controls.fold import Fold
from app.uploads import without_folders
from app.views.cards import stack
from app.views.copying import copy_button, holder
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
        self.held = {
            pane: holder(f"of-{pane.css_classes[0]}") for pane in (self.python, self.shell)
        }
        self.view = Fold("The same without this page", later=self._tabs, css_class="framed lines")
        workbench.param.watch(self._show, "changed")
        self._show()

    def _tabs(self) -> pmui.Tabs:
        return pmui.Tabs(
            ("Python", self._with_copy(self.python, "The lines are copied.")),
            ("Shell", self._with_copy(self.shell, "The line is copied.")),
            sizing_mode="stretch_width", css_classes=["line-tabs"],
        )  # fmt: skip

    def _with_copy(self, pane: pn.pane.HTML, done: str) -> pn.Column:
        held = self.held[pane]
        button = copy_button(
            "Copy", held, done, description="Put this into the clipboard", variant="outlined",
            size="small", margin=(0, 14, 12, 14), css_classes=[f"copy-{pane.css_classes[0]}"],
        )  # fmt: skip
        return stack(pane, button, held)

    def _text(self, css_class: str) -> pn.pane.HTML:
        return pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", css_classes=[css_class]
        )

    def _show(self, *events: object) -> None:
        choices = self.workbench.choices
        told = {self.python: choices.to_python(), self.shell: choices.to_command()}
        for pane, text in told.items():
            self.held[pane].value = plain = without_folders(text)
            pane.object = f"<pre>{escape(plain)}</pre>"
