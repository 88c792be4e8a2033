"""One collapsible group of choices, whose title says what is chosen."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn
from panel.viewable import Viewable

from app.controls.fold import Fold
from app.controls.form import while_visible


class Section(Fold):
    """A group of the sidebar."""

    def __init__(
        self, heading: str, *objects: Viewable, later: Callable[[], Viewable] | None = None
    ) -> None:
        """`later` makes the content when the section is first unfolded."""
        super().__init__(
            heading,
            *([_inside(*objects)] if objects else []),
            later=None if later is None else lambda: _inside(later()),
            css_class=f"section section-{heading.lower()}",
        )


def _inside(*objects: Viewable) -> pn.Column:
    inside = pn.Column(sizing_mode="stretch_width", margin=(0, 10, 10, 10))
    return while_visible(inside, objects)
