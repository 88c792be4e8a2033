"""A step of learning on a CPU: gradients by hand in tiles beside PyTorch's autograd.

    python benchmarks/cpu_step.py [--field FILE --variable NAME] [--rounds N] [--json OUT]

Both take whole steps (drawing, gradient, Adam) by turns in one process; prints for each shape and
batch (0: every point of some time steps, in passes) points a second, and the ratio of the two in
each round. `ceiling` is the ratio of a step that were no more than the products, sines and cosines
of its layers, each as torch computes it for one batch again and again.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import torch

import cainr_core
from cainr_core.data.contexts import load_context
from cainr_core.data.fields import Field
from cainr_core.fit.fitting import Fitting
from cainr_core.fit.misfit import Misfit
from cainr_core.fit.step import Step

SHAPES = ((5, 48), (5, 20), (10, 50), (10, 64), (14, 70))
BATCHES = (4096, 0)
CONTEXTS = ("topography", "climatology")
LEAST_SECONDS = 0.3  # of a turn
TIMES = 5  # time steps that are all of the field where the batch is 0


def main() -> None:
    """Measure all shapes and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--field", type=Path, help="the sample that comes with cainr, if left out")
    parser.add_argument("--variable")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    field = cainr_core.open_sample()
    if options.field:
        field = cainr_core.open_field(options.field, variable=options.variable)
    print("shape   batch  million points/s: autograd  by hand  ratio (least to most)  ceiling")
    rows = []
    for batch in BATCHES:
        for depth, width in SHAPES:
            row = measured(field, depth, width, batch, options.rounds)
            rows.append(row)
            spread = f"{row['ratio']:.2f} ({row['least']:.2f} to {row['most']:.2f})"
            print(
                f"{depth:>2}x{width}  {batch:>5}  {row['autograd']:>26.2f}  "
                f"{row['by_hand']:>7.2f}  {spread:>21}  {row['ceiling']:>7.2f}",
                flush=True,
            )
    report = {
        "date": date.today().isoformat(),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "capability": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
        "field": field.name,
        "contexts": CONTEXTS,
        "rounds": options.rounds,
        "rows": rows,
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


def measured(field: Field, depth: int, width: int, batch: int, rounds: int) -> dict[str, float]:
    """Points a second (in millions) of both, with the ratio's median, least and most; `ceiling` is
    the ratio of a step that took no longer than its products, sines and cosines."""
    if not batch:
        field = field.isel_time(slice(TIMES))
    architecture = cainr_core.Architecture(depth=depth, width=width)
    recipe = cainr_core.Recipe(batch=batch)
    contexts = [load_context(name) for name in CONTEXTS]
    fit = Fitting(field, contexts, architecture, recipe, "cpu")
    points = batch or field.values.size
    steps = {"autograd": with_autograd(fit), "by_hand": fit._new_step()}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(rounds + 1):
        for name, step in steps.items():
            taken = seconds_of(lambda step=step: fit._one(step, 1e-6))
            if number:  # the first round takes memory
                seconds[name].append(taken)
    by_name = {name: np.array(taken) for name, taken in seconds.items()}
    ratio = by_name["autograd"] / by_name["by_hand"]
    plain = float(np.median(by_name["autograd"]))
    return {
        "depth": depth,
        "width": width,
        "batch": batch,
        "points": points,
        **{name: points / float(np.median(taken)) / 1e6 for name, taken in by_name.items()},
        "ratio": float(np.median(ratio)),
        "least": float(ratio.min()),
        "most": float(ratio.max()),
        "ceiling": plain / (points * floor(depth, width)),
    }


def with_autograd(fit: Fitting) -> Step:
    """The step that autograd takes, with Adam as it was beside it."""
    by_hand, Misfit.by_hand = Misfit.by_hand, lambda *_: None  # type: ignore[method-assign]
    try:
        step = fit._new_step()
    finally:
        Misfit.by_hand = by_hand  # type: ignore[method-assign]
    step.optimizer = torch.optim.Adam(fit.tensors, lr=0.0, foreach=True)
    return step


def floor(depth: int, width: int, n: int = 4096) -> float:
    """Seconds a point of the products, sines and cosines of the hidden layers alone."""
    weights = torch.rand(width, width) / width
    above, below = torch.rand(width, n + 16)[:, :n], torch.rand(width, n + 16)[:, :n]
    place, gradient = torch.empty(width, n), torch.empty(width, width)
    product = seconds_of(lambda: torch.mm(weights, below, out=place))
    back = seconds_of(lambda: torch.mm(above, below.T, out=gradient))
    phases = torch.randn(width, n)
    sine = seconds_of(lambda: torch.sin(phases, out=place))
    cosine = seconds_of(lambda: torch.cos(phases, out=place))
    return ((depth - 1) * (2 * product + back) + depth * (sine + cosine)) / n


def seconds_of(call: Callable[[], object]) -> float:
    """Seconds a call, the least of some runs of it: what others compute only adds."""
    best, until = float("inf"), time.perf_counter() + LEAST_SECONDS
    while time.perf_counter() < until:
        started = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - started)
    return best


if __name__ == "__main__":
    main()
