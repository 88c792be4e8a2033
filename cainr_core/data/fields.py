"""What is to be remembered: one variable on a grid, over time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cainr_core.data.grid import Grid
from cainr_core.data.times import TimeAxis
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Field", "Grid", "TimeAxis"]


@dataclass(frozen=True, eq=False)
class Field:
    """A variable in memory, with all that is needed to give it back as it was.

    values: shape (time, *grid.shape), float32 (float64 if the file holds float64), in `units`;
        NaN where missing.
    coords: coordinates only, decoded as xarray gives them (encoding kept).
    attrs, dataset_attrs: attributes of the variable and of its dataset.
    dims: names of the dimensions of `values`, time first.
    stored_dtype: the type of a value in the file (int16 where packed).
    source: where it came from, in words for a person.
    """

    name: str
    values: np.ndarray
    grid: Grid
    time: TimeAxis
    coords: xr.Dataset
    attrs: dict[str, Any]
    dataset_attrs: dict[str, Any]
    dims: tuple[str, ...]
    stored_dtype: np.dtype
    source: str

    @property
    def shape(self) -> tuple[int, ...]:
        """(time, *grid.shape)."""
        return self.values.shape

    @property
    def cells(self) -> int:
        """Number of cells of the grid."""
        return self.grid.size

    @property
    def units(self) -> str:
        """Units of the values, "" if the file names none."""
        return str(self.attrs.get("units", ""))

    @cached_property
    def missing(self) -> np.ndarray | None:
        """Where values are missing, bool, shape (time, *grid.shape); None if none is."""
        missing = np.isnan(self.values)
        return missing if missing.any() else None

    @cached_property
    def lo(self) -> float:
        """Smallest valid value."""
        return float(np.nanmin(self.values))

    @cached_property
    def hi(self) -> float:
        """Largest valid value."""
        return float(np.nanmax(self.values))

    @property
    def original_bytes(self) -> int:
        """Bytes of the values at the type they have in the file."""
        return self.values.size * self.stored_dtype.itemsize

    def isel_time(self, times: slice | np.ndarray) -> Field:
        """The same field at some of its times."""
        return replace(
            self,
            values=self.values[times],
            time=self.time[times],
            coords=self.coords.isel({self.dims[0]: times}, missing_dims="ignore"),
        )

    def with_values(self, values: np.ndarray) -> Field:
        """The same field with other values of the same shape; CainrError if it differs."""
        if values.shape != self.shape:
            raise CainrError(f"The values should have the shape {self.shape}, not {values.shape}.")
        return replace(self, values=values)

    def to_dataarray(self) -> xr.DataArray:
        """As xarray, with coordinates and attributes."""
        import xarray as xr

        # the bounds of the time have a dimension of their own, which no array of the field has
        coords = {
            name: coordinate
            for name, coordinate in self.coords.coords.items()
            if set(coordinate.dims) <= set(self.dims)
        }
        return xr.DataArray(
            self.values, dims=self.dims, coords=coords, name=self.name, attrs=self.attrs
        )
