"""What a file says of itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cainr_core.codec.opened import Opened


def info(file: Opened) -> dict[str, Any]:
    """See `Reconstruction.info`; sizes in bytes."""
    original_bytes = file.description.original_bytes
    latents = file.file_latents
    return {
        "variable": file.name,
        "units": str(file.attrs.get("units", "")),
        "dims": list(file.dims),
        "shape": list(file.shape),
        "calendar": file.time.calendar,
        "grid": file.grid.kind,
        "contexts": [
            {
                "source": entry["source"],
                "title": entry["title"],
                "digest": entry["digest"],
                "embedded": "embedded" in entry,
            }
            for entry in file.header["contexts"]
        ],
        "architecture": file.header["architecture"],
        "weights": file.n_weights,
        "bits_per_weight": 8 * len(file.weights) / file.n_weights,
        "weight_bytes": len(file.weights),
        "latent_bytes": 0 if latents is None else latents.nbytes,
        "file_bytes": file.file_bytes,
        "context_bytes": file.context_bytes,
        "original_bytes": original_bytes,
        "compression_ratio": original_bytes / file.file_bytes,
        "bits_per_value": 8 * file.file_bytes / math.prod(file.shape),
        "format_version": file.format_version,
    }
