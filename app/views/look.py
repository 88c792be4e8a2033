"""One closer look at the runs picked: computed in a thread, and only while somebody sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import Any, ClassVar

import numpy as np
import panel as pn
import panel_material_ui as pmui
from numpy.typing import NDArray
from panel.viewable import Viewable

from app import shared
from app.style import SMALL
from app.views.cards import line, stack
from app.views.charts import chart_file
from app.views.lineplot import Chart, LinePlot
from app.views.selected import Picked, Selected, selected
from app.workbench import FIT, Workbench
from cainr_core.errors import CainrError

BUSY = "Computing …"
SOON = 300  # ms that are not worth saying that something is computed
REST = 600  # ms in which a hand or a player has not moved on to another step of the fits
STOP, AGAIN = {"label": "Stop", "icon": "stop"}, {"label": "Compute", "icon": "play_arrow"}
LATER = "The fit under way joins when it has ended."
STOPPED = "Stopped. Compute goes on from what was decoded."
LINE = 38  # px of the sentence and the button beside it, so that nothing moves when this comes
_CSS = """
.told { font-size: .8rem; opacity: .8; line-height: 1.4; }
"""


class Overtaken(Exception):
    """Something else was chosen, or somebody has pressed Stop: the work is not wanted any more."""


class Look:
    """The base of what a tab shows. A subclass says what it is called, what makes it anew, what it
    shows (`body`), what is to be computed (`work`) and how the result is drawn (`draw`)."""

    title: ClassVar[str]
    told: ClassVar[str]  # a sentence: what is shown here
    doing: ClassVar[str] = BUSY  # what is said while it is computed
    after: ClassVar[tuple[str, ...]] = ()  # parameters of the workbench, besides runs and field
    long: ClassVar[bool] = False  # whether it takes many seconds

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        called = self.title.lower().replace(" ", "-")
        self.view = stack(css_class=f"look look-{called}", margin=(0, 0, 10, 0))
        self._told = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=(4, 12)
        )
        self._halt = pmui.Button(
            **STOP, size="small", variant="outlined", margin=SMALL, visible=False,
            css_classes=["look-stop"],
        )  # fmt: skip
        self._halt.on_click(shared.held(self._stop_or_compute))
        self._seen = self._busy = self._slow = False
        self._stale, self._asked = True, 0  # how often something was chosen
        self._begun = 0  # which of these is computed
        self._reached = self.doing  # how far a thread has come
        self._sentence = ""
        workbench.param.watch(
            shared.held(self._changed), ["picked", "field", "runs", "fitted", *self.after]
        )
        workbench.param.watch(lambda event: self._wait(event.new), "step")

    # ------------------------------------------------------------------ of a subclass

    def body(self) -> Viewable:
        """What is seen; made at the first sight of it."""
        raise AssertionError("a look has a body")

    def work(self, chosen: Selected) -> Callable[[], Any]:
        """What to compute, as a function for a thread; what it takes of the workbench, and of
        widgets, is read here, in the session's turn."""
        raise AssertionError("a look has work")

    def draw(self, result: Any) -> None:
        """Show what was computed."""
        raise AssertionError("a look draws")

    def blank(self) -> None:
        """Show nothing: what could not be computed is not to look like what was before it."""

    def of_all_times(self) -> bool:
        """Whether another time shown changes nothing here; only asked where `after` has it."""
        return False

    def of(self) -> str:
        """What of the field a picture is of, where that is not all of it."""
        return ""

    def poll(self) -> None:
        """Take what is new; called a few times a second within this session's turn."""
        if self._slow and self._seen:
            self.tell(self._reached)

    # ------------------------------------------------------------------ the same for all

    def charts(self) -> list[Chart]:
        """The plots of lines that are shown, for print."""
        plots = [each for each in vars(self).values() if isinstance(each, LinePlot)]
        return [plot.chart() for plot in plots if plot.view.visible]

    def picture(self, title: str, chosen: Selected, told: str, kind: str) -> Callable[[], bytes]:
        """What makes a file of what is seen, with a title and where it comes from, in a thread.
        CainrError where nothing is drawn."""
        charts = [chart for chart in self.charts() if chart.lines or chart.dots]
        if not charts:
            raise CainrError("There is nothing drawn here yet of which to make a picture.")
        return lambda: chart_file(charts, title, told, kind)

    def see(self, seen: bool) -> None:
        """Somebody looks, or no longer."""
        self._seen = seen
        if seen and not self.view.objects:
            head = line(self._told, self._halt)
            head.min_height = LINE
            self.view.objects = [head, self.body()]
        if seen and self._stale:
            self.refresh()

    def _changed(self, *events: Any) -> None:
        if {event.name for event in events} != {"time"} or not self.of_all_times():
            self.refresh()

    def refresh(self) -> None:
        """Compute anew: now, after what is computed already, or when it is next seen."""
        self._stale = True
        self._asked += 1  # what is under way may end: it is overtaken
        chosen = selected(self.workbench) if self._seen and not self._busy else None
        if chosen is None:
            return
        work = self.work(chosen)
        self._stale, self._busy, self._begun, self._reached = False, True, self._asked, self.doing
        shared.later(self._say_busy, SOON)

        def take(result: Any) -> None:
            self._rest()
            self.tell(self.told)
            try:
                self.draw(result)
                if FIT in self.workbench.picked:
                    self.tell(f"{self._sentence} {LATER}")
            finally:
                self._go_on()

        def fail(problem: Exception) -> None:
            self._rest()
            if isinstance(problem, Overtaken) and not self._stale:
                self.tell(STOPPED)
                self._halt.param.update(**AGAIN, visible=True)
            elif not self._stale:
                self.tell(self.workbench.told(problem))
                self.blank()
            self._go_on()

        shared.background(work, take, fail, long=self.long)

    def _go_on(self) -> None:
        if self._stale:  # something was chosen meanwhile
            self.refresh()

    def _say_busy(self) -> None:
        if self._busy:
            self._slow = True
            self.tell(self._reached)
            self._halt.param.update(**STOP, visible=True)

    def _rest(self) -> None:
        self._busy = self._slow = False
        self._halt.visible = False

    def _stop_or_compute(self, *events: object) -> None:
        if self._busy:
            self._asked += 1
        else:
            self.refresh()

    # ------------------------------------------------------------------ within a thread

    def reach(self, sentence: str) -> None:
        """Say how far the work has come. Overtaken where it is no longer wanted."""
        if self._begun != self._asked:
            raise Overtaken
        self._reached = sentence

    def decoded(self, chosen: Selected) -> Iterator[tuple[Picked, NDArray[np.floating]]]:
        """Each run with all of its values, (time, *grid.shape), telling how far that is."""
        for number, picked in enumerate(chosen.runs, 1):
            which = f"run {number} of {len(chosen.runs)}" if len(chosen.runs) > 1 else "the run"

            def told(part: float, which: str = which) -> None:
                self.reach(f"Decoding {which} for all times: {part:.0%} …")

            yield picked, picked.values(told)

    def _wait(self, step: int | None) -> None:
        """Follow the steps of the fits where somebody comes to rest: whole fields take seconds."""

        def follow() -> None:
            if self.workbench.step == step:
                self.refresh()

        shared.later(follow, REST)

    def tell(self, sentence: str) -> None:
        """Put a sentence over what is shown."""
        self._sentence = sentence
        html = f'<div class="told">{escape(sentence)}</div>'
        if html != self._told.object:
            self._told.object = html
