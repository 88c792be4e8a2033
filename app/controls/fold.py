"""A title that unfolds what belongs to it.

Plain Panel with a little CSS, as all cards of the page are: there, the whole title is the button,
and names it for whoever cannot see it.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
from panel.viewable import Viewable

_CSS = """
:host { box-sizing: border-box; max-height: none; min-width: 0; overflow: hidden;
  color: var(--panel-on-surface-color); }
:host(.framed) { background: var(--panel-surface-color); border-radius: 8px;
  border: 1px solid color-mix(in srgb, var(--panel-on-surface-color) 14%, transparent); }
:host(.section) { border-bottom: 1px solid
  color-mix(in srgb, var(--panel-on-surface-color) 14%, transparent); }
.scroll-button { display: none; }
.fold-head { display: flex; flex-direction: row-reverse; align-items: center; gap: 8px; width: 100%;
  margin: 0; padding: 9px 14px 9px 16px; border: 0; background: none; color: inherit;
  font: inherit; text-align: left; cursor: pointer; box-sizing: border-box; }
:host(.inner) .fold-head { padding: 4px 6px; }
.fold-head:hover { background: color-mix(in srgb, var(--panel-on-surface-color) 5%, transparent); }
.fold-head:focus-visible { outline: 2px solid var(--panel-primary-color); outline-offset: -2px; }
.fold-mark { flex: none; width: 16px; height: 16px; opacity: .7; }
.fold-mark svg { width: 16px; height: 16px; display: block; }
"""
_TITLE = """
:host { pointer-events: none; }
.fold-title { display: flex; align-items: baseline; gap: 12px; justify-content: space-between;
  font-size: .95rem; line-height: 1.5; }
.fold-title span { font-size: .8rem; opacity: .75; min-width: 0; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; }
"""


class Fold(pn.Card):
    """A title, and below it what a click on it shows or hides."""

    def __init__(
        self,
        heading: str,
        *objects: Viewable,
        later: Callable[[], Viewable] | None = None,
        css_class: str = "framed",
        **options: Any,
    ) -> None:
        """`later` makes the content when it is first unfolded: what nobody looks at costs
        nothing."""
        self._heading, self._later = heading, later
        self._told = pn.pane.HTML(
            "", stylesheets=[_TITLE], sizing_mode="stretch_width", margin=0, min_width=0
        )
        super().__init__(
            *objects,
            **{
                "header": self._told,
                "collapsed": later is not None,
                "css_classes": css_class.split(),
                "header_css_classes": ["fold-head"],
                "button_css_classes": ["fold-mark"],
                "stylesheets": [_CSS],
                "sizing_mode": "stretch_width",
                "margin": (0, 0),  # not 0, in place of which Material puts its own
                **options,
            },
        )
        self.tell("")
        self.param.watch(self._unfold, "collapsed")

    def tell(self, summary: str) -> None:
        """Say beside the title what is chosen, or how far something is."""
        html = (
            f'<div class="fold-title">{escape(self._heading)}<span>{escape(summary)}</span></div>'
        )
        if html != self._told.object:
            self._told.object = html

    def _unfold(self, event: object) -> None:
        if self._later is not None and not self.objects:
            self.objects = [self._later()]
