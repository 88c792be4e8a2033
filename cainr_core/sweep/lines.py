"""The fits of a sweep as lines of its tables: sizes and qualities, and which are best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cainr_core.data.choices import ContextChoice
from cainr_core.evaluate.tradeoff import pareto
from cainr_core.runs import Run
from cainr_core.sweep.grid import Sweep, called


@dataclass(frozen=True)
class Line:
    """A fit: what it was, its size and quality by the paper's definitions and by ours.

    compression_gain_paper: 8 bytes a value over 4 bytes a weight; the ratio is that of the file.
    Both PSNR in dB, RMSE in `units`, those of the field.
    """

    contexts: str
    depth: int
    width: int
    weights: int
    compression_gain_paper: float
    psnr_paper: float
    file_bytes: int
    compression_ratio: float
    psnr: float
    rmse: float
    units: str
    seconds: float
    steps: int
    run: str

    @classmethod
    def of(cls, run: Run) -> Line:
        """The line of a run."""
        network, metrics = run.choices.architecture, run.metrics
        return cls(
            called(run.choices.contexts),
            network.depth,
            network.width,
            metrics.weights,
            metrics.compression_gain_paper,
            metrics.psnr_paper,
            metrics.file_bytes,
            metrics.compression_ratio,
            metrics.psnr,
            metrics.rmse,
            run.units,
            run.seconds,
            run.choices.recipe.steps,
            run.id,
        )


def front(lines: Sequence[Line]) -> list[Line]:
    """Of one set of contexts those that no other fit beats at its size, smallest first."""
    best: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.file_bytes, -line.psnr)):
        if not best or line.psnr > best[-1].psnr:
            best.append(line)
    return best


def by_contexts(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """The fits of each set of contexts, in the order in which these come first."""
    sets: dict[str, list[Line]] = {}
    for line in lines:
        sets.setdefault(line.contexts, []).append(line)
    return sets


def rising(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points that none of a higher compression beats, by rising compression."""
    return pareto(points, lambda point: point)


def best_of(lines: Sequence[Line]) -> list[Line]:
    """The best architecture for each size: the front of each set of contexts."""
    return [line for those in by_contexts(lines).values() for line in front(those)]


@dataclass(frozen=True)
class Quality:
    """What a network made of a context of that resolution, degrees; 0: as it is. PSNR in dB, RMSE
    in `units`."""

    context: str
    resolution: float
    psnr: float
    rmse: float
    units: str
    file_bytes: int


def qualities(runs: Sequence[Run]) -> list[Quality]:
    """Of the largest network, what it made of each single context at each resolution; nothing where
    none was lowered. The context "" is none."""
    largest = max((_shape(run) for run in runs), default=(0, 0))
    found = []
    for run in runs:
        contexts = run.choices.contexts
        if _shape(run) != largest or len(contexts) > 1:
            continue
        context, resolution = "", 0.0
        if contexts:
            resolution = float(contexts[0].resolution)
            context = _as_it_is(contexts[0])
        psnr, rmse, file_bytes = run.metrics.psnr, run.metrics.rmse, run.metrics.file_bytes
        found.append(Quality(context, resolution, psnr, rmse, run.units, file_bytes))
    found.sort(key=lambda one: (one.context, one.resolution))
    return found if any(one.resolution for one in found) else []


def _as_it_is(context: ContextChoice) -> str:
    """The context's line as if its resolution had not been lowered."""
    whole = ContextChoice.parse(context.spec)
    whole.resolution = 0
    return whole.spec


def _shape(run: Run) -> tuple[int, int]:
    return run.choices.architecture.depth, run.choices.architecture.width


def lines_of(wanted: Sweep, runs: Sequence[Run]) -> list[Line]:
    """The fits with the sets of contexts that were asked for, without those of lower quality."""
    sets = set(map(called, wanted.contexts))
    lines = map(Line.of, runs)
    return [line for line in lines if line.contexts in sets]
