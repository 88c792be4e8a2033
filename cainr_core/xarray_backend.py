"""`xr.open_dataset("x.cainr")`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import xarray as xr
from xarray.backends import BackendEntrypoint

# How values that a file holds in codes are read, as xarray has it; here, times are its only ones.
DECODERS = (
    "mask_and_scale", "decode_times", "concat_characters", "use_cftime", "decode_timedelta",
    "decode_coords",
)  # fmt: skip


class CainrBackend(BackendEntrypoint):
    """Lets xarray open .cainr files; `contexts` names folders or files of referenced contexts."""

    description = "Open .cainr files: fields remembered by context-aware neural networks"
    open_dataset_parameters = ("filename_or_obj", "drop_variables", "contexts", "device", *DECODERS)

    def open_dataset(  # type: ignore[override]
        self,
        filename_or_obj: str | os.PathLike[str],
        *,
        drop_variables: str | Iterable[str] | None = None,
        contexts: Sequence[str | Path] = (),
        device: str = "cpu",
        **decoders: Any,
    ) -> xr.Dataset:
        """The field of a file; its values are evaluated when they are indexed.

        `decoders`: as in xarray; `decode_times=False` leaves times as numbers with their units.
        """
        from cainr_core.codec.lazy import to_dataset
        from cainr_core.codec.reconstruction import read

        dataset = to_dataset(read(Path(filename_or_obj), contexts, device), drop_variables)
        chosen = {name: how for name, how in decoders.items() if how is not None}
        return xr.decode_cf(_in_codes(dataset), **chosen) if chosen else dataset

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        """By its suffix."""
        if not isinstance(filename_or_obj, (str, os.PathLike)):
            return False
        return Path(filename_or_obj).suffix == ".cainr"


def _in_codes(dataset: xr.Dataset) -> xr.Dataset:
    """The dataset with times as a NetCDF file has them: numbers, their units and calendar."""
    times = {
        name: xr.conventions.encode_cf_variable(coordinate.variable, name=name)
        for name, coordinate in dataset.coords.items()
        if coordinate.dtype.kind in "MmO"  # of other calendars they are objects
    }
    return dataset.assign_coords(times)
