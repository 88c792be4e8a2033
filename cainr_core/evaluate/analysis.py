"""Whether a reconstruction is fit for later analysis: what is asked, and the answers in words.

Five checks are those of ldcpy, each at the worst time. The others compare an error with natural
variability (`record`): the means and percentiles of each time with the standard deviation of that
quantity over time, seasonal cycles, trends and autocorrelations with the standard error that the
record leaves them. An error of a tenth of it, which adds one percent to its variance, passes; one
of three tenths, which adds nine, is near.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.fields import Field
from cainr_core.evaluate.checks import QUESTIONS, Check
from cainr_core.evaluate.climate import Cells, Series, blocks
from cainr_core.evaluate.climate_checks import of_cells, of_series
from cainr_core.evaluate.map_checks import of_maps
from cainr_core.evaluate.metrics import present
from cainr_core.evaluate.record import Record

OnProgress = Callable[[int, int], None]


def analyse(
    original: Field, reconstruction: NDArray, on_progress: OnProgress | None = None
) -> list[Check]:
    """Every check of `QUESTIONS`, in that order, of values (time, *grid.shape) against a field.

    What a grid or a record does not allow is "not asked", with the reason. `on_progress` is called
    with the parts done and all parts. CainrError where the two do not belong together.
    """
    there = present(original.values, reconstruction)
    order = np.argsort(original.time.days, kind="stable")
    empty = np.flatnonzero(~there.reshape(len(there), -1).any(axis=1))
    order = order[~np.isin(order, empty)]
    if not np.array_equal(order, np.arange(len(there))):
        original, reconstruction = original.isel_time(order), reconstruction[order]
    record = Record.of(original.time)
    total = 3 * len(order) + len(blocks(len(order), original.cells))
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if on_progress is not None:
            on_progress(done, total)

    checks = of_maps(original, reconstruction, tell)
    series = Series.of(original, reconstruction, tell)
    cells = Cells.of(original, reconstruction, record, tell)
    checks += of_series(original, record, series) + of_cells(original, record, cells)
    ranks = list(QUESTIONS)
    return sorted(checks, key=lambda check: ranks.index(check.name))
