"""The frame of one map: what it shows, its figures, and its colour bar."""

from __future__ import annotations

from html import escape

import panel as pn
from bokeh.plotting import figure

from app.views.cards import card
from app.views.colours import Scale
from app.words import about, shape_of
from cainr_core.data.fields import Field

HEAD = """
:host { overflow: hidden; }
.head { display: flex; align-items: baseline; gap: 8px; white-space: nowrap; }
.title { font-weight: 600; font-size: .95rem; display: flex; min-width: 0; }
.dot + .title { font-size: .86rem; }
.title span { overflow: hidden; text-overflow: ellipsis; white-space: pre; }
.title .network { flex: none; max-width: 70%; }
.told { margin-left: auto; font-size: .8rem; opacity: .75; font-variant-numeric: tabular-nums;
  flex: none; max-width: 70%; overflow: hidden; text-overflow: ellipsis; }
.dot { flex: none; width: 9px; height: 9px; border-radius: 50%; align-self: center; }
"""
NETWORK = " · "  # before the network in the name of a run
BAR = """
.bar { position: relative; font-size: .72rem; font-variant-numeric: tabular-nums; display: grid;
  grid-template-columns: 1fr auto; column-gap: 16px; }
.strip { height: 8px; border-radius: 4px; position: relative; }
.strip i { position: absolute; top: 0; width: 11px; height: 8px; background: var(--end); }
.strip .below { left: -10px; clip-path: polygon(0 50%, 100% 0, 100% 100%); }
.strip .above { right: -10px; clip-path: polygon(100% 50%, 0 0, 0 100%); }
.strip:has(.below) { border-top-left-radius: 0; border-bottom-left-radius: 0; }
.strip:has(.above) { border-top-right-radius: 0; border-bottom-right-radius: 0; }
.unit { grid-row: 1; grid-column: 2; line-height: 8px; opacity: .75; max-width: 9em;
  overflow: clip; overflow-clip-margin: 6px; text-overflow: ellipsis; white-space: nowrap; }
.ticks { position: relative; height: 16px; margin-top: 3px; }
.ticks span { position: absolute; transform: translateX(-50%); opacity: .8; }
:host { container-type: inline-size; } /* as narrow as a phone's pair of maps: every other tick */
@container (max-width: 200px) { .ticks span:nth-child(even) { display: none; } }
"""

ZOOM = "Ctrl + wheel zooms, drag pans."
PERCENTILE = "Percentile colours what is seen."
_FIELD = """
.title { font-size: 1.05rem; font-weight: 600; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.source { font-size: .78rem; opacity: .7; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
@media (hover: none) { .mouse { display: none; } }
"""


class FieldHead(pn.pane.HTML):
    """What field the maps show, and how to look closer."""

    def __init__(self) -> None:
        super().__init__(
            "", stylesheets=[_FIELD], sizing_mode="stretch_width", margin=(8, 12, 4, 12), height=42
        )

    def tell(self, field: Field, of_others: bool, part: str) -> None:
        """Name a field; `of_others`: that of runs of other data than are open;
        `part`: in words, where not all of it is seen."""
        source = f"{escape(field.source)}, {shape_of(field.shape)} values"
        first = "<b>The runs ticked are of other data.</b> "
        way = PERCENTILE if part else ZOOM
        told = f'{first if of_others else ""}{source}. <span class="mouse">{way}</span>'
        html = (
            f'<div class="title">{escape(", ".join(filter(None, [about(field), part])))}</div>'
            f'<div class="source" title="{source}. {way}">{told}</div>'
        )
        if html != self.object:
            self.object = html


class MapCard:
    """A map with a heading above and a colour bar below, of fixed heights."""

    def __init__(self, title: str, plot: figure, css_class: str, hint: str = "") -> None:
        """`hint`: what pointing at the title adds to it."""
        self._title, self._told, self._hint = title, "", hint
        self._colour: str | None = None
        self.head = pn.pane.HTML(
            "", stylesheets=[HEAD], height=22, margin=(8, 12, 4, 12), sizing_mode="stretch_width"
        )
        self.bar = pn.pane.HTML(
            "", stylesheets=[BAR], height=28, margin=(6, 20, 6, 20), sizing_mode="stretch_width"
        )
        self.view = card(
            self.head,
            pn.pane.Bokeh(plot, sizing_mode="scale_width", margin=(0, 8)),
            self.bar,
            css_class=f"map-card {css_class}",
            margin=0,
        )
        self._write()

    def title(self, title: str, colour: str | None = None) -> None:
        """Name the map, and show the colour of its run."""
        self._title, self._colour = title, colour
        self._write()

    def tell(self, told: str) -> None:
        """Set the figures at the right."""
        self._told = told
        self._write()

    def _write(self) -> None:
        dot = f'<span class="dot" style="background:{self._colour}"></span>' if self._colour else ""
        title = escape(self._title)
        whole = f"{title}: {escape(self._hint)}" if self._hint else title
        html = (
            f'<div class="head">{dot}<span class="title" title="{whole}">{_parted(title)}</span>'
            f'<span class="told">{escape(self._told)}</span></div>'
        )
        if html != self.head.object:
            self.head.object = html

    def colour(self, scale: Scale, unit: str, exceeded: tuple[bool, bool]) -> None:
        """Explain the colours, and mark an end that values go beyond."""
        html = scale.bar(escape(unit), exceeded)
        if html != self.bar.object:
            self.bar.object = html


def _parted(title: str) -> str:
    """HTML of a title whose end, that tells runs apart as default names have it, is cut last."""
    start, dot, network = title.rpartition(NETWORK)
    if not start:
        return f"<span>{title}</span>"
    return f'<span>{start}</span><span class="network">{dot}{network}</span>'
