"""What a visitor has chosen: data, contexts, architecture, budget, recipe, device; no widgets."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import param

from app import shared
from app.settings import settings
from app.uploads import Uploads
from cainr_core.apart import copy_context
from cainr_core.choices import Choices, DataChoice, Target, values_of
from cainr_core.data.choices import split_source
from cainr_core.data.context_files import find_file, list_contexts
from cainr_core.data.contexts import BUILTIN_CONTEXTS, Context, ContextChoice, load_context
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.planning import Plan

log = logging.getLogger("cainr.app")

DEVICES = ("auto", "cpu", "cuda")
SENT = "Of a file that you sent, which goes with this page: it is kept in the .cainr file."
SURPRISE = "Something went wrong that cainr did not expect; the server's log has the details."


@dataclass(eq=False)
class Offer:
    """A context that can be ticked; its choice of quality stays while it is not."""

    choice: ContextChoice
    title: str
    sentence: str
    ticked: bool = False
    own: bool = False  # added by the visitor, so it can be removed


class Choosing(param.Parameterized):
    """The choices, the field that they name, and what they would cost."""

    field = param.Parameter(doc="The field that is fitted next, or None.")
    plan = param.Parameter(doc="What the choices would cost, or None while that is not known.")
    refusal = param.String(doc="Why the choices cannot be fitted.")
    problem = param.String(doc="A sentence that the visitor should read.")
    opening = param.Boolean(doc="Whether a field is being read.")
    changed = param.Event(doc="Some choice has changed.")
    offered = param.Event(doc="The list of contexts, or which are ticked, has changed.")
    holding = param.Parameter(
        doc="A file of which variables can be contexts: its path, and their names."
    )
    adopted = param.Event(doc="All choices were taken over from a run.")
    device: Any = param.Selector(
        default="auto",
        objects=list(DEVICES),
        label="Device",
        doc="Where the fit runs: auto takes CUDA where there is one, else the CPU.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.data, self.architecture = DataChoice(), Architecture()
        self.recipe, self.target = Recipe(), Target()
        if settings.kiosk:
            self.recipe.steps = min(self.recipe.steps, settings.kiosk_steps)
        self.offers = [
            Offer(ContextChoice(source=name), title, sentence)
            for name, (title, sentence) in BUILTIN_CONTEXTS.items()
        ]
        self.uploads = Uploads()
        self._opened = copy_of(self.data)
        self._planned = self._asked = 0
        for choice in (self.architecture, self.recipe, self.target):
            choice.param.watch(self._choice_changed, names_of(choice))
        for offer in self.offers:
            offer.choice.param.watch(self._choice_changed, names_of(offer.choice))
        self.param.watch(self._choice_changed, "device")

    @property
    def choices(self) -> Choices:
        """A copy of all choices as they stand; the data are those that are open."""
        return Choices(
            data=copy_of(self._opened),
            contexts=[copy_of(offer.choice) for offer in self.offers if offer.ticked],
            architecture=copy_of(self.architecture),
            recipe=copy_of(self.recipe),
            target=copy_of(self.target),
            device=self.device,
        )

    def adopt(
        self,
        choices: Choices,
        then: Callable[[], None] = lambda: None,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Take over the choices of a run, as far as they are allowed, and open its data."""
        choices = settings.within(choices)
        for mine, other in (
            (self.data, choices.data),
            (self.architecture, choices.architecture),
            (self.recipe, choices.recipe),
            (self.target, choices.target),
        ):
            mine.param.update(**values_of(other))
        self.device = choices.device
        wanted = {choice.source: choice for choice in choices.contexts}
        for offer in self.offers:
            offer.ticked = offer.choice.source in wanted
            if offer.ticked:
                offer.choice.param.update(**values_of(wanted.pop(offer.choice.source)))
        for choice in wanted.values():
            self._add(copy_of(choice), choice.title)
        self.param.trigger("offered", "adopted")
        self.open_data(then, failed)

    # ------------------------------------------------------------------ contexts

    def tick(self, offer: Offer, ticked: bool) -> None:
        """Use a context, or stop using it."""
        if offer.ticked != ticked:
            offer.ticked = ticked
            self._choice_changed()

    def offer_file(self, spec: str) -> None:
        """Add a context from a file, "FILE.nc:VAR"; it is read first, to see that it can be. Of a
        file alone that holds several, they are named."""
        try:
            choice = ContextChoice.parse(spec.strip())
        except CainrError as problem:
            return self.report(problem)
        path, variable = split_source(choice.source)

        def take(found: Context | list[str]) -> None:
            if isinstance(found, list):
                self.holding = (path, found)
            else:
                self._add(choice, found.title)
            self.param.trigger("offered")
            self._choice_changed()

        def load() -> Context | list[str]:
            settings.check_file(path, shared.kept_runs().root)
            if not (variable or choice.is_builtin):
                names = list_contexts(find_file(path))
                if len(names) > 1:
                    return names
            return load_context(choice, self.field)

        self._background(load, take)

    def offer_upload(self, path: str, variable: str) -> None:
        """Add a context from a file that the visitor has sent. As that is removed with the session,
        the context is kept in the .cainr file, unless told otherwise."""

        def load() -> tuple[ContextChoice, Context]:
            place = Uploads.context_place(path, variable)
            if not place.exists():
                copy_context(path, variable, place)
            choice = ContextChoice(source=f"{place}:{variable}", embedded=True)
            return choice, load_context(choice, self.field)

        def take(loaded: tuple[ContextChoice, Context]) -> None:
            choice, context = loaded
            self._add(choice, context.title, SENT)
            self.param.trigger("offered")
            self._choice_changed()

        self._background(load, take)

    def withdraw(self, offer: Offer) -> None:
        """Remove a context that the visitor added."""
        self.offers.remove(offer)
        self.param.trigger("offered")
        self._choice_changed()

    def _add(self, choice: ContextChoice, title: str, sentence: str = "") -> None:
        choice.param.watch(self._choice_changed, names_of(choice))
        sentence = sentence or choice.source
        self.offers.append(Offer(choice, title, sentence, ticked=True, own=True))

    # ------------------------------------------------------------------ field and plan

    def open_data(
        self,
        then: Callable[[], None] = lambda: None,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Read the field that the choices name, and go on with it; what keeps it from being read
        is told, if need be by `failed`."""
        choice = copy_of(self.data)
        self._asked += 1
        asked = self._asked  # what is read for a later choice counts, whichever comes first

        def take(opened: Field) -> None:
            if asked != self._asked:
                return
            self._opened = choice
            self.param.update(field=opened, opening=False, problem="")
            self._choice_changed()
            then()

        def refuse(problem: Exception) -> None:
            if asked == self._asked:
                self.opening = False
                (failed or self.report)(problem)

        if (field := shared.opened(choice)) is not None:
            take(field)
            return
        self.opening = True
        shared.background(lambda: shared.open_choice(choice), take, refuse)

    def _choice_changed(self, *events: object) -> None:
        self.problem = ""  # what was wrong has been chosen anew
        self.param.trigger("changed")
        self._planned += 1
        asked, field, choices = self._planned, self.field, self.choices
        if field is None:
            return

        def take(plan: Plan) -> None:
            if asked == self._planned:  # else a later choice has overtaken this one
                self.param.update(plan=plan, refusal="")

        def refuse(problem: Exception) -> None:
            if asked == self._planned:
                self.param.update(plan=None, refusal=self.told(problem))

        def plan() -> Plan:
            planned = shared.plan(field, choices)
            settings.check_fit(choices, field, planned)
            return planned

        shared.background(plan, take, refuse)

    # ------------------------------------------------------------------ trouble

    def report(self, problem: Exception) -> None:
        """Tell the visitor in one sentence."""
        self.problem = self.told(problem)

    @staticmethod
    def told(problem: Exception) -> str:
        """The sentence of a problem; what was not foreseen goes to the log as well."""
        if isinstance(problem, CainrError):
            return str(problem)
        if refused := Choosing.refused(problem):
            return refused
        log.error("unforeseen", exc_info=problem)
        return SURPRISE

    @staticmethod
    def refused(problem: Exception) -> str:
        """The sentence of a value that a choice refuses; "" of other problems."""
        found = re.search(r"parameter '(\w+)\.(\w+)' (must be .*)", str(problem))
        if not found or not isinstance(problem, ValueError):
            return ""
        kinds = {kind.__name__: kind for kind in (DataChoice, Architecture, Recipe, Target)}
        label = found[2].replace("_", " ").capitalize()
        if found[1] in kinds:
            label = kinds[found[1]].param[found[2]].label
        told = re.sub(r"(?<![\d.])\d{4,}", lambda number: f"{int(number[0]):,}", found[3])
        return f"{label} {told.rstrip('.')}."

    def _background(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        shared.background(work, then, self.report)


P = TypeVar("P", bound=param.Parameterized)


def names_of(choice: param.Parameterized) -> list[str]:
    """Names of the parameters of a choice."""
    return [name for name in choice.param if name != "name"]


def copy_of(choice: P) -> P:
    """The same choice, apart from the original."""
    return type(choice)(**values_of(choice))
