"""Many networks at once: what to fit, start and stop it, how far it is, and what came of it."""

from __future__ import annotations

import math
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from html import escape
from io import BytesIO
from pathlib import Path

import panel as pn
import panel_material_ui as pmui

from app import shared
from app.controls.fold import Fold
from app.controls.form import form, widget
from app.style import SMALL
from app.sweeping import CUSTOM, Sweeping, titles
from app.sweeps import Standing
from app.views.cards import GAP, stack
from app.views.download import Download
from app.views.figures import FIGURES, GOING, IDLE, row
from app.views.sweepplot import SweepPlot
from app.words import data_of, duration, size_of
from cainr_core.runs import Run, network_kind
from cainr_core.sweep import SWEEPS, Sweep, report
from cainr_core.sweep.lines import lines_of

TITLE = "Sweep: many networks at once"
_FORM = """
:host { display: grid; grid-template-columns: repeat(auto-fill, minmax(140px, 1fr));
  align-items: start; }
"""
_LINE = """
:host { display: flex; flex-flow: row wrap; align-items: flex-start; }
.sweep-start, .sweep-cancel, .download-sweep { flex: none; }
.sweep-figures { flex: 1 1 240px; }
@media (max-width: 700px) { .sweep-figures { order: 1; flex-basis: 90%; } }
"""
_WIDE = {"grid-column": "1 / -1"}


class SweepCard:
    """Folded until somebody wants a sweep; its title says how far one is."""

    def __init__(self, sweeping: Sweeping) -> None:
        self.sweeping = sweeping
        # The figure is there from the start: Bokeh would measure a later one before it is ready.
        self._plot, self._choices = SweepPlot(sweeping).view, stack()
        inside = stack(self._choices, self._plot, margin=(0, 8, 8, 8))
        self.view = Fold(
            TITLE, inside, collapsed=True, css_class="framed sweep", margin=(0, 0, GAP, 0)
        )
        self.view.param.watch(self._unfolded, "collapsed")
        sweeping.param.watch(self._tell, "standing")
        self._tell()

    def open(self) -> None:
        """Unfold it where a sweep is under way; called once the page is there."""
        if self.sweeping.under_way:
            self.view.collapsed = False

    def _unfolded(self, event: object) -> None:
        if not self._choices.objects:  # what nobody looks at costs nothing
            self.sweeping.watch()
            self._choices.objects = [SweepForm(self.sweeping).view, SweepBar(self.sweeping).view]

    def _tell(self, *events: object) -> None:
        now: Standing | None = self.sweeping.standing
        going = now is not None and not now.ended
        self.view.tell(f"{now.done:,} of {now.total:,} fits" if now is not None and going else "")


class SweepForm:
    """What is chosen for a sweep; all else is as for a single fit, at the left."""

    def __init__(self, sweeping: Sweeping) -> None:
        self.sweeping = sweeping
        wide = {"width": None, "sizing_mode": "stretch_width", "margin": SMALL}
        self.preset = pmui.Select(
            label="Preset", options=[CUSTOM, *SWEEPS], value=sweeping.preset,
            description="A named sweep: its sizes, sets of contexts and kind of network.",
            css_classes=["sweep-preset"], size="small", **wide,
        )  # fmt: skip
        self.sets = pmui.MultiPill(
            label="Sets of contexts", options=_pills(sweeping), value=sweeping.chosen,
            description="Each network is fitted with each of them; those ticked at the left are "
            "offered together, too.",
            css_classes=["sweep-sets"], styles=_WIDE, size="small",
            variant="filled", sx={"& .MuiFormLabel-root": {"fontSize": ".8rem"}}, **wide,
        )  # fmt: skip
        names = ("depth", "width", "resolution", "seconds")
        fields = form(sweeping.choice, names)
        for name, field in fields.items():
            field.css_classes = [f"sweep-{name}"]
        steps = widget(
            sweeping.workbench.recipe.param.steps, css_classes=["sweep-steps"],
            label="Steps",
            description="Of each fit, and of a single one too: the steps of Recipe at the left.",
        )  # fmt: skip
        self.view = stack(
            self.preset, fields["depth"], fields["width"], steps, fields["seconds"],
            fields["resolution"], self.sets,
            css=_FORM,
        )  # fmt: skip
        self.preset.param.watch(shared.held(self._preset_chosen), "value")
        self.sets.param.watch(shared.held(self._sets_chosen), "value")
        sweeping.param.watch(self._follow_sets, ["sets", "chosen"])
        sweeping.param.watch(self._follow_preset, "preset")

    def _preset_chosen(self, event: object) -> None:
        if self.preset.value not in (CUSTOM, self.sweeping.preset):
            self.sweeping.take(self.preset.value)

    def _sets_chosen(self, event: object) -> None:
        self.sweeping.chosen = list(self.sets.value or [])

    def _follow_sets(self, *events: object) -> None:
        sweeping = self.sweeping
        value = [name for name in sweeping.chosen if name in sweeping.sets]
        if self.sets.options != (options := _pills(sweeping)) or self.sets.value != value:
            self.sets.param.update(options=options, value=value)

    def _follow_preset(self, *events: object) -> None:
        self.preset.value = self.sweeping.preset


