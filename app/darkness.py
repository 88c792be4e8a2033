"""Light or dark: what was chosen last in this browser; before that, what its system prefers."""

from __future__ import annotations

import panel as pn

COOKIE = "cainr-dark"
KEPT = 365 * 24 * 3600  # s

# Goes with the page: the switch is Material's own, and no server hears of the system's preference.
FOLLOW = f"""
const switch_of = (node) => node.getAttribute?.("aria-label") == "Toggle theme"
const kept = document.cookie.match(/(?:^|; ){COOKIE}=([01])/)?.[1]
let dark = kept == "1"
document.addEventListener("click", (event) => {{
  if (!event.composedPath().some(switch_of)) return
  dark = !dark
  document.cookie = `{COOKIE}=${{+dark}}; path=/; max-age={KEPT}; SameSite=Lax`
}})
const found = (root) => {{
  for (const node of root.querySelectorAll("*")) {{
    const button = switch_of(node) ? node : node.shadowRoot && found(node.shadowRoot)
    if (button) return button
  }}
}}
const follow = () => {{
  const button = found(document)
  button ? button.click() : setTimeout(follow, 100)
}}
if (kept == null && matchMedia("(prefers-color-scheme: dark)").matches) follow()
"""


def is_dark() -> bool:
    """Whether the page that is being made begins dark."""
    return pn.state.cookies.get(COOKIE) == "1"
