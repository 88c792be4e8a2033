"""Groups of time steps: each is decoded without the others."""

from __future__ import annotations

from itertools import pairwise

MOST_TIMES = 64  # of a group


def groups_of(times: int) -> list[range]:
    """The fewest groups, nearly equal, of at most MOST_TIMES steps each."""
    count = -(-times // MOST_TIMES)
    edges = [times * number // count for number in range(count + 1)]
    return [range(first, last) for first, last in pairwise(edges)]
