"""Buttons that put what stands beside them into the clipboard."""

from __future__ import annotations

from typing import Any

import panel_material_ui as pmui

SOURCE = "to-copy"  # class of what is copied: the nearest in the page
# Without a secure address a browser has no clipboard, but it copies what is selected.
COPYING = """
const note = () => {
  const told = document.body.appendChild(document.createElement("div"))
  told.className = "copied"
  told.setAttribute("role", "status")
  told.textContent = "Copied."
  setTimeout(() => told.remove(), 3000)
}
const by_hand = (text) => {
  const area = document.body.appendChild(document.createElement("textarea"))
  area.value = text
  area.select()
  document.execCommand("copy")
  area.remove()
  note()
}
document.addEventListener("click", (event) => {
  const path = event.composedPath()
  const button = path.find((node) => node.matches?.("button"))
  if (button?.disabled || !path.some((node) => node.classList?.contains("copies"))) return
  const source = path.map((node) => node.querySelector?.(".SOURCE")).find(Boolean)
  const held = source?.shadowRoot.querySelector("pre, input")
  const text = held?.value ?? held?.textContent
  if (!text) return
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(note, () => by_hand(text))
  else by_hand(text)
})
""".replace("SOURCE", SOURCE)


def copy_button(label: str, css_class: str, told: str, **look: Any) -> pmui.Button:
    """A button that copies the text of what bears the class `SOURCE` beside it."""
    return pmui.Button(
        label=label, icon="content_copy", description=told, css_classes=[css_class, "copies"],
        **look,
    )  # fmt: skip
