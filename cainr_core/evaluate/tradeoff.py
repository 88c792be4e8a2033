"""Which of many trade compression for quality best."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

from cainr_core.evaluate.rate_distortion import Row

T = TypeVar("T")
Place = tuple[float, float]  # compression and quality, more of both is better


def pareto(items: Iterable[T], place: Callable[[T], Place]) -> list[T]:
    """Those that no other beats in compression and in quality, by rising compression."""
    kept: list[T] = []
    best = -math.inf
    for item in sorted(items, key=place, reverse=True):
        compression, quality = place(item)
        if math.isfinite(compression) and math.isfinite(quality) and quality > best:
            kept.append(item)
            best = quality
    return kept[::-1]


def curves(rows: Iterable[Row], place: Callable[[Row], Place]) -> dict[tuple[str, str], list[Row]]:
    """The best of all modes of each codec, by its name and what it was given (field, anomaly)."""
    sets: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        sets.setdefault((row.codec, row.on), []).append(row)
    return {name: pareto(those, place) for name, those in sets.items()}
