"""The checks of ldcpy on each map, in words; the worst time decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.fields import Field, Grid
from cainr_core.evaluate import similarity
from cainr_core.evaluate.checks import QUESTIONS, Check, with_units


def of_maps(original: Field, other: NDArray, tell: Callable[[], None]) -> list[Check]:
    """Of a field and values of its shape; `tell` is called after each time."""
    mapped = _mapped(original.grid)
    rows = []
    for x, y in zip(original.values, other, strict=True):
        distance = similarity.ks_distance(x, y) * np.isfinite(x).sum() ** 0.5
        similar = similarity.data_ssim(x, y) if mapped else None
        rows.append((similarity.pearson(x, y), distance, similarity.percent_off(x, y), similar))
        tell()
    pearson, distances, off, ssim = zip(*rows, strict=True)
    furthest = int(np.argmax(distances))
    p_value = similarity.ks_p_value(original.values[furthest], other[furthest])
    typical = float(np.nanmean(np.abs(original.values), dtype=np.float64))
    tolerance = with_units(similarity.TOLERANCE * typical, original.units)

    def worst(name: str, values: Sequence[float | None], words: str, reason: str = "") -> Check:
        known = [(value, time) for time, value in enumerate(values) if value is not None]
        if not known:
            return QUESTIONS[name].not_asked(reason)
        return check(name, *(min if QUESTIONS[name].more_is_better else max)(known), words)

    def check(name: str, value: float, time: int, words: str) -> Check:
        question = QUESTIONS[name]
        answer = question.answer(value, "")
        when = original.time.label(time)
        times = f"At {when}, the worst of {len(other)} times, " if len(other) > 1 else "Here "
        return question.answer(value, times + words.format(answer.figure, tolerance))

    strict = QUESTIONS["data_ssim_strict"].passes
    differ = p_value < QUESTIONS["ks_p_value"].passes
    unmapped = (
        "Data SSIM needs a latitude-longitude map of at least "
        f"{similarity.WINDOW} x {similarity.WINDOW} cells with values."
    )
    return [
        worst(
            "pearson",
            pearson,
            "the correlation of original and reconstruction is {}.",
            "Maps without variation have no correlation.",
        ),
        check(
            "ks_p_value",
            p_value,
            furthest,
            "the distribution of the values "
            + ("differs from" if differ else "cannot be told from")
            + " that of the original (p = {}).",
        ),
        worst(
            "percent_off",
            off,
            "{} % of the values are off by more than 1e-4 of themselves, "
            "which is {} for a typical value.",
        ),
        worst("data_ssim", ssim, "the similarity of the two maps is {}; 1 is identical.", unmapped),
        worst(
            "data_ssim_strict",
            ssim,
            f"the similarity of the two maps is {{}}; {strict} is the stricter limit in use.",
            unmapped,
        ),
    ]


def _mapped(grid: Grid) -> bool:
    return grid.kind == "latlon" and min(grid.shape) >= similarity.WINDOW
