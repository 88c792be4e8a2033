"""The fits of a sweep on this machine: alone, or many of one shape together on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cainr_core.choices import Choices
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe
from cainr_core.sweep.together import fitted_together, groups, seconds_a_step
from cainr_core.sweep.turn import Turn

if TYPE_CHECKING:
    from cainr_core.compression import Compressed
    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field

PILOT = 0.1  # part of a fit's seconds that a trial takes, whose later half tells a step's time
FEWEST_MOMENTS = 6  # of a trial
FEWEST_STEPS = 20

Ended = tuple[int, tuple[Choices, "Compressed | CainrError"]]


def here(
    todo: Sequence[Choices],
    seconds: float | None,
    field: Field,
    contexts: Mapping[str, Context],
    keep_history: bool,
    stopped: Callable[[], bool],
) -> Iterator[Ended]:
    """Each fit with its number as it ends, until all have or the sweep is stopped."""
    for group in groups(todo, field):
        if stopped():
            return
        fits = [todo[index] for index in group]
        for number, ended in fitted(fits, seconds, field, contexts, keep_history):
            yield group[number], ended


def fitted(
    group: Sequence[Choices],
    seconds: float | None,
    field: Field,
    contexts: Mapping[str, Context],
    keep_history: bool,
) -> Iterator[Ended]:
    """Fits that learn together, or one, each with its number and the choices it was made with.

    `contexts`: by their words. `seconds`: about what each may learn, in place of its steps.
    `keep_history`: whether states on the way are kept.
    """
    from cainr_core.compression import compress

    chosen = [[contexts[context.spec] for context in choices.contexts] for choices in group]
    left = set(range(len(group)))
    try:
        with Turn() as turn:
            if seconds:
                group = in_seconds(group, seconds, field, chosen)
            if len(group) > 1:
                for number, result in fitted_together(
                    group, field, chosen, keep_history, turn.pause, turn.end
                ):
                    left.remove(number)
                    yield number, (group[number], result)
                return
            (one,) = group
            result = compress(
                field, chosen[0], one.architecture, one.recipe, one.target, one.device, turn.pause,
                keep_history,
            )  # fmt: skip
            yield 0, (one, result)
    except CainrError as problem:
        for number in sorted(left):
            yield number, (group[number], problem)


def in_seconds(
    group: Sequence[Choices],
    seconds: float,
    field: Field,
    contexts: Sequence[Sequence[Context]],
) -> list[Choices]:
    """The choices with as many steps as this machine takes in about so many seconds for each."""
    from cainr_core.fit.fitting import Fitting

    def of(choices: Choices, steps: int) -> Choices:
        return replace(choices, recipe=Recipe(**{**choices.recipe.choices(), "steps": steps}))

    if len(group) > 1:
        a_step = seconds_a_step(group, field, contexts) / len(group)
    else:
        (one,) = group
        pilot = Fitting(field, contexts[0], one.architecture, one.recipe, one.device)
        moments = []
        for progress in pilot.run():
            moments.append((progress.step, progress.seconds))
            if len(moments) >= FEWEST_MOMENTS and progress.seconds > PILOT * seconds:
                break
        (first, early), (last, late) = moments[len(moments) // 2], moments[-1]
        a_step = max(late - early, 1e-6) / max(1, last - first)
    with_tail = 1 + group[0].recipe.rounding_tail
    steps = max(FEWEST_STEPS, int(seconds / a_step / with_tail))
    return [of(choices, steps) for choices in group]
