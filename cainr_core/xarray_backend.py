"""`xr.open_dataset("x.cainr")`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import xarray as xr
from xarray.backends import BackendEntrypoint


class CainrBackend(BackendEntrypoint):
    """Lets xarray open .cainr files; `contexts` names folders or files of referenced contexts."""

    description = "Open .cainr files: fields remembered by context-aware neural networks"
    open_dataset_parameters = ("filename_or_obj", "drop_variables", "contexts", "device")

    def open_dataset(  # type: ignore[override]
        self,
        filename_or_obj: str | os.PathLike[str],
        *,
        drop_variables: str | Iterable[str] | None = None,
        contexts: Sequence[str | Path] = (),
        device: str = "cpu",
    ) -> xr.Dataset:
        """The field of a file; its values are evaluated when they are indexed."""
        from cainr_core.codec.lazy import to_dataset
        from cainr_core.codec.reconstruction import read

        return to_dataset(read(Path(filename_or_obj), contexts, device), drop_variables)

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        """By its suffix."""
        if not isinstance(filename_or_obj, (str, os.PathLike)):
            return False
        return Path(filename_or_obj).suffix == ".cainr"
