"""One collapsible group of choices, whose title says what is chosen."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import panel_material_ui as pmui
from panel.viewable import Viewable

_CARD = {
    "border": 0,
    "borderBottom": "1px solid",
    "borderColor": "divider",
    "borderRadius": 0,
    "backgroundImage": "none",
    "& .MuiCardHeader-root": {"padding": "10px 12px 6px 16px"},
    "& .MuiCardContent-root": {"padding": "0 10px 10px 10px"},
    "& .MuiTypography-root": {"fontSize": "0.95rem", "width": "100%", "display": "block"},
}


def fill_later(card: pmui.Card, make: Callable[[], Viewable]) -> None:
    """Fill a card when it is first unfolded: what nobody looks at costs nothing."""

    def unfold(event: object) -> None:
        if not card.objects:
            card.objects = [make()]

    card.param.watch(unfold, "collapsed")


class Section(pmui.Card):
    """A card of the sidebar; `tell` puts the present choice beside its title."""

    def __init__(
        self, heading: str, *objects: Viewable, later: Callable[[], Viewable] | None = None
    ) -> None:
        """`later` makes the content when the section is first unfolded."""
        self._heading = heading
        super().__init__(
            **{
                "objects": list(objects),
                "title": heading,
                "variant": "outlined",
                "raised": False,
                "elevation": 0,
                "sx": _CARD,
                "css_classes": [f"section-{heading.lower()}"],
                "sizing_mode": "stretch_width",
                "collapsed": later is not None,
            },
        )
        if later is not None:
            fill_later(self, later)

    def tell(self, summary: str) -> None:
        """Show what is chosen, in a few words."""
        self.title = (
            f'{self._heading}<span style="float:right;font-weight:400;font-size:0.8rem;'
            f"opacity:0.7;max-width:70%;overflow:hidden;text-overflow:ellipsis;"
            f'white-space:nowrap">{escape(summary)}</span>'
        )
