"""How long a sweep is going to take, by fits of a few steps that are timed where it is to run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cainr_core.choices import Choices
from cainr_core.fit.recipe import Recipe
from cainr_core.sweep.grid import Sweep

if TYPE_CHECKING:
    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field

STEPS = 40  # of a trial, of which the later half is timed
MOST_POINTS = 1 << 15  # of a step of a trial; beyond, a step takes time in proportion


@dataclass(frozen=True)
class Speed:
    """What a network of so many units and products took: seconds a step, and besides its steps."""

    products: int
    step: float
    besides: float


def extremes(fits: Sequence[Choices]) -> list[Choices]:
    """The smallest and the largest network, each with the most contexts: what is worth timing."""
    most = max((fit.contexts for fit in fits), key=len)
    ends = {products(fit): fit for fit in (min(fits, key=products), max(fits, key=products))}
    return [replace(fit, contexts=most) for fit in ends.values()]


def timed(choices: Choices, field: Field, contexts: Sequence[Context]) -> Speed:
    """Fit for a few steps, as a fit of a sweep does, and time it."""
    from cainr_core.compression import compress
    from cainr_core.sweep.turn import Turn

    points = field.values.size
    batch = min(choices.recipe.batch or points, points)
    few = {"steps": STEPS, "batch": min(batch, MOST_POINTS), "rounding_tail": 0.0}
    recipe = Recipe(**{**choices.recipe.choices(), **few})
    with Turn() as turn:
        done = compress(
            field, contexts, choices.architecture, recipe, device=choices.device,
            on_progress=turn.pause,
        )  # fmt: skip
    half = done.curve[len(done.curve) // 2]
    last = done.curve[-1]
    a_step = (last.seconds - half.seconds) / max(1, last.step - half.step)
    larger = batch / min(batch, MOST_POINTS)
    return Speed(products(choices), a_step * larger, done.seconds - last.seconds)


def seconds_of(wanted: Sweep, fits: Sequence[Choices], speeds: Sequence[Speed]) -> float:
    """About how long these fits of a sweep take one after the other."""
    return math.fsum(_seconds(wanted, fit, speeds) for fit in fits)


def products(choices: Choices) -> int:
    """Products of weights and units in a network, without those of its inputs."""
    depth, width = choices.architecture.depth, choices.architecture.width
    return (depth - 1) * width**2 + width


def _seconds(wanted: Sweep, fit: Choices, speeds: Sequence[Speed]) -> float:
    small, large = speeds[0], speeds[-1]
    span = large.products - small.products
    share = (products(fit) - small.products) / span if span else 0.0
    besides = small.besides + share * (large.besides - small.besides)
    if wanted.seconds:
        return wanted.seconds + besides
    a_step = small.step + share * (large.step - small.step)
    return besides + a_step * fit.recipe.total_steps
