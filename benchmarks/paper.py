"""The protocol of the CA-INR paper as one more curve of a rate-distortion table. One command.

    python benchmarks/paper.py INPUT VARIABLE [--context NAME_OR_FILE]... --report REPORT.json
        [--networks 5x10 10x50 ...] [--steps 12000] [--least-rate 1e-6] [--device cuda] [--list]

Mostajeran et al. 2025 (doi 10.1038/s41598-025-11092-w): a SIREN of omega 30 without a linear path;
array indices and min-max scaled contexts as inputs; values scaled to [0, 1]; Adam on every point in
every step, 30,000 of them at a learning rate of 1e-3, halved every 1,000 with a return to the best
weights so far. The size is 4 bytes a weight, context not counted; quality (`psnr` and `psnr_paper`)
is that of the 32-bit network itself. Each network is fitted without contexts and with all that are
named.

Where this differs from the paper: the best weights are those of the least squared error on 16,384
points, every 10 steps, not those of an 8-bit PSNR; and a fit that diverges goes back to its best
and on at half the rate, where the paper's stays lost. Both can but help the paper's curve.

From step 12,000 on the rate is below 2.5e-7 and changes nothing that could be seen: --steps 12000
saves three fifths of the time, and `mode` in the table says so. --least-rate ends a fit as soon as
its rate is below that.

Rows are added to REPORT.json: that of `cainr benchmark rate-distortion` (rate_distortion.json in
its folder), which then draws them too, or a new one. What is there is not measured again, and a fit
that was stopped goes on from its checkpoint beside the report. --list says what the networks take,
bytes and minutes, by 24 ms a step for 10x50 on 5.53 million points (one H200): on these, 33 min for
all that are named by default, with and without contexts, in 12,000 steps.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from cainr_core.data.contexts import Context, bytes_besides, load_context
from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field
from cainr_core.evaluate.metrics import Metrics, measure
from cainr_core.evaluate.rate_distortion import Row, names_of, on_of
from cainr_core.evaluate.report import Report
from cainr_core.fit.fitting import Fitting
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.model.coordinates import Frame

CODEC = "paper"
NETWORKS = ("5x10", "5x20", "5x30", "7x30", "10x30", "10x40", "10x50")  # of its sweep: 2 to 93 kB
WEIGHT_BYTES = 4
H200_SECONDS = 24e-3 / (10 * 50 * 5.53e6)  # a step, for each unit and point


def main() -> None:
    """Fit what the report lacks, one network after another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input")
    parser.add_argument("variable")
    parser.add_argument("--context", action="append", default=[])
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--networks", nargs="+", default=NETWORKS, metavar="DEPTHxWIDTH")
    parser.add_argument("--steps", type=int, default=Recipe.preset("paper").steps)
    parser.add_argument("--least-rate", type=float, default=0.0, metavar="RATE")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--list", action="store_true", help="say what it takes, and fit nothing")
    options = parser.parse_args()
    field = open_field(options.input, options.variable)
    contexts = [load_context(spec, field) for spec in options.context]
    names = names_of(contexts)
    recipe = Recipe.preset("paper")
    recipe.steps = options.steps
    report = Report(options.report, field)
    sets: list[Sequence[Context]] = [[], contexts] if contexts else [[]]
    for network in map(architecture_of, options.networks):
        for chosen in sets:
            on = on_of(names[context.digest] for context in chosen)
            size = WEIGHT_BYTES * network.n_weights(n_inputs(field, network, len(chosen)))
            what = f"{network.depth}x{network.width}, {on}: {size:,} bytes"
            mode = f"paper recipe, {recipe.steps} steps"
            if options.least_rate:
                mode += f" or to a rate of {options.least_rate:g}"
            if report.has(CODEC, on, mode, size):
                print(f"{what}: is there", flush=True)
                continue
            minutes = recipe.steps * step_seconds(field, network) / 60
            print(f"{what}: about {minutes:.1f} min on an H200", flush=True)
            if options.list:
                continue
            row = fitted(
                field, chosen, network, recipe, options.least_rate, options.device,
                report.path, on, mode,
            )  # fmt: skip
            report.add(row)
            report.save()
            print(f"  PSNR {row.psnr:.2f} dB, {row.encode_s:.0f} s", flush=True)


def architecture_of(words: str) -> Architecture:
    """The paper's network of DEPTHxWIDTH."""
    depth, width = map(int, words.split("x"))
    return Architecture.preset("paper").clone(depth=depth, width=width)


def n_inputs(field: Field, network: Architecture, contexts: int) -> int:
    """Number of inputs of a network with so many contexts."""
    ranges = ((0.0, 1.0),) * contexts
    return Frame(network.coordinates, field.grid, field.time, ranges).n_inputs


def step_seconds(field: Field, network: Architecture) -> float:
    """About what a step takes on an H200: most of it goes by units and points."""
    return H200_SECONDS * network.depth * network.width * field.values.size


def fitted(
    field: Field,
    contexts: Sequence[Context],
    network: Architecture,
    recipe: Recipe,
    least_rate: float,
    device: str,
    beside: Path,
    on: str,
    mode: str,
) -> Row:
    """A row of one network, fitted and measured; its checkpoint lies beside a path meanwhile."""
    name = f"{beside.stem}_{network.depth}x{network.width}_{len(contexts)}_{recipe.steps}"
    checkpoint = beside.with_name(f"{name}.checkpoint")
    fitting = Fitting(field, contexts, network, recipe, device)
    for progress in fitting.run(checkpoint):
        if progress.message or progress.step % recipe.halve_every == 0:
            words = f"  step {progress.step}: {progress.psnr:.2f} dB. {progress.message or ''}"
            print(words.rstrip(), flush=True)
        if 0 < progress.learning_rate < least_rate:
            fitting.cancel()
    seconds = fitting.curve[-1].seconds
    started = time.perf_counter()
    metrics = measured(fitting)
    decoded = time.perf_counter() - started
    checkpoint.unlink(missing_ok=True)
    setting = f"depth {network.depth}, width {network.width}"
    return Row.of(metrics, CODEC, on, mode, setting, metrics.file_bytes, seconds, decoded)


def measured(fitting: Fitting) -> Metrics:
    """How good the 32-bit network itself is, at 4 bytes a weight."""
    field, weights = fitting.field, sum(tensor.numel() for tensor in fitting.tensors)
    return measure(
        field.values,
        fitting.reconstruct(),
        field.grid.area,
        original_bytes=field.original_bytes,
        file_bytes=WEIGHT_BYTES * weights,
        context_bytes=sum(bytes_besides(fitting.contexts)),
        weights=weights,
    )


if __name__ == "__main__":
    main()
