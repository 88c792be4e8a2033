"""What the table of runs says of each of them, and how that looks."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
from bokeh.models.widgets.tables import CellFormatter, HTMLTemplateFormatter, NumberFormatter

from app.words import contexts_of, data_of
from cainr_core.runs import Run, network_title


class Column(NamedTuple):
    """A column: its title, what it means, and how it is shown."""

    title: str
    told: str
    width: int  # px
    share: int = 0  # of the room that is left, for a column that may be wider
    rank: int = 0  # where room is short, columns of the highest rank are left out first
    format: str = ""


COLUMNS = {
    "mark": Column("\u00a0", "Which of the runs compared is A, and which B; a new fit is B.", 32),
    "name": Column("Name", "A click or Enter changes a name.", 138, share=4),
    "data": Column("Data", "The bundled sample, or file and variable.", 64, share=2, rank=3),
    "contexts": Column("Contexts", "What the network is given at every point.", 82, 3, 4),
    "network": Column("Network", "Kind, depth and width.", 84, share=2, rank=6),
    "weights": Column("Weights", "Number of weights and biases.", 62, rank=7, format="0,0"),
    "bytes": Column("Bytes", "Size of the whole file.", 58, rank=2, format="0,0"),
    "ratio": Column("Ratio", "Bytes of the original over those of the file.", 60, format="0,0.0"),
    "psnr": Column("PSNR (dB)", "Over all time steps.", 50, format="0.00"),
    "rmse": Column("RMSE", "Over all time steps, in the field's unit.", 66, rank=1),
    "seconds": Column("Seconds", "Seconds that the fit took.", 72, rank=5, format="0.0"),
}
BESIDE = ("units",)  # what another column is written with
NUMBERS = {name: column.format for name, column in COLUMNS.items() if column.format}
RIGHT = (*NUMBERS, "rmse")  # numbers, of which the last one has its unit with it
# Tabulator would take a name in its own tooltips for HTML; <%- escapes.
TEXT = '<span title="<%- value %>"><%- value %></span>'
# A line for each half of a name, as names differ at their ends more often than at their beginnings.
NAME = """
<% const cut = value.lastIndexOf(' · ') + 3 %><span title="<%- value %>"><% if (cut > 2) { %>
<i><%- value.slice(0, cut) %></i><i><%- value.slice(cut) %></i><% } else { %><%- value %><% } %>
</span>""".replace("\n", "")
# What the style of the card says of a run, since Panel 1.9.4 takes the ticks of all rows away for a
# moment whenever it changes a cell.
MARK = (
    '<i style="background: var(--colour-<%- value %>, transparent)"></i>'
    '<b style="--letter: var(--letter-<%- value %>)"></b>'
)
MEASURE = (
    "<%- (value < 0.1 ? value.toPrecision(3) : value.toFixed(value < 100 ? 3 : 1)) + ' ' + units %>"
)
TABLE = """
.tabulator { font-size: 12.5px; }
.tabulator .tabulator-header .tabulator-col[tabulator-field] .tabulator-col-content {
  padding: 6px !important; }
.tabulator .tabulator-header .tabulator-col-title { font-size: 12px; font-weight: 600;
  white-space: normal !important; line-height: 15px; }
.tabulator .tabulator-row .tabulator-cell { font-size: 12.5px; }
.tabulator .tabulator-row .tabulator-cell[tabulator-field] { padding: 6px !important; }
.tabulator .tabulator-row .tabulator-cell[tabulator-field="name"] {
  padding: 7px 6px 0 !important; }
.tabulator-cell[tabulator-field="name"] i { display: block; font-style: normal; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; }
.tabulator-cell[tabulator-field="name"] span { display: -webkit-box; -webkit-line-clamp: 2;
  -webkit-box-orient: vertical; white-space: normal; overflow: hidden; line-height: 14.5px; }
.tabulator .tabulator-row .tabulator-cell[tabulator-field="mark"] {
  padding: 6px 2px !important; font-weight: 600; }
.tabulator-cell[tabulator-field="mark"] i { display: inline-block; width: 8px; height: 8px;
  border-radius: 50%; margin-right: 4px; }
.tabulator-cell[tabulator-field="mark"] b::after { content: var(--letter, ""); }
.tabulator-tableholder { overflow-x: hidden !important; scrollbar-width: thin; }
.tabulator .tabulator-row .tabulator-cell[tabulator-field="seconds"] {
  padding-right: 16px !important; } /* where a bar may come to lie */
.tabulator-cell:focus-visible { outline: 2px solid var(--panel-primary-color);
  outline-offset: -2px; }
.tabulator-cell:not([tabulator-field]) { text-overflow: clip !important; } /* of the ticks */
.tabulator-cell > div { overflow: hidden; text-overflow: ellipsis; }
.tabulator .tabulator-row.tabulator-selected,
.tabulator .tabulator-row.tabulator-selected:hover {
  background: color-mix(in srgb, var(--panel-primary-color) 18%, transparent) !important;
  color: inherit !important; }
.tabulator .tabulator-row:hover {
  background: color-mix(in srgb, var(--panel-primary-color) 8%, transparent) !important;
  color: inherit !important; }
.tabulator-col[aria-sort="none"] .tabulator-col-sorter { display: none !important; }
.tabulator-col .tabulator-col-title { padding-right: 0 !important; }
.tabulator-col .tabulator-col-sorter { right: 1px !important; }
.tabulator-col .tabulator-arrow { border-left-width: 4px !important;
  border-right-width: 4px !important; }
.tabulator-tooltip { pointer-events: none; background: var(--panel-surface-color) !important;
  border-color: color-mix(in srgb, var(--panel-on-surface-color) 30%, transparent) !important; }
.tabulator-placeholder-contents { font-size: 13px !important; font-weight: 400 !important; }
"""


def formatters() -> dict[str, CellFormatter]:
    """What writes the cells of each column, for one table: Bokeh's belong to one page."""
    made: dict[str, CellFormatter] = dict.fromkeys(COLUMNS, HTMLTemplateFormatter(template=TEXT))
    made |= {name: NumberFormatter(format=form) for name, form in NUMBERS.items()}
    others = {"mark": MARK, "name": NAME, "rmse": MEASURE}
    return made | {name: HTMLTemplateFormatter(template=text) for name, text in others.items()}


def frame_of(runs: list[Run]) -> pd.DataFrame:
    """A row for each run."""
    rows = [
        {
            "mark": run.id,
            "name": run.name,
            "data": data_of(run.choices.data),
            "contexts": contexts_of(run),
            "network": network_title(run.choices.architecture),
            "weights": run.metrics.weights,
            "bytes": run.metrics.file_bytes,
            "ratio": run.metrics.compression_ratio,
            "psnr": run.metrics.psnr,
            "rmse": run.metrics.rmse,
            "units": run.units,
            "seconds": run.seconds,
        }
        for run in runs
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS, *BESIDE])
