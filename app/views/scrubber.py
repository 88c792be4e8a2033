"""The training steps at which runs are shown: a player over the states that their fits left."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui

from app import shared
from app.views.cards import side_by_side
from app.views.shown import LETTERS, colours
from app.words import size_of
from app.workbench import FIT, Workbench
from cainr_core.runs import Run

EVERY = 400  # ms between two states
SHARES = "8 9"
TOLD = 2  # runs whose state is told: those on the maps
HEIGHT = 38  # px: so many lines
LIVE = "When the fit has ended, its steps can be looked back on."
NONE = "Tick a run in the table below to look back on how it learned."
_CSS = """
.told { font-size: .8rem; line-height: 1.5; }
.told div { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.told b { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 6px;
  background: var(--colour); }
"""


class Scrubber:
    """Moves all maps, curves and figures to the state of a step; at its right end are the finished
    fits. It is there before there is anything to look back on, so that nothing moves then."""

    def __init__(self, workbench: Workbench, narrow: int) -> None:
        self.workbench = workbench
        self.told = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=(6, 12), min_width=0,
            min_height=HEIGHT,
        )  # fmt: skip
        self.player = pmui.DiscretePlayer(
            options={"–": 0}, value=0, variant="minimal", interval=EVERY, loop_policy="once",
            width=None, sizing_mode="stretch_width", margin=(6, 12), label="Training step",
            css_classes=["scrubber"], show_value=False, disabled=True,
        )  # fmt: skip
        self.view = side_by_side(
            self.player, self.told, shares=SHARES, narrow=narrow, rows=0,
            styles={"align-items": "center"},
        )  # fmt: skip
        self._end = 0
        self.player.param.watch(shared.held(lambda event: self._moved()), "value")
        workbench.param.watch(
            shared.held(lambda *events: self._show()),
            ["picked", "runs", "job", "fitted", "field", "step", "mode", "left", "right"],
        )
        self._show()

    def _runs(self) -> list[Run]:
        """The runs looked at, none beside a fit."""
        return [] if FIT in self.workbench.picked else self.workbench.picked_runs

    def _moved(self) -> None:
        """Look at the step that the player has come to."""
        if not self.player.disabled:
            step = self.player.value
            self.workbench.step = None if step >= self._end else step

    def _show(self) -> None:
        bench, runs = self.workbench, self._runs()
        steps = sorted({moment.step for run in runs for moment in run.history})
        self._end = max((run.end.step for run in runs), default=0)
        options = {f"{step:,}": step for step in [*steps, self._end]}
        value = self._end
        if bench.step is not None and steps:
            value = max((step for step in steps if step <= bench.step), default=steps[0])
        if options != self.player.options:
            # disabled, so that it does not speak of a value that it takes meanwhile
            self.player.param.update(disabled=True, options=options, value=value)
        self.player.param.update(value=value, disabled=not steps)
        named = (bench.left, bench.right) if bench.mode != "side" else ()
        first = [run.id for run in sorted(runs, key=lambda run: run.id not in named)[:TOLD]]
        told = [self._told(run, several=len(runs) > 1) for run in runs if run.id in first]
        html = f'<div class="told">{"".join(told) or (LIVE if FIT in bench.picked else NONE)}</div>'
        if html != self.told.object:
            self.told.object = html

    def _told(self, run: Run, several: bool) -> str:
        """The state of a run in a line: HTML."""
        bench = self.workbench
        moment, end = run.at(bench.step), run.end
        letter = f"{LETTERS[bench.picked.index(run.id)]}: " if several else ""
        chosen = run.choices.recipe.steps
        rounding = f" + {end.step - chosen:,}" if end.step > chosen else ""
        taken, note = f"{min(chosen, end.step):,}{rounding}", ""
        step = f", step {moment.step:,} of {taken}"
        if moment == end:
            step = f" after {taken} steps"
            step += "" if run.history else ", no states before kept"
        elif moment.step == 0 and run.choices.architecture.has_latents:
            note = "; the latents as chosen"
        told = f"{letter}{moment.psnr:.1f} dB, {size_of(moment.file_bytes)}{step}"
        dot = f'<b style="--colour:{colours(bench)[run.id]}"></b>'
        return f'<div title="{told}{note}">{dot}{told}</div>'
