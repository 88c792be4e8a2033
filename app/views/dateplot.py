"""Lines over time: dates as the field's calendar has them, and the time shown marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.events import RangesUpdate
from bokeh.models import ColumnDataSource, CustomJSHover, FixedTicker
from bokeh.models.annotations import Span

from app import shared
from app.views.dates import MOST, date_ticks, word_ticks
from app.views.lineplot import HEIGHT, Line, LinePlot
from cainr_core.data.times import TimeAxis

EDGE = 84  # px left of the lines, so that those of one plot stand below those of another
FEW = 12  # times, up to which each has a dot: of one time there is no line
ROOM = 84  # px that a date takes along the axis
_DATE = """
let nearest = 0
days.forEach((day, i) => {
  if (Math.abs(day - value) < Math.abs(days[nearest] - value)) nearest = i
})
return dates[nearest] ?? ""
"""


class DatePlot(LinePlot):
    """Lines whose points stand at the times of a field."""

    def __init__(self, up: str, name: str, height: int = HEIGHT) -> None:
        super().__init__("", up, name, height)
        self.figure.min_border_left, self.figure.min_border_right = EDGE, ROOM // 2
        self._time: TimeAxis | None = None
        self._width = MOST * ROOM  # px, until the page tells
        self._date = CustomJSHover(args={"days": [], "dates": []}, code=_DATE)
        self.hover.tooltips = "<b>@name</b> $snap_y{0,0.[000]}, $snap_x{custom}"
        self.hover.formatters = {"$snap_x": self._date}
        self.now = Span(
            location=None, dimension="height", line_color="#808080", line_dash="dashed",
            line_width=1.2,
        )  # fmt: skip
        self.figure.add_layout(self.now)
        self.dots = ColumnDataSource({"x": [], "y": [], "colour": []})
        self.figure.scatter("x", "y", source=self.dots, size=5, color="colour")
        self._ticker = FixedTicker(ticks=[])
        self.figure.xaxis.ticker = self._ticker
        self.figure.on_event(RangesUpdate, shared.held(self._tick))
        self.figure.on_change("inner_width", self._resized)

    def draw_over(self, time: TimeAxis, lines: Sequence[Line]) -> None:
        """Show lines whose points stand at `time.called`."""
        self._time = time
        if self._date.args["days"] != (days := time.called.tolist()):
            self._date.args = {"days": days, "dates": list(map(time.label, range(len(time))))}
        self.draw(lines)
        dotted = lines if len(time) <= FEW else []
        self.dots.data = {
            "x": [x for line in dotted for x in line.x],
            "y": [y for line in dotted for y in line.y],
            "colour": [line.colour for line in dotted for _ in line.x],
        }
        self._tick()

    def blank(self) -> None:
        """Show no lines."""
        self.draw([])
        self.dots.data = {"x": [], "y": [], "colour": []}

    def mark(self, days: float | None) -> None:
        """Mark a time, or none."""
        self.now.location = days

    def _resized(self, attr: str, old: int, new: int) -> None:
        self._width = new
        shared.held(self._tick)()

    def _tick(self, *events: object) -> None:
        """Dates for what is seen of the axis."""
        seen: Any = self.figure.x_range
        most = min(MOST, max(2, self._width // ROOM))
        time, ends = self._time, (seen.start, seen.end)
        if time is None:
            ticks = {}
        elif time.words:
            ticks = word_ticks(time.called, time.words, *ends, most)
        else:
            ticks = date_ticks(*ends, time.calendar, most)
        self._ticker.ticks = list(ticks)
        self.figure.xaxis.major_label_overrides = dict(ticks)  # type: ignore[arg-type]
