"""One large map of two things compared: swiped, in turn, or their difference."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import panel as pn
import panel_material_ui as pmui
from numpy.typing import NDArray

from app import shared
from app.views.cards import GAP, NARROW, card, side_by_side
from app.views.mapcard import BAR
from app.views.maps import Geography, MapSet, Plate
from app.views.overlay import Overlay
from app.views.projections import Cells, Picture
from app.views.scales import Scales
from app.views.shown import AtHand, Held, Original, Shown, Source
from app.words import signed, three
from app.workbench import Workbench
from cainr_core.evaluate.difference import Difference, difference, relative_difference

PLATES = (Plate("left", "Left"), Plate("right", "Right"), Plate("difference", "Difference"))
LEAST, MOST = 720, 1440  # pixels that a map is wide
SIDES = ("left", "right")
DIFFERENCES = ("difference", "relative")  # modes that show one
_BELOW = (10, 6, 6, 6)  # the label of a choice stands half over it
_HIGH = 40  # pixels of a choice, which is drawn a moment after its place is there
_SMALL = {"& .MuiSelect-select": {"fontSize": ".8rem"}}  # names of runs are long
_TOLD = """
.told { font-size: .8rem; line-height: 1.35; opacity: .8; font-variant-numeric: tabular-nums;
  min-height: 1.35em; }
