"""Fit for analysis: the checks of each run picked, with a verdict, a figure and a sentence each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any, NamedTuple

import panel as pn
from panel.viewable import Viewable

from app import decoding
from app.views.look import Look
from app.views.selected import Picked, Selected
from app.views.tableprint import TEXT, Cell, table_file
from cainr_core.evaluate.checks import Check, Verdict, tally

NOTHING = "Tick a run to see whether it is fit for analysis."
ICONS: dict[Verdict, str] = {"pass": "✓", "near": "≈", "fail": "✕", "not asked": "–"}
COLOURS: dict[Verdict, str] = {
    "pass": "#117a3d", "near": "#a85c0c", "fail": "#b3261e", "not asked": "#606870",
}  # fmt: skip
GREY = "#606870"
SHORT, LETTER, NARROWEST = 60, 0.075, 2.1  # letters of a name in print; inches of one, of a column
LDCPY = "As ldcpy asks, at the worst time"
CLIMATE = "As analyses ask; σ is natural variability, season and drift removed"
# Colours mixed with that of text are dark enough on light and light enough on dark.
CSS = """
:host { container-type: inline-size; }
.checks { font-size: 13px; line-height: 1.35; padding-bottom: 8px; overflow-x: auto; }
.checks > * { min-width: fit-content; }
.row { display: grid; align-items: baseline; gap: 2px 14px; padding: 5px 12px;
  grid-template-columns: minmax(150px, 1.1fr) 84px repeat(var(--runs), minmax(120px, 1fr)); }
.heads { font-weight: 600; }
.group { padding: 10px 12px 2px; font-size: .72rem; opacity: .75; }
.limit { opacity: .75; white-space: nowrap; font-variant-numeric: tabular-nums; }
.run { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.heads .run { white-space: normal; overflow-wrap: anywhere; }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 6px;
  background: var(--colour); }
.tally { font-weight: 400; font-size: .72rem; opacity: .75; }
details { border-top: 1px solid
  color-mix(in srgb, var(--panel-on-surface-color) 12%, transparent); }
