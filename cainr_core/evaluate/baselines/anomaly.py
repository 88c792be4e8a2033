"""The climatology that a codec may take off the field, as contexts give it to a network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.contexts import Context
from cainr_core.data.fields import Field


def sampled(context: Context, field: Field) -> NDArray[np.float32]:
    """A context at the points and times of a field, (time, *grid.shape), in its own units."""
    table = context.sample(*field.grid.points(), field.time)
    return np.stack([table.at(time) for time in range(len(field.time))]).reshape(field.shape)


def nearest_context(field: Field, contexts: Sequence[Context]) -> Context | None:
    """The context that leaves the least of the field, of those in its units; None if none is.

    Least by the standard deviation of the difference: an offset costs a codec nothing. Embedded
    contexts do not count: what they cost is in the bytes of a .cainr file only.
    """
    same = [
        context
        for context in contexts
        if context.units and context.units == field.units and not context.choice.embedded
    ]
    if not same:
        return None
    return min(same, key=lambda context: float(np.nanstd(field.values - sampled(context, field))))
