"""The row of choices over the maps: how two things are compared, and how they are coloured."""

from __future__ import annotations

import panel_material_ui as pmui
from panel.viewable import Viewable

from app.controls.form import buttons, while_visible, widget
from app.views.cards import stack
from app.workbench import Workbench

_ROW = """
:host { display: flex; flex-flow: row wrap; align-items: center; gap: 8px 12px;
  padding: 0 12px 8px; box-sizing: border-box; }
"""
_MORE = {"padding": "2px 10px", "fontSize": ".8rem", "whiteSpace": "nowrap", "gap": "6px"}
# Panel's own colours of a pressed one are white on light and on dark.
_PRESSED = {
    "color": "inherit !important",
    "backgroundColor": "color-mix(in srgb, currentColor 16%, transparent) !important",
}
HIGH = 37  # px of a row of buttons, which are drawn a moment after their place is there
LIMITS = ("low", "high", "reach")
# The limits that the maps of a mode have; those in percent have none.
LIMITS_OF = {
    "side": LIMITS,
    "swipe": ("low", "high"),
    "flicker": ("low", "high"),
    "difference": ("reach",),
}


class CompareBar:
    """Mode and scale at one click each; colour maps and locked limits in a row that opens."""

    def __init__(self, workbench: Workbench, *beside: Viewable, apart: bool = False) -> None:
        """`beside`: what else stands in the row. `apart`: whether the modes stand elsewhere than in
        the view, in `modes`."""
        self.workbench = viewing = workbench
        self.mode = buttons(viewing.param.mode, margin=0)
        self.scale = buttons(viewing.param.scale, margin=0)
        self.more = pmui.Toggle(
            label="Colours", description="Colour maps, and the limits of a locked scale",
            icon="palette", size="small", width=None, sizing_mode=None, margin=0,
            color="default", sx=_MORE | {"&.Mui-selected": _PRESSED}, css_classes=["more-colours"],
        )  # fmt: skip
        small = {"margin": 0, "sizing_mode": None}
        self.palettes = [
            widget(viewing.param[name], width=200, **small) for name in ("palette", "contrast")
        ]
        self.limits = {name: widget(viewing.param[name], width=140, **small) for name in LIMITS}
        # the row within, as its way of standing would show what is hidden; its labels stand over it
        row = stack(css=_ROW, margin=(6, 0, 0, 0))
        while_visible(row, (*self.palettes, *self.limits.values()))
        self.second = stack(row, visible=False)
        first = [] if apart else [self.mode]
        self.modes = stack(*([self.mode] if apart else []), css=_ROW)
        inside = stack(*first, self.scale, self.more, *beside, css=_ROW, min_height=HIGH)
        self.view = stack(inside, css_class="compare-bar")
        while_visible(self.view, (*self.view.objects, self.second))
        self.more.param.watch(self._open, "value")
        viewing.param.watch(self._locked, ["scale", "mode", *LIMITS])
        viewing.param.watch(self._name_units, "field")
        self._locked()
        self._name_units()

    def _open(self, *events: object) -> None:
        self.second.visible = self.more.value

    def _locked(self, *events: object) -> None:
        locked = self.workbench.scale == "locked"
        limits = LIMITS_OF.get(self.workbench.mode, ()) if locked else ()
        named = [name for name in limits if getattr(self.workbench, name) is not None]
        for name, limit in self.limits.items():
            limit.visible = name in named

    def _name_units(self, *events: object) -> None:
        field = self.workbench.field
        unit = f" ({field.units})" if field and field.units else ""
        for name, limit in self.limits.items():
            limit.label = f"{self.workbench.param[name].label}{unit}"
