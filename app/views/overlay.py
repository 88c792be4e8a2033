"""Two maps in one place, in the page alone: no change of what is seen goes through the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param

# That a map is, so that all of it is seen at once with its colours and the choices above it.
HIGHEST = "max(320px, min(66vh, 100vh - 470px))"
_CSS = """
:host { display: block; }
.stage { position: relative; margin: 0 auto; max-width: calc(HIGHEST * var(--aspect, 2));
  aspect-ratio: var(--aspect, 2); }
.map { position: absolute; inset: 0; }
.map > * { margin: 0; }
[data-mode="swipe"] .map-left { clip-path: inset(0 calc(100% - var(--at)) 0 0); }
[data-mode="swipe"] .map-right { clip-path: inset(0 0 0 var(--at)); }
[data-mode="flicker"][data-seen="left"] :is(.map-right, .tag-right),
[data-mode="flicker"][data-seen="right"] :is(.map-left, .tag-left),
[data-mode="alone"] :is(.map-right, .map-difference, .tag),
:is([data-mode="swipe"], [data-mode="flicker"]) .map-difference,
:is([data-mode="difference"], [data-mode="relative"]) :is(.map-left, .map-right, .tag)
  { visibility: hidden; }
.tag { position: absolute; top: 4px; max-width: 45%; padding: 2px 8px; border-radius: 4px;
  font-size: .85rem; font-weight: 600; pointer-events: none; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; color: var(--panel-on-surface-color);
  background: color-mix(in srgb, var(--panel-surface-color) 85%, transparent); }
.tag-left, [data-mode="flicker"] .tag-right { left: 4px; right: auto; }
.tag-right { right: 4px; }
[data-mode="swipe"] .tag-left { max-width: min(45%, calc(var(--at) - 24px)); }
[data-mode="swipe"] .tag-right { max-width: min(45%, calc(100% - var(--at) - 24px)); }
@media (max-width: 480px) { .tag .rest { display: none; } }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 6px; }
.dot[hidden] { display: none; }
.divider, .buttons { display: none; }
[data-mode="swipe"] .divider { display: block; position: absolute; top: 0; bottom: 0;
  left: var(--at); width: 28px; margin-left: -14px; cursor: ew-resize; touch-action: none;
  outline: none; }
.divider::before { content: ""; position: absolute; top: 0; bottom: 0; left: 13px; width: 2px;
  background: #ffffff; box-shadow: 0 0 0 1px #101418; }
.grip { position: absolute; top: 50%; left: 0; width: 28px; height: 28px; margin-top: -14px;
  box-sizing: border-box; border-radius: 50%; background: #ffffff; border: 1.5px solid #101418; }
.grip::before { content: "\\2194"; position: absolute; inset: 0; color: #101418; text-align: center;
  font: 600 17px/24px sans-serif; }
.divider:focus-visible .grip { outline: 3px solid var(--panel-primary-color);
  outline-offset: 2px; }
[data-mode="flicker"] .buttons { display: flex; gap: 6px; position: absolute; bottom: 4px;
  left: 4px; }
.buttons button { font: 600 .8rem/1 Roboto, sans-serif; padding: 8px 12px; border-radius: 6px;
  cursor: pointer; color: var(--panel-on-surface-color); background: var(--panel-surface-color);
  border: 1px solid color-mix(in srgb, var(--panel-on-surface-color) 35%, transparent); }
.buttons button:focus-visible { outline: 3px solid var(--panel-primary-color); }
"""


class Overlay(pn.custom.JSComponent):
    """Two maps that a divider parts (mode "swipe"), that are seen in turn ("flicker"), or the map
    of their difference; where the right one has no name, the left one alone."""

    left = pn.custom.Child(doc="The map left of the divider.")
    right = pn.custom.Child(doc="The map right of it, of the same size and view.")
    difference = pn.custom.Child(doc="The map of what they differ by.")
    mode = param.String(default="swipe", doc="swipe, flicker, difference or relative.")
    left_name = param.String(doc="What the left map shows.")
    right_name = param.String(doc="What the right map shows; empty: nothing.")
    left_colour = param.String(doc="Colour of the left run; empty: none.")
    right_colour = param.String(doc="Colour of the right run; empty: none.")
    at = param.Number(default=50, bounds=(0, 100), doc="Percent of the width left of the divider.")
    aspect = param.Number(default=2.0, doc="Width over height of a map.")
    pixels = param.Integer(default=0, doc="Width of a map on the screen, told by the page.")

    _esm = Path(__file__).with_name("overlay.js")
    _stylesheets: ClassVar = [_CSS.replace("HIGHEST", HIGHEST)]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._keep_room()

    @param.depends("aspect", watch=True)
    def _keep_room(self) -> None:
        """The place of the maps is there before they are, so that nothing below it moves."""
        self.styles = {"aspect-ratio": str(self.aspect), "max-height": HIGHEST}