def _pills(sweeping: Sweeping) -> dict[str, str]:
    """Names of the sets by what is written on them."""
    return {title: name for name, title in titles(sweeping.sets.values()).items()}


class SweepBar:
    """Start and Stop take the same place; what the sweep would make gives way to how far it is,
    as in the bar of a single fit."""

    def __init__(self, sweeping: Sweeping) -> None:
        self.sweeping = sweeping
        look = {"width": 132, "height": 40, "margin": (8, 12, 8, 6)}
        self.start = pmui.Button(
            label="Start",
            icon="play_arrow",
            color="primary",
            css_classes=["sweep-start"],
            description="Fit what is not in the library yet, one network after the other",
            **look,
        )
        self.cancel = pmui.Button(
            label="Stop", icon="stop", color="error", variant="outlined", visible=False,
            description="Stop; fits that are finished are kept",
            css_classes=["sweep-cancel"], **look,
        )  # fmt: skip
        self.figures = pn.pane.HTML(
            "", stylesheets=[FIGURES], sizing_mode="stretch_width", margin=(4, 8), min_width=0,
            css_classes=["sweep-figures"],
        )  # fmt: skip
        self.report = Download(
            self._report, sweeping.workbench.report, filename="sweep.zip", label="Report",
            variant="outlined", size="small", margin=(12, 6), css_classes=["download-sweep"],
            description="All fits and the best of them as CSV and JSON, and the figure as PNG and "
            "SVG, in a ZIP file",
        )  # fmt: skip
        self.table = Download(
            self._csv, sweeping.workbench.report, filename="sweep.csv", label="CSV",
            variant="outlined", size="small", margin=(12, 0), css_classes=["download-sweep-csv"],
            description="All fits as a table, one a line",
        )  # fmt: skip
        self.bar = pmui.LinearProgress(
            value=0, variant="determinate", margin=0, sizing_mode="stretch_width", width=None,
            sx=IDLE,
        )  # fmt: skip
        self.view = stack(
            stack(self.start, self.cancel, self.figures, self.table, self.report, css=_LINE),
            self.bar,
        )  # fmt: skip
        self._allow = [
            shared.decided(self.start, "disabled", lambda: not self._left()),
            shared.decided(self.report, "disabled", lambda: not sweeping.runs),
            shared.decided(self.table, "disabled", lambda: not sweeping.runs),
        ]
        self.start.on_click(shared.held(lambda event: sweeping.start()))
        self.cancel.on_click(shared.held(lambda event: sweeping.cancel()))
        sweeping.param.watch(
            self._show,
            ["standing", "turned", "forecast", "seconds", "refusal", "wanted", "second"],
        )
        self._show()

    def _left(self) -> int:
        """How many fits are to be made."""
        now, made = self.sweeping.current, self.sweeping.forecast
        if now is not None:
            return int(now.total - len(now.runs))
        return len(made.todo) if made is not None else 0

    def _show(self, *events: object) -> None:
        sweeping = self.sweeping
        now, made = sweeping.current, sweeping.forecast
        self.start.visible, self.cancel.visible = not sweeping.under_way, sweeping.under_way
        self.bar.sx = GOING if sweeping.under_way else IDLE
        begun = now is not None and bool(now.runs) and self._left() > 0
        self.start.label = "Go on" if begun else "Start"
        for allow in self._allow:
            allow()
        if now is not None:
            self.figures.object = self._progress(now)
        elif sweeping.refusal:
            self.figures.object = row({}, escape(sweeping.refusal))
        elif made is not None:
            self.figures.object = self._forecast()
        else:
            self.figures.object = row({}, "…")

    def _forecast(self) -> str:
        sweeping, made = self.sweeping, self.sweeping.forecast
        sizes = " to ".join(dict.fromkeys((size_of(made.least), size_of(made.most))))
        values = {_fits(len(made.runs)): f"{len(made.todo):,}", "expected files": sizes}
        if made.todo:
            label, told = _time(sweeping.seconds)
            values[label] = told
        return row(values, escape(_described(sweeping.wanted)))

    def _progress(self, now: Standing) -> str:
        self.bar.value = round(100 * now.done / max(1, now.total))
        values = {f"of {now.total:,} fits": f"{now.done:,}"}
        if now.failed:
            values["failed"] = f"{now.failed:,}"
        left = now.seconds_left
        if now.state == "running":
            values["to the end"] = duration(left) if left is not None else "…"
        elif now.state != "done":
            values["\u00a0"] = {"stopping": "Stopping …", "cancelled": "Stopped"}.get(
                now.state, "Ended early"
            )
        return row(values, escape(now.problem or _described(now.wanted)))

    def _csv(self) -> tuple[str, Callable[[], bytes]]:
        wanted, runs = self.sweeping.shown, self.sweeping.runs
        assert wanted is not None
        return "sweep.csv", lambda: report.to_csv(lines_of(wanted, runs))

    def _report(self) -> tuple[str, Callable[[], bytes]]:
        wanted, runs = self.sweeping.shown, self.sweeping.runs
        assert wanted is not None
        return "sweep.zip", lambda: _zipped(wanted, runs)


