"""Latent grids on a field at several sizes: bytes, error and seconds. One command.

    python benchmarks/latents.py INPUT VARIABLE [--context NAME_OR_FILE]... --bytes N [N ...]
        [--device cuda] [--batch N] [--json OUT]

Quality is that of what was decoded from the written file; `decode_s` is a whole field decoded on
the CPU from the file's bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import date
from pathlib import Path

import torch

from cainr_core.choices import Target
from cainr_core.codec.reconstruction import read
from cainr_core.compression import compress
from cainr_core.data.contexts import load_context
from cainr_core.data.sources import open_field
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input")
    parser.add_argument("variable")
    parser.add_argument("--context", action="append", default=[])
    parser.add_argument("--bytes", type=int, nargs="+", required=True)
    parser.add_argument("--batch", type=int, default=Recipe().batch)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    field = open_field(options.input, options.variable)
    contexts = [load_context(name, field) for name in options.context]
    rows = []
    for most in options.bytes:
        started = time.perf_counter()
        made = compress(
            field,
            contexts,
            Architecture.preset("latent"),
            Recipe(batch=options.batch),
            Target(kind="bytes", value=most),
            options.device,
        )
        encoded = time.perf_counter()
        read(made.data, contexts).values()
        rows.append(
            {
                "asked": most,
                "bytes": len(made.data),
                "rmse": made.metrics.rmse,
                "psnr": made.metrics.psnr,
                "max_abs_error": made.metrics.max_abs_error,
                "encode_s": encoded - started,
                "decode_s": time.perf_counter() - encoded,
                "psnr_of_latents_alone": made.curve[0].psnr,
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    report = {
        "date": date.today().isoformat(),
        "input": Path(options.input).name,
        "contexts": [Path(name).name for name in options.context],
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "batch": options.batch,
        "rows": rows,
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
