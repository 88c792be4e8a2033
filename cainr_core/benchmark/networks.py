"""Fits of one network at given sizes, with several sets of contexts, as rows of a report."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from cainr_core import terminal
from cainr_core.choices import Target
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    from cainr_core.benchmark.asked import Asked
    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field
    from cainr_core.evaluate.rate_distortion import Row
    from cainr_core.fit.progress import Progress
    from cainr_core.fit.recipe import Recipe
    from cainr_core.model.architecture import Architecture

CAINR = "cainr"


def measure(asked: Asked, sets: Iterable[Sequence[Context]]) -> None:
    """One curve for each set of contexts; what the report holds is not measured again.

    CainrError where two of the contexts go by one name.
    """
    from cainr_core.evaluate.rate_distortion import names_of, on_of

    codec, report = codec_of(asked.network), asked.report
    names = names_of(asked.contexts)
    for chosen in sets:
        on = on_of(names[context.digest] for context in chosen)
        for size in asked.sizes:
            if report.has(codec, on, asked.words, size):
                continue
            with terminal.progress(f"{on}, {size:,} bytes") as tell:
                try:
                    row = measure_fit(
                        codec, on, asked.field, chosen, asked.network, asked.recipe, size,
                        asked.device, asked.words, terminal.of_fit(tell),
                    )  # fmt: skip
                except CainrError as error:  # the smallest network is larger, say
                    report.add_unreached(codec, on, asked.words, size, str(error))
                    report.save()
                    continue
            report.add(row)
            report.save()


def measure_fit(
    name: str,
    on: str,
    field: Field,
    contexts: Sequence[Context],
    architecture: Architecture,
    recipe: Recipe,
    size: int,
    device: str,
    words: str,
    on_progress: Callable[[Progress], None] | None = None,
) -> Row:
    """One fit of a network at a number of bytes.

    `name`, `on` (its contexts) and `words` (how it was made) are told in the row. CainrError where
    the smallest network is larger.
    """
    from cainr_core.codec.reconstruction import read
    from cainr_core.compression import compress
    from cainr_core.evaluate.rate_distortion import Row

    target = Target(kind="bytes", value=size)
    result = compress(field, contexts, architecture, recipe, target, device, on_progress)
    started = clock.perf_counter()
    read(result.data, contexts, device).values()
    seconds = clock.perf_counter() - started
    weights = f"{result.metrics.weights} weights"
    return Row.of(result.metrics, name, on, words, weights, size, result.seconds, seconds)


def codec_of(network: Architecture) -> str:
    """What rows of this network are called."""
    return f"{CAINR} {network.network}"