@media (max-width: 700px) { .told.long { min-height: 4.05em; } }
"""
Columns = dict[str, "NDArray[np.floating] | None"]  # native cells by the map that draws them
NOTHING = "Fit this field, or tick a run below, to compare it with the original."


class LargeMap:
    """What the view's `left` and `right` name, in its mode; figures are of native cells."""

    def __init__(self, workbench: Workbench, geography: Geography, scales: Scales) -> None:
        self.workbench, self.scales = workbench, scales
        self.maps = MapSet(PLATES, geography, name="large")
        self.shown = Shown(None)
        self._at_hand = AtHand()
        look = {
            "size": "small", "width": None, "sizing_mode": "stretch_width", "margin": _BELOW,
            "min_height": _HIGH, "sx": _SMALL,
        }  # fmt: skip
        self.left, self.right = (
            pmui.Select(
                label=side.capitalize(), description=workbench.param[side].doc,
                css_classes=[f"choice-{side}"], **look,
            )
            for side in SIDES
        )  # fmt: skip
        self.told = pn.pane.HTML(  # below the map, with room of its own, so that nothing moves
            "", stylesheets=[_TOLD], margin=(4, 16, 8, 16), sizing_mode="stretch_width"
        )
        plots = {
            name: pn.pane.Bokeh(plot, sizing_mode="scale_width", margin=0)
            for name, plot in self.maps.figures.items()
        }
        self.overlay = Overlay(
            **plots, at=workbench.divider, sizing_mode="stretch_width", margin=(0, 8)
        )
        self.bar = pn.pane.HTML(
            "", stylesheets=[BAR], height=28, margin=(6, 20, 6, 20), sizing_mode="stretch_width"
        )
        self.view = card(
            side_by_side(self.left, self.right, shares="1 1", narrow=NARROW, rows=0),
            self.overlay, self.bar, self.told,
            css_class="map-card map-large", margin=(0, 0, GAP, 0),
        )  # fmt: skip
        self.overlay.param.watch(lambda event: setattr(workbench, "divider", event.new), "at")
        workbench.param.watch(
            shared.held(lambda event: setattr(self.overlay, "at", event.new)), "divider"
        )
        for select, side in ((self.left, "left"), (self.right, "right")):
            select.param.watch(shared.held(lambda event, side=side: self._choose(side)), "value")

    @property
    def pixels(self) -> int:
        """How wide the map is on the screen."""
        return min(max(self.overlay.pixels, LEAST), MOST)

    def place(self, picture: Picture, aspect: float) -> None:
        """Take another grid or projection from the next `draw` on."""
        self.maps.place(picture, aspect)
        self.overlay.aspect = aspect

    def take(self, shown: Shown) -> None:
        """Offer these."""
        self.shown = shown
        self._offer()

    @property
    def pair(self) -> tuple[Source, Source] | None:
        """The two that are compared."""
        return self.shown.pair(self.workbench.left, self.workbench.right)

    def _offer(self) -> None:
        shown, pair = self.shown, self.pair
        titles = {"Original": "original"}
        titles |= {shown.title(source): source.key for source in shown.sources}
        if pair is None:
            titles = {"Original": "original"}
        keys = [source.key for source in pair] if pair else ["original", "original"]
        for select, key in zip((self.left, self.right), keys, strict=True):
            select.param.update(options=titles, value=key, disabled=pair is None)

    def _choose(self, side: str) -> None:
        """Compare something else; what the other side has changes places with it."""
        if self.pair is None:
            return
        before = dict(zip(SIDES, (source.key for source in self.pair), strict=True))
        chosen = getattr(self, side).value
        if chosen == before[side]:
            return
        other = "right" if side == "left" else "left"
        moved = before[side] if chosen == before[other] else before[other]
        self.workbench.param.update(**{side: chosen, other: moved})

    def draw(self, time: int, original: bool = True) -> None:
        """Draw a time step, with the original or what has come besides; where one of the two is
        not there yet, the step shown before."""
        field, pair = self.shown.field, self.pair
        if field is None:
            return
        mode = self.workbench.mode if pair else "swipe"
        self._offer()
        seen = self.maps.seen()
        self.scales.of_values(Original(field).values(time), seen)
        sources: tuple[Source, ...] = pair or (Original(field),)
        held = {
            side: self._at_hand.of(side, source, time)
            for side, source in zip(SIDES, sources, strict=False)
        }
        apart = self._apart(held, mode) if mode in DIFFERENCES else None
        columns: Columns = {"difference": None if apart is None else apart.values}
        if mode not in DIFFERENCES:
            columns = {side: None if at is None else at.values for side, at in held.items()}
        late = {
            side: field.time.label(at.time)
            for side, at in held.items()
            if at is not None and at.time != time
        }
        self._name(pair)
        self._colour(mode, columns, seen)
        self.maps.draw(columns)
        self.maps.fade(late)
        unit = field.units if mode != "relative" else "%"
        self.maps.name(self._read(pair, columns), unit)
        self._tell(apart, pair, late, unit, seen)

    @staticmethod
    def _apart(held: Mapping[str, Held | None], mode: str) -> Difference | None:
        first, second = (held.get(side) for side in SIDES)
        if first is None or second is None or first.time != second.time:
            return None
        compute = relative_difference if mode == "relative" else difference
        return compute(second.values, first.values)  # an error, where the first is the original

    def _title(self, source: Source) -> str:
        return self.shown.title(source) if source in self.shown.sources else source.title

    def _in_short(self, source: Source) -> str:
        return self.shown.in_short(source) if source in self.shown.sources else source.title

    def _name(self, pair: tuple[Source, Source] | None) -> None:
        titles = [self._title(source) for source in pair] if pair else ["Original", ""]
        colours = [source.colour or "" for source in pair] if pair else ["", ""]
        self.overlay.param.update(
            mode=self.workbench.mode,
            left_name=titles[0], right_name=titles[1],
            left_colour=colours[0], right_colour=colours[1],
        )  # fmt: skip

    def _read(self, pair: tuple[Source, Source] | None, columns: Columns) -> dict[str, str]:
        """What the hover box reads, by column."""
        if pair is None:
            return {"left": "Original"}
        left, right = map(self._in_short, pair)
        titles = {"left": left, "right": right, "difference": f"{right} − {left}"}
        return {column: titles[column] for column in columns}

    def _colour(self, mode: str, columns: Columns, seen: Cells) -> None:
        field = self.shown.field
        unit = field.units if field and mode != "relative" else "%"
        kind = "original"
        there = [cells for cells in columns.values() if cells is not None]
        if mode in DIFFERENCES:
            kind = "error" if mode == "difference" else "relative"
            self.scales.of_differences(kind, there, seen)
        scale = self.scales.now[kind]
        self.maps.colour(dict.fromkeys(columns, scale))
        ends = [scale.exceeded(cells) for cells in there]
        beyond = (any(end[0] for end in ends), any(end[1] for end in ends))
        html = scale.bar(escape(unit), beyond)
        if html != self.bar.object:
            self.bar.object = html

    def _tell(
        self,
        apart: Difference | None,
        pair: tuple[Source, Source] | None,
        late: dict[str, str],
        unit: str,
        seen: Cells,
    ) -> None:
        told = ""
        if pair is None:
            told = NOTHING
        elif late:
            told = f"still {next(iter(late.values()))}"
        elif apart is not None:
            relative = self.workbench.mode == "relative"
            here = apart.part(seen)
            measures = {"RMS": three(here.rmse), "largest": three(here.largest)}
            measures["bias"] = signed(here.bias)
            figures = [f"{name} {told}\u00a0{unit}" for name, told in measures.items()]
            if relative and apart.left_out > 0:
                figures.append(
                    f"{apart.left_out:.1%} of all cells left out, as |left| is tiny there"
                )
            what = "(Right − left) / |left|" if relative else "Right − left"
            of = "all cells" if isinstance(seen, slice) else "the cells seen"
            told = f"{what}, {of} at this time: {', '.join(figures)}."
        elif self.workbench.mode in DIFFERENCES:
            told = "…"
        long = " long" if self.workbench.mode in DIFFERENCES else ""
        html = f'<div class="told{long}">{escape(told)}</div>'
        if html != self.told.object:
            self.told.object = html
