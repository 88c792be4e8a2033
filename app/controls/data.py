"""Which field: the bundled sample, or a part of a variable of a file, which may be sent."""

from __future__ import annotations

from pathlib import Path

import panel as pn
import panel_material_ui as pmui

from app import shared, uploads
from app.controls.form import pairs, widget
from app.controls.section import Section
from app.controls.upload import UploadButton
from app.settings import settings
from app.style import SMALL
from app.words import plain, shape_of, size_of
from app.workbench import Workbench
from cainr_core.apart import Contents, describe_apart
from cainr_core.choices import values_of
from cainr_core.data.samples import SAMPLE as CESM
from cainr_core.data.samples import sample_path
from cainr_core.data.sources import VariableSummary, describe
from cainr_core.errors import CainrError

SAMPLE, FILE, UPLOAD = "Sample", "File", "Upload"
REFUSED = "This cannot be opened."
PART = ("time", "region", "thin")


class DataSection:
    """Source, variable, level, times, region and thinning; a file is described before it is
    read, and how much would be read is told."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench, choice = workbench, workbench.data
        self._variables: list[VariableSummary] = []
        self._former = values_of(choice)  # what was chosen before a file was sent
        wide = {"width": None, "sizing_mode": "stretch_width", "margin": SMALL, "size": "small"}
        self.source = pmui.RadioButtonGroup(
            options=[SAMPLE, FILE, *([UPLOAD] if settings.uploads_allowed else [])],
            value=SAMPLE,
            css_classes=["source"],
            **wide,
        )
        self.path = widget(choice.param.path, placeholder="/path/file.nc or https://…/store.zarr")
        seen_by = "you alone see" if workbench.visitor.room else "all who use this server see"
        self.upload = UploadButton(workbench.uploads, self._sent, workbench.report, seen_by)
        self.variable = pmui.Select(
            label=choice.param.variable.label,
            description=choice.param.variable.doc,
            options=[],
            css_classes=["choice-variable"],
            **wide,
        )
        self.times = widget(choice.param.time, placeholder="all")
        self.region = widget(choice.param.region, placeholder="all")
        self.thin = widget(choice.param.thin)
        self.levels = pn.Column(sizing_mode="stretch_width")
        self.size = pmui.Typography(
            "", variant="caption", margin=(0, 8), sizing_mode="stretch_width",
            css_classes=["data-size"], min_height=40,  # two lines, so that nothing jumps
        )  # fmt: skip
        self.open = pmui.Button(
            label="Open", variant="outlined", icon="folder_open", margin=SMALL,
            sizing_mode="stretch_width", css_classes=["open-data"],
        )  # fmt: skip
        self.section = Section(
            "Data", self.source, self.path, self.upload.button, self.upload.told, self.variable,
            self.levels, self.times, pairs([self.region, self.thin]), self.size, self.open,
        )  # fmt: skip
        self.source.param.watch(self._source_changed, "value")
        choice.param.watch(self._path_changed, "path")
        choice.param.watch(self._part_changed, list(PART))
        self.variable.param.watch(self._variable_changed, "value")
        self.open.on_click(shared.held(lambda event: workbench.open_data()))
        workbench.param.watch(self._field_opened, "field")
        workbench.param.watch(self._adopted, "adopted")
        show_opening = shared.decided(self.open, "loading", lambda: workbench.opening)
        workbench.param.watch(show_opening, "opening")
        self.source.visible = settings.files_allowed
        self._show()
        self._path_changed()

    # ------------------------------------------------------------------ where from

    def _show(self) -> None:
        """Show what belongs to the source that is chosen."""
        chosen, known = self.source.value, bool(self._variables)
        self.path.visible = chosen == FILE
        self.upload.button.visible = self.upload.told.visible = chosen == UPLOAD
        named = chosen != SAMPLE and known and bool(self.workbench.data.path)
        self.variable.visible = self.levels.visible = named
        self.open.visible = chosen != SAMPLE

    def _source_changed(self, *events: object) -> None:
        data, chosen = self.workbench.data, self.source.value
        belongs = {SAMPLE: not data.path, UPLOAD: uploads.is_upload(data.path)}
        if data.path and not belongs.get(chosen, not belongs[UPLOAD]):
            data.param.update(path="", variable="", select={}, time="", region="", thin=1)
        if chosen == SAMPLE and self.workbench.choices.data.path:  # what is open is a file's
            self.workbench.open_data()
        self._show()
        self._measure()

    def _adopted(self, *events: object) -> None:
        self.source.value = self._source_of(self.workbench.data.path)

    @staticmethod
    def _source_of(path: str) -> str:
        return UPLOAD if uploads.is_upload(path) else FILE if path else SAMPLE

    def _sent(self, path: Path | str) -> None:
        """A file has arrived: nothing of the former one holds for it."""
        self._former = values_of(self.workbench.data)
        self.workbench.data.param.update(
            path=str(path), variable="", select={}, time="", region="", thin=1
        )

    # ------------------------------------------------------------------ what is in it

    def _path_changed(self, *events: object) -> None:
        path = self.workbench.data.path.strip()
        if events:
            self.workbench.problem = ""
        if path:
            self.source.value = self._source_of(path)
            self.size.object = "Looking into the file …"

        def take(contents: Contents) -> None:
            if path == self.workbench.data.path.strip():  # else another one was named meanwhile
                self._take(path, contents)

        def refuse(problem: Exception) -> None:
            if path == self.workbench.data.path.strip():
                self._refused(problem)

        shared.background(lambda: self._describe(path), take, refuse)

    @staticmethod
    def _describe(path: str) -> Contents:
        settings.check_file(path, shared.kept_runs().root)
        uploads.check(path)
        if uploads.is_upload(path):
            return describe_apart(path)
        return Contents(describe(path or sample_path(CESM)), [], "")

    def _refused(self, problem: Exception) -> None:
        """Go on with what was chosen before a file that was sent, and with nothing else."""
        if uploads.is_upload(self.workbench.data.path):  # nobody can mend its name, as a path's
            self.workbench.holding = ("", [])
            former = str(self._former["path"])
            self.workbench.data.param.update(**self._former)  # which is described once more
            self.upload.back_to(
                former if uploads.is_upload(former) else "", self.workbench.told(problem)
            )
        else:
            self._take_variables([])
        self.workbench.report(problem)
        self.size.object = REFUSED  # beside what it is about, too

    def _take(self, path: str, contents: Contents) -> None:
        if uploads.is_upload(path):
            self.workbench.holding = (path, contents.contexts)
        self._take_variables(contents.variables)
        if contents.problem:
            self.workbench.problem = (
                f"{contents.problem} Variables of the file can be contexts: see Context."
            )

    def _take_variables(self, variables: list[VariableSummary]) -> None:
        self._variables = variables
        names = {self._name(each): each.name for each in variables}
        before = self.workbench.data.variable  # as a run that is taken up again has it
        chosen = before if before in names.values() else next(iter(names.values()), None)
        self.variable.param.update(options=names, value=chosen)
        self._show()
        if chosen == before:  # which the page would go on calling as the former file does
            self.variable.param.trigger("value")
        else:
            self._variable_changed()

    @staticmethod
    def _name(each: VariableSummary) -> str:
        return each.name if each.long_name == each.name else f"{each.name}: {each.long_name}"

    @property
    def _chosen(self) -> VariableSummary | None:
        return next((v for v in self._variables if v.name == self.variable.value), None)

    def _variable_changed(self, *events: object) -> None:
        chosen, data = self._chosen, self.workbench.data
        if data.path and (chosen is None or chosen.name != data.variable):
            data.param.update(variable=chosen.name if chosen else "", select={})
        levels = chosen.levels if chosen and data.path else {}
        units = chosen.level_units if chosen else {}
        self.levels.objects = [self._level(dim, at, units[dim]) for dim, at in levels.items()]
        self._measure()

    def _level(self, dim: str, entries: list[object], units: str) -> pmui.Select:
        before = self.workbench.data.select.get(dim)
        select = pmui.Select(
            label=f"{dim} ({units})" if units else dim,
            description="A field has one entry of this dimension.",
            options={str(each): each for each in entries},
            value=before if before in entries else entries[0],
            width=None, sizing_mode="stretch_width", margin=SMALL, size="small",
            css_classes=[f"choice-level-{dim}"],
        )  # fmt: skip

        def choose(*events: object) -> None:
            data = self.workbench.data
            data.select = {**data.select, dim: select.value}

        select.param.watch(choose, "value")
        choose()
        return select

    # ------------------------------------------------------------------ how much of it

    def _part_changed(self, *events: object) -> None:
        if self._measure() and self.source.value == SAMPLE and not self.workbench.data.path:
            self.workbench.open_data()

    def _measure(self) -> bool:
        """Tell how much the choices take of how much there is; whether they take anything."""
        chosen, data = self._chosen, self.workbench.data
        named = self.source.value == SAMPLE or bool(data.path)
        self.open.disabled = not named
        if chosen is None or not named:
            self.size.object = ""
            return True
        try:
            part = chosen.part(data.time, data.region, data.thin)
            first, last = chosen.times_of(data.time, data.thin)
        except CainrError as problem:
            self.size.object = plain(str(problem))
            return False
        shape, size = _extent(part, chosen.itemsize)
        if part != chosen.shape:
            all_shape, all_size = _extent(chosen.shape, chosen.itemsize)
            shape, size = f"{shape} of {all_shape}", f"{size} of {all_size}"
        times = first if first == last else f"{first} to {last}"
        self.size.object = plain(f"{shape} values, {size}; {times}")
        return True

    def _field_opened(self, *events: object) -> None:
        field = self.workbench.field
        if field is None:
            return
        source = Path(self.workbench.data.path).name or "sample"
        self.section.tell(f"{field.name}, {source}, {size_of(field.original_bytes)}")


def _extent(shape: tuple[int, ...], itemsize: int) -> tuple[str, str]:
    """A shape, and the bytes of as many values."""
    count = itemsize
    for each in shape:
        count *= each
    return shape_of(shape), size_of(count)
