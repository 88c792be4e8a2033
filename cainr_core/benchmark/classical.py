"""Other codecs on a field and on its anomaly, as rows of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field
    from cainr_core.evaluate.report import Report
    from cainr_core.terminal import Teller

BASELINES = ("sperr", "sz3", "zfp", "jpeg2000", "bitround", "ebcc")  # the reference first

# What a mode of each takes, relative to the others (two cores, 30 x 192 x 288 values, five sizes).
COSTS = {"sperr": 2.8, "sz3": 2.1, "zfp": 0.6, "jpeg2000": 4.8, "bitround": 7.1, "ebcc": 28.0}


def part_done(names: Sequence[str], done: int, total: int) -> float:
    """What part of the time is over, where `done` of all modes of these codecs are measured, in the
    order of `measure_codecs`."""
    from cainr_core.evaluate.baselines import CODECS

    tasks = total // sum(len(CODECS[name].modes) for name in names)
    costs = [COSTS[name] for name in names for _ in range(tasks * len(CODECS[name].modes))]
    return sum(costs[:done]) / sum(costs)


def base_of(field: Field, contexts: Sequence[Context]) -> Context | None:
    """What the anomaly is from: that context in the units of the field which leaves the least of
    it, or the climatology that comes with cainr where the units are K; None where there is none."""
    from cainr_core.data.contexts import load_context
    from cainr_core.evaluate.baselines.anomaly import nearest_context

    base = nearest_context(field, contexts)
    if base is None and field.units == "K":
        base = load_context("climatology", field)
    return base


def measure_codecs(
    report: Report,
    field: Field,
    base: Context | None,
    sizes: Sequence[int],
    names: Sequence[str],
    tell: Teller,
    reach: bool = True,
) -> None:
    """Measure every mode of these codecs at sizes in bytes, on the field and on its anomaly.

    What the report holds already is not measured again, and what is measured it holds at once.
    `tell` is called before each mode with the number of those done. `reach`: whether weak codecs
    go on to larger sizes until they are as good as the reference.
    """
    from cainr_core.evaluate.baselines import CODECS
    from cainr_core.evaluate.rate_distortion import measure_codec, tasks, wanted_by

    chosen = tasks(field, base)
    todo = [
        (CODECS[name], task, mode)
        for name in names
        for task in chosen
        for mode in CODECS[name].modes
    ]
    for done, (codec, task, mode) in enumerate(todo):
        where = (codec.name, task.on, mode.name)
        wanted = [size for size in wanted_by(mode, sizes) if not report.has(*where, size)]
        if not wanted:
            continue
        tell(done, len(todo), f"{codec.title} on the {task.on}: {mode.name}")

        def unreached(size: int, reason: str, where: tuple[str, str, str] = where) -> None:
            report.add_unreached(*where, size, reason)

        psnr = report.reference_psnr(codec.name) if reach else float("-inf")
        for row in measure_codec(task, codec, mode, wanted, unreached, psnr):
            report.add(row)
        report.save()
