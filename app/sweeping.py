"""What one visitor chooses for a sweep, and the sweep that the page looks at; no widgets."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Callable, Iterable
from functools import partial
from itertools import combinations
from typing import Any

import param

from app import shared
from app.choosing import copy_of, names_of
from app.sweeps import Forecast, Standing, forecast, seconds, sweeps
from app.workbench import Workbench
from cainr_core.choices import values_of
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.model.architecture import PRESETS, Architecture
from cainr_core.runs import Run, contexts_title
from cainr_core.sweep import SWEEPS, Sweep
from cainr_core.sweep.choice import SweepChoice
from cainr_core.sweep.grid import ContextSet, called, context_sets, degrees, numbers

CUSTOM = "custom"
FIRST = ["no context", "topography + climatology"]  # sets that are chosen at the start
MOST_COMBINED = 3  # contexts of which all combinations are offered


class Sweeping(param.Parameterized):
    """Sizes and sets of contexts beside the choices of the workbench, and what comes of them."""

    sets = param.Dict(default={}, doc="The sets of contexts that can be chosen, by name.")
    chosen = param.List(default=FIRST, doc="Names of the sets that are chosen.")
    preset = param.String(default=CUSTOM, doc="The named sweep that these choices are.")
    wanted = param.Parameter(doc="The sweep of the choices, or None.")
    forecast = param.Parameter(doc="What it would make, or None while that is not known.")
    seconds = param.Parameter(
        doc="About how long that takes, s; None while it is timed, NaN where none could."
    )
    refusal = param.String(doc="Why there can be no such sweep.")
    standing = param.Parameter(doc="The last sweep that was started, or None.")
    turned = param.Boolean(doc="Whether the choices have been changed since.")
    second = param.Event(doc="A second of a sweep has passed.")

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self.workbench, self.choice = workbench, SweepChoice()
        self._asked, self._watched, self._seen, self._ticked = 0, False, -1, 0.0
        self._known: dict[str, Any] | None = None
        self._taking = False
        self.choice.param.watch(self._changed, names_of(self.choice))
        self.param.watch(self._changed, "chosen")
        workbench.param.watch(self._changed, ["changed", "offered", "field"])
        self.poll()
        self._changed()

    @property
    def under_way(self) -> bool:
        """Whether fits of a sweep wait or run."""
        return self.standing is not None and not self.standing.ended

    @property
    def current(self) -> Standing | None:
        """The last sweep, unless the visitor has turned to other choices and none runs."""
        return None if self.turned and not self.under_way else self.standing

    @property
    def runs(self) -> list[Run]:
        """The runs that are there of `shown`."""
        made: Standing | Forecast | None = self.standing or self.forecast
        return list(made.runs) if made is not None else []

    @property
    def shown(self) -> Sweep | None:
        """The last sweep, whatever the choices are by now; that of the choices where none was."""
        return self.standing.wanted if self.standing is not None else self.wanted

    # ------------------------------------------------------------------ choices

    def take(self, preset: str) -> None:
        """Take over a named sweep; the kind of network shows among the choices of a single fit."""
        words = SWEEPS[preset]
        network = Architecture.preset(words["architecture"]).choices()
        sizes = {name: network.pop(name) for name in ("depth", "width")}
        self._taking = True  # all of it is one change
        self.workbench.architecture.param.update(**network)
        self.choice.param.update(**{name: words[name] for name in (*sizes, "resolution")})
        self.chosen = list(map(called, context_sets([words["context"]])))
        self._taking = False
        self._changed()

    def _offer(self) -> dict[str, ContextSet]:
        """None, each context alone, those ticked together, and what named sweeps take."""
        offers = self.workbench.offers
        each = [copy_of(offer.choice) for offer in offers]
        ticked = [choice for choice, offer in zip(each, offers, strict=True) if offer.ticked]
        sizes = range(2, len(ticked) + 1) if len(ticked) <= MOST_COMBINED else [len(ticked)]
        sets: list[ContextSet] = [(), *((choice,) for choice in each)]
        sets += [those for size in sizes for those in combinations(ticked, size)]
        sets += [those for words in SWEEPS.values() for those in context_sets([words["context"]])]
        return {called(those): those for those in sets}

    def _counted(self) -> dict[str, Any]:
        """Of the choices of a single fit those that a sweep takes, too."""
        fit = self.workbench.choices.to_dict()
        network = {**fit["architecture"], "depth": None, "width": None}
        return {**fit, "architecture": network, "contexts": None, "target": None}

    def _changed(self, *events: object) -> None:
        if self._taking:
            return
        sets = self._offer()
        bench, choice = self.workbench, self.choice
        known = self._counted() | {"sweep": values_of(choice), "sets": self.chosen}
        if self._known == known and self.sets.keys() == sets.keys():
            return
        if self._known is not None and self._known != known:
            self.turned = self.standing is not None
        if bench.field is not None:
            self._known = known
        self.param.update(sets=sets, preset=self._preset(), forecast=None, seconds=None, refusal="")
        try:
            self.wanted = Sweep(
                data=bench.choices.data,
                depths=numbers(choice.depth, "depths"),
                widths=numbers(choice.width, "widths"),
                contexts=[sets[name] for name in self.chosen if name in sets],
                resolutions=degrees(choice.resolution),
                architecture=bench.choices.architecture,
                recipe=bench.choices.recipe,
                seconds=choice.seconds or None,
                device=bench.device,
            )
        except CainrError as problem:
            self.param.update(wanted=None, refusal=str(problem))
        self._look()

    def _preset(self) -> str:
        network = self.workbench.architecture.choices()
        for name, words in SWEEPS.items():
            kind = {**Architecture().choices(), **PRESETS[words["architecture"]]}
            same = all(network[key] == kind[key] for key in kind if key not in ("depth", "width"))
            texts = ("depth", "width", "resolution")
            same = same and all(getattr(self.choice, each) == words[each] for each in texts)
            if same and set(self.chosen) == set(map(called, context_sets([words["context"]]))):
                return name
        return CUSTOM

    # ------------------------------------------------------------------ what they make

    def watch(self) -> None:
        """From now on somebody looks at what the choices would make."""
        if not self._watched:
            self._watched = True
            self._look()

    def _look(self) -> None:
        """Find out what the choices would make, and then how long that takes."""
        self._asked += 1
        wanted, field = self.wanted, self.workbench.field
        if wanted is None or field is None or not self._watched:
            return

        def take(made: Forecast) -> None:
            self.param.update(forecast=made, refusal="")
            if made.todo and not self.under_way:
                shared.after_maps(self._if_asked(partial(self._time, wanted, made, field)))

        def refuse(problem: Exception) -> None:
            self.refusal = self.workbench.told(problem)

        work = partial(forecast, wanted, field, self.workbench.visitor.room)
        shared.background(work, self._if_asked(take), self._if_asked(refuse))

    def _time(self, wanted: Sweep, made: Forecast, field: Field, *events: object) -> None:
        asked = self._asked

        def take(told: float) -> None:
            self.seconds = told

        def give_up(problem: Exception) -> None:
            self.seconds = math.nan

        def still() -> bool:
            return asked == self._asked and not self.under_way

        work = partial(seconds, wanted, made.todo, field, still)
        shared.background(work, self._if_asked(take), self._if_asked(give_up))

    def _if_asked(self, then: Callable[..., None]) -> Callable[..., None]:
        """The same unless the choices have changed by then."""
        asked = self._asked

        def take(*results: Any) -> None:
            if asked == self._asked:
                then(*results)

        return take

    # ------------------------------------------------------------------ the sweep

    def start(self) -> None:
        """Begin the sweep of the choices, or go on with the one that was stopped."""
        wanted = self.wanted if self.current is None else self.current.wanted
        if wanted is None or self.under_way:
            return
        try:
            sweeps.start(wanted, self.workbench.visitor.room)
        except Exception as problem:
            self.workbench.report(problem)
        self.poll()

    def cancel(self) -> None:
        """Stop it, for all pages that see it."""
        sweeps.cancel(self.workbench.visitor.room)
        self.poll()

    def poll(self) -> None:
        """Take what is new; called a few times a second within this session's turn."""
        if self.under_way and clock.monotonic() - self._ticked > 1:
            self._ticked = clock.monotonic()
            self.param.trigger("second")
        if self._seen == sweeps.version:
            return
        first, before = self._seen < 0, self.standing
        self._seen = sweeps.version
        now = sweeps.seen_from(self.workbench.visitor.room)
        if now is None and before is not None and before.ended:  # the server has that of others
            now = before
        same = now is not None and before is not None and now.wanted is before.wanted
        self.param.update(standing=now, turned=self.turned and same)
        if now is not None and now.ended and (before is None or not before.ended):
            self._look()  # what is kept by now
            if now.state == "failed" and not first:
                self.workbench.problem = now.problem

    def pick(self, id: str) -> None:
        """Look at a run, or no longer: the first is A, another one beside it B."""
        self.workbench.look_also(id)


def titles(sets: Iterable[ContextSet]) -> dict[str, str]:
    """What sets of contexts are called here, by their names: without folders, where that tells
    them apart."""
    found: dict[str, str] = {}
    for contexts in sets:
        name, title = called(contexts), contexts_title(contexts)
        found[name] = name if title in found.values() else title
    return found