def _fits(kept: int) -> str:
    """What the number of fits to be made means, where so many are there."""
    if not kept:
        return "fits"
    return f"fits to make; {kept:,} {'is' if kept == 1 else 'are'} in the library already"


def _time(seconds: float | None) -> tuple[str, str]:
    """What is known of how long a sweep takes, and its label."""
    if seconds is None:
        return "being timed", "…"
    if math.isnan(seconds):
        return "not timed: no worker is free", "–"
    return "about, by a trial here", duration(seconds)


def _described(wanted: Sweep) -> str:
    """SIREN of depth 3, 5 and width 16 to 48 on sample, each for 4,000 steps."""
    kind = network_kind(wanted.architecture)
    depths, widths = map(_listed, (wanted.depths, wanted.widths))
    each = f"{wanted.seconds:g} s" if wanted.seconds else f"{wanted.recipe.steps:,} steps"
    sizes = f"depth {depths} and width {widths}"
    return f"{kind} of {sizes} on {data_of(wanted.data)}, each for {each}."


def _listed(numbers: Sequence[int]) -> str:
    """Each of a few numbers, of more the first and the last."""
    few = numbers if len(numbers) < 4 else (min(numbers), max(numbers))
    return (", " if few is numbers else " to ").join(map(str, few))


def _zipped(wanted: Sweep, runs: list[Run]) -> bytes:
    """The report of a sweep, as the command line writes it."""
    made = BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(made, "w") as archive:
        for path in report.write(wanted, runs, Path(folder)):
            archive.write(path, path.name)
    return made.getvalue()
