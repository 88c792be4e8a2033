"""The default fit on the bundled sample: what a newcomer waits for. One command, any machine.

    python benchmarks/default_fit.py [--repeats 3] [--json OUT]

Measured in one run, side by side, each repeated: seconds to the first reconstruction of a time
step, to 30 dB and to the end, with no context and with topography and climatology; and the same
network by the paper's protocol (every point in every step) stopped after as many seconds. Ratios
are of medians, with the least and greatest over the repeats.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from datetime import date
from pathlib import Path
from statistics import median

import torch

import cainr_core
from cainr_core.compression import Compression
from cainr_core.data.contexts import load_context
from cainr_core.fit.fitting import Fitting

CONTEXTS = {"none": (), "topography and climatology": ("topography", "climatology")}
THRESHOLD = 30.0  # dB


def measure_fit(names: tuple[str, ...], device: str) -> dict[str, float]:
    """Seconds from the call to the first picture, to 30 dB and to the end; quality of the file."""
    started = time.perf_counter()
    field = cainr_core.open_sample()
    contexts = [load_context(name, field) for name in names]
    work = Compression(
        field, contexts, cainr_core.Architecture(), cainr_core.Recipe(), device=device
    )
    first = reached = None
    for progress in work.run():
        now = time.perf_counter() - started
        if first is None and progress.step > 0:
            work.reconstruct(0)
            first = time.perf_counter() - started
        if reached is None and progress.psnr >= THRESHOLD:
            reached = now
    assert work.metrics is not None
    return {
        "first_picture_s": first or float("nan"),
        "to_30_dB_s": reached or float("nan"),
        "total_s": time.perf_counter() - started,
        "psnr": work.metrics.psnr,
        "rmse": work.metrics.rmse,
        "file_bytes": work.metrics.file_bytes,
    }


def measure_paper(names: tuple[str, ...], device: str, seconds: float) -> float:
    """PSNR that the paper's protocol reaches with the same network in so many seconds."""
    field = cainr_core.open_sample()
    contexts = [load_context(name, field) for name in names]
    architecture = cainr_core.Architecture(coordinates="indices", skip=False)
    fitting = Fitting(field, contexts, architecture, cainr_core.Recipe.preset("paper"), device)
    started, best = time.perf_counter(), float("-inf")
    for progress in fitting.run():
        best = max(best, progress.psnr)
        if time.perf_counter() - started > seconds:
            break
    return best


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = {}
    for label, names in CONTEXTS.items():
        runs = [measure_fit(names, options.device) for _ in range(options.repeats)]
        rows[label] = {
            key: {"median": median(values), "least": min(values), "greatest": max(values)}
            for key, values in ((key, [run[key] for run in runs]) for key in runs[0])
        }
        rows[label]["paper_protocol_psnr_in_the_same_time"] = measure_paper(
            names, options.device, rows[label]["total_s"]["median"]
        )
        print(label, json.dumps(rows[label], indent=1), flush=True)
    with_context, without = rows["topography and climatology"], rows["none"]
    report = {
        "date": date.today().isoformat(),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "torch": torch.__version__,
        "rows": rows,
        "context_gain_dB": with_context["psnr"]["median"] - without["psnr"]["median"],
    }
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
