"""The cards that the page is made of, and how they stand side by side.

Plain Panel layouts with a little CSS: there are many of them, and each Material
component costs the server 10 ms and the browser a tree of its own.
"""

from __future__ import annotations

import panel as pn
from panel.viewable import Viewable

GAP = 12  # px between cards

_CARD = """
:host { background: var(--panel-surface-color); color: var(--panel-on-surface-color);
  border: 1px solid color-mix(in srgb, var(--panel-on-surface-color) 14%, transparent);
  border-radius: 8px; overflow: hidden; box-sizing: border-box; }
.scroll-button { display: none; }
"""
_SIDE_BY_SIDE = """
:host {{ display: grid; gap: {gap}px; grid-template-columns: {columns}; }}
.scroll-button {{ display: none; }}
@media (max-width: {narrow}px) {{ :host {{ grid-template-columns: minmax(0, 1fr); }} }}
"""


def card(*objects: Viewable, css_class: str = "", **options: object) -> pn.Column:
    """A framed surface that follows light and dark."""
    options = {"margin": (0, 0, GAP, 0), "sizing_mode": "stretch_width", **options}
    return pn.Column(*objects, stylesheets=[_CARD], css_classes=css_class.split(), **options)


def side_by_side(*objects: Viewable, shares: str, narrow: int, **options: object) -> pn.Column:
    """Objects in columns of these shares ("1 1 1"), one below the other up to `narrow` px."""
    columns = " ".join(f"minmax(0, {share}fr)" for share in shares.split())
    return pn.Column(
        *objects,
        stylesheets=[_SIDE_BY_SIDE.format(gap=GAP, columns=columns, narrow=narrow)],
        sizing_mode="stretch_width",
        **options,
    )
