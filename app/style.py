"""How the page looks: one theme that serves light and dark, and the colours behind the cards."""

from __future__ import annotations

from typing import Any

import panel as pn
from panel.theme import Theme
from panel.viewable import Viewable
from panel_material_ui.theme import MaterialDesign

SMALL = (6, 6)  # margin around a control, px

_MAIN = "#1a7a9c"
_UNCOLOURED = "&:not([class*='MuiIconButton-color']):not(.Mui-disabled)"
_AS_TEXT = {"color": "inherit", "opacity": 0.75}
# the main colour towards that of text: darker on light, lighter on dark, where it would be dim
LEGIBLE = {"color": f"color-mix(in srgb, {_MAIN} 65%, var(--panel-on-surface-color))"}
# No colours of surfaces here: they are Material's own, which follow the switch of light and dark
# at once, while a theme given for each would wait for the server.
THEME = {
    "palette": {"primary": {"main": _MAIN}, "secondary": {"main": "#d9733a"}},
    "typography": {
        "fontSize": 14,
        "h3": {"fontSize": "1.25rem", "fontWeight": 600},
        "button": {"textTransform": "none", "fontWeight": 600},
    },
    "shape": {"borderRadius": 8},
    # Chevrons, plus and minus have the colour of text: their own grey is faint on dark.
    "components": {
        "MuiIconButton": {"styleOverrides": {"root": {_UNCOLOURED: _AS_TEXT}}},
        "MuiButton": {
            "styleOverrides": {
                "root": {"&.MuiButton-outlined.MuiButton-colorPrimary:not(.Mui-disabled)": LEGIBLE}
            }
        },
        "MuiButtonBase": {
            "styleOverrides": {
                "root": {"&.Mui-focusVisible": {"outline": "2px solid", "outlineOffset": "-3px"}}
            }
        },
        # a choice is as high as a number beside it
        "MuiOutlinedInput": {
            "styleOverrides": {"root": {"&.MuiInputBase-sizeSmall": {"minHeight": "40px"}}}
        },
        # a sentence of help is not in the way of a click on what it lies over
        "MuiTooltip": {
            "defaultProps": {"disableInteractive": True},
            "styleOverrides": {"popper": {"visibility": "var(--told, visible)"}},  # app/helping.js
        },
        "MuiTab": {"styleOverrides": {"root": {"&.Mui-selected": LEGIBLE}}},
    },
}


# The sentence of a button below it, not over what stands at its right: from its left edge, or from
# its right one where it stands at that of the page.
_BELOW = """
.MuiTooltip-popper {{ inset: {inset} !important; transform: translateY(4px) !important; }}
.MuiTooltip-arrow {{ display: none; }}
@media (hover: none) {{ .MuiTooltip-popper {{ display: none; }} }} /* it would stay after a tap */
.MuiTooltip-tooltip {{ margin: 0 !important; width: max-content; max-width: {most}px !important; }}
"""
TOLD_BELOW = _BELOW.format(inset="100% auto auto 0", most=110)  # beside it stand figures
TOLD_BELOW_LEFTWARD = _BELOW.format(inset="100% 0 auto auto", most=240)
# Before Material's own styles are there, which come a moment after a widget: no icon larger than
# its line, and no frames of the browser.
_BARE = """
:where(svg) { width: 1em; height: 1em; } :where(input, fieldset, button) { border: 0; font: inherit;
  background: none; }
"""


class Design(MaterialDesign):
    """Material for widgets alone: Panel would have each layout and each text load its sheets too,
    some 250 in a page."""

    @classmethod
    def _get_modifiers(
        cls, viewable: Viewable, theme: Theme | None = None, isolated: bool | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        own, of_children = super()._get_modifiers(viewable, theme, isolated)
        if isinstance(viewable, pn.widgets.Widget):
            own["stylesheets"] = [*own.get("stylesheets", []), _BARE]
        else:
            own.pop("stylesheets", None)
        return own, of_children


# The tools of a figure lie over what it shows, on light and dark.
TOOLS = """
:host { background: transparent !important; }
div { --icon-color: var(--panel-on-surface-color); border-radius: 4px;
  background: color-mix(in srgb, var(--panel-surface-color) 85%, transparent); }
"""
# Bokeh hangs the box of a hover into the body of the page, out of reach of a figure's style sheets.
HOVER = """
.bk-Tooltip { --tooltip-color: var(--panel-surface-color);
  --tooltip-text: var(--panel-on-surface-color);
  --tooltip-border: color-mix(in srgb, var(--panel-on-surface-color) 30%, transparent);
  --tooltip-arrow-color: var(--tooltip-border); --tooltip-arrow-inner-color: var(--tooltip-color);
  border-radius: 6px; padding: 6px 8px; }
"""
NOTES = """
.connection-lost { position: fixed; z-index: 1400; bottom: 0; left: 0; right: 0;
  padding: 12px 16px; text-align: center;
  background: #b3261e; color: #ffffff; font: 600 15px/1.4 Roboto, sans-serif; }
.connection-lost button { margin-left: 14px; padding: 4px 14px; font: inherit; cursor: pointer;
  color: inherit; background: none; border: 1px solid currentColor; border-radius: 8px; }
.connection-lost button:hover { background: rgb(255 255 255 / 16%); }
.copied { position: fixed; z-index: 1400; bottom: 24px; left: 50%; transform: translateX(-50%);
  padding: 8px 16px; border-radius: 8px; background: #1b5e3a; color: #ffffff;
  font: 500 14px/1.4 Roboto, sans-serif; }
"""
BEHIND_CARDS = {
    "&.mui-light .main": {"backgroundColor": "#f2f4f6", "--page": "#f2f4f6"},
    "&.mui-dark .main": {"backgroundColor": "#0a0c0e", "--page": "#0a0c0e"},
    "& .header": {"backgroundColor": "#14566e", "color": "#ffffff", "backgroundImage": "none"},
}
