"""The line of fits before the workers: whose turn it is, and about how long it takes until then."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cainr_core.fit.recipe import Recipe
    from cainr_core.model.architecture import Architecture

SINES = 20  # widths of a product that the sine of a unit takes as long as
TRANSFORMED = 300.0  # steps with every value that the choice of latents takes as long as, a unit
REVISIONS_AS_CHOICE = 6.0  # of latents, that take as long as their choice
REMEMBERED = 8  # fits that the pace is taken from


@dataclass(frozen=True)
class Asked:
    """A fit that waits: whose it is, since when in s, and whether nobody looks at it now."""

    person: str
    since: float
    away: bool = False


@dataclass(frozen=True)
class Place:
    """A place in the line: the fits `before` it, and about how many `seconds` until it begins,
    None while that is not known."""

    before: int
    seconds: float | None = None


def order(waiting: Sequence[Asked], running: Iterable[str] = ()) -> list[int]:
    """The order of the fits that wait, as indices; `running`: whose fits have a worker.

    People take turns: the second fit of one person comes after the first of all others, and who
    had a worker goes to the end. Fits that nobody looks at come last.
    """
    rounds = Counter(running)
    served = set(rounds)
    first: dict[str, float] = {}
    keys: dict[int, tuple[bool, int, bool, float, float]] = {}
    for index, one in sorted(enumerate(waiting), key=lambda each: (each[1].away, each[1].since)):
        begins = first.setdefault(one.person, one.since)
        turn = rounds[one.person]
        keys[index] = (one.away, turn, one.person not in served, begins, one.since)
        rounds[one.person] += 1
    return sorted(keys, key=lambda index: keys[index])


def starts(busy: Sequence[float | None], durations: Iterable[float | None]) -> list[float | None]:
    """Seconds until each fit of the line begins, None where a fit before it may take any time.

    `busy`: seconds until each worker is free, None where that is not known; `durations`: of the
    fits of the line, in its order.
    """
    known = all(seconds is not None for seconds in busy)
    free = [seconds for seconds in busy if seconds is not None]
    heapq.heapify(free)
    found: list[float | None] = []
    for duration in durations:
        found.append(free[0] if known else None)
        if duration is None:
            known = False
        elif known:
            heapq.heapreplace(free, free[0] + duration)
    return found


def work(architecture: Architecture, recipe: Recipe, n_values: int) -> float:
    """What a fit of `n_values` takes, in a unit of its own: points times what each costs."""
    points = recipe.batch or n_values
    unit = architecture.width + SINES
    steps, chosen = recipe.total_steps, 0.0
    if architecture.has_latents:
        steps += recipe.revisions * recipe.before_revision().steps
        chosen = TRANSFORMED * n_values * (1 + recipe.revisions / REVISIONS_AS_CHOICE)
    learned = steps * points * architecture.depth * architecture.width
    return float(learned * unit + chosen * unit)


class Pace:
    """How fast the last fits went, or, before any has ended, how fast one goes."""

    def __init__(self) -> None:
        self._known: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)
        self._meanwhile = (0.0, 0.0)

    def take(self, work: float, seconds: float) -> None:
        """Learn from a fit that has ended, or from the part of it that was done."""
        if work > 0:
            self._known.append((work, seconds))

    def meanwhile(self, work: float, seconds: float) -> None:
        """What is known of a fit under way."""
        if work > 0:
            self._meanwhile = work, seconds

    def seconds(self, work: float | None) -> float | None:
        """About how long a fit takes; None before any was seen, or where its work is not known."""
        if work is None:
            return None
        known = self._known or [self._meanwhile]
        done = sum(work for work, _ in known)
        return work * sum(seconds for _, seconds in known) / done if done else None
