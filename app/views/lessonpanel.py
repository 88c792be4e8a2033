"""The panel of the lessons: at the head of the page, on a phone at its foot."""

from __future__ import annotations

from functools import partial
from html import escape

import panel as pn
import panel_material_ui as pmui

from app import shared
from app.lessons import LESSONS
from app.lessons.guide import Guide, Row
from app.lessons.lesson import MAPS, PLACES, STEPS, Lesson, steps_allowed
from app.style import LEGIBLE, TOLD_BELOW_LEFTWARD
from app.views.cards import card, stack
from app.views.shown import LETTERS
from app.words import duration, size_of, three
from app.workbench import Workbench
from cainr_core.runs import Run

_PLACE = """
:host { position: sticky; top: 0; z-index: 20; box-shadow: 0 2px 10px rgb(0 0 0 / 18%);
  border-left: 4px solid var(--panel-primary-color); overflow: visible; }
:host::after { content: ""; position: absolute; top: 100%; left: -4px; right: -1px; height: 24px;
  background: linear-gradient(var(--page) 50%, transparent); } /* no halves of what goes below */
@media (max-width: 700px) {
  :host::after { display: none; }
  :host { position: fixed; top: auto; bottom: 0; left: 0; right: 0; margin: 0 !important;
    z-index: 1100; max-height: 50vh; overflow-y: auto; }
}
"""
# On a phone: the end of the page can be scrolled above the panel.
_ROOM = """
:host { display: none; }
@media (max-width: 700px) { :host { display: block; height: 50vh; } }
"""
_CSS = """
.head { display: flex; gap: 4px 14px; flex-wrap: wrap; align-items: baseline; }
.lesson { font-weight: 600; font-size: .95rem; }
.place { font-size: .78rem; opacity: .75; }
.step { font-weight: 600; margin-top: 4px; font-size: .9rem; }
@media (min-width: 701px) { .said { min-height: 104px; } } /* of most steps: nothing jumps */
p { margin: 2px 0; font-size: .88rem; line-height: 1.45; max-width: 110ch; }
.ways { display: flex; gap: 4px; align-items: baseline; margin-left: auto; font-size: .78rem; }
.ways button { font: inherit; color: inherit; background: none; padding: 3px 9px; cursor: pointer;
  border: 1px solid color-mix(in srgb, currentColor 35%, transparent); border-radius: 11px; }
.ways button:hover { border-color: currentColor; }
.ways button:focus-visible { outline: 2px solid var(--panel-primary-color); }
@media (max-width: 700px) { .ways { margin-left: 0; } }
.beside { display: flex; gap: 0 28px; align-items: flex-start; } .beside .said { flex: 1; }
@media (max-width: 700px) { .beside { flex-flow: column; } }
.fewer { font-size: .78rem; opacity: .75; }
.watch::before { content: 'Watch'; font-size: .72rem; font-weight: 600; padding: 1px 6px;
  border-radius: 4px; margin-right: 6px; color: #ffffff; background: #1a7a9c; }
table { border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums; }
th, td { padding: 1px 14px 1px 0; text-align: right; font-weight: 400; }
th { opacity: .7; }
th:first-child, td:first-child { text-align: left; }
"""
_LINE = """
:host { display: flex; flex-flow: row wrap; align-items: center; gap: 4px 8px; }
.lesson-status { flex: 1 1 200px; min-width: 0; align-self: center; }
@media (max-width: 700px) { /* below its text, which scrolls */
  :host { position: sticky; bottom: 0; z-index: 1; padding: 4px 0 8px; margin-bottom: 0 !important;
    background: var(--panel-surface-color); box-shadow: 0 -7px 7px -5px rgb(0 0 0 / 22%); }
  .lesson-status { order: -1; flex-basis: 100%; }
}
"""
_SMALL = {"@media (max-width: 700px)": {"padding": "4px 8px"}}
THERE = "Its fit is in the library: go on, or press Fit again to see it learn."
_STATUS = ".status { font-size: .82rem; opacity: .85; }"
_LIST = """
:host { display: grid; grid-template-columns: repeat(auto-fill, minmax(270px, 1fr)); gap: 4px; }
"""


