"""The part of the maps that is seen: told by the page once it has settled, or set by the view."""

from __future__ import annotations

from collections.abc import Callable

import panel_material_ui as pmui

from app import shared
from app.settling import settled
from app.views.maps import Geography
from app.views.projections import Extent
from app.views.regions import REGIONS, Region, centred, covered, name_of, region_of, window
from app.workbench import Workbench
from cainr_core.data.fields import Grid

WHOLE, BY_HAND = "Whole map", "Zoomed"
SETTLED = 250  # ms without a change of what is seen
BELOW = (9, 6, 6, 6)  # px around a choice, whose label stands half over it
SLACK = 0.01  # of the width: what the page rounds

# so that South America is read whole
_NAMES = {"& .MuiSelect-select": {"fontSize": ".83rem", "paddingRight": "24px !important"}}


def seen_of(bench: Workbench, geography: Geography) -> Extent | None:
    """What the region of the workbench comes to on these maps; None for all of them, and where
    they may not show it."""
    if len(bench.region) != len(Region._fields):
        return None
    return window(Region(*bench.region), bench.projection, bench.centre, geography.whole)


class Zooming:
    """Keeps the region of the workbench and what is seen of some maps alike."""

    def __init__(
        self, workbench: Workbench, geography: Geography, seen: Callable[[], None]
    ) -> None:
        """`seen` is called when another part of the maps is seen."""
        self.workbench, self.geography, self._seen = workbench, geography, seen
        self._told: list[float] = []  # the region that the page itself told
        geography.on_move(settled(self._moved, SETTLED))
        workbench.param.watch(shared.held(self._set), "region")

    @property
    def window(self) -> Extent | None:
        """The part of the map that is seen, or None for all of it."""
        return self.geography.seen if self.workbench.region else None

    def apply(self) -> None:
        """Look at the region of the workbench on a map that was placed anew."""
        seen = seen_of(self.workbench, self.geography)
        if seen is None:
            self._told = self.workbench.region = []  # this map may not show it
        self.geography.look_at(seen or self.geography.whole)

    def _set(self, *events: object) -> None:
        if self.workbench.region != self._told:
            self._told = self.workbench.region
            self.apply()
        self._seen()

    def _moved(self) -> None:
        bench, seen = self.workbench, self.geography.seen
        if self._alike(seen):
            return
        region = region_of(seen, bench.projection, bench.centre, self.geography.whole)
        self._told = [] if region is None else list(region)
        if bench.region != self._told:
            bench.region = self._told

    def _alike(self, seen: Extent) -> bool:
        """Whether that is what the region of the workbench comes to."""
        wanted = seen_of(self.workbench, self.geography) or self.geography.whole
        apart = (seen.x0 - wanted.x0, seen.x1 - wanted.x1, seen.y0 - wanted.y0, seen.y1 - wanted.y1)
        return max(map(abs, apart)) < SLACK * wanted.width


class Turn:
    """The centre from which something has turned the maps away."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self._turned: tuple[float, float] | None = None  # the centre before it, and for it

    def away(self, centre: float) -> None:
        """Remember what the centre is, before it becomes another one."""
        before = self.workbench.centre if self._turned is None else self._turned[0]
        self._turned = before, centre

    def back(self) -> float:
        """The centre before; the present one, where that was chosen since."""
        turned, self._turned = self._turned, None
        centre: float = self.workbench.centre
        return turned[0] if turned is not None and centre == turned[1] else centre


class RegionChoice:
    """Regions to look at, and the way back to all of the map."""

    def __init__(self, workbench: Workbench, geography: Geography) -> None:
        self.workbench, self.geography = workbench, geography
        self._visited, self._faced = Turn(workbench), Turn(workbench)  # a region; a field
        self.choice = pmui.Select(
            label="Region", description="A part of the globe to zoom in on, in all maps at once.",
            options=[WHOLE, *REGIONS], value=WHOLE, size="small", width=None,
            sizing_mode="stretch_width", margin=BELOW, css_classes=["choice-region"],
            sx=_NAMES,
        )  # fmt: skip
        self.back = pmui.IconButton(
            icon="public", size="small", margin=(11, 0), disabled=True,
            description="See the whole map", css_classes=["whole-map"],
        )  # fmt: skip
        self.choice.param.watch(shared.held(self._choose), "value")
        self.back.on_click(shared.held(self._whole))
        workbench.param.watch(shared.held(self._offer), "region")

    def face(self, grid: Grid) -> None:
        """Turn to a field of a part of the globe that the maps would cut or show slanted, and back
        for one of all of it."""
        bench, region = self.workbench, covered(grid)
        if region is None:
            bench.centre = self._faced.back()
        elif (centre := centred(region, bench.projection, bench.centre)) != bench.centre:
            self._faced.away(centre)
            bench.centre = centre

    def _offer(self, *events: object) -> None:
        region = self.workbench.region
        name = name_of(region) or (BY_HAND if region else WHOLE)
        options = [WHOLE, *REGIONS, *([BY_HAND] if name == BY_HAND else [])]
        self.choice.param.update(options=options, value=name)
        self.back.disabled = not region

    def _choose(self, *events: object) -> None:
        name = self.choice.value
        if name in REGIONS:
            self._visit(name)
        elif name == WHOLE:
            self._whole()

    def _visit(self, name: str) -> None:
        bench, region = self.workbench, REGIONS[name]
        centre = centred(region, bench.projection, bench.centre)
        if centre != bench.centre:
            self._visited.away(centre)
            bench.param.update(centre=centre, region=list(region))
            return
        if window(region, bench.projection, bench.centre, self.geography.whole) is None:
            bench.problem = (
                f"{name} is not on this map: choose another centre or another projection."
            )
            self._offer()
            return
        bench.region = list(region)

    def _whole(self, *events: object) -> None:
        """All of the map, around the centre from which a region has turned it away."""
        self.workbench.param.update(region=[], centre=self._visited.back())
