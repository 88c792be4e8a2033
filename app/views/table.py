"""A table that brings its style sheets along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param
from bokeh.models import ImportedStyleSheet

_DIST = Path(pn.__file__).parent / "dist"


class Table(pn.widgets.Tabulator):
    """Panel's table with style sheets in the page instead of behind links.

    The table of Panel 1.9 waits for linked sheets in a loop that never sleeps, and goes on for ever
    where they were replaced before they had arrived: a browser then spends a whole core on it.
    """

    more = param.Dict(default={}, doc="Further settings of Tabulator for a column, by its name.")

    _rename: ClassVar[Mapping[str, str | None]] = {"more": None}
    _stylesheets: ClassVar[list[str]] = []  # icons that no table here shows
    _debounce: ClassVar[int] = 5  # ms: a tick is one event, and somebody waits for its map

    def _config_columns(self, column_objs: list[Any]) -> list[Any]:
        # Panel's own `configuration` gives them to the wrong columns beside one of ticks.
        columns: Sequence[Any] = super()._config_columns(column_objs)
        return [column | self.more.get(column.get("field"), {}) for column in columns]

    def _process_param_change(self, params: dict[str, Any]) -> dict[str, Any]:
        properties: dict[str, Any] = super()._process_param_change(params)
        if "stylesheets" in properties:
            properties["stylesheets"] = list(map(_inline, properties["stylesheets"]))
        return properties


def _inline(sheet: Any) -> Any:
    """The text of a sheet that Panel serves; any other as it is."""
    if not isinstance(sheet, ImportedStyleSheet):
        return sheet
    for folder in ("bundled/", "css/"):
        _, found, rest = str(sheet.url).partition("/" + folder)
        if found and (text := _read(folder + rest.partition("?")[0])):
            return text
    return sheet


@lru_cache
def _read(name: str) -> str:
    path = _DIST / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""
