"""Read a part of a variable that may be far larger than memory.

NetCDF reads one position of an index after the other, each with a chunk of its own to unpack: a
region over the seam of a packed file took minutes in place of a second. Strides are slow as well.
So whole boxes are read, a few times at a time, and the cells are picked from them.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cainr_core.errors import CainrError

if TYPE_CHECKING:
    import xarray as xr

BLOCK = 64 << 20  # bytes of a box that is read at once
COPIES = 3  # of the values, while they are read and made ready

Positions = NDArray[np.intp]


def read_blocks(
    array: xr.DataArray, time: str, times: slice | Positions, cells: Mapping[Hashable, Positions]
) -> xr.DataArray:
    """The array in memory, at some times and at the positions `cells` along each dimension named.

    `time`: the dimension of time. CainrError where the part takes more memory than there is.
    """
    import xarray as xr

    steps = np.arange(array.sizes[time])[times]
    sizes = {dim: cells[dim].size if dim in cells else n for dim, n in array.sizes.items()}
    sizes[time] = steps.size
    _refuse_too_large(sizes, array.dtype.itemsize)
    together = bool(np.all(np.diff(steps) == 1))
    large = math.prod(sizes.values()) * array.dtype.itemsize > BLOCK
    # dask itself takes what is needed, and a small part is read at once
    if array.chunks is not None or (together and not cells and not large):
        return array.isel({time: times, **cells}).load()
    values = np.empty(tuple(sizes.values()), array.dtype)
    for box in _boxes(cells):
        cover = {dim: slice(int(at.min()), int(at.max()) + 1) for dim, (_, at) in box.items()}
        within = {dim: at - at.min() for dim, (_, at) in box.items()}
        whole = array.isel(cover)
        count = BLOCK * array.sizes[time] // max(1, whole.nbytes) if together else 1
        for first in range(0, steps.size, max(1, count)):
            some = steps[first : first + max(1, count)]
            target: dict[Hashable, slice] = {time: slice(first, first + some.size)}
            target |= {dim: to for dim, (to, _) in box.items()}
            place = tuple(target.get(dim, slice(None)) for dim in array.dims)
            read = whole.isel({time: slice(int(some[0]), int(some[-1]) + 1)}).load()
            values[place] = read.isel(within).values
    coords = array.coords.to_dataset().load()
    coords = coords.isel({time: times, **cells}, missing_dims="ignore")
    part = xr.DataArray(values, coords.coords, array.dims, array.name, array.attrs)
    part.encoding = array.encoding
    return part


def _boxes(
    cells: Mapping[Hashable, Positions],
) -> Iterator[dict[Hashable, tuple[slice, Positions]]]:
    """Where positions begin anew, as at the seam of a globe, another box begins: of each dimension
    the place in the result, and the ascending positions in the file."""
    runs = []
    for positions in cells.values():
        starts = [0, *(np.flatnonzero(np.diff(positions) < 0) + 1).tolist(), positions.size]
        runs.append([slice(a, b) for a, b in pairwise(starts)])
    for chosen in product(*runs):
        yield {dim: (to, cells[dim][to]) for dim, to in zip(cells, chosen, strict=True)}


def _refuse_too_large(sizes: Mapping[Hashable, int], itemsize: int) -> None:
    needed, free = COPIES * itemsize * math.prod(sizes.values()), _free_memory()
    if free is not None and needed > free:
        shape = " x ".join(f"{n:,}" for n in sizes.values())
        raise CainrError(
            f"{shape} values do not fit into memory: about {needed / 1e9:,.1f} GB are needed and "
            f"{free / 1e9:,.1f} GB are free; choose fewer times, a region, or thin them."
        )


def _free_memory() -> int | None:
    """Bytes that Linux can give without swapping; None where that is not known."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(found.split()[1]) * 1024
    except (OSError, StopIteration, ValueError):
        return None
