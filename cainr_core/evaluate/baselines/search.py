"""The settings of a codec that give wanted numbers of bytes."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cainr_core.evaluate.baselines.codec import Codec, Mode

TOLERANCE = math.log(1.02)  # of bytes, about those wanted
TRIALS = 8  # for each number of bytes; two or three are usual
GENTLEST, STEEPEST = 0.3, 8.0  # relative change of bytes for one of the setting


@dataclass(frozen=True)
class Trial:
    """What a codec made of the values at one setting, and the seconds that it took."""

    setting: float
    data: bytes
    seconds: float


class Search:
    """Trials of one mode on the same values, each made once.

    values: float32, (time, lat, lon) or (time, ncol).
    """

    def __init__(self, codec: Codec, mode: Mode, values: NDArray[np.float32]) -> None:
        self.codec, self.mode, self._values = codec, mode.scaled(values), values
        self._trials: dict[float, Trial] = {}

    def at(self, setting: float) -> Trial:
        """The trial at a setting."""
        if setting not in self._trials:
            started = clock.perf_counter()
            data = self.codec.encode(self._values, self.mode.name, setting)
            self._trials[setting] = Trial(setting, data, clock.perf_counter() - started)
        return self._trials[setting]

    def nearest(self, target: int) -> Trial:
        """The trial whose bytes come closest to `target`, after a search by secants."""

        def miss(trial: Trial) -> float:
            return abs(math.log(len(trial.data) / target))

        for _ in range(TRIALS):
            if any(miss(trial) < TOLERANCE for trial in self._trials.values()):
                break
            setting = self._guess(math.log(target))
            if setting in self._trials:  # an end, or a step in the bytes
                break
            self.at(setting)
        return min(self._trials.values(), key=miss)

    def _guess(self, wanted: float) -> float:
        """The setting where the known trials, by logarithms, make one expect `wanted`."""
        fewest, most = math.log(self.mode.fewest), math.log(self.mode.most)
        rising = 1.0 if most > fewest else -1.0
        known = [
            (rising * math.log(trial.setting), math.log(len(trial.data)))
            for trial in self._trials.values()
        ]
        low, high = sorted((rising * fewest, rising * most))
        return math.exp(rising * secant(known, wanted, (low, high)))


def secant(
    known: Sequence[tuple[float, float]],
    wanted: float,
    ends: tuple[float, float],
    slope: float = 1.0,
) -> float:
    """Where a line through known points (x, y) has `wanted`, between the ends; x and y are
    logarithms, and y rises with x.

    Through the two points on either side; beyond all points, with the slope of the outermost two,
    or `slope` where there is but one. The middle of the ends where none is known.
    """
    if not known:
        return sum(ends) / 2
    known = sorted(known)
    below = [point for point in known if point[1] <= wanted]
    above = [point for point in known if point[1] > wanted]
    if below and above:
        (x0, y0), (x1, y1) = below[-1], above[0]
        place = x0 + (wanted - y0) * (x1 - x0) / (y1 - y0)
    else:
        x0, y0 = above[0] if above else below[-1]
        place = x0 + (wanted - y0) / _slope(known, slope, from_top=not above)
    return min(max(place, ends[0]), ends[1])


def _slope(known: Sequence[tuple[float, float]], single: float, from_top: bool) -> float:
    if len(known) < 2:
        return single
    (x0, y0), (x1, y1) = known[-2:] if from_top else known[:2]
    return min(max((y1 - y0) / (x1 - x0), GENTLEST), STEEPEST)
