"""Maps side by side: the original, one or two reconstructions, their errors, and who is closer."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from functools import partial

import numpy as np
import panel as pn
from numpy.typing import NDArray

from app import shared
from app.views.cards import GAP, NARROW, side_by_side, stack
from app.views.mapcard import MapCard
from app.views.maps import Geography, MapSet, Plate
from app.views.projections import Cells, Picture
from app.views.scales import Scales
from app.views.shown import AtHand, Held, Shown
from app.words import signed, three
from cainr_core.evaluate.over_time import rmse

LEAST, USUAL, MOST = 240, 360, 720  # pixels that a map is drawn wide
WIDTHS = 60  # between two such: pictures of many sizes would be made
DIFFERENCE = "reconstruction minus original"
ROWS = (
    (
        Plate("original", "Original", box="right"),
        Plate("a", "Reconstruction"),
        Plate("error_a", "Error", DIFFERENCE, "left"),
    ),
    (
        Plate("gain", "Gain of B over A", "how much smaller the error of B is", "right"),
        Plate("b", "B"),
        Plate("error_b", "Error of B", DIFFERENCE, "left"),
    ),
)
# On a phone what is compared is seen at once: in pairs, and what tells most in full.
_NARROW = f"""
@media (max-width: {NARROW}px) {{
  :host {{ grid-template-columns: repeat(2, minmax(0, 1fr)); }}
  .map-error-a, .map-gain {{ grid-column: 1 / -1; }}
}}
"""
KINDS = {  # the scale that each map is coloured by
    **dict.fromkeys(("original", "a", "b"), "original"),
    **dict.fromkeys(("error_a", "error_b"), "error"),
    "gain": "gain",
}


class SideBySide:
    """Three maps of one reconstruction, six of two; the figures beside their titles are computed
    on native cells."""

    def __init__(self, geography: Geography, scales: Scales) -> None:
        self.scales = scales
        self.maps = MapSet(ROWS[0], geography, later=ROWS[1])
        self.cards: dict[str, MapCard] = {}
        self.shown = Shown(None)
        self._at_hand = AtHand()
        self._drawn: dict[str, tuple[object, ...]] = {}  # by letter: what, and in which pictures
        self._names: dict[str, str] = {}  # of the maps, as the hover box has them
        self._wide: dict[str, int] = {}  # maps on the page, told by it
        for column, plot in self.maps.figures.items():
            plot.on_change("inner_width", partial(self._laid_out, column))
        self.view = stack(self._row(ROWS[0]))  # the second row comes with the first comparison

    def _row(self, plates: tuple[Plate, ...]) -> pn.Column:
        for plate in plates:
            plot = self.maps.figures[plate.column]
            self.cards[plate.column] = MapCard(
                plate.title, plot, f"map-{plate.column.replace('_', '-')}", plate.hint
            )
        return side_by_side(
            *(self.cards[plate.column].view for plate in plates),
            shares="1 1 1",
            narrow=NARROW,
            css=_NARROW,
            margin=(0, 0, GAP, 0),
        )

    @property
    def pixels(self) -> int:
        """How wide a map is on the screen, in steps; what it often is, before the page has
        told."""
        if not self._wide:
            return USUAL
        wide = max(self._wide.values()) * shared.density()
        return min(max(WIDTHS * math.ceil(wide / WIDTHS), LEAST), MOST)

    def _laid_out(self, column: str, name: str, before: int, wide: int) -> None:
        self._wide[column] = wide

    def _show_second(self, shown: bool) -> None:
        if shown and len(self.view) == 1:
            self.maps.add(ROWS[1])
            self.view.append(stack(self._row(ROWS[1])))  # a grid would not hide itself
        for second in self.view.objects[1:]:
            second.visible = shown

    def place(self, picture: Picture, aspect: float) -> None:
        """Take another grid or projection from the next `draw` on."""
        self.maps.place(picture, aspect)

    def take(self, shown: Shown) -> None:
        """Show these from the next `draw` on; headings call the runs by their names, but on a
        phone by their letters, as does the hover box, which is to be small."""
        self.shown = shown
        self._show_second(shown.comparing)
        titles = {"original": "Original"}
        for letter, source in zip("ab", shown.sources, strict=False):
            error = f"Error of {letter.upper()}" if shown.comparing else "Error"
            titles |= {letter: shown.in_short(source), f"error_{letter}": error}
            name = shown.in_short(source) if shared.is_narrow() else shown.title(source)
            self.cards[letter].title(name, source.colour)
            self.cards[f"error_{letter}"].title(error, source.colour)
        if not shown.sources:
            self.cards["a"].title("Reconstruction")
            self.cards["error_a"].title("Error")
        if shown.comparing:
            titles["gain"] = "Gain of B over A"
        self._names = titles

    def draw(self, time: int, original: bool = True) -> None:
        """Draw a time step, with the original or without; each error is that of the step whose
        values are drawn."""
        field, sources = self.shown.field, self.shown.sources
        if field is None:
            return
        truth = field.values.reshape(len(field.time), -1)
        values: dict[str, NDArray | None] = {"original": truth[time]} if original else {}
        late: dict[str, str] = {}  # maps that still show another time step, and which
        as_before: set[str] = set()  # what need not be sent again, as beside a fit
        for letter, source in zip("ab", sources or (None,), strict=False):
            held = None if source is None else self._at_hand.of(letter, source, time)
            values[letter] = None if held is None else held.values
            values[f"error_{letter}"] = None if held is None else held.values - truth[held.time]
            if held is not None and held.time != time:
                late |= dict.fromkeys((letter, f"error_{letter}"), field.time.label(held.time))
            if self._drawn_already(letter, held) and not original:
                as_before |= {letter, f"error_{letter}"}
        if self.shown.comparing:
            a, b = values["error_a"], values["error_b"]
            values["gain"] = None
            if a is not None and b is not None and not late:
                values["gain"] = np.abs(a) - np.abs(b)
        seen = self.maps.seen()
        self._colour(truth[time], values, seen)
        self.maps.draw({name: values[name] for name in values if name not in as_before})
        self.maps.fade(late)
        read = {column: name for column, name in self._names.items() if column not in late}
        self.maps.name(read, field.units)
        self._tell(truth[time], values, late, seen)

    def _drawn_already(self, letter: str, held: Held | None) -> bool:
        """Whether a reconstruction was drawn as it is now; remembers that it will be."""
        maps, before = self.maps, self._drawn.get(letter, ())
        now = (held and held.values, maps.whole.picture, maps.near.picture)
        self._drawn[letter] = now
        return len(before) == len(now) and all(map(operator.is_, before, now))

    def _colour(self, truth: NDArray, values: Mapping[str, NDArray | None], seen: Cells) -> None:
        self.scales.of_values(truth, seen)
        for kind, names in (("error", ("error_a", "error_b")), ("gain", ("gain",))):
            there = [cells for name in names if (cells := values.get(name)) is not None]
            self.scales.of_differences(kind, there, seen)
        scales = {column: self.scales.now[kind] for column, kind in KINDS.items()}
        self.maps.colour(scales)
        unit = self.shown.field.units if self.shown.field else ""
        for column, each in self.cards.items():
            cells = truth if column == "original" else values.get(column)
            each.colour(scales[column], unit, scales[column].exceeded(cells))

    def _tell(
        self,
        truth: NDArray,
        values: Mapping[str, NDArray | None],
        late: Mapping[str, str],
        seen: Cells,
    ) -> None:
        """Figures of this time step beside the titles, on the native cells that are seen."""
        cards, field = self.cards, self.shown.field
        unit = field.units if field else ""
        # the table has the error of all steps
        rmse_of = "RMSE of this time" if field and len(field.time) > 1 else "RMSE"
        part = not isinstance(seen, slice)
        rmse_of = "RMSE of this part" if part else rmse_of
        if shared.is_narrow():
            rmse_of = "RMSE"
        cards["original"].tell(_span(truth[seen], unit))
        for letter, _ in zip("ab", self.shown.sources, strict=False):
            error = values[f"error_{letter}"]
            told = "…"
            if error is not None:
                told = f"{rmse_of} {three(float(rmse(error[seen])))} {unit}"
            still = f"still {late[letter]}" if letter in late else ""
            cards[letter].tell(still)
            cards[f"error_{letter}"].tell(still or told)
        if not self.shown.sources:
            # a phone's map has no room for it, and Fit stands just above
            cards["a"].tell("" if shared.is_narrow() else "press Fit to learn this field")
            cards["error_a"].tell("")
        if self.shown.comparing:
            gain = values["gain"]
            of = "these cells" if part else "all cells"
            closer = None if gain is None or not gain[seen].size else np.mean(gain[seen] > 0)
            cards["gain"].tell("…" if closer is None else f"B closer in {closer:.0%} of {of}")


def _span(values: NDArray, unit: str) -> str:
    """From the least to the greatest of those that are known."""
    known = values[np.isfinite(values)]
    return f"{signed(known.min())} to {signed(known.max())} {unit}" if known.size else "no values"
