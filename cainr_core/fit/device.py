"""Where a fit runs, and in which arithmetic."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cainr_core.errors import CainrError

DEVICES = ("auto", "cpu", "cuda")


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" is CUDA where there is one, else the CPU."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.split(":")[0] not in DEVICES:
        raise CainrError(f"There is no device '{name}': choose one of {', '.join(DEVICES)}.")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise CainrError(
            "PyTorch finds no CUDA device on this machine: choose the device 'auto' or 'cpu'."
        )
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise CainrError(f"There is no device '{name}': choose one such as cuda:0.") from error


@contextmanager
def arithmetic(device: torch.device, precision: str) -> Iterator[None]:
    """Products in the chosen precision on CUDA; float32 on a CPU, where the others gain nothing."""
    if device.type != "cuda":
        yield
        return
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = precision != "float32"
    try:
        # the cache of cast weights would outlive the step that a CUDA graph has captured
        with torch.autocast(
            "cuda", torch.bfloat16, enabled=precision == "bf16", cache_enabled=False
        ):
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


@contextmanager
def recorded(graph: torch.cuda.CUDAGraph) -> Iterator[None]:
    """Record what is launched, whatever other threads do on the GPU meanwhile. Nothing is
    collected in the meantime: another graph that is dropped would spoil this one."""
    collects = gc.isenabled()
    gc.disable()
    try:
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            yield
    finally:
        if collects:
            gc.enable()