summary { cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:focus-visible { outline: 2px solid var(--panel-primary-color); outline-offset: -2px; }
.what::before { content: "▸"; display: inline-block; width: 1.1em; opacity: .6; }
details[open] .what::before { content: "▾"; }
.why { padding: 2px 12px 10px calc(12px + 1.1em); }
.why p { margin: 0 0 4px; max-width: 80ch; }
.verdict { font-weight: 600; color: color-mix(in srgb, var(--verdict) 72%,
  var(--panel-on-surface-color)); }
.pass { --verdict: #1a9850; } .near { --verdict: #e08214; } .fail { --verdict: #d73027; }
.not-asked { font-weight: 400; opacity: .7; --verdict: var(--panel-on-surface-color); }
.icon { display: inline-block; width: 1.2em; }
.value { font-variant-numeric: tabular-nums; margin-left: 4px; }
.phone { display: none; }
.head, .what, .group, .why { position: sticky; left: 0; background: var(--panel-surface-color); }
.head, .what { margin-left: -12px; padding-left: 12px; z-index: 1; } /* over what goes past */
.head { align-self: stretch; }
summary:hover, summary:hover .what {
  background: color-mix(in srgb, var(--panel-primary-color) 8%, var(--panel-surface-color)); }
.group, .why { box-sizing: border-box; max-width: 100cqw; }
@container (max-width: 620px) {
  .row { grid-template-columns: minmax(0, 1fr) auto; }
  .row > .run { grid-column: 1 / -1; padding-left: 1.1em; }
  .heads > .head, .heads > .limit { display: none; }
  .phone { display: inline-block; }
}
"""


class Checked(NamedTuple):
    """A run, its colour, and the answers."""

    title: str
    colour: str
    checks: list[Check]


class Analysis(Look):
    """A row for each check, a column for each run; a row opens to its sentences."""

    title = "Analysis"
    told = (
        "Every run picked, in the state that the maps show, against its original, all times. Open "
        "a row for what lies behind it."
    )
    long = True

    def body(self) -> Viewable:
        self._result: list[Checked] = []
        self.table = pn.pane.HTML("", stylesheets=[CSS], sizing_mode="stretch_width", margin=0)
        return self.table

    def work(self, chosen: Selected) -> Callable[[], Any]:
        def checked(one: Picked) -> Checked:
            def on_decoding(part: float) -> None:
                self.reach(f"Decoding {one.run.name}: {part:.0%} …")

            def on_checking(done: int, total: int) -> None:
                self.reach(f"Checking {one.run.name}: {done / total:.0%} …")

            return Checked(
                one.title, one.colour, decoding.checks(one.run, one.step, on_decoding, on_checking)
            )

        return lambda: [checked(one) for one in chosen.runs]

    def picture(self, title: str, chosen: Selected, told: str, kind: str) -> Callable[[], bytes]:
        """The table, for print."""
        runs = self._result
        if not runs:
            return super().picture(title, chosen, told, kind)
        columns = [(("", TEXT), 2.5), (("Limit", TEXT), 0.9)]
        for name, colour in ((_short(one.title), one.colour) for one in runs):
            columns.append(((name, colour), max(NARROWEST, 0.2 + LETTER * len(name))))
        return lambda: table_file(columns, _printed(runs), title, told, kind)

    def draw(self, result: list[Checked]) -> None:
        self._result = result
        self.table.object = table(result)
        if not result:
            self.tell(NOTHING)


def table(runs: Sequence[Checked], opened: bool = False) -> str:
    """The checks of runs as HTML, "" for none; `opened`: whether their sentences are in sight."""
    if not runs:
        return ""
    heads = "".join(
        f'<div class="run" title="{escape(one.title)}">{_dot(one)}{escape(one.title)}'
        f'<div class="tally">{tally(one.checks)}</div></div>'
        for one in runs
    )
    parts = [
        f'<div class="checks" style="--runs: {len(runs)}"><div class="row heads">'
        f'<div class="head"></div><div class="limit">Limit</div>{heads}</div>'
    ]
    group = None
    for checks in zip(*(one.checks for one in runs), strict=True):
        of = CLIMATE if checks[0].unit == "σ" else LDCPY
        parts += [] if of == group else [f'<div class="group">{of}</div>']
        parts.append(_row(checks, runs, opened))
        group = of
    return "".join(parts) + "</div>"


def _short(title: str) -> str:
    return title if len(title) <= SHORT else f"{title[: SHORT - 1]}…"


def _printed(runs: Sequence[Checked]) -> list[list[Cell]]:
    """The rows of the table as words with colours."""
    rows: list[list[Cell]] = []
    group = None
    for checks in zip(*(one.checks for one in runs), strict=True):
        of = CLIMATE if checks[0].unit == "σ" else LDCPY
        rows += [] if of == group else [[(of, GREY)]]
        limit = f"{checks[0].threshold} {checks[0].unit}".rstrip()
        answers = [
            (
                " ".join(filter(None, (each.verdict, each.figure, each.figure and each.unit))),
                COLOURS[each.verdict],
            )
            for each in checks
        ]
        rows.append([(checks[0].title, TEXT), (limit, GREY), *answers])
        group = of
    return rows


def _row(checks: Sequence[Check], runs: Sequence[Checked], opened: bool) -> str:
    cells, sentences = [], []
    for check, one in zip(checks, runs, strict=True):
        sentence = escape(check.sentence)
        figure = check.figure.replace("-", "\N{MINUS SIGN}")
        value = f' <span class="value">{figure} {check.unit}</span>' if figure else ""
        cells.append(
            f'<div class="run" title="{sentence}"><span class="phone">{_dot(one)}</span>'
            f'<span class="verdict {check.verdict.replace(" ", "-")}">'
            f'<span class="icon" aria-hidden="true">{ICONS[check.verdict]}</span>'
            f"{check.verdict}</span>{value}</div>"
        )
        sentences.append(f"<p>{_dot(one) if len(runs) > 1 else ''}{sentence}</p>")
    limit = f"{checks[0].threshold} {checks[0].unit}".rstrip()
    return (
        f'<details{" open" if opened else ""}><summary class="row">'
        f'<div class="what">{checks[0].title}</div><div class="limit">{limit}</div>'
        f"{''.join(cells)}</summary>"
        f'<div class="why">{"".join(sentences)}</div></details>'
    )


def _dot(one: Checked) -> str:
    return f'<span class="dot" style="--colour: {one.colour}"></span>'
