"""The Bjøntegaard rate difference: how many bytes more or fewer for the same quality."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

SAMPLES = 512  # of the overlap, where the largest and the least difference are looked for


@dataclass(frozen=True)
class RateDifference:
    """Bytes of a curve against those of a reference, in percent: -50 is half the bytes.

    mean: over the PSNR that both reach, of the logarithm of the rate (Bjøntegaard 2001).
    least, most: the extremes over that range; `most` < 0 is fewer bytes everywhere.
    psnr_from, psnr_to: that range, dB.
    """

    mean: float
    least: float
    most: float
    psnr_from: float
    psnr_to: float


def frontier(points: Iterable[tuple[float, float]]) -> NDArray[np.float64]:
    """Of (bytes, PSNR) those that no other beats in both, ascending, shape (n, 2).

    A codec with several modes is as good as its best mode at each size.
    """
    best: list[tuple[float, float]] = []
    for size, psnr in sorted(points, key=lambda point: (point[0], -point[1])):
        if np.isfinite(psnr) and (not best or psnr > best[-1][1]):
            best.append((size, psnr))
    return np.array(best, dtype=np.float64).reshape(-1, 2)


def rate_difference(
    curve: NDArray[np.float64], reference: NDArray[np.float64]
) -> RateDifference | None:
    """Compare two frontiers of (bytes, PSNR), shape (n, 2) each.

    The logarithm of the bytes over the PSNR is interpolated by a piecewise cubic without overshoot
    (PCHIP). None where a curve has fewer than two points or the two share no PSNR.
    """
    span = _shared(curve, reference)
    if span is None:
        return None
    low, high = span
    ours, theirs = _rate(curve), _rate(reference)
    mean = (ours.integrate(low, high) - theirs.integrate(low, high)) / (high - low)
    knots = np.concatenate([np.linspace(low, high, SAMPLES), curve[:, 1], reference[:, 1]])
    knots = knots[(knots >= low) & (knots <= high)]
    difference = ours(knots) - theirs(knots)
    return RateDifference(
        mean=_percent(mean),
        least=_percent(difference.min()),
        most=_percent(difference.max()),
        psnr_from=low,
        psnr_to=high,
    )


def rate_difference_at(
    curve: NDArray[np.float64], reference: NDArray[np.float64], psnr: float
) -> float | None:
    """The difference of `rate_difference` at one PSNR, percent; beyond what both reach, that at the
    nearest PSNR which both do. None as there."""
    span = _shared(curve, reference)
    if span is None:
        return None
    at = min(max(psnr, span[0]), span[1])
    return _percent(float(_rate(curve)(at) - _rate(reference)(at)))


def _shared(
    curve: NDArray[np.float64], reference: NDArray[np.float64]
) -> tuple[float, float] | None:
    """The least and the greatest PSNR that both reach."""
    if min(len(curve), len(reference)) < 2:
        return None
    low = float(max(curve[0, 1], reference[0, 1]))
    high = float(min(curve[-1, 1], reference[-1, 1]))
    return (low, high) if low < high else None


def _rate(curve: NDArray[np.float64]) -> PchipInterpolator:
    """The logarithm of the bytes over the PSNR."""
    return PchipInterpolator(curve[:, 1], np.log(curve[:, 0]))


def _percent(logarithm: float) -> float:
    return 100 * float(np.expm1(logarithm))
