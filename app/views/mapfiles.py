"""The maps as files: as they are shown, at print size, or moving over time."""

from __future__ import annotations

from collections.abc import Callable

from app.views import animation, prints
from app.views.filemenu import ICON_ONLY, FileMenu, Made
from app.views.panels import Look, Sheet
from app.views.printing import FORMATS, file_name
from app.workbench import Workbench

_AS_HIGH = {"&.MuiButton-sizeSmall": {"py": "2px"}}  # as the buttons beside it


def map_files(workbench: Workbench, maps: Callable[[], tuple[Sheet, Look]]) -> FileMenu:
    """A menu of them; `maps`: what is shown now and how."""

    def choose(kind: str) -> Made:
        sheet, look = maps()
        if kind in animation.ANIMATIONS:
            moving = animation.ANIMATIONS[kind]
            name = file_name(sheet.name, moving)
            return name, lambda told: animation.animation(sheet, look, moving, told)
        field = sheet.field
        time = min(workbench.time, len(field.time) - 1)
        name = file_name(f"{sheet.name} {field.time.label(time)}", FORMATS[kind])
        return name, lambda told: prints.maps(sheet, time, look, FORMATS[kind])

    menu = FileMenu(
        [*FORMATS, *animation.ANIMATIONS], choose, workbench.report,
        allowed=lambda: workbench.field is not None, long=animation.ANIMATIONS, label="",
        description="Download the maps as they are shown, at print size, or moving over time",
        margin=(0, 0), disabled=True, sx=ICON_ONLY | _AS_HIGH,
    )  # fmt: skip
    workbench.param.watch(lambda event: menu.allow(), "field")
    return menu
