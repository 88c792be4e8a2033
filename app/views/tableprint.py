"""A table at print size."""

from __future__ import annotations

from collections.abc import Sequence

from app.views.printing import written

TEXT = "#14181c"
HIGH, TOLD = 0.2, 0.13  # inches: of a row, and of a line of provenance
WIDE = 6.6  # inches, at least
Cell = tuple[str, str]  # words, and their colour


def table_file(
    columns: Sequence[tuple[Cell, float]], rows: Sequence[Sequence[Cell]], title: str, told: str,
    kind: str,
) -> bytes:  # fmt: skip
    """Rows below the heads of their columns, whose widths are in inches, as a file; a row of one
    cell is the title of a group."""
    from matplotlib.figure import Figure

    foot = 0.2 + TOLD * (1 + told.count("\n"))
    wide = max(WIDE, sum(width for _, width in columns) + 0.3)
    high = 0.45 + HIGH * (len(rows) + 1) + foot
    figure = Figure(figsize=(wide, high))
    left = 0.15
    figure.text(left / wide, 1 - 0.1 / high, title, size=9.5, weight="bold", va="top")
    figure.text(left / wide, 0.06 / high, told, size=6.5, va="bottom", color="#505050")
    heads = [head for head, _ in columns]
    for number, row in enumerate([heads, *rows]):
        top, x = high - 0.5 - HIGH * number, left
        for (words, colour), (_, width) in zip(row, columns, strict=False):
            size, weight = (6.5, "normal") if len(row) == 1 else (7.5, "normal")
            figure.text(
                x / wide, top / high, words, size=size, color=colour, va="baseline",
                weight="bold" if number == 0 else weight, style="italic" if len(row) == 1 else None,
            )  # fmt: skip
            x += width
    return written(figure, kind, title, told)
