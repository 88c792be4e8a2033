"""A reconstruction as a lazy xarray dataset."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

if TYPE_CHECKING:
    from cainr_core.codec.opened import Opened


CHUNK_VALUES = 1 << 21  # values of a chunk where dask may choose: some seconds of evaluation


class LazyField(BackendArray):
    """The values of a reconstruction, evaluated only where they are indexed."""

    def __init__(self, reconstruction: Opened) -> None:
        self._reconstruction = reconstruction
        self.shape = reconstruction.shape
        self.dtype = reconstruction.dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._outer
        )

    def _outer(self, key: tuple[Any, ...]) -> np.ndarray:
        # one index for each dimension; an integer drops its dimension, as in NumPy
        chosen = [np.arange(size)[index] for size, index in zip(self.shape, key, strict=True)]
        shape = tuple(len(part) for part in chosen if part.ndim)
        rows, *places = (np.atleast_1d(part) for part in chosen)
        if 0 in (len(rows), *(len(part) for part in places)):
            return np.empty(shape, dtype=self.dtype)
        grid = self.shape[1:]
        whole = all(len(part) == size for part, size in zip(places, grid, strict=True))
        flat = np.ravel_multi_index(np.ix_(*places), grid).ravel()
        in_order = whole and bool((np.diff(flat) == 1).all())
        values = self._reconstruction.cells(rows.tolist(), None if in_order else flat)
        return values.reshape(shape)


def to_dataset(
    reconstruction: Opened, drop_variables: str | Iterable[str] | None = None
) -> xr.Dataset:
    """The reconstruction with the coordinates and attributes of the original, lazily."""
    dropped = {drop_variables} if isinstance(drop_variables, str) else set(drop_variables or ())
    description = reconstruction.description
    dataset = reconstruction.coords.drop_vars(dropped, errors="ignore")
    dataset.attrs = dict(description.dataset_attrs)
    if reconstruction.name not in dropped:
        lazy = indexing.LazilyIndexedArray(LazyField(reconstruction))
        steps = max(1, CHUNK_VALUES // math.prod(reconstruction.shape[1:]))
        sizes = (min(steps, reconstruction.shape[0]), *reconstruction.shape[1:])
        chunks = dict(zip(reconstruction.dims, sizes, strict=True))
        dataset[reconstruction.name] = xr.Variable(
            reconstruction.dims, lazy, reconstruction.attrs, {"preferred_chunks": chunks}
        )
    return dataset
