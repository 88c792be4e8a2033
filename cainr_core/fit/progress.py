"""What a fit yields while it learns; importing it loads no torch."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

RECENT = 2.0  # seconds of learning, at least, that a speed is of


@dataclass(frozen=True)
class Progress:
    """Where a fit stands after `step` of `steps`.

    `loss`: mean squared error in scaled units; `psnr`: dB, by the definition of `metrics`, both
    estimated on the same 16,384 points throughout; `seconds`: spent learning;
    `points_per_second`: of late; `message`: something that a person should know, or None.
    """

    step: int
    steps: int
    loss: float
    psnr: float
    seconds: float
    points_per_second: float
    learning_rate: float
    message: str | None = None


# what a fit yields where it waits for others that learn together with it, and nothing to tell of
WAITING = Progress(-1, -1, 0.0, 0.0, 0.0, 0.0, 0.0)


class Speed:
    """Points a second over the last seconds of learning: a single check may fall just where the
    machine is busy with showing the one before."""

    def __init__(self) -> None:
        self._checks: deque[tuple[int, float]] = deque()
        self._points, self._seconds = 0, 0.0

    def take(self, points: int, seconds: float) -> float:
        """The speed after a check: how many points were learned from, in so many seconds."""
        self._checks.append((points, seconds))
        self._points, self._seconds = self._points + points, self._seconds + seconds
        while self._seconds - self._checks[0][1] > RECENT:
            points, seconds = self._checks.popleft()
            self._points, self._seconds = self._points - points, self._seconds - seconds
        return self._points / max(self._seconds, 1e-9)
