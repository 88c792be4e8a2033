"""Fits of a sweep that are of one shape learn together on a GPU, so that small ones fill it."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

from cainr_core.choices import Choices
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    from cainr_core.compression import Compressed, Compression
    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field
    from cainr_core.fit.progress import Progress

MOST = 40  # fits that learn together: more fill the GPU no better and end later
MOST_CONTEXTS = 10  # that these see, all together, beside place and time


def groups(todo: Sequence[Choices], field: Field) -> list[list[int]]:
    """The numbers of fits that can learn together, for each such group; one alone where a fit's
    steps cannot be fused."""
    found: dict[tuple[object, ...], list[tuple[list[int], set[str]]]] = {}
    for number, choices in enumerate(todo):
        specs = {context.spec for context in choices.contexts}
        same = found.setdefault(_shape(choices, number, field), [([], set())])
        group, seen = same[-1]
        if len(group) == MOST or len(seen | specs) > MOST_CONTEXTS:
            group, seen = [], set()
            same.append((group, seen))
        group.append(number)
        seen |= specs
    return [group for same in found.values() for group, _ in same]


def for_workers(todo: Sequence[Choices], field: Field) -> list[list[int]]:
    """`groups`, in an order for several workers: one of each kernel first, for what one worker
    compiles the others find; then large ones first, so that all end at about the same time."""
    found = groups(todo, field)
    if len(found) == len(todo):
        return found
    first: dict[tuple[int, int], list[int]] = {}
    for group in reversed(found):
        first.setdefault(_kernel([todo[number] for number in group]), group)
    return [*first.values(), *(group for group in reversed(found) if group not in first.values())]


def _kernel(group: Sequence[Choices]) -> tuple[int, int]:
    """What groups have in common whose steps are taken by one kernel."""
    from cainr_core.fit.kernels.served import padded

    specs = {context.spec for choices in group for context in choices.contexts}
    return padded(group[0].architecture.width), len(specs)


def _shape(choices: Choices, number: int, field: Field) -> tuple[object, ...]:
    """What fits have in common that learn together; something of its own for any other."""
    from cainr_core.fit.device import choose_device
    from cainr_core.fit.kernels.served import padded
    from cainr_core.fit.kernels.together import unserved

    device, recipe = choose_device(choices.device), choices.recipe
    fused = recipe.precision == "fused" and recipe.batch and choices.target.kind == "none"
    fused = fused and not choices.architecture.has_latents
    if not fused or unserved(choices.architecture, field.values.size, device):
        return (number,)
    shape = {**choices.architecture.choices(), "width": padded(choices.architecture.width)}
    return (str(shape), str(recipe.choices()), choices.device)


def fitted_together(
    todo: Sequence[Choices],
    field: Field,
    contexts: Sequence[Sequence[Context]],
    keep_history: bool,
    pause: Callable[[], None],
    learned: Callable[[], None],
) -> Iterator[tuple[int, Compressed | CainrError]]:
    """Fit these choices of one shape side by side; each with its number as it ends.

    `keep_history`: whether states on the way are kept, fewer than of a fit alone.
    `pause` is called between steps, where the GPU may be lent to somebody else; `learned` once all
    have learned and are still to be written and measured.
    """
    from cainr_core.compression import WRITING, Compression
    from cainr_core.fit.kernels.together import Together
    from cainr_core.fit.progress import WAITING

    together = Together(len(todo))
    works = [
        Compression(
            field,
            chosen,
            one.architecture,
            one.recipe,
            one.target,
            one.device,
            together,
            keep_history,
        )
        for one, chosen in zip(todo, contexts, strict=True)
    ]
    learning = {number: work.run() for number, work in enumerate(works)}
    ending: dict[Future[None], int] = {}
    started = clock.monotonic()
    # what comes before the first step and after the last is a core's work, and many cores share it
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(_to_the_first_step, learning.values()))
        while learning:
            together.learn()
            pause()
            for number, progress in list(learning.items()):
                for told in progress:
                    if told is WAITING:
                        break
                    if told.message == WRITING:
                        ending[pool.submit(_to_the_end, progress)] = number
                        del learning[number]
                        break
        together.close()
        learned()
        for future in as_completed(ending):
            number = ending[future]
            try:
                future.result()
            except CainrError as problem:
                yield number, problem
                continue
            yield number, _outcome(works[number], (clock.monotonic() - started) / len(works))


def seconds_a_step(
    todo: Sequence[Choices], field: Field, contexts: Sequence[Sequence[Context]]
) -> float:
    """What a step of all these fits of one shape takes on this machine."""
    from cainr_core.fit.fitting import FUSED_CHECK_EVERY, Fitting
    from cainr_core.fit.kernels.together import Together

    together = Together(len(todo))
    fits = [
        Fitting(field, chosen, one.architecture, one.recipe, one.device, together=together)
        for one, chosen in zip(todo, contexts, strict=True)
    ]
    steps = [together.join(fit) for fit in fits]
    for _ in range(3):  # the first compiles, the second records
        for step in steps:
            step.learn([0.0] * FUSED_CHECK_EVERY)
        started = clock.monotonic()
        together.learn()
    return (clock.monotonic() - started) / FUSED_CHECK_EVERY


def _to_the_first_step(progress: Iterator[Progress]) -> None:
    from cainr_core.fit.progress import WAITING

    while next(progress) is not WAITING:
        pass


def _to_the_end(progress: Iterator[Progress]) -> None:
    for _ in progress:
        pass


def _outcome(work: Compression, seconds: float) -> Compressed:
    from cainr_core.compression import Compressed

    assert work.metrics is not None
    return Compressed(work.data, work.metrics, work.curve, work.plan, seconds, work.history)
