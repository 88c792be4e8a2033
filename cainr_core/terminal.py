"""What the command line shows: progress, results, and one line where something is wrong."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from cainr_core.fit.progress import Progress

_NO_TERMINAL = 1000  # columns: a line of a table stays one line


class Teller(Protocol):
    """Tells how far some work has come: `done` of `total`, and a few words."""

    def __call__(self, done: int, total: int, words: str = "") -> None: ...


def fail(sentence: object) -> None:
    """One line on standard error, whatever line breaks the sentence came with."""
    print("cainr:", " ".join(str(sentence).split()), file=sys.stderr)


def note(sentence: str) -> None:
    """A line on standard error that is no failure."""
    print(sentence, file=sys.stderr)


def show_json(values: Mapping[str, Any]) -> None:
    """One JSON object on standard output; figures that are not finite become null."""
    print(json.dumps(_finite(values), ensure_ascii=False))


def show_table(values: Mapping[str, object]) -> None:
    """Names and values, one a line, on standard output."""
    width = max(map(len, values))
    for name, value in values.items():
        print(f"{name:<{width}}  {value}")


def show_rows(
    heading: Sequence[str], rows: Sequence[Sequence[str]], colours: Mapping[str, str]
) -> None:
    """A table on standard output: as wide as the terminal, and as its text where that is none.

    `colours`: of cells that are one of these words, for a terminal.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*heading, box=None, pad_edge=False, header_style="dim")
    for row in rows:
        table.add_row(*(Text(cell, style=colours.get(cell, "")) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else _NO_TERMINAL)
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        print(line.rstrip())


def fit_words(progress: Progress) -> str:
    """How a fit is going, in a few words."""
    return f"PSNR {progress.psnr:.2f} dB"


def of_fit(tell: Teller) -> Callable[[Progress], None]:
    """What tells the progress of a fit."""
    return lambda now: tell(now.step, now.steps, fit_words(now))


@contextmanager
def progress(title: str, *, quiet: bool = False) -> Iterator[Teller]:
    """Tell progress on standard error: a bar on a terminal, else a line for each tenth.

    `quiet` leaves out the lines, not the bar, which only a person sees.
    """
    if sys.stderr.isatty():
        with _bar(title) as teller:
            yield teller
        return
    told = -1

    def lines(done: int, total: int, words: str = "") -> None:
        nonlocal told
        tenth = 10 * done // max(1, total)
        if tenth > told and not quiet:
            note(f"{title}: {done} of {total}" + (f", {words}" if words else ""))
        told = max(tenth, told)

    yield lines


@contextmanager
def _bar(title: str) -> Iterator[Teller]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[words]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, words="")

        def tell(done: int, total: int, words: str = "") -> None:
            bar.update(task, completed=done, total=total, words=words)

        yield tell


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
