"""What a context is worth: the same fit with and without it, and what the context itself costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cainr_core.evaluate.bjontegaard import frontier, rate_difference, rate_difference_at
from cainr_core.evaluate.rate_distortion import Row, on_of

ALONE, BESIDE = "alone", "beside the others"


@dataclass(frozen=True)
class Pair:
    """Two sets of contexts that differ in one; `without` and `with_it`: what their rows are `on`.

    beside: ALONE, or BESIDE where every other context is in both.
    """

    context: str
    beside: str
    without: str
    with_it: str


@dataclass(frozen=True)
class Cost:
    """Bytes that one context adds to a file.

    taken: to the files that were measured. referenced: where the file names it by its digest.
    embedded: where the file holds it. besides: of the file that a reader of a referenced one needs.
    """

    taken: int
    referenced: int
    embedded: int
    besides: int


@dataclass(frozen=True)
class Worth:
    """One line of the table: a context at one size of file.

    wanted: the bytes asked for. bytes_without, bytes_with: of the two files. bytes: of the smaller
        one, at which both are compared. psnr_without, psnr_with: dB, at `bytes`: that of the larger
        file is moved along its own curve, straight over the logarithm of the bytes, to the size
        below (of one size only there is no curve: it stays). gain_db: their difference.
    bd_rate_percent: of the whole files with it against those without, Bjøntegaard, over the PSNR
        that both reach. bytes_saved: what the context spares the rest of the file at the PSNR of
        the file without it (beyond what both reach, in the ratio at the nearest PSNR which both
        do): before its own cost. None where no PSNR is reached by both.
    cost_referenced, cost_embedded, context_bytes: as `Cost` has them.
    net_referenced, net_embedded: `bytes_saved` less the cost. The embedded context is taken to tell
        as much as the measured one, of which it may be a coarser copy.
    """

    context: str
    beside: str
    wanted: int
    bytes: int
    bytes_without: int
    bytes_with: int
    psnr_without: float
    psnr_with: float
    gain_db: float
    bd_rate_percent: float | None
    bytes_saved: float | None
    cost_referenced: int
    cost_embedded: int
    context_bytes: int
    net_referenced: float | None
    net_embedded: float | None
    verdict: str


def pairs(names: Sequence[str]) -> list[Pair]:
    """Each context alone against none; and, of several, all against all but it."""
    told = [Pair(name, ALONE, on_of([]), on_of([name])) for name in names]
    if len(names) > 1:
        told += [
            Pair(name, BESIDE, on_of(one for one in names if one != name), on_of(names))
            for name in names
        ]
    return sorted(told, key=lambda pair: names.index(pair.context))


def worth(pair: Pair, cost: Cost, without: Sequence[Row], with_it: Sequence[Row]) -> list[Worth]:
    """A line for each wanted size that was measured both without and with the context.

    without, with_it: rows of one and the same fit, one for each wanted size.
    """
    return list(_lines(pair, cost, without, with_it))


def _lines(
    pair: Pair, cost: Cost, without: Sequence[Row], with_it: Sequence[Row]
) -> Iterator[Worth]:
    poor, rich = _measured(without), _measured(with_it)
    poor_best, rich_best = frontier(map(tuple, poor)), frontier(map(tuple, rich))
    difference = rate_difference(rich_best, poor_best)
    plain = {row.wanted: row for row in without}
    for row in sorted(with_it, key=lambda row: row.wanted):
        if row.wanted not in plain:
            continue
        other = plain[row.wanted]
        size = min(row.bytes, other.bytes)
        psnr = _psnr_at(poor, size), _psnr_at(rich, size)
        percent = rate_difference_at(rich_best, poor_best, psnr[0])
        saved = None if percent is None else cost.taken - percent / 100 * size
        net = [
            None if saved is None else saved - price for price in (cost.referenced, cost.embedded)
        ]
        yield Worth(
            context=pair.context,
            beside=pair.beside,
            wanted=row.wanted,
            bytes=size,
            bytes_without=other.bytes,
            bytes_with=row.bytes,
            psnr_without=psnr[0],
            psnr_with=psnr[1],
            gain_db=psnr[1] - psnr[0],
            bd_rate_percent=None if difference is None else difference.mean,
            bytes_saved=saved,
            cost_referenced=cost.referenced,
            cost_embedded=cost.embedded,
            context_bytes=cost.besides,
            net_referenced=net[0],
            net_embedded=net[1],
            verdict=_verdict(*net),
        )


def _verdict(referenced: float | None, embedded: float | None) -> str:
    if referenced is None or embedded is None:
        return "not known"
    if embedded > 0:
        return "pays, even embedded"
    return "pays referenced" if referenced > 0 else "does not pay"


def _measured(rows: Sequence[Row]) -> NDArray[np.float64]:
    """(bytes, PSNR), shape (n, 2), of every row: ascending, the best of each number of bytes."""
    best: dict[int, float] = {}
    for row in rows:
        best[row.bytes] = max(row.psnr, best.get(row.bytes, -np.inf))
    return np.array(sorted(best.items()), dtype=np.float64).reshape(-1, 2)


def _psnr_at(points: NDArray[np.float64], size: int) -> float:
    """dB at a number of bytes, on straight lines over its logarithm; the first goes on below."""
    if len(points) == 1:
        return float(points[0, 1])
    logs = np.log(points[:, 0])
    right = int(np.clip(np.searchsorted(points[:, 0], size), 1, len(points) - 1))
    (x0, x1), (y0, y1) = logs[right - 1 : right + 1], points[right - 1 : right + 1, 1]
    return float(y0 + (np.log(size) - x0) * (y1 - y0) / (x1 - x0))
