"""The cards that the page is made of, and how they stand side by side.

Plain Panel layouts with a little CSS: there are many of them, and each Material
component costs the server 10 ms and the browser a tree of its own.
"""

from __future__ import annotations

from typing import Any

import panel as pn
from panel.viewable import Viewable

GAP = 12  # px between cards
NARROW = 900  # px of the screen, up to which cards stand one below the other

# Panel's Column is made to scroll: it ends at the height of the screen and holds a button for that.
_WHOLE = """
:host { max-height: none; min-width: 0; box-sizing: border-box; }
.scroll-button { display: none; }
"""
_CARD = """
:host { background: var(--panel-surface-color); color: var(--panel-on-surface-color);
  border: 1px solid color-mix(in srgb, var(--panel-on-surface-color) 14%, transparent);
  border-radius: 8px; overflow: hidden; }
"""
OPEN = ":host { overflow: visible; }"  # of a card over whose edge something hangs
_LINE = """
:host { display: flex; flex-flow: row wrap; align-items: flex-start; }
"""
_BESIDE = """
:host { display: flex; flex-flow: row wrap; align-items: center; column-gap: 6px;
  padding-left: 6px; box-sizing: border-box; }
"""
_SIDE_BY_SIDE = """
:host {{ display: grid; gap: {rows}px {gap}px; grid-template-columns: {columns}; }}
@media (max-width: {narrow}px) {{ :host {{ grid-template-columns: minmax(0, 1fr); }} }}
"""


def stack(*objects: Viewable, css: str = "", css_class: str = "", **options: Any) -> pn.Column:
    """Objects one below the other, as high as they are."""
    return pn.Column(
        *objects,
        stylesheets=[_WHOLE, css],
        css_classes=css_class.split(),
        **{"sizing_mode": "stretch_width", **options},
    )


def card(*objects: Viewable, css: str = "", **options: Any) -> pn.Column:
    """A framed surface that follows light and dark."""
    return stack(*objects, css=_CARD + css, **{"margin": (0, 0, GAP, 0), **options})


def line(*objects: Viewable, room: int = 90) -> pn.Column:
    """Objects in one line that breaks where the screen is narrow; the first takes the rest, `room`
    px at least."""
    # not by a selector: what stands first in Panel's shadow roots are the stylesheets
    objects[0].styles = {**objects[0].styles, "flex": f"1 1 {room}px", "min-width": "0"}
    return stack(*objects, css=_LINE)


def beside(*objects: Viewable) -> pn.Column:
    """Objects as wide as they are, in a line that breaks."""
    return stack(*objects, css=_BESIDE)


def side_by_side(
    *objects: Viewable, shares: str, narrow: int, rows: int = GAP, css: str = "", **options: Any
) -> pn.Column:
    """Objects in columns of these shares ("1 1 1"), one below the other up to `narrow` px, then
    `rows` px apart, unless `css` has it otherwise."""
    columns = " ".join(f"minmax(0, {share}fr)" for share in shares.split())
    usual = _SIDE_BY_SIDE.format(gap=GAP, rows=rows, columns=columns, narrow=narrow)
    return stack(*objects, css=usual + css, **options)
