"""Which field: the bundled sample, or a variable of a file."""

from __future__ import annotations

from pathlib import Path

import panel as pn
import panel_material_ui as pmui

from app import shared
from app.controls.form import widget
from app.controls.section import Section
from app.settings import settings
from app.style import SMALL
from app.words import size_of
from app.workbench import Workbench
from cainr_core.data.sources import VariableSummary, describe

SAMPLE, FILE = "Bundled sample", "File"


class DataSection:
    """Source, variable, times and levels; a file is described before it is read."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench, choice = workbench, workbench.data
        self._variables: list[VariableSummary] = []
        wide = {"width": None, "sizing_mode": "stretch_width", "margin": SMALL, "size": "small"}
        self.source = pmui.RadioButtonGroup(
            options=[SAMPLE, FILE],
            value=SAMPLE,
            width=None,
            sizing_mode="stretch_width",
            margin=SMALL,
            size="small",
        )
        self.path = widget(
            choice.param.path, placeholder="/path/to/file.nc or store.zarr", description=""
        )
        self.variable = pmui.Select(
            label=choice.param.variable.label,
            description=choice.param.variable.doc,
            options=[],
            **wide,
        )
        self.times = widget(choice.param.time, placeholder="all")
        self.levels = pn.Column(sizing_mode="stretch_width")
        self.size = pmui.Typography(
            "", variant="caption", margin=(0, 8), sizing_mode="stretch_width"
        )
        self.open = pmui.Button(
            label="Open", variant="outlined", icon="folder_open", margin=SMALL,
            sizing_mode="stretch_width", css_classes=["open-data"],
        )  # fmt: skip
        self._file_only = [self.path, self.variable, self.levels, self.size, self.open]
        self.section = Section(
            "Data", self.source, self.path, self.variable, self.levels, self.times, self.size,
            self.open,
        )  # fmt: skip
        self.source.param.watch(self._source_changed, "value")
        choice.param.watch(self._path_changed, "path")
        self.variable.param.watch(self._variable_changed, "value")
        self.times.param.watch(self._times_changed, "value")
        self.open.on_click(shared.held(lambda event: workbench.open_data()))
        workbench.param.watch(self._field_opened, "field")
        workbench.param.watch(self._adopted, "adopted")
        show_opening = shared.decided(self.open, "loading", lambda: workbench.opening)
        workbench.param.watch(show_opening, "opening")
        self.source.visible = settings.files_allowed
        self._source_changed()

    def _source_changed(self, *events: object) -> None:
        of_file = self.source.value == FILE
        for control in self._file_only:
            control.visible = of_file
        self.variable.visible = of_file and bool(self._variables)
        if events and not of_file and self.workbench.data.path:
            self.workbench.data.param.update(path="", variable="", select={}, time="")
            self.workbench.open_data()

    def _adopted(self, *events: object) -> None:
        self.source.value = FILE if self.workbench.data.path else SAMPLE

    def _path_changed(self, *events: object) -> None:
        path = self.workbench.data.path.strip()
        self.workbench.problem = ""
        self.source.value = FILE if path else self.source.value
        if path:
            shared.background(lambda: self._describe(path), self._take_variables, self._refused)
        else:
            self._take_variables([])

    @staticmethod
    def _describe(path: str) -> list[VariableSummary]:
        settings.check_file(path, shared.kept_runs().root)
        return describe(path)

    def _refused(self, problem: Exception) -> None:
        self._take_variables([])
        self.workbench.report(problem)

    def _take_variables(self, variables: list[VariableSummary]) -> None:
        self._variables = variables
        names = {self._name(each): each.name for each in variables}
        before = self.workbench.data.variable  # as a run that is taken up again has it
        chosen = before if before in names.values() else next(iter(names.values()), None)
        self.variable.param.update(options=names, value=chosen, visible=bool(names))
        if variables:
            self.workbench.problem = ""
        self._variable_changed()

    @staticmethod
    def _name(each: VariableSummary) -> str:
        return each.name if each.long_name == each.name else f"{each.name}: {each.long_name}"

    def _variable_changed(self, *events: object) -> None:
        chosen = next((v for v in self._variables if v.name == self.variable.value), None)
        data = self.workbench.data
        if chosen is None or chosen.name != data.variable:
            data.param.update(variable=chosen.name if chosen else "", select={})
        self.levels.objects = (
            [self._level(dim, at) for dim, at in chosen.levels.items()] if chosen else []
        )
        if chosen:
            first, last = chosen.times
            shape = " × ".join(map(str, chosen.shape))
            self.size.object = f"{shape} values, {first} to {last}"
        else:
            self.size.object = ""

    def _level(self, dim: str, entries: list[object]) -> pmui.Select:
        before = self.workbench.data.select.get(dim)
        select = pmui.Select(
            label=dim,
            options={str(each): each for each in entries},
            value=before if before in entries else entries[0],
            width=None, sizing_mode="stretch_width", margin=SMALL, size="small",
        )  # fmt: skip

        def choose(*events: object) -> None:
            data = self.workbench.data
            data.select = {**data.select, dim: select.value}

        select.param.watch(choose, "value")
        choose()
        return select

    def _times_changed(self, event: object) -> None:
        if self.source.value == SAMPLE:
            self.workbench.open_data()

    def _field_opened(self, *events: object) -> None:
        field = self.workbench.field
        if field is None:
            return
        source = Path(self.workbench.data.path).name or "sample"
        self.section.tell(f"{field.name}, {source}, {size_of(field.original_bytes)}")
