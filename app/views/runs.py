"""The library as a table: pick runs to look at, rename, delete and download them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app import decoding, shared
from app.settings import settings
from app.views import report
from app.views.cards import card, line
from app.views.curves import HEAD, HEIGHT
from app.views.download import Download
from app.views.panels import Look, Sheet
from app.views.printing import file_name
from app.views.runcolumns import BESIDE, COLUMNS, RIGHT, TABLE, formatters, frame_of
from app.views.shown import LETTERS, colours
from app.views.table import Table
from app.views.ways import skip
from app.words import contexts_of, data_of, plain
from app.workbench import FIT, Workbench
from cainr_core.runs import Run, network_title

Made = tuple[str, Callable[[], bytes]]  # the name of a file, and what makes it in a thread
_CSS = """
.title { font-weight: 600; font-size: .95rem; }
.hint { font-size: .78rem; opacity: .75; }
"""
_HIGH = {"height": "auto"}  # as the curves beside it
FIND = 50  # px
MANY = 20  # runs, beyond which some can be looked for


class RunTable:
    """Rows of the library; the ticked ones are what the workbench has picked."""

    def __init__(self, workbench: Workbench, maps: Callable[[], tuple[Sheet, Look]]) -> None:
        """`maps`: what the maps show and how, for the report."""
        self.workbench, self._maps = workbench, maps
        self._ids: list[str] = []
        self._filling = False
        self.table = Table(
            frame_of([]),
            titles={name: column.title for name, column in COLUMNS.items()},
            more={
                name: {
                    "widthGrow": column.share,
                    "minWidth": column.width,
                    "responsive": column.rank,
                    "tooltip": name in RIGHT,  # what an ellipsis hides, of text in its cell
                }
                for name, column in COLUMNS.items()
            },
            widths={name: column.width for name, column in COLUMNS.items() if not column.share},
            header_tooltips={name: column.told for name, column in COLUMNS.items()},
            show_index=False,
            selectable="checkbox",
            pagination=None,  # or Panel would turn pages of five rows from 200 rows on
            layout="fit_columns",
            height=HEIGHT,
            stylesheets=[TABLE],
            theme="simple",
            sizing_mode="stretch_width",
            editors={column: "input" if column == "name" else None for column in COLUMNS},
            formatters=formatters(),
            hidden_columns=list(BESIDE),
            text_align=dict.fromkeys(RIGHT, "right"),
            configuration={
                "columnDefaults": {"headerSortTristate": True},
                # a cell is changed by a click or by Enter, and Tab goes on: Tabulator's own way
                # changes what has the focus, and keeps Tab in the last row for good
                "editTriggerEvent": "click",
                "keybindings": {"navNext": False, "navPrev": False},
                "responsiveLayout": "hide",
                "placeholder": "No runs yet: each fit is kept here.",
            },
            margin=(0, 8, 8, 8),
            css_classes=["runs-table"],
        )  # fmt: skip
        icon = {"size": "small", "margin": (8, 2), "disabled": True}
        self.cainr = self._download(".cainr", "Download the compressed file", self._cainr, **icon)
        self.netcdf = self._download("NetCDF", "Download the reconstruction", self._netcdf, **icon)
        self.report = self._download(
            "Report", "Download choices, curve, maps, figures and checks as one HTML file",
            self._html, long=True, **icon,
        )  # fmt: skip
        self.reuse = pmui.Button(
            label="Reuse", icon="tune", variant="outlined", css_classes=["reuse"],
            description="Take up the choices of this run", **icon,
        )  # fmt: skip
        self.delete = pmui.Button(
            label="Delete", icon="delete", variant="outlined", color="error",
            css_classes=["delete"], visible=settings.deletion_allowed,
            description="Remove what is ticked, and its files, for good; asks before it does",
            **icon,
        )  # fmt: skip
        files = (self.cainr, self.netcdf, self.report)
        buttons = (self.reuse, *files, self.delete)
        self.question = pmui.Typography("")
        self.dialog: pmui.Dialog | None = None  # made when first wanted
        self.head = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=(8, 12, 0, 4),
            min_height=HEAD, min_width=0,
        )  # fmt: skip
        self.find = pmui.TextInput(
            label="Find", placeholder="such as topo 5x48", size="small", width=None, visible=False,
            sizing_mode="stretch_width", margin=(2, 10, 6, 10), css_classes=["find-runs"],
            description="Words of name, data, contexts or network; runs that lack one are hidden.",
        )  # fmt: skip
        head = line(self.head, *buttons)
        head.margin = (0, 10, 0, 8)  # of each line that it breaks into
        self.view = card(
            head,
            self.find,
            skip("Past the table", "closer"),
            self.table,
            css_class="runs",
            styles=_HIGH,
            min_height=HEAD + HEIGHT + 16,
            margin=0,
        )
        self.table.param.watch(shared.held(self._picked), "selection")
        self.find.param.watch(shared.held(self._list), "value")
        self.table.on_edit(shared.held(self._edited))
        self.reuse.on_click(shared.held(lambda event: workbench.adopt(self._chosen().choices)))
        self.delete.on_click(shared.held(self._ask))
        self._allow = [
            shared.decided(button, "disabled", lambda: not workbench.picked_runs)
            for button in (self.reuse, self.cainr, self.netcdf, self.report)
        ]
        self._allow.append(shared.decided(self.delete, "disabled", lambda: not self._own_runs()))
        workbench.param.watch(self._list, "runs")
        workbench.param.watch(lambda *events: self._letter(), ["job", "fitted"])
        workbench.param.watch(lambda event: shared.after_maps(self._mark), "picked")
        self._list()

    def _download(
        self, label: str, told: str, make: Callable[[Run], Made], **look: Any
    ) -> Download:
        return Download(
            lambda: make(self._chosen()), self.workbench.report, filename="field", label=label,
            variant="outlined", description=told,
            css_classes=[f"download-{label.lower().strip('.')}"], **look,
        )  # fmt: skip

    # ------------------------------------------------------------------ rows

    def _list(self, *events: object) -> None:
        every = self.workbench.runs
        self.find.visible = len(every) > MANY
        self.table.height = HEIGHT - FIND * self.find.visible
        words = _plain(self.find.value).split() if self.find.visible else []
        runs = [run for run in every if all(word in _plain(_words(run)) for word in words)]
        self._ids = [run.id for run in runs]
        self._filling = True
        self.table.value = frame_of(runs)
        self._filling = False
        self._mark()

    def _mark(self) -> None:
        """Tick the rows of the runs picked, and let the buttons be theirs."""
        picked = [self._ids.index(id) for id in self.workbench.picked if id in self._ids]
        if set(picked) != set(self.table.selection):
            self._filling = True
            self.table.selection = picked
            self._filling = False
        self._letter()
        self._buttons()

    def _letter(self) -> None:
        """Say which rows are A, B and so on, in the colours that their maps and curves have."""
        of = colours(self.workbench)
        told: dict[str, str | None] = dict.fromkeys(self.view.styles) | _HIGH  # None takes one away
        for id, letter in zip(self.workbench.picked, LETTERS, strict=False):
            if id != FIT:
                told |= {f"--letter-{id}": f'"{letter}"', f"--colour-{id}": of[id]}
        if told != self.view.styles:
            self.view.styles = told

    def _picked(self, event: object) -> None:
        if not self._filling:
            hidden = [run.id for run in self.workbench.picked_runs if run.id not in self._ids]
            self.workbench.pick([*hidden, *(self._ids[row] for row in self.table.selection)])

    def _edited(self, event: object) -> None:
        if event.column == "name" and event.value != event.old:  # type: ignore[attr-defined]
            self.workbench.rename(self._ids[event.row], str(event.value))  # type: ignore[attr-defined]

    # ------------------------------------------------------------------ what is done with them

    def _own_runs(self) -> list[Run]:
        """Those picked that may be deleted: not what belongs to all who use the server."""
        library = self.workbench.library
        return [run for run in self.workbench.picked_runs if not library.is_common(run.id)]

    def _buttons(self) -> None:
        for allow in self._allow:
            allow()
        hint = self._hint()
        own = len(self._own_runs())
        self.delete.label = f"Delete {own}" if own > 1 else "Delete"
        html = f'<div class="title">Runs</div><div class="hint">{hint}</div>'
        if html != self.head.object:
            self.head.object = html

    def _hint(self) -> str:
        """What ticks are for, or whose files the buttons give."""
        runs, picked = self.workbench.picked_runs, self.workbench.picked
        if not runs:
            return "Tick one or two."
        if len(picked) == 1:
            return "Tick one more."
        of = LETTERS[picked.index(self._chosen().id)]
        return f"Maps: A and B. Files: {of}." if len(picked) > 2 else f"Files: those of {of}."

    def _ask(self, event: object) -> None:
        names = [run.name for run in self._own_runs()]
        self.question.object = plain(f"{', '.join(names)}: the files go too, for good.")
        if self.dialog is None:
            delete = pmui.Button(label="Delete", color="error", css_classes=["delete-yes"])
            keep = pmui.Button(label="Keep", variant="outlined", css_classes=["delete-no"])
            delete.on_click(shared.held(partial(self._answer, True)))
            keep.on_click(shared.held(partial(self._answer, False)))
            self.dialog = pmui.Dialog(
                self.question, pn.Row(delete, keep), title="Delete from the library?"
            )
            self.view.append(self.dialog)
        self.dialog.open = True

    def _answer(self, delete: bool, event: object) -> None:
        if self.dialog is not None:
            self.dialog.open = False
        if delete:
            self.workbench.delete([run.id for run in self._own_runs()])

    def _chosen(self) -> Run:
        """Whose files the buttons give: the last fit's, else those of the first run ticked."""
        runs, fitted = self.workbench.picked_runs, self.workbench.fitted
        return next((run for run in runs if fitted is not None and run.id == fitted.id), runs[0])

    # ------------------------------------------------------------------ files

    def _cainr(self, run: Run) -> Made:
        return file_name(run.name, "cainr"), run.cainr_path.read_bytes

    def _netcdf(self, run: Run) -> Made:
        def make() -> bytes:
            with tempfile.TemporaryDirectory() as folder:  # NetCDF-4 is written to a path only
                path = Path(folder) / "field.nc"
                decoding.reader(run).to_dataset().to_netcdf(path)
                return path.read_bytes()

        return file_name(run.name, "nc"), make

    def _html(self, run: Run) -> Made:
        time, (_, look) = self.workbench.time, self._maps()
        return file_name(run.name, "html"), lambda: report.html(run, time, look)


def _words(run: Run) -> str:
    """What a run can be found by."""
    network = network_title(run.choices.architecture)
    return " ".join((run.name, data_of(run.choices.data), contexts_of(run), network))


def _plain(text: str) -> str:
    return text.lower().replace("×", "x").replace(" x ", "x")
