"""Which fits the fused kernels serve; importing it loads no Triton."""

from __future__ import annotations

from importlib.util import find_spec

import torch

from cainr_core.model.architecture import FOURIER_NETWORKS, Architecture
from cainr_core.model.inputs import PLACES

# as the kernels know them; what latents say is taken from the target of the network behind them
KINDS = {"siren": 0, "finer": 1, "relu": 2, "gelu": 3, "latent": 3}
SINES = ("siren", "finer")
HEADS = (16, 32, 64)  # units of a layer that are a power of two
TAILS = (16, 32, 64)  # and what the widest of these may have besides
WIDTHS = (*HEADS, *(HEADS[-1] + tail for tail in TAILS))
FEATURES = (16, 32, 64, 128)
MOST_DEPTH = 16
MOST_POINTS = 2**31 - 1  # of a field, that a kernel counts


def padded(width: int) -> int:
    """The width that a kernel computes for layers of `width` units."""
    return next(size for size in WIDTHS if size >= width)


def refusal(
    architecture: Architecture, n_points: int, device: torch.device, n_inputs: int = 0
) -> str:
    """Why a fit's steps are not fused; empty where they are."""
    if device.type != "cuda":
        return "the device"
    if find_spec("triton") is None:
        return "a machine without Triton"
    if n_points > MOST_POINTS:
        return f"more than {MOST_POINTS:,} points"
    return network_refusal(architecture, n_inputs)


def network_refusal(architecture: Architecture, n_inputs: int) -> str:
    """Why the kernels do not serve a network; empty where they do."""
    if architecture.network not in KINDS:
        return f"the network '{architecture.network}'"
    if architecture.width > WIDTHS[-1]:
        return f"widths above {WIDTHS[-1]}"
    if architecture.depth > MOST_DEPTH:
        return f"depths above {MOST_DEPTH}"
    if architecture.network in FOURIER_NETWORKS and architecture.features > FEATURES[-1]:
        return f"more than {FEATURES[-1]} features"
    if n_inputs > PLACES[-1]:
        return f"more than {PLACES[-1]} inputs"
    return ""
