"""A button that puts a text into the clipboard."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

# Without a secure address a browser has no clipboard, but it copies what is selected. What was
# done is told beside the button, whose label Panel's components take from the server alone.
_COPY = """
const told = () => {
  const note = document.body.appendChild(document.createElement("div"))
  note.className = "copied"
  note.setAttribute("role", "status")
  note.textContent = done
  setTimeout(() => note.remove(), 3000)
}
const by_hand = () => {
  const area = document.body.appendChild(document.createElement("textarea"))
  area.value = text
  area.select()
  document.execCommand("copy")
  area.remove()
}
if (navigator.clipboard) navigator.clipboard.writeText(text).then(told, () => { by_hand(); told() })
else { by_hand(); told() }
"""


def holder(css_class: str) -> pn.widgets.TextInput:
    """What holds the text in the page, unseen; it has to be a part of the page, too."""
    return pn.widgets.TextInput(visible=False, css_classes=[css_class])


def copy_button(
    label: str, held: pn.widgets.TextInput, done: str, text: str = "held.value", **look: Any
) -> pmui.Button:
    """Copies `text`, as JavaScript makes it from what is `held`, and then tells `done`."""
    button = pmui.Button(label=label, icon="content_copy", **look)
    code = f'const text = {text}, done = "{done}"\n{_COPY}'
    button.jscallback(args={"held": held}, clicks=code)
    return button
