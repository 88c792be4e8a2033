"""What the advice rests on: every codec at its setting for a goal, and brief fits of networks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from cainr_core import terminal
from cainr_core.benchmark.networks import measure_fit
from cainr_core.choices import Target
from cainr_core.data.contexts import Context
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.evaluate.advice import (
    CAINR,
    RATE_POWER,
    Advice,
    LongerFit,
    advise,
    worth_longer,
)
from cainr_core.evaluate.baselines.anomaly import nearest_context
from cainr_core.evaluate.baselines.codec import Codec, Mode
from cainr_core.evaluate.baselines.search import Search
from cainr_core.evaluate.goal import Goal
from cainr_core.evaluate.rate_distortion import (
    Row,
    Task,
    measure_trial,
    names_of,
    on_of,
    tasks,
)
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.planning import plan

if TYPE_CHECKING:
    pass

FITS = 4  # for one bound on the RMSE
FIT_TOLERANCE = 0.03  # of the RMSE: a fit costs more than a codec's trial
FARTHEST = 3.0  # times the bytes to begin with, after which a bound is given up
UNKNOWN_RATIO = 200  # to begin with where no codec keeps the bound


class Adviser:
    """Measurements for one goal on one field, as they come.

    contexts: what the networks are told; that in the units of the field which leaves the least of
    it is also what the anomaly is from. recipe: of a brief fit. quiet: whether to tell nothing but
    a bar on a terminal.
    rows: every measurement. skipped: sentences on what could not be measured, by name.
    """

    def __init__(
        self,
        goal: Goal,
        field: Field,
        contexts: Sequence[Context],
        recipe: Recipe,
        device: str = "auto",
        quiet: bool = False,
    ) -> None:
        self.goal, self.field, self.contexts = goal, field, list(contexts)
        self.recipe, self.device, self._quiet = recipe, device, quiet
        self.rows: list[Row] = []
        self.skipped: dict[str, str] = {}
        self._base = nearest_context(field, self.contexts)
        self._tasks = tasks(field, self._base)
        self._on = on_of(names_of(contexts).values())
        self._architectures: dict[str, Architecture] = {}

    def run_codec(self, codec: Codec) -> None:
        """Measure every mode of a codec on the field and on its anomaly."""
        for task in self._tasks:
            if not self._quiet:
                terminal.note(f"{codec.title} on the {task.on}")
            for mode in codec.modes:
                try:
                    self.rows.append(measure_at(self.goal, task, codec, mode))
                except CainrError as error:
                    self.skipped.setdefault(codec.title, str(error))

    def run_network(self, name: str, architecture: Architecture) -> None:
        """Fit a network briefly: once for a number of bytes, a few times for an RMSE.

        For an RMSE, beginning with the bytes of the best codec so far; beyond a few times as many
        it is given up.
        """
        name = f"{CAINR} {name}"
        self._architectures[name] = architecture
        try:
            if self.goal.kind == "bytes":
                self._fit(name, architecture, int(self.goal.most))
                return
            least = smallest(self.field, self.contexts, architecture)
            held = [row.bytes for row in self.rows if self.goal.holds(row)]
            start = max(least, min(held, default=self.field.original_bytes // UNKNOWN_RATIO))
            self.goal.approach(
                lambda size: self._fit(name, architecture, round(size)).rmse,
                (least, FARTHEST * start),
                start=start,
                slope=RATE_POWER,
                trials=FITS,
                tolerance=FIT_TOLERANCE,
            )
        except CainrError as error:
            self.skipped[name] = str(error)

    def advice(self) -> Advice:
        """The advice; asks what a longer fit may change where that is open.

        CainrError where nothing could be measured.
        """
        if not self.rows:
            reasons = " ".join(f"{name}: {reason}" for name, reason in self.skipped.items())
            raise CainrError(f"Nothing could be measured. {reasons}")
        base = self._base.title if self._base else ""
        return advise(self.goal, self.field, self.rows, self._longer(), base)

    def _longer(self) -> LongerFit | None:
        row = worth_longer(self.goal, self.rows)
        steps = self.recipe.steps
        if row is None or steps < 2:
            return None
        half = Recipe(**{**self.recipe.choices(), "steps": steps // 2})
        less = self._measure(row.codec, self._architectures[row.codec], half, row.wanted)
        return LongerFit(steps, row.rmse, less.rmse, Recipe().steps)

    def _fit(self, name: str, architecture: Architecture, size: int) -> Row:
        self.rows.append(self._measure(name, architecture, self.recipe, size))
        return self.rows[-1]

    def _measure(self, name: str, architecture: Architecture, recipe: Recipe, size: int) -> Row:
        words = f"{recipe.steps} steps"
        with terminal.progress(f"{name}, {size:,} bytes, {words}", quiet=self._quiet) as tell:
            return measure_fit(
                name, self._on, self.field, self.contexts, architecture, recipe, size, self.device,
                words, terminal.of_fit(tell),
            )  # fmt: skip


def measure_at(goal: Goal, task: Task, codec: Codec, mode: Mode) -> Row:
    """One mode of a codec, at its setting for the goal; the nearest where it keeps it nowhere.

    CainrError where the codec does not take the field, or is not installed.
    """
    search, mask = Search(codec, mode, task.values()), task.mask_bytes()

    @cache
    def row(setting: float) -> Row:
        return measure_trial(task, codec, mode, search.at(setting), mask)

    def bounded(setting: float) -> float:
        if goal.kind == "bytes":  # known without decoding
            return len(search.at(setting).data) + mask
        return row(setting).rmse

    ends = (search.mode.fewest, search.mode.most)
    return row(goal.approach(bounded, ends, search.mode.steps))


def smallest(field: Field, contexts: Sequence[Context], architecture: Architecture) -> int:
    """Bytes of the smallest file that these choices allow.

    CainrError where no size is allowed, as of an architecture that does not take the grid.
    """

    def allowed(size: int) -> bool:
        try:
            plan(field, contexts, architecture, Target(kind="bytes", value=size))
        except CainrError:
            return False
        return True

    low, high = 1, field.original_bytes
    if not allowed(high):
        plan(field, contexts, architecture, Target(kind="bytes", value=high))
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if allowed(middle) else (middle + 1, high)
    return low
