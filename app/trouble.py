"""The page that says why there is no page."""

from __future__ import annotations

from html import escape

import panel_material_ui as pmui


def sentence(problem: Exception) -> pmui.Page:
    """A page with one sentence; it needs nothing of the rest of the dashboard."""
    told = str(problem) or type(problem).__name__
    return pmui.Page(
        title="cainr",
        main=[pmui.Alert(object=f"The dashboard cannot start: {escape(told)}", severity="error")],
    )