class LessonPanel:
    """A button for the head of the page, and what it opens."""

    def __init__(self, workbench: Workbench) -> None:
        self.guide = Guide(workbench)
        self.button = pmui.Button(
            label="Lessons", description="A guided tour: what an INR is, and what context buys",
            icon="school", variant="text", size="small", sx={"color": "inherit"},
            css_classes=["lessons"], stylesheets=[TOLD_BELOW_LEFTWARD],
        )  # fmt: skip
        self.view = card(css=_PLACE, css_class="lesson-panel", visible=False)
        self.room = stack(css=_ROOM, visible=False)
        self.view.jslink(self.room, visible="visible")
        self.button.on_click(shared.held(self._open))
        self._made = False

    def _open(self, event: object) -> None:
        if not self._made:
            self._make()
        if self.view.visible and self.guide.lesson is None:
            self.view.visible = False
            return
        self.view.visible = True
        self._show()

    def _make(self) -> None:
        """What nobody has opened costs nothing."""
        self._made = True
        small = {"size": "small", "margin": 0, "sx": _SMALL}
        self.text = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=(10, 14, 4, 14),
            css_classes=["lesson-text"],
        )  # fmt: skip
        self.status = pn.pane.HTML(
            "", stylesheets=[_STATUS], margin=(0, 6), css_classes=["lesson-status"]
        )
        self.fit = pmui.Button(
            label="Fit",
            icon="play_arrow",
            css_classes=["lesson-fit", _way(MAPS)],
            **small,
        )
        self.cancel = pmui.Button(
            label="Stop", icon="stop", color="error", variant="outlined", visible=False,
            css_classes=["lesson-cancel"], **small,
        )  # fmt: skip
        self.back = pmui.Button(
            label="Previous", variant="outlined", css_classes=["lesson-back"], **small
        )
        self.next = pmui.Button(label="Next", css_classes=["lesson-next"], **small)
        self.leave = pmui.Button(
            label="Leave",
            variant="text",
            css_classes=["lesson-leave", "to-fit-bar"],
            **small | {"sx": _SMALL | LEGIBLE},
        )
        self.line = stack(
            self.fit, self.cancel, self.status, self.back, self.next, self.leave,
            css=_LINE, margin=(2, 14, 10, 14),
        )  # fmt: skip
        self.list = stack(*map(self._offer, LESSONS), css=_LIST, margin=(0, 10, 10, 10))
        guide = self.guide
        self._allow = [
            # while a fit goes on there is something to watch, or it can be cancelled first
            shared.decided(self.next, "disabled", lambda: guide.learning and not guide.ready),
            shared.decided(self.back, "disabled", lambda: guide.number == 0),
        ]
        self.fit.on_click(shared.held(lambda event: guide.fit()))
        self.cancel.on_click(shared.held(lambda event: guide.workbench.cancel()))
        guide.workbench.param.watch(shared.held(self._tell), "snapshot")
        self.back.on_click(shared.held(lambda event: guide.go(guide.number - 1)))
        self.next.on_click(shared.held(self._next))
        self.leave.on_click(shared.held(self._leave))
        guide.param.watch(shared.held(self._show), "turned")

    def _offer(self, lesson: Lesson) -> pmui.Button:
        number = LESSONS.index(lesson) + 1
        button = pmui.Button(
            label=f"{number}. {lesson.title}", variant="outlined", size="small", margin=4,
            width=None, sizing_mode="stretch_width", description=lesson.told,
            sx={"justifyContent": "flex-start", "textAlign": "left"},
            css_classes=["lesson-offer", _way(lesson.steps[0].see[0])],
        )  # fmt: skip
        button.on_click(shared.held(partial(self._start, lesson)))
        return button

    def _start(self, lesson: Lesson, event: object) -> None:
        self.guide.start(lesson)

    def _next(self, event: object) -> None:
        guide = self.guide
        if guide.number + 1 < len(guide.lesson.steps):
            guide.go(guide.number + 1)
        elif guide.place < len(LESSONS):
            guide.start(LESSONS[guide.place])
        else:
            self._leave(event)

    def _leave(self, event: object) -> None:
        self.guide.leave()
        self.view.visible = False

    # ------------------------------------------------------------------ what is shown

    def _show(self, *events: object) -> None:
        guide = self.guide
        open_ = guide.lesson is not None
        shown = [self.text, self.line if open_ else self.list]
        if self.view.objects != shown:
            self.view.objects = shown
        if not open_:
            self._write(
                '<div class="head"><span class="lesson">Lessons</span><span class="place">Each '
                "sets the page up and has fits of some seconds; leaving gives the page back as it "
                "was.</span></div>"
            )
            return
        self._write(self._told())
        for allow in self._allow:
            allow()
        self.cancel.visible = guide.learning and bool(guide.step.learn)
        self.fit.visible = bool(guide.step.learn) and not guide.learning
        self.fit.label = "Fit again" if guide.step.learn and guide.ready else "Fit"
        self.fit.variant = "outlined" if guide.ready else "contained"
        last = guide.number + 1 == len(guide.lesson.steps)
        label = "Next" if not last else "Next lesson" if guide.place < len(LESSONS) else "Finish"
        self.next.label = label if guide.ready or guide.learning else "Skip"
        self.next.css_classes = ["lesson-next", *self._leads(guide.number + 1)]
        self.back.css_classes = ["lesson-back", *self._leads(guide.number - 1)]
        self._tell()

    def _leads(self, number: int) -> list[str]:
        """The mark of a button that leads to a step, with what that is about."""
        steps, following = self.guide.lesson.steps, LESSONS[self.guide.place :][:1]
        ways = [step.see[0] for step in (*steps, *(lesson.steps[0] for lesson in following))]
        return [_way(ways[number])] if 0 <= number < len(ways) else []

    def _tell(self, *events: object) -> None:
        """How far the step is."""
        if self.guide.lesson is None:
            return
        status = f'<div class="status" role="status">{escape(self._status())}</div>'
        if status != self.status.object:
            self.status.object = status

    def _write(self, html: str) -> None:
        if html != self.text.object:
            self.text.object = html

    def _told(self) -> str:
        guide = self.guide
        step = guide.step
        ways = "".join(
            f'<button type="button" class="{_way(name)}" title="Bring it into view">{name}</button>'
            for name in step.see
        )
        place = f"Lesson {guide.place} of {len(LESSONS)}, step {guide.number + 1} of "
        head = (
            f'<div class="head"><span class="lesson">{escape(guide.lesson.title)}</span>'
            f'<span class="place">{place}{len(guide.lesson.steps)}</span>'
            f'<span class="ways">See {ways}</span></div>'
        )
        said = (
            f'<div class="said"><div class="step">{escape(step.title)}</div>'
            f'<p>{escape(step.told)}</p><p class="watch">{escape(self._watch())}</p></div>'
        )
        if step.sperr and not guide.told:
            # from the beginning and beside it, or the panel would grow over the maps
            table = _table(guide.table, guide.awaited, self._unit())
            said = f'<div class="beside">{said}{table}</div>'
        if (steps := steps_allowed()) < STEPS:
            said += (
                f'<p class="fewer">Fits take {steps:,} steps here, and the figures above are of '
                f"{STEPS:,}: errors are larger.</p>"
            )
        return head + said

    def _watch(self) -> str:
        """What to do, and where to look then."""
        guide = self.guide
        if not guide.step.learn:
            return str(guide.step.watch)
        if guide.ready:
            begin = "" if guide.learned else THERE
        else:
            begin = "" if guide.learning else "Press Fit."
        return f"{begin} {guide.step.watch}".lstrip()

    def _unit(self) -> str:
        field = self.guide.workbench.field
        return field.units if field is not None else ""

    def _status(self) -> str:
        guide = self.guide
        if guide.learning and guide.step.learn:
            return self._learning()
        if guide.ready and guide.lacks:
            return "A fit of a step before was skipped; Previous leads back to it."
        if guide.step.sperr:
            return guide.told or ("" if guide.ready else "SPERR compresses the field …")
        if not guide.ready:
            return "Press Fit, or skip this step."
        runs = guide.shown()
        names = LETTERS if len(runs) > 1 else [run.name for run in runs]
        return "; ".join(map(self._of_run, names, runs))

    def _learning(self) -> str:
        """How far the fit is, for whoever has scrolled past its bar."""
        snapshot = self.guide.workbench.snapshot
        progress = snapshot.progress if snapshot is not None else None
        if snapshot is not None and snapshot.place is not None:
            return snapshot.message
        if progress is None or not 0 < progress.step < progress.steps:
            return "Writing the file …" if progress and progress.step else "Starting …"
        left = progress.seconds / progress.step * (progress.steps - progress.step)
        return (
            f"Step {progress.step:,} of {progress.steps:,}, {progress.psnr:.1f} dB, "
            f"{duration(left)} to the end"
        )

    def _of_run(self, name: str, run: Run) -> str:
        measures = run.metrics
        return (
            f"{name}: {measures.psnr:.1f} dB, RMSE {three(measures.rmse)} {self._unit()}, "
            f"{size_of(measures.file_bytes)}"
        )


def _way(place: str) -> str:
    """The class of a button that leads to a place of the page (app/views/ways.py)."""
    return f"to-{PLACES[place]}"


def _table(rows: list[Row], awaited: list[str], unit: str) -> str:
    """The comparison: HTML; rows that are still awaited have their names."""
    told = [
        f"<td>{escape(name)}</td><td>{size:,}</td><td>{rmse:.2f}</td><td>{psnr:.1f}</td>"
        for name, size, rmse, psnr in rows
    ] or [f"<td>{escape(name)}</td><td>…</td><td>…</td><td>…</td>" for name in awaited]
    lines = "".join(f"<tr>{line}</tr>" for line in told)
    return (
        f"<table><tr><th></th><th>bytes</th><th>RMSE ({escape(unit)})</th><th>PSNR (dB)</th></tr>"
        f"{lines}</table>"
    )
