"""How good a reconstruction is, and what it cost."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cainr_core.errors import CainrError


@dataclass(frozen=True)
class Metrics:
    """Quality in the field's units and dB, cost in bytes.

    `psnr`: 20 log10((max - min of the original) / RMSE). `psnr_paper`: 20 log10(max of original and
    reconstruction / RMSE), the definition of Mostajeran et al. 2025, about 9 dB higher for kelvin.
    `rmse` over all cells, `rmse_weighted` by cell area. `bias`: mean of reconstruction - original.
    `file_bytes`: the whole file. `context_bytes`: what a reader must have besides.
    `compression_ratio`: original bytes at their own type over `file_bytes`.
    `compression_gain_paper`: 8 bytes a value over 4 bytes a weight, contexts free.
    Missing values count nowhere but in the original bytes.
    """

    psnr: float
    psnr_paper: float
    rmse: float
    rmse_weighted: float
    max_abs_error: float
    bias: float
    file_bytes: int
    context_bytes: int
    compression_ratio: float
    bits_per_value: float
    compression_gain_paper: float
    weights: int

    def to_dict(self) -> dict[str, Any]:
        """Every figure by name."""
        return asdict(self)


def in_units(units: str) -> dict[str, str]:
    """The unit of each figure that has one; `units`: those of the field."""
    errors = ("rmse", "rmse_weighted", "max_abs_error", "bias")
    sizes = dict.fromkeys(("file_bytes", "context_bytes"), "bytes")
    return {"psnr": "dB", "psnr_paper": "dB", **dict.fromkeys(errors, units), **sizes}


def psnr(peak: float, rmse: float) -> float:
    """20 log10(peak / rmse) in dB; infinite where there is no error."""
    if rmse == 0:
        return math.inf
    return 20 * math.log10(peak / rmse) if peak > 0 else -math.inf


def present(original: NDArray, reconstruction: NDArray) -> NDArray:
    """Where both have values, bool, of the shape of both.

    CainrError where shapes differ, where one has a value and the other has none, or without any.
    """
    if original.shape != reconstruction.shape:
        raise CainrError(
            f"The original has the shape {original.shape} and the reconstruction "
            f"{reconstruction.shape}: choose the same times and the same grid."
        )
    missing: NDArray = np.isnan(original)
    if not np.array_equal(missing, np.isnan(reconstruction)):
        raise CainrError(
            "Original and reconstruction are missing values in different places: they do not "
            "belong together."
        )
    if missing.all():
        raise CainrError("The original has no values here: choose times that hold some.")
    return ~missing


def measure(
    original: NDArray,
    reconstruction: NDArray,
    area: NDArray,
    *,
    original_bytes: int,
    file_bytes: int,
    context_bytes: int,
    weights: int,
) -> Metrics:
    """Compare a reconstruction with its original, both (time, *cells) in the same units.

    `area` (*cells): relative areas of the cells. CainrError where shapes differ, or where one has
    a value and the other has none.
    """
    there = present(original, reconstruction)
    error = np.subtract(reconstruction, original, dtype=np.float64)
    values, decoded = original, reconstruction
    if not there.all():
        error[~there] = 0
        values, decoded = original[there], reconstruction[there]
    squares = np.einsum("t...,t...->...", error, error)  # of each cell, over times
    counts = there.sum(0)
    count = int(counts.sum())
    rmse = math.sqrt(float(squares.sum()) / count)
    top = max(float(values.max()), float(decoded.max()))
    return Metrics(
        psnr=psnr(float(values.max()) - float(values.min()), rmse),
        psnr_paper=psnr(top, rmse),
        rmse=rmse,
        rmse_weighted=math.sqrt(float((area * squares).sum() / (area * counts).sum())),
        max_abs_error=max(float(error.max()), -float(error.min())),
        bias=float(error.sum()) / count,
        file_bytes=file_bytes,
        context_bytes=context_bytes,
        compression_ratio=original_bytes / file_bytes,
        bits_per_value=8 * file_bytes / original.size,
        compression_gain_paper=8 * original.size / (4 * weights),
        weights=weights,
    )
