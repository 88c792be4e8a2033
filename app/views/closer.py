"""The card of closer looks: a row of tabs, of which one is seen, made when it is first wanted."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui

from app import shared
from app.views.analysis import Analysis
from app.views.cards import card, line
from app.views.errors import ErrorHistogram
from app.views.filemenu import FileMenu, Made
from app.views.look import Look
from app.views.overtime import RmseOverTime
from app.views.place import Place
from app.views.printing import FORMATS, file_name, provenance
from app.views.selected import selected
from app.views.spectrum import Spectrum
from app.views.tradeoff import TradeOff
from app.views.zonal import ZonalMean
from app.words import about
from app.workbench import Workbench
from cainr_core.errors import CainrError

LOOKS: tuple[type[Look], ...] = (  # in the order of their tabs
    ZonalMean,
    Place,
    ErrorHistogram,
    RmseOverTime,
    Spectrum,
    Analysis,
    TradeOff,
)
_CSS = """
.title { font-weight: 600; font-size: .95rem; }
"""
_TABS = {"minHeight": "36px", "& .MuiTab-root": {"minHeight": "36px", "padding": "6px 12px"}}


class Closer:
    """Figures of the runs picked, each in a tab; `tab` of the workbench names the one that is
    open."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.looks = {look.title: look for look in (kind(workbench) for kind in LOOKS)}
        title = pn.pane.HTML(
            '<div class="title">Look closer</div>', stylesheets=[_CSS], margin=(12, 12, 4, 12)
        )
        self.tabs = pmui.Tabs(
            *((name, look.view) for name, look in self.looks.items()),
            sizing_mode="stretch_width", sx=_TABS, css_classes=["looks"],
        )  # fmt: skip
        self.picture = FileMenu(
            list(FORMATS), self._picture, workbench.report, margin=(8, 12, 4, 2),
            description="Download this plot at print size",
        )  # fmt: skip
        self.view = card(line(title, self.picture.view), self.tabs, css_class="closer")
        self.tabs.param.watch(shared.held(self._turned), "active")
        workbench.param.watch(shared.held(self._named), "tab")

    def open(self) -> None:
        """Show the tab that is open, once the page is there."""
        self._named()
        self._turned()

    def _named(self, *events: object) -> None:
        """Turn to the tab that the workbench names."""
        names = list(self.looks)
        if self.workbench.tab in names:
            self.tabs.active = names.index(self.workbench.tab)

    def _turned(self, *events: object) -> None:
        for place, (name, look) in enumerate(self.looks.items()):
            look.see(place == self.tabs.active)
            if place == self.tabs.active:
                self.workbench.tab = name

    def poll(self) -> None:
        """Let the looks take what is new; called a few times a second."""
        for look in self.looks.values():
            look.poll()

    def _picture(self, kind: str) -> Made:
        look = list(self.looks.values())[self.tabs.active]
        chosen = selected(self.workbench)
        if chosen is None:
            raise CainrError("There is no field yet of which to make a picture.")
        field, step = chosen.field(), self.workbench.time
        time = field.time.label(min(step, len(field.time) - 1))
        of_time = "time" in look.after and not look.of_all_times()
        of = [part for part in (look.of(), time if of_time else "") if part]
        title = ", ".join([f"{look.title}: {about(field)}", *of])
        runs = [picked.run for picked in chosen.runs]
        told = provenance(chosen.data, runs, field.units, self.workbench.step)
        make = look.picture(title, chosen, told, FORMATS[kind])
        name = file_name(" ".join([look.title, field.name, *of]), FORMATS[kind])
        return name, lambda far: make()
