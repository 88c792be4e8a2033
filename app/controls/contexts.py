"""Which contexts: a small map of each, a tick, and its quality on demand."""

from __future__ import annotations

from pathlib import Path

import panel as pn
import panel_material_ui as pmui

from app import shared, uploads
from app.choosing import Offer
from app.controls.form import form, pairs, while_visible
from app.controls.section import Section
from app.settings import settings
from app.style import SMALL
from app.views.thumbnails import EMPTY, thumbnail
from app.workbench import Workbench

CHOOSE = "Choose a variable"
# A long file name breaks instead of pushing the icons out.
_LABEL = """
:host { min-width: 0; }
:host .MuiFormControlLabel-root { max-width: 100%; margin-right: 0; }
:host .MuiFormControlLabel-label { min-width: 0; font-size: .9rem; line-height: 1.25;
  overflow-wrap: anywhere; }
"""
QUALITY = ("resolution", "noise", "bits", "embedded")


class ContextSection:
    """The offered contexts, built-in and from files."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.rows = pn.Column(sizing_mode="stretch_width")
        self.file = pmui.TextInput(
            label="Another file",
            placeholder="FILE.nc or FILE.nc:VARIABLE",
            description="Any variable of a NetCDF file or Zarr store on the server, given on its "
            "own grid; of a file alone that holds several, one is chosen from a list.",
            width=None, sizing_mode="stretch_width", margin=SMALL, size="small",
            visible=settings.files_allowed,
        )  # fmt: skip
        self.file.param.watch(self._file_named, "value")
        self.held = pmui.Select(
            options=[], visible=False,
            description="A variable on a grid, with or without time, given on its own grid.",
            width=None, sizing_mode="stretch_width", margin=SMALL, size="small",
            css_classes=["context-held"],
        )  # fmt: skip
        self.held.param.watch(self._held_chosen, "value")
        workbench.param.watch(self._offer_held, "holding")
        self._cards: dict[int, ContextCard] = {}
        self.section = Section("Context", self.rows, self.file, self.held)
        workbench.param.watch(self._list, "offered")
        workbench.param.watch(self._tell, "changed")
        self._list()
        self._tell()

    def draw(self) -> None:
        """Draw the small maps; called once the page is there."""
        for card in self._cards.values():
            card.draw()

    def _list(self, *events: object) -> None:
        cards = {
            id(offer): self._cards.get(id(offer)) or ContextCard(offer, self.workbench)
            for offer in self.workbench.offers
        }
        new = [card for key, card in cards.items() if key not in self._cards]
        if cards.keys() != self._cards.keys():
            first, self._cards = not self._cards, cards
            self.rows.objects = [card.view for card in cards.values()]
            for card in [] if first else new:
                card.draw()
        for card in cards.values():
            card.tick.value = card.offer.ticked
        if events:  # a file that was named is among them; one that is refused can be mended
            self.file.value = ""

    def _file_named(self, event: object) -> None:
        if self.file.value.strip():
            self.workbench.offer_file(self.file.value)

    def _offer_held(self, *events: object) -> None:
        """Offer the variables of a file that holds several."""
        path, names = self.workbench.holding
        label = "the file that you sent" if uploads.is_upload(path) else Path(path).name
        options = {CHOOSE: ""} | {name: name for name in names}
        self.held.param.update(label=f"Of {label}", options=options, value="", visible=bool(names))

    def _held_chosen(self, event: object) -> None:
        name = self.held.value
        if not name:
            return
        path, _ = self.workbench.holding
        if uploads.is_upload(path):
            self.workbench.offer_upload(path, name)
        else:
            self.workbench.offer_file(f"{path}:{name}")
        self.held.value = ""

    def _tell(self, *events: object) -> None:
        ticked = [offer.title for offer in self.workbench.offers if offer.ticked]
        self.section.tell(
            ticked[0] if len(ticked) == 1 else f"{len(ticked)} chosen" if ticked else "none"
        )


class ContextCard:
    """One context: thumbnail, tick, and the fields of its quality."""

    def __init__(self, offer: Offer, workbench: Workbench) -> None:
        self.offer, self.workbench = offer, workbench
        self.image = pn.pane.HTML(EMPTY, width=84, height=42, margin=(4, 4, 4, 8))
        self.tick = pmui.Checkbox(
            label=offer.title, value=offer.ticked, description=offer.sentence, width=None,
            sizing_mode="stretch_width", margin=(2, 0), size="small",
            stylesheets=[_LABEL],
            css_classes=[f"context-{offer.choice.source.split('/')[-1].split(':')[0]}"],
        )  # fmt: skip
        self.tune = pmui.ToggleIcon(
            icon="tune", active_icon="expand_less", value=False, size="small", width=32,
            margin=(6, 0), description="Quality", visible=offer.ticked, css_classes=["quality"],
        )  # fmt: skip
        self.quality = pn.Column(visible=False, sizing_mode="stretch_width")
        self.remove = pmui.IconButton(
            icon="close",
            size="small",
            width=32,
            margin=(6, 0),
            visible=offer.own,
            description="Remove",
        )
        self.view = pn.Column(
            while_visible(
                pn.Row(sizing_mode="stretch_width"),
                (self.image, self.tick, self.tune, self.remove),
            ),
            self.quality,
            sizing_mode="stretch_width",
        )
        self.tick.param.watch(self._ticked, "value")
        self.tune.param.watch(self._show_quality, "value")
        self.remove.on_click(shared.held(lambda event: workbench.withdraw(offer)))
        offer.choice.param.watch(lambda *events: self.draw(), list(QUALITY))

    def draw(self) -> None:
        """Draw the context at its present quality."""
        choice = self.offer.choice
        spec = choice.spec

        def show(html: str) -> None:
            if spec == choice.spec:
                self.image.object = html

        shared.background(lambda: thumbnail(shared.context(spec)), show, self.workbench.report)

    def _ticked(self, event: object) -> None:
        self.tune.visible = self.tick.value
        if not self.tick.value:
            self.tune.value = False
        self.workbench.tick(self.offer, self.tick.value)

    def _show_quality(self, event: object) -> None:
        if not self.quality.objects:  # made when first wanted: there are many of them
            self.quality.append(pairs(form(self.offer.choice, QUALITY).values()))
        self.quality.visible = self.tune.value
