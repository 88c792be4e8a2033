"""Whether fused kernels and the plain path learn the same. One command, one GPU.

    python benchmarks/agreement.py INPUT VARIABLE [--steps 1000] [--seeds 3] [--json OUT.json]

For each kind of network, shape and seed the same fit both ways, by precision `fused` and `tf32`:
the PSNR of the network's values at every point. Single pairs differ by what batches and rounding
do to a fit; the mean over seeds tells whether one way is worse.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field
from cainr_core.evaluate.metrics import measure
from cainr_core.fit.fitting import Fitting
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture

SHAPES = ((5, 20), (5, 48), (10, 50), (14, 70))
NETWORKS = ("siren", "finer")


def main() -> None:
    """Fit, print and, where asked, keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input")
    parser.add_argument("variable")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    field = open_field(asked.input, asked.variable)
    rows: list[dict[str, Any]] = []
    for network in NETWORKS:
        for depth, width in SHAPES:
            architecture = Architecture(network=network, depth=depth, width=width)
            psnr = {
                way: [reached(field, architecture, way, asked.steps, n) for n in range(asked.seeds)]
                for way in ("fused", "tf32")
            }
            off = [one - other for one, other in zip(*psnr.values(), strict=True)]
            name = f"{network} {depth}x{width}"
            rows.append({"network": name, **psnr, "mean_difference": mean(off)})
            print(name, *(f"{one:+.3f}" for one in off), f"mean {mean(off):+.3f} dB", flush=True)
    if asked.json:
        about = {
            "device": torch.cuda.get_device_name(),
            "torch": torch.__version__,
            "date": date.today().isoformat(),
            "steps": asked.steps,
        }
        asked.json.write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n")


def reached(field: Field, architecture: Architecture, way: str, steps: int, seed: int) -> float:
    """PSNR of a fit at every point, dB."""
    recipe = Recipe(steps=steps, batch=1 << 14, precision=way, seed=seed)
    fit = Fitting(field, [], architecture, recipe, "cuda")
    for _ in fit.run():
        pass
    return measure(
        field.values, fit.reconstruct(), field.grid.area,
        original_bytes=field.original_bytes, file_bytes=1, context_bytes=0, weights=1,
    ).psnr  # fmt: skip


if __name__ == "__main__":
    main()
