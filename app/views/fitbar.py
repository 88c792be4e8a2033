"""The bar above the maps: what a fit would cost, start and stop it, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import panel as pn
import panel_material_ui as pmui

from app import shared
from app.choosing import names_of
from app.style import TOLD_BELOW
from app.views.cards import OPEN, card
from app.views.figures import FIGURES, GOING, IDLE, row
from app.words import about, about_duration, duration, size_of, summary, three
from app.workbench import Workbench
from cainr_core.choices import values_of
from cainr_core.fit.progress import Progress
from cainr_core.planning import Plan
from cainr_core.queue import Place

# As high before, during and after a fit, so that the maps stay where they are.
_STEADY = """
:host { min-height: 59px; }
@container (max-width: 480px) {
  .figures { display: grid; grid-template: auto auto / auto auto; align-content: start;
    min-height: 84px; column-gap: 14px; }
  .figure:nth-child(n + 5) { display: none; }
  .message, .figures:empty + .message { height: 5.2em; white-space: normal; }
  .figures:empty { min-height: 0; } .figures:empty + .message { min-height: 147px; }
}
"""


class FitBar:
    """Fit and Stop take the same place; figures of the plan give way to those of the fit."""

    def __init__(self, workbench: Workbench, aside: Callable[[], bool] = lambda: False) -> None:
        """`aside`: whether somebody else offers to fit and to cancel."""
        self.workbench, self._aside = workbench, aside
        look = {"size": "large", "width": 132, "height": 46, "margin": (8, 12)}
        self.fit = pmui.Button(
            label="Fit", icon="play_arrow", color="primary", css_classes=["fit"],
            description="Overfit the network to the field, as chosen at the left",
            stylesheets=[TOLD_BELOW], **look,
        )  # fmt: skip
        self.cancel = pmui.Button(
            label="Stop", icon="stop", color="error", variant="outlined", visible=False,
            css_classes=["cancel"], **look,
        )  # fmt: skip
        self.figures = pn.pane.HTML(
            "", stylesheets=[FIGURES, _STEADY], sizing_mode="stretch_width", margin=(6, 8),
            min_width=0, css_classes=["figures-pane"],
        )  # fmt: skip
        self.bar = pmui.LinearProgress(
            value=0, variant="determinate", margin=0, sizing_mode="stretch_width", width=None,
            min_height=4, sx=IDLE,
        )  # fmt: skip
        self.view = card(
            pn.Row(self.fit, self.cancel, self.figures, sizing_mode="stretch_width", min_width=0),
            self.bar,
            css=OPEN,
            css_class="fit-bar",
        )
        self._allow = shared.decided(
            self.fit, "disabled", lambda: workbench.field is None or bool(workbench.refusal)
        )
        self.fit.on_click(shared.held(lambda event: workbench.fit()))
        self.cancel.on_click(shared.held(self._stop))
        workbench.param.watch(
            self.show,
            [
                "changed", "plan", "refusal", "snapshot", "fitted", "field", "ended", "runs",
                "problem",
            ],
        )  # fmt: skip
        # not among `changed`: other data count once they are opened
        workbench.data.param.watch(shared.held(self.show), names_of(workbench.data))
        self.show()

    def show(self, *events: object) -> None:
        """Tell how things stand."""
        fitting, here = not self.workbench.ended, not self._aside()
        self.fit.visible, self.cancel.visible = here and not fitting, here and fitting
        self.bar.sx = GOING if fitting else IDLE
        self._allow()
        if fitting:
            self._show_progress()
        else:
            self._show_plan()

    def _stop(self, event: object) -> None:
        self.workbench.cancel()
        self.show()

    def _show_plan(self) -> None:
        plan = self.workbench.plan
        if plan is None:
            self.figures.object = row({}, escape(self.workbench.refusal))
            return
        figures = {
            "weights": f"{plan.weights:,}",
            "expected file": size_of(plan.file_bytes),
            "times smaller": three(plan.compression_ratio),
            "bits a value": three(plan.bits_per_value),
        }
        if plan.overhead_bytes > plan.file_bytes / 2:  # no network makes such a file small
            figures["for coordinates, names"] = size_of(plan.overhead_bytes)
        if plan.context_bytes:
            figures["contexts, shared"] = size_of(plan.context_bytes)
        said = self._not_open() or f"{self._widest(plan)}{self._last()}"
        self.figures.object = row(figures, said)

    def _not_open(self) -> str:
        """That the data named at the left are not those that Fit would take."""
        bench = self.workbench
        if bench.opening or values_of(bench.data) == values_of(bench.choices.data):
            return ""
        can = bench.data.path and not bench.problem  # the sample opens itself
        then = ": press Open to change that" if can else ""
        return f"<b>Fit still takes {escape(about(bench.field))}{then}.</b>"

    def _widest(self, plan: Plan) -> str:
        """That a budget could not be spent."""
        widest = plan.architecture.param.width.bounds[1]
        if self.workbench.target.kind == "none" or plan.architecture.width < widest:
            return ""
        return f"<b>The budget allows more, but {widest} is the largest width.</b> "

    def _last(self) -> str:
        """What came of the last fit, or what the first one will be."""
        bench, fitted = self.workbench, self.workbench.fitted
        run = bench.run(fitted.id) if fitted is not None else None  # as it is called now
        if run is None or bench.job_field is not bench.field:
            return escape(summary(bench.choices, bench.plan.architecture)) + "."
        measures = run.metrics
        unit, took = bench.field.units, duration(round(run.seconds))
        return (
            f"Last fit, <b>{escape(run.name)}</b>: {measures.psnr:.2f} dB, "
            f"RMSE {three(measures.rmse)} {escape(unit)}, {size_of(measures.file_bytes)}, "
            f"{three(measures.compression_ratio)} times smaller, in {took}."
        )

    def _show_progress(self) -> None:
        snapshot = self.workbench.snapshot
        progress = snapshot.progress if snapshot is not None else None
        job = self.workbench.job
        of_job = f"{summary(job.choices if job is not None else self.workbench.choices)}."
        place = snapshot.place if snapshot is not None else None
        if place is not None and job is not None and not job.cancelling:
            self.bar.value = 0  # a bar that moves would take a core of the machine that fits
            self.figures.object = row(_place(place), escape(of_job))
            return
        if phase := self._phase(progress):
            if progress is None or not progress.step:
                self.bar.value = 0
            told = snapshot.message if snapshot is not None else ""
            if not told or (progress is not None and told == progress.message):
                told = of_job
            self.figures.object = row({"\u00a0": phase}, escape(told))
            return
        assert progress is not None
        left = progress.steps - progress.step
        rate = progress.seconds / max(1, progress.step)
        steps = job.choices.recipe.steps
        rounding = progress.steps - steps  # steps that the recipe adds to those chosen
        self.bar.value = round(100 * progress.step / max(1, progress.steps))
        figures = {
            "PSNR": f"{progress.psnr:.1f} dB",
            f"of {steps:,} steps": f"{min(progress.step, steps):,}",
        }
        if rounding:
            figures[f"of {rounding:,} for rounding"] = f"{max(0, progress.step - steps):,}"
        figures |= {
            "to the end": duration(left * rate) if progress.step else "…",
            "points a second": three(progress.points_per_second).split(".")[0],
        }
        self.figures.object = row(figures, escape(snapshot.message or of_job))

    def _phase(self, progress: Progress | None) -> str:
        """What goes on where no steps are taken, which have figures."""
        step = progress.step if progress is not None else 0
        if self.workbench.job is not None and self.workbench.job.cancelling:
            return f"Keeping what {step:,} steps have learned …" if step else "Stopping …"
        if progress is None:
            return "Starting …"
        if step == 0:
            return f"{(progress.message or 'Starting').rstrip('.')} …"
        return "Writing the file …" if step >= progress.steps else ""


def _place(place: Place) -> dict[str, str]:
    """Where a fit stands in the line, and about how long until it begins."""
    figures = {f"fit{'s' if place.before > 1 else ''} before yours": f"{place.before:,}"}
    if place.seconds is not None:
        figures["until yours begins"] = f"≈ {about_duration(place.seconds)}"
    return figures
