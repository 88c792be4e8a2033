"""The state of a fit on disk, so that it can go on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cainr_core.errors import CainrError
from cainr_core.files import atomic_write


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the next step depends on, as plain arrays.

    `fingerprint`: digest of what is fitted and how. `weights`, `best`: the network's tensors now
    and at their best. `memory`: Adam's two averages and step count for each tensor. `counts`:
    points in a batch and in a pass, as memory allowed, and checks since which the network is lost.
    `generator`: state of the batch drawing. `curve`: (checks, 7) of the progress so far.
    """

    fingerprint: str
    step: int
    seconds: float
    rate_scale: float
    best_error: float
    weights: list[NDArray]
    best: list[NDArray]
    memory: list[NDArray]
    counts: tuple[int, int, int]
    generator: NDArray[np.uint8]
    curve: NDArray[np.float64]

    def save(self, path: Path) -> None:
        """Write the checkpoint; an older one is replaced only by a whole one."""
        arrays: dict[str, NDArray] = {
            "fingerprint": np.array(self.fingerprint),
            "numbers": np.array([self.step, self.seconds, self.rate_scale, self.best_error]),
            "counts": np.array(self.counts),
            "generator": self.generator,
            "curve": self.curve,
        }
        for group in ("weights", "best", "memory"):
            for index, array in enumerate(getattr(self, group)):
                arrays[f"{group}{index}"] = array
        arrays["digest"] = np.array(_digest(arrays))

        def write(place: Path) -> None:
            with place.open("wb") as file:  # a path alone would be given the suffix .npz
                np.savez(file, **arrays)  # type: ignore[arg-type]

        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, write)

    @classmethod
    def load(cls, path: Path, fingerprint: str) -> Checkpoint:
        """Read a checkpoint of the fit with this fingerprint; CainrError where it is another's."""
        try:
            state = cls._read(path)
        except Exception as error:  # untrusted: NumPy and zipfile raise whatever a byte leads to
            raise CainrError(
                f"The checkpoint {path} cannot be read: delete it, and the fit begins anew."
            ) from error
        if state.fingerprint != fingerprint:
            raise CainrError(
                f"The checkpoint {path} belongs to another fit: delete it or name another file."
            )
        return state

    @classmethod
    def _read(cls, path: Path) -> Checkpoint:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        # the archive checks the bytes of each array, but not which name stands for which
        if str(arrays.pop("digest")) != _digest(arrays):
            raise ValueError("not the arrays that were written")

        def group(name: str) -> list[NDArray]:
            keys = (key for key in arrays if key.startswith(name))
            return [arrays[key] for key in sorted(keys, key=lambda key: int(key[len(name) :]))]

        step, seconds, rate_scale, best_error = arrays["numbers"].tolist()
        batch, passes, lost = arrays["counts"].tolist()
        return cls(
            str(arrays["fingerprint"]),
            int(step),
            seconds,
            rate_scale,
            best_error,
            group("weights"),
            group("best"),
            group("memory"),
            (batch, passes, lost),
            arrays["generator"],
            arrays["curve"],
        )


def _digest(arrays: Mapping[str, NDArray]) -> str:
    """Digest of arrays with their names, types and shapes."""
    named = ((key, array.dtype.str, array.shape, array) for key, array in sorted(arrays.items()))
    return fingerprint(*chain.from_iterable(named))


def fingerprint(*parts: object) -> str:
    """Digest of JSON-like values and arrays."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(np.ascontiguousarray(part).tobytes())
        else:
            digest.update(json.dumps(part, sort_keys=True, default=str).encode())
    return digest.hexdigest()[:32]


def adam_memory(optimizer: torch.optim.Optimizer, tensors: Sequence[Tensor]) -> list[NDArray]:
    """Adam's state, three arrays for each tensor in order; empty before its first step."""
    keys = ("step", "exp_avg", "exp_avg_sq")
    states = [optimizer.state.get(tensor, {}) for tensor in tensors]
    # copies: the optimizer goes on to change its own
    return [state[key].detach().cpu().numpy().copy() for state in states if state for key in keys]


def restore_adam(
    optimizer: torch.optim.Adam, tensors: Sequence[Tensor], memory: Sequence[NDArray]
) -> None:
    """Put back what `adam_memory` gave."""
    on_device = bool(optimizer.param_groups[0]["capturable"])
    for index, tensor in enumerate(tensors):
        step, average, square = (torch.tensor(array) for array in memory[3 * index : 3 * index + 3])
        optimizer.state[tensor] = {
            "step": step.to(tensor.device) if on_device else step,
            "exp_avg": average.to(tensor.device),
            "exp_avg_sq": square.to(tensor.device),
        }
