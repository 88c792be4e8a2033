"""What coded weights cost against 32-bit ones, in bytes and in dB. One command, any machine.

    python benchmarks/weights.py [INPUT VARIABLE] [--context NAME]... [--networks 5x20 5x48 ...]
        [--repeats 3] [--device cuda] [--json OUT]

Each network is fitted twice from the same seed: by the default recipe without its rounding tail,
measured with 32-bit weights at 4 bytes each; and by the default recipe into a file, which is
decoded and measured. The loss is the difference of their PSNR over all values, in dB; bytes are
those of the whole file and of its weights alone. Without INPUT, the bundled sample.
"""

from __future__ import annotations

import argparse
import json
import platform
from datetime import date
from pathlib import Path
from statistics import median

import torch

import cainr_core
from cainr_core.codec.container import split
from cainr_core.compression import compress
from cainr_core.data.contexts import Context, load_context
from cainr_core.data.fields import Field
from cainr_core.evaluate.metrics import measure
from cainr_core.fit.fitting import Fitting

NETWORKS = ("5x20", "5x48", "10x30", "10x50", "14x70")
WEIGHT_BYTES = 4


def main() -> None:
    """Fit, compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", nargs="?")
    parser.add_argument("variable", nargs="?", default="")
    parser.add_argument("--context", action="append", default=[])
    parser.add_argument("--networks", nargs="+", default=NETWORKS, metavar="DEPTHxWIDTH")
    parser.add_argument("--repeats", type=int, default=3, help="seeds of each network")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.input:
        field = cainr_core.open_field(options.input, options.variable)
    else:
        field = cainr_core.open_sample()
    contexts = [load_context(spec, field) for spec in options.context]
    rows = []
    for words in options.networks:
        depth, width = map(int, words.split("x"))
        network = cainr_core.Architecture(depth=depth, width=width)
        seeds = range(options.repeats)
        fits = [compared(field, contexts, network, seed, options.device) for seed in seeds]
        rows.append(
            {"network": words, **{key: spread([fit[key] for fit in fits]) for key in fits[0]}}
        )
        print(json.dumps(rows[-1]), flush=True)
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    report = {
        "date": date.today().isoformat(),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "gpu": gpu,
        "torch": torch.__version__,
        "field": Path(options.input).name if options.input else "sample",
        "contexts": options.context,
        "each": "least, median, greatest over the seeds",
        "rows": rows,
    }
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n")


def spread(values: list[float]) -> list[float]:
    """Least, median and greatest."""
    return [round(found, 4) for found in (min(values), median(values), max(values))]


def compared(
    field: Field,
    contexts: list[Context],
    network: cainr_core.Architecture,
    seed: int,
    device: str,
) -> dict[str, float]:
    """Bytes and PSNR of one network with 32-bit weights, and of its file."""
    plain = Fitting(field, contexts, network, cainr_core.Recipe(seed=seed, rounding_tail=0), device)
    for _ in plain.run():
        pass
    n_weights = sum(tensor.numel() for tensor in plain.tensors)
    whole = WEIGHT_BYTES * n_weights
    bits32 = measure(
        field.values, plain.reconstruct(), field.grid.area,
        original_bytes=field.original_bytes, file_bytes=whole, context_bytes=0,
        weights=n_weights,
    )  # fmt: skip
    kept = compress(field, contexts, network, cainr_core.Recipe(seed=seed), device=device)
    weights = len(split(kept.data)[1][-1])
    return {
        "psnr_32_bit": bits32.psnr,
        "psnr_file": kept.metrics.psnr,
        "loss_db": bits32.psnr - kept.metrics.psnr,
        "bytes_32_bit": whole,
        "bytes_file": len(kept.data),
        "times_smaller_weights": whole / weights,
        "times_smaller_file": whole / len(kept.data),
    }


if __name__ == "__main__":
    main()
