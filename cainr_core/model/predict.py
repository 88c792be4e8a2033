"""A network's values at the points of a field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.model.architecture import Architecture
from cainr_core.model.inputs import Inputs
from cainr_core.model.mlp import forward, frequencies

POINTS_PER_PASS = {"cpu": 1 << 14, "cuda": 1 << 21}  # keeps a pass in cache, or in memory
SPAN_TIMES = ("cuda",)  # where a pass takes several times: small ones wait for launches


def predict(
    architecture: Architecture,
    tensors: list[Tensor],
    inputs: Inputs,
    times: Sequence[int],
    cells: slice = slice(None),
) -> NDArray[np.float32]:
    """Values of the network, not yet in the field's units, at these time steps: (time, cells)."""
    device = tensors[0].device
    chunk = POINTS_PER_PASS.get(device.type, 1 << 14)
    start, stop, _ = cells.indices(inputs.n_cells)
    waves = _on(device, architecture, tensors)
    out = torch.empty((len(times), stop - start), dtype=torch.float32)
    at_once = max(1, chunk // max(1, stop - start)) if device.type in SPAN_TIMES else 1
    with torch.inference_mode():
        for row in range(0, len(times), at_once):
            run = times[row : row + at_once]
            for first in range(start, stop, chunk):
                last = min(first + chunk, stop)
                parts = [inputs.at_time(time, slice(first, last)) for time in run]
                batch = parts[0] if len(run) == 1 else torch.cat([part.T for part in parts], 1).T
                values = forward(architecture, tensors, batch, waves)
                out[row : row + len(run), first - start : last - start] = values.view(len(run), -1)
    return out.numpy()


def _on(device: torch.device, architecture: Architecture, tensors: list[Tensor]) -> Tensor | None:
    first = tensors[0].shape[1]
    n_inputs = first - 2 * architecture.features
    waves = frequencies(architecture, n_inputs)
    return None if waves is None else waves.to(device)
