"""Light or dark: what was chosen last in this browser; before that, what its system prefers."""

from __future__ import annotations

import panel as pn

COOKIE = "cainr-dark"
PREFERS = "cainr-prefers-dark"  # what app/page.html heard of the system
KEPT = 365 * 24 * 3600  # s

# Goes with the page: the switch is Material's own.
FOLLOW = f"""
const models = [...Bokeh.documents[0]._all_models.values()]
const page = models.find((model) => model.class_name == "Page").data
page.properties.dark_theme.change.connect(() => {{
  document.cookie = `{COOKIE}=${{+page.dark_theme}}; path=/; max-age={KEPT}; SameSite=Lax`
}})
"""


def is_dark() -> bool:
    """Whether the page that is being made begins dark."""
    cookies = pn.state.cookies
    return bool(cookies.get(COOKIE, cookies.get(PREFERS)) == "1")
