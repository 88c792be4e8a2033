"""Latent grids as curves of a rate-distortion table, on a machine that has torch and little else.

    python benchmarks/latents.py INPUT VARIABLE [--context NAME_OR_FILE]... --report REPORT.json
        --bytes N [N ...] [--sets all] [--recipe broad] [--device cuda]

Rows are those of `cainr benchmark rate-distortion --architecture latent`: added to REPORT.json,
which is that of its folder (rate_distortion.json) or a new one; what is there is not measured
again. Quality is that of what was decoded from the written file; `decode_s` is a whole field
decoded on the CPU from the file's bytes. --sets: with all contexts that are named (all), or with
none, each alone, all, and all but each as well (every).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from cainr_core.choices import Target
from cainr_core.codec.reconstruction import read
from cainr_core.compression import compress
from cainr_core.data.contexts import load_context
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError
from cainr_core.evaluate.rate_distortion import Row, names_of, on_of, sets_of
from cainr_core.evaluate.report import Report
from cainr_core.fit.recipe import RECIPES, Recipe
from cainr_core.model.architecture import Architecture

CODEC = "cainr latent"


def main() -> None:
    """Measure what the report lacks, one file after another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input")
    parser.add_argument("variable")
    parser.add_argument("--context", action="append", default=[])
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--bytes", type=int, nargs="+", required=True)
    parser.add_argument("--sets", choices=("all", "every"), default="all")
    parser.add_argument("--recipe", choices=RECIPES, default="default")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    field = open_field(options.input, options.variable)
    contexts = [load_context(spec, field) for spec in options.context]
    names = names_of(contexts)
    report = Report(options.report, field)
    architecture, recipe = Architecture.preset("latent"), Recipe.preset(options.recipe)
    mode = f"depth {architecture.depth}, {options.recipe} recipe, {recipe.steps} steps"
    every = options.sets == "every"
    for chosen in sets_of(contexts, all_but_each=True) if every else [contexts]:
        on = on_of(names[context.digest] for context in chosen)
        for size in sorted(options.bytes):
            if report.has(CODEC, on, mode, size):
                continue
            target = Target(kind="bytes", value=size)
            try:
                made = compress(field, chosen, architecture, recipe, target, options.device)
            except CainrError as error:
                report.add_unreached(CODEC, on, mode, size, str(error))
                report.save()
                continue
            started = time.perf_counter()
            read(made.data, chosen, "cpu").values()
            seconds = time.perf_counter() - started
            weights = f"{made.metrics.weights} weights"
            first = next(one.psnr for one in made.curve if one.step == 0)
            row = Row.of(made.metrics, CODEC, on, mode, weights, size, made.seconds, seconds)
            report.add(row)
            report.save()
            print(
                f"{on}: {row.bytes:,} of {size:,} bytes, RMSE {row.rmse:.4g}, {row.psnr:.2f} dB, "
                f"as latents were chosen {first:.2f} dB, "
                f"encoded in {made.seconds:.1f} s, decoded in {seconds:.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
