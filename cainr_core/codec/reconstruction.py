"""A .cainr file, opened: the field, evaluated where it is asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike, NDArray

from cainr_core.codec import container
from cainr_core.codec.anywhere import evaluate
from cainr_core.codec.info import info
from cainr_core.codec.opened import Opened
from cainr_core.data.contexts import Context
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    import xarray as xr

LARGEST_FILE = 1 << 32


def read(
    source: str | Path | bytes,
    contexts: Sequence[str | Path | Context] = (),
    device: str = "cpu",
) -> Reconstruction:
    """Open a .cainr file, given as a path or as its bytes.

    `contexts`: what referenced contexts are to be found in, besides the file's own folder: folders,
    files, or contexts loaded already. CainrError where the file is cut short, altered or foreign.
    Nothing is evaluated yet, and no context is looked for.
    """
    given = [context for context in contexts if isinstance(context, Context)]
    search = [Path(place) for place in contexts if not isinstance(place, Context)]
    if isinstance(source, bytes):
        return Reconstruction(source, "The file", given, search, device)
    path = Path(source)
    try:
        with path.open("rb") as file:
            start = file.read(container.ENOUGH)
            size = os.fstat(file.fileno()).st_size
            container.check_start(start, size, str(path))  # a foreign file is read no further
            if size > LARGEST_FILE:
                raise CainrError(f"{path} is too large for a .cainr file.")
            data = start + file.read(size - len(start))
    except IsADirectoryError as error:
        raise CainrError(f"{path} is a folder: name a .cainr file.") from error
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise CainrError(f"{path} cannot be opened ({reason}): name a .cainr file.") from error
    return Reconstruction(data, str(path), given, [path.resolve().parent, *search], device)


class Reconstruction(Opened):
    """A field as its file remembers it."""

    def info(self) -> dict[str, Any]:
        """What the file says of itself: field, contexts, network, sizes."""
        return info(self)

    def evaluate(self, lat: ArrayLike, lon: ArrayLike, time: Any) -> NDArray:
        """The field at any place and time: degrees north, degrees east, and a time as text,
        datetime64, cftime or days since 0001-01-01; broadcast against each other.

        Between its points the network's own smooth curve, not an interpolation of the grid;
        missing values are not known there. CainrError where a place or a time is none.
        """
        return evaluate(self, lat, lon, time)

    def to_dataset(self) -> xr.Dataset:
        """The field as xarray, lazily: only what is indexed is evaluated."""
        from cainr_core.codec.lazy import to_dataset  # with xarray, which few ask for

        return to_dataset(self)
