"""Which network, how small, how learned and where."""

from __future__ import annotations

from collections.abc import Mapping

import panel as pn
import panel_material_ui as pmui
import param

from app.controls.fold import Fold
from app.controls.form import declared, form, pairs, widget
from app.controls.section import Section
from app.settings import settings
from app.style import SMALL
from app.words import size_of, three
from app.workbench import Workbench
from cainr_core.fit.recipe import RECIPES
from cainr_core.model.architecture import NETWORKS, PRESETS
from cainr_core.runs import NETWORK_TITLES, network_title

CUSTOM = "custom"
SIZE = ("depth", "width")
RECIPE_FIRST = ("steps", "batch", "learning_rate", "seed")


class Preset:
    """A select of named sets of values for a choice; "custom" where none fits."""

    def __init__(
        self, choice: param.Parameterized, presets: Mapping[str, dict[str, object]]
    ) -> None:
        self._choice, self._presets = choice, presets
        self._names = [name for name in choice.param if name != "name"]
        self.select = pmui.Select(
            label="Preset",
            options=[*presets, CUSTOM],
            description="A named set of the values below.",
            width=None, sizing_mode="stretch_width", margin=SMALL, size="small",
        )  # fmt: skip
        self._settle()
        self.select.param.watch(self._chosen, "value")
        choice.param.watch(self._settle, self._names)

    def full(self, name: str) -> dict[str, object]:
        """Every value that this name stands for."""
        defaults = {each: self._choice.param[each].default for each in self._names}
        return defaults | self._presets[name]

    def _chosen(self, event: object) -> None:
        if self.select.value != CUSTOM:
            self._choice.param.update(**self.full(self.select.value))

    def _settle(self, *events: object) -> None:
        values = {name: getattr(self._choice, name) for name in self._names}
        self.select.value = next(
            (name for name in self._presets if self.full(name) == values), CUSTOM
        )


class ArchitectureSection:
    """Preset, kind of network, its size and its inputs."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        choice = workbench.architecture
        self.preset = Preset(choice, PRESETS)
        names = [name for name in declared(choice) if name != "network"]
        self.kind = widget(
            choice.param.network, options={NETWORK_TITLES[name]: name for name in NETWORKS}
        )
        self.fields = form(choice, names)
        # Takes the place of the visitor's own width, which comes back when the budget goes.
        self.given = pmui.IntInput(
            label="Width, by budget",
            description="Units in each hidden layer, as many as the budget allows.",
            disabled=True, visible=False, size="small", width=None,
            sizing_mode="stretch_width", margin=SMALL, css_classes=["given-width"],
        )  # fmt: skip
        shown = list(self.fields.values())
        shown.insert(names.index("width"), self.given)
        self.section = Section("Architecture", pairs([self.preset.select, self.kind, *shown]))
        choice.param.watch(self._network_changed, "network")
        # onlychanged: what is set together with a size, even the same one, keeps that size
        choice.param.watch(self._suit_size, ["network", *SIZE], onlychanged=False)
        workbench.param.watch(self._tell, ["changed", "plan"])
        self._network_changed()
        self._tell()

    def _suit_size(self, first: param.parameterized.Event, *others: object) -> None:
        """Give a kind of network that is chosen alone its own size, unless the visitor chose one:
        behind latents a small network does, and the others' size would cost more than it gains."""
        if others or first.name != "network":
            return
        choice = self.workbench.architecture
        if {name: getattr(choice, name) for name in SIZE} == self._usual_size(first.old):
            choice.param.update(**self._usual_size(first.new))

    def _usual_size(self, network: str) -> dict[str, object]:
        """Depth and width that a kind of network comes with."""
        values = self.preset.full(network if network in PRESETS else "default")
        return {name: values[name] for name in SIZE}

    def _network_changed(self, *events: object) -> None:
        used = self.workbench.architecture.used()
        for name, field in self.fields.items():
            if name != "width":  # which every network has; see _tell
                field.visible = name in used

    def _tell(self, *events: object) -> None:
        given = self.workbench.target.kind != "none"
        plan = self.workbench.plan
        shown = plan.architecture if given and plan else self.workbench.architecture
        self.fields["width"].visible, self.given.visible = not given, given
        self.given.value = plan.architecture.width if plan else None
        self.section.tell("nothing fits the budget" if given and not plan else network_title(shown))


class BudgetSection:
    """How small the file is to be."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        choice = workbench.target
        self.kind = widget(choice.param.kind)
        self.value = widget(choice.param.value)
        self.section = Section("Budget", pairs([self.kind, self.value]))
        workbench.param.watch(self._tell, ["changed", "plan"])
        self._tell()

    def _tell(self, *events: object) -> None:
        target = self.workbench.target
        self.value.visible = target.kind != "none"
        if target.kind == "none":
            self.section.tell("none: as wide as chosen")
        elif target.kind == "ratio":
            self.section.tell(f"{three(target.value)} times smaller")
        else:
            self.section.tell(f"at most {size_of(target.value)}")


class RecipeSection:
    """How long and how it learns; what is rarely changed stays folded."""

    def __init__(self, workbench: Workbench) -> None:
        self.recipe = workbench.recipe
        self.section = Section("Recipe", later=self._fields)
        self.recipe.param.watch(self._tell, list(self.recipe.choices()))
        self._tell()

    def _fields(self) -> pn.Column:
        rest = [name for name in declared(self.recipe) if name not in RECIPE_FIRST]
        more = Fold(
            "More", later=lambda: pairs(form(self.recipe, rest).values()), css_class="inner"
        )
        preset = Preset(self.recipe, RECIPES).select
        first = form(self.recipe, RECIPE_FIRST)
        if settings.kiosk:
            first["steps"].end = settings.kiosk_steps
        return pn.Column(
            pairs([preset, *first.values()]),
            more,
            sizing_mode="stretch_width",
        )

    def _tell(self, *events: object) -> None:
        recipe = self.recipe
        batch = f"{recipe.batch:,} points" if recipe.batch else "all points"
        self.section.tell(f"{recipe.steps:,} steps of {batch}")


class DeviceSection:
    """Where the fit runs."""

    def __init__(self, workbench: Workbench) -> None:
        self.section = Section("Device", later=lambda: widget(workbench.param.device))
        workbench.param.watch(lambda *events: self._tell(workbench), "device")
        self._tell(workbench)

    def _tell(self, workbench: Workbench) -> None:
        self.section.tell(workbench.device)
