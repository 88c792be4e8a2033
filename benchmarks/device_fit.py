"""A fit on CUDA, end to end: speed, quality, files that a CPU reads. One command, one GPU.

    python benchmarks/device_fit.py [--steps N] [--json OUT]

Prints, for each architecture and precision, milliseconds a step, points a second and the PSNR of
what the CPU decodes from the file that the GPU wrote.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch

import cainr_core
from cainr_core.codec.reconstruction import read
from cainr_core.data.contexts import load_context

SHAPES = ((5, 48), (10, 50), (14, 70))


def main() -> None:
    """Fit the sample in every precision and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=65536)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    field = cainr_core.open_sample()
    names = ("topography", "climatology")
    contexts = [load_context(name) for name in names]
    rows = []
    for depth, width in SHAPES:
        for precision in ("float32", "tf32", "bf16", "fused"):
            architecture = cainr_core.Architecture(depth=depth, width=width)
            recipe = cainr_core.Recipe(
                steps=options.steps, batch=options.batch, precision=precision
            )
            started = time.perf_counter()
            result = cainr_core.compress(
                field, contexts, architecture, recipe, device=options.device
            )
            seconds = time.perf_counter() - started
            on_cpu = read(result.data, contexts, "cpu").values()
            rmse = float(((on_cpu - field.values) ** 2).mean() ** 0.5)
            learning = result.curve[-1].seconds
            rows.append(
                {
                    "depth": depth,
                    "width": width,
                    "precision": precision,
                    "ms_per_step": 1000 * learning / result.curve[-1].step,
                    "million_points_per_second": options.batch
                    * result.curve[-1].step
                    / learning
                    / 1e6,
                    "seconds": seconds,
                    "psnr": result.metrics.psnr,
                    "rmse_cuda_decoded": result.metrics.rmse,
                    "rmse_cpu_decoded": rmse,
                    "file_bytes": result.metrics.file_bytes,
                    "messages": [p.message for p in result.curve if p.message],
                }
            )
            print(json.dumps(rows[-1]), flush=True)
    report = {
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "torch": torch.__version__,
        "batch": options.batch,
        "steps": options.steps,
        "contexts": names,
        "rows": rows,
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
