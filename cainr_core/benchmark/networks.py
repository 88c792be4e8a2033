"""Fits of one network at given sizes, with several sets of contexts, as rows of a report."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cainr_core import terminal
from cainr_core.choices import Target
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    from cainr_core.benchmark.asked import Asked
    from cainr_core.data.contexts import Context
    from cainr_core.model.architecture import Architecture

CAINR = "cainr"


def measure(asked: Asked, sets: Iterable[Sequence[Context]]) -> None:
    """One curve for each set of contexts; what the report holds is not measured again.

    CainrError where two of the contexts go by one name.
    """
    from cainr_core.codec.reconstruction import read
    from cainr_core.compression import compress
    from cainr_core.evaluate.rate_distortion import Row, names_of, on_of

    codec, report = codec_of(asked.network), asked.report
    names = names_of(asked.contexts)
    for chosen in sets:
        on = on_of(names[context.digest] for context in chosen)
        for size in asked.sizes:
            if report.has(codec, on, asked.words, size):
                continue
            with terminal.progress(f"{on}, {size:,} bytes") as tell:
                try:
                    result = compress(
                        asked.field, chosen, asked.network, asked.recipe,
                        Target(kind="bytes", value=size), asked.device, _teller(tell),
                    )  # fmt: skip
                except CainrError as error:  # the smallest network is larger, say
                    report.add_unreached(codec, on, asked.words, size, str(error))
                    report.save()
                    continue
            started = clock.perf_counter()
            read(result.data, chosen, asked.device).values()
            seconds = clock.perf_counter() - started
            weights = f"{result.metrics.weights} weights"
            report.add(
                Row.of(
                    result.metrics, codec, on, asked.words, weights, size, result.seconds, seconds
                )
            )
            report.save()


def codec_of(network: Architecture) -> str:
    """What rows of this network are called."""
    return f"{CAINR} {network.network}"


def _teller(tell: terminal.Teller) -> Callable[[Any], None]:
    return lambda now: tell(now.step, now.steps, terminal.fit_words(now))
