"""How fast networks learn, by the paper's protocol and by this project. One command, one GPU.

    python benchmarks/speed.py INPUT VARIABLE [--paper REPORT.json] [--json OUT.json]

Everything is measured in one run, on one field: for each network a step of the paper's protocol
(every point, float32, eager), the same under torch.compile and bfloat16 autocast, and this
project's steps, alone and with many networks in one launch. Point updates a second, milliseconds a
step, memory, and the share of what the chip allows: of the points a second for which a large
bfloat16 product, or a copy of the activations once there and once back in 16 bits, whichever takes
longer, leaves time. Each time is the median of several, with the least and the greatest.

--paper: a report that `benchmarks/paper.py` has filled. For each of its networks at hand: how long
the protocol takes for its 30,000 steps, at the pace measured here, and how long this project takes
to reach the protocol's PSNR with the same network, by the network's values at every point.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from cainr_core.data.contexts import Context, load_context
from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field
from cainr_core.evaluate.metrics import measure
from cainr_core.fit.device import recorded
from cainr_core.fit.fitting import Fitting
from cainr_core.fit.kernels.fused import FusedNetworks
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.model.mlp import forward

SHAPES = ((5, 20), (10, 50), (10, 64), (14, 70))
SIXTEEN_BITS = 2  # bytes
BATCHES = (1 << 16, 1 << 18, 1 << 20)
TOGETHER = 32  # networks in one launch
RECORDED = 10  # steps in a graph
PAPER_STEPS = Recipe.preset("paper").steps
LADDER = (250, 500, 1000, 2000, 4000, 8000, 16000)  # steps of 65,536 points
DEVICE = torch.device("cuda")


def main() -> None:
    """Measure, print and, where asked, keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input")
    parser.add_argument("variable")
    parser.add_argument("--paper", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    field = open_field(asked.input, asked.variable)
    ceilings = {"product": _product(), "copy": _copy()}
    print(
        f"product {ceilings['product'] / 1e12:.0f} TFLOP/s, copy {ceilings['copy'] / 1e12:.2f} TB/s"
    )
    rows = []
    for depth, width in SHAPES:
        for row in _of_network(field, depth, width, ceilings):
            rows.append(row)
            print(_line(row), flush=True)
    found = {"rows": rows, "decoding": _decoding(field), "ceilings": ceilings}
    print(found["decoding"])
    if asked.paper:
        found["sooner"] = _sooner(field, json.loads(asked.paper.read_text()), rows)
        for one in found["sooner"]:
            print(one, flush=True)
    if asked.json:
        about = {
            "device": torch.cuda.get_device_name(),
            "torch": torch.__version__,
            "python": platform.python_version(),
            "date": date.today().isoformat(),
            "field": f"{Path(asked.input).name}, {field.values.size:,} points",
        }
        asked.json.write_text(json.dumps({**about, **found}, indent=1) + "\n")


def _of_network(
    field: Field, depth: int, width: int, ceilings: dict[str, float]
) -> list[dict[str, Any]]:
    weights = (depth - 1) * width**2
    allowed = min(
        ceilings["product"] / (6 * weights),
        ceilings["copy"] / (2 * SIXTEEN_BITS * depth * width),
    )
    ours = Architecture(depth=depth, width=width)
    papers = Architecture(depth=depth, width=width, coordinates="indices", skip=False)
    total = field.values.size
    rows = []

    def add(
        way: str, points: int, call: Callable[[], object], networks: int = 1, steps: int = 1
    ) -> None:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        least, middle, most = (taken / steps for taken in _seconds(call))
        pace = points * networks / middle
        rows.append(
            {
                "network": f"{depth}x{width}",
                "way": way,
                "points": points,
                "networks": networks,
                "ms_per_step": [1e3 * least, 1e3 * middle, 1e3 * most],
                "points_per_second": pace,
                "share_of_ceilings": pace / allowed,
                "memory_bytes": torch.cuda.max_memory_allocated(),
            }
        )

    for way, compiled in (("paper", False), ("paper, compiled bf16", True)):
        add(way, total, _paper_step(field, papers, compiled))
    fit = Fitting(field, [], ours, Recipe(steps=1), "cuda")
    for batch in BATCHES:
        add("cainr", batch, _our_steps(fit, 1, batch), steps=RECORDED)
    add(
        "cainr, many at once", BATCHES[0], _our_steps(fit, TOGETHER, BATCHES[0]), TOGETHER, RECORDED
    )
    return rows


def _paper_step(field: Field, architecture: Architecture, compiled: bool) -> Callable[[], None]:
    """A step on every point, as one would write it."""
    fit = Fitting(field, [], architecture, Recipe.preset("paper"), "cuda")
    (times, cells) = next(fit.sampler.every(field.values.size))
    inputs, target = fit.inputs.gather(times, cells), fit.misfit.target
    optimizer = torch.optim.Adam(fit.tensors, lr=1e-6)

    def error(tensors: list[Tensor]) -> Tensor:
        with torch.autocast("cuda", torch.bfloat16, enabled=compiled):
            output = forward(architecture, tensors, inputs)
        return (output.float() - target).square().mean()

    loss = torch.compile(error) if compiled else error

    def step() -> None:
        optimizer.zero_grad()
        loss(fit.tensors).backward()
        optimizer.step()

    return step


def _our_steps(fit: Fitting, networks: int, batch: int) -> Callable[[], None]:
    """A step as the loop takes it: drawing, gradients and Adam, recorded as a graph of some."""
    fused = FusedNetworks([fit.architecture] * networks, fit.inputs, fit.misfit.target)
    for number in range(networks):
        fused.load(number, fit.tensors)
    fused.prepare()
    rates = torch.full((1, networks), 1e-6, device=DEVICE)
    count = torch.zeros(networks, dtype=torch.int64, device=DEVICE)

    def one() -> None:
        fused.step(fit.sampler.draw_points(batch).int(), batch, rates, count, 0)

    one()
    graph = torch.cuda.CUDAGraph()
    graph.register_generator_state(fit.sampler.generator)
    with recorded(graph):
        for _ in range(RECORDED):
            one()
    kept = (fused, rates, count)  # the graph itself holds addresses only
    return lambda: (graph.replay(), kept)


def _decoding(field: Field) -> dict[str, Any]:
    """Points a second that a network of depth 10 and width 50 is evaluated at."""
    fit = Fitting(field, [], Architecture(depth=10, width=50), Recipe(steps=1), "cuda")
    fused = FusedNetworks([fit.architecture], fit.inputs, fit.misfit.target)
    fused.load(0, fit.tensors)
    fused.prepare()
    least, middle, most = _seconds(lambda: fused.outputs((0, field.values.size)))
    points = field.values.size
    return {"network": "10x50", "points_per_second": [points / t for t in (most, middle, least)]}


def _sooner(
    field: Field, report: dict[str, Any], rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """For the report's networks that were timed: the time to the protocol's PSNR, both ways."""
    found = []
    pace = {row["network"]: row["ms_per_step"][1] / 1e3 for row in rows if row["way"] == "paper"}
    for row in report["rows"]:
        if row["codec"] != "paper":
            continue
        specs = [spec for spec in ("topography", "climatology") if spec in row["on"].lower()]
        contexts = [load_context(spec, field) for spec in specs]
        depth, width = map(int, re.findall(r"\d+", row["setting"]))
        network = f"{depth}x{width}"
        if network not in pace:
            continue
        seconds, psnr = _reach(field, contexts, Architecture(depth=depth, width=width), row["psnr"])
        found.append(
            {
                "network": network,
                "contexts": specs,
                "paper_psnr": row["psnr"],
                "paper_seconds": PAPER_STEPS * pace[network],
                "cainr_psnr": psnr,
                "cainr_seconds": seconds,
                "times_sooner": PAPER_STEPS * pace[network] / seconds,
            }
        )
    return found


def _reach(
    field: Field, contexts: Sequence[Context], architecture: Architecture, wanted: float
) -> tuple[float, float]:
    """Seconds of the shortest fit of the ladder that reaches a PSNR, and its PSNR."""
    for steps in LADDER:
        recipe = Recipe(steps=steps, batch=BATCHES[0])
        started = time.perf_counter()
        fit = Fitting(field, contexts, architecture, recipe, "cuda")
        for _ in fit.run():
            pass
        torch.cuda.synchronize()
        seconds = time.perf_counter() - started
        reached = measure(
            field.values, fit.reconstruct(), field.grid.area,
            original_bytes=field.original_bytes, file_bytes=1, context_bytes=0, weights=1,
        ).psnr  # fmt: skip
        if reached >= wanted:
            break
    return seconds, reached


def _product() -> float:
    size = 8192
    one = torch.randn(size, size, device=DEVICE, dtype=torch.bfloat16)
    return 2 * size**3 / _seconds(lambda: one @ one)[1]


def _copy() -> float:
    one = torch.empty(1 << 30, dtype=torch.uint8, device=DEVICE)
    other = torch.empty_like(one)
    return 2 * one.numel() / _seconds(lambda: other.copy_(one))[1]


def _seconds(call: Callable[[], object], times: int = 7) -> tuple[float, float, float]:
    """Least, median and greatest seconds of a call."""
    for _ in range(2):
        call()
    torch.cuda.synchronize()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        torch.cuda.synchronize()
        taken.append(time.perf_counter() - started)
    return min(taken), median(taken), max(taken)


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['network']:>6} {row['way']:<22}{row['networks']:>3} x {row['points']:>9,} points"
        f"{row['ms_per_step'][1]:9.3f} ms {row['points_per_second'] / 1e6:7.0f} M/s "
        f"{row['share_of_ceilings']:6.1%} {row['memory_bytes'] / 2**30:6.1f} GiB"
    )


if __name__ == "__main__":
    main()
