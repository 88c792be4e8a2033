"""What somebody asks of a file, at most so many bytes or at most so large an RMSE, and the search
for the setting that keeps to it."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from cainr_core.evaluate.baselines.search import secant
from cainr_core.evaluate.rate_distortion import Row

TOLERANCE = 0.01  # of the goal's figure, which a search may stay below it
TRIALS = 8
LEAST = 1e-30  # in place of an error of zero, which has no logarithm


@dataclass(frozen=True)
class Goal:
    """A bound, and what is to be least within it.

    kind: "bytes": the least RMSE in at most `most` bytes; "rmse": the fewest bytes at an RMSE of at
    most `most`, in the units of the field.
    """

    kind: Literal["bytes", "rmse"]
    most: float

    def bounded(self, row: Row) -> float:
        """The figure that the bound is on."""
        return row.bytes if self.kind == "bytes" else row.rmse

    def cost(self, row: Row) -> float:
        """The figure that is to be least."""
        return row.rmse if self.kind == "bytes" else row.bytes

    def holds(self, row: Row) -> bool:
        """Whether the bound is kept."""
        return self.bounded(row) <= self.most

    def ranked(self, rows: Iterable[Row]) -> list[Row]:
        """Those that keep the bound, the best first; then the others, the nearest first."""

        def place(row: Row) -> tuple[bool, float]:
            held = self.holds(row)
            return not held, self.cost(row) if held else self.bounded(row)

        return sorted(rows, key=place)

    def approach(
        self,
        measure: Callable[[float], float],
        ends: tuple[float, float],
        steps: Sequence[float] = (),
        *,
        start: float | None = None,
        slope: float = 1.0,
        trials: int = TRIALS,
        tolerance: float = TOLERANCE,
    ) -> float:
        """The setting whose bounded figure is closest below the bound; the nearest where none is.

        measure: the bounded figure at a setting, asked for once at each. ends: settings of the
        fewest and of the most bytes. steps: all settings, in that order, where they are few.
        start: the first setting to try. slope: relative change of the figure for one of the
        setting, until two are known.
        """
        known: dict[float, float] = {}

        def at(setting: float) -> float:
            if setting not in known:
                known[setting] = measure(setting)
            return known[setting]

        if steps:
            self._bisect(at, steps)
        else:
            self._follow(at, known, ends, start, slope, trials, tolerance)
        held = {setting: value for setting, value in known.items() if value <= self.most}
        return max(held, key=held.__getitem__) if held else min(known, key=known.__getitem__)

    def _bisect(self, at: Callable[[float], float], steps: Sequence[float]) -> None:
        """Measure where the steps, whose figure rises or falls throughout, cross the bound."""
        rising = self.kind == "bytes"
        across = bisect_left(steps, True, key=lambda step: (at(step) > self.most) == rising)
        at(steps[min(max(across - rising, 0), len(steps) - 1)])

    def _follow(
        self,
        at: Callable[[float], float],
        known: dict[float, float],
        ends: tuple[float, float],
        start: float | None,
        slope: float,
        trials: int,
        tolerance: float,
    ) -> None:
        """Measure ever nearer to the bound, by secants of logarithms."""
        rising = 1.0 if self.kind == "bytes" else -1.0  # how the figure goes with the bytes
        towards = 1.0 if ends[1] > ends[0] else -1.0
        low, high = sorted((math.log(ends[0]), math.log(ends[1])))
        limits = sorted((towards * low, towards * high))
        wanted = rising * (math.log(self.most) - tolerance / 2)
        setting = start
        for _ in range(trials):
            if setting is None:
                points = [
                    (towards * math.log(x), rising * math.log(max(value, LEAST)))
                    for x, value in known.items()
                ]
                place = secant(points, wanted, (limits[0], limits[1]), slope)
                setting = _snapped(math.exp(towards * place), ends)
            if setting in known:  # an end, or a step in the figure
                break
            at(setting)
            if any(0 <= math.log(self.most / max(v, LEAST)) < tolerance for v in known.values()):
                break
            setting = None
        if all(value > self.most for value in known.values()):
            at(ends[0] if self.kind == "bytes" else ends[1])


def _snapped(setting: float, ends: tuple[float, float]) -> float:
    """An end itself, where its logarithm leads back to it but for rounding."""
    return next((end for end in ends if math.isclose(end, setting)), setting)
