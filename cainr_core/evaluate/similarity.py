"""How alike two maps are, by the definitions of ldcpy 0.20 (github.com/NCAR/ldcpy, Apache-2.0).

Baker, Xu, Hammerling, Li and Clyne 2017 (doi 10.1007/978-3-319-67630-2_3) for the first three;
Baker, Pinard and Hammerling 2024 (doi 10.1109/TVCG.2023.3332843) for the data SSIM. Each is of one
time, without weights. Missing values, which must be missing in both, count nowhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-4  # relative error beyond which a value is off
WINDOW = 11  # cells across the window of the data SSIM
_SIGMA, _STEADY = 1.5, 1e-8
_LEVELS = 255


def pearson(original: NDArray, other: NDArray) -> float | None:
    """Pearson's correlation; None where one of the maps is constant."""
    x, y = _present(original, other)
    x, y = x - x.mean(), y - y.mean()
    spread = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / spread) if spread > 0 else None


def ks_distance(original: NDArray, other: NDArray) -> float:
    """Greatest distance of the two empirical distributions, in [0, 1].

    It ranks pairs of equal size as `ks_p_value` does, which takes far longer.
    """
    there = ~np.isnan(original)
    x, y = np.sort(original[there]), np.sort(other[there])
    both = np.concatenate([x, y])
    below, other_below = (np.searchsorted(one, both, side="right") / one.size for one in (x, y))
    return float(np.abs(below - other_below).max())


def ks_p_value(original: NDArray, other: NDArray) -> float:
    """The p-value of the two-sample Kolmogorov-Smirnov test of the two sets of values."""
    from scipy.stats import ks_2samp

    there = ~np.isnan(original)
    return float(ks_2samp(original[there], other[there]).pvalue)


def percent_off(original: NDArray, other: NDArray, tolerance: float = TOLERANCE) -> float:
    """Percentage of values whose relative error is beyond the tolerance.

    Where the original is 0, the absolute error takes the place of the relative one.
    """
    x, y = _present(original, other)
    size = np.abs(x)
    return float(100 * np.mean(np.abs(x - y) / np.where(size == 0, 1, size) > tolerance))


def data_ssim(original: NDArray, other: NDArray) -> float | None:
    """Structural similarity of two maps (lat, lon) as data, not as pictures.

    Both are scaled to [0, 1] by the range of the two and rounded to 256 levels; the window is a
    Gaussian of 1.5 cells in 11 x 11; the mean leaves out 5 cells at each edge. The map must have
    at least `WINDOW` cells each way. None where only cells at its edges have values.
    """
    from scipy.ndimage import gaussian_filter1d

    maps = [np.asarray(one, dtype=np.float64) for one in (original, other)]
    low, high = min(map(np.nanmin, maps)), max(map(np.nanmax, maps))
    if low == high:  # one constant: alike
        return 1.0
    x, y = (np.round((one - low) / (high - low) * _LEVELS) / _LEVELS for one in maps)
    gaps = np.isnan(x)

    def smooth(values: NDArray) -> NDArray:
        for axis in (0, 1):
            values = gaussian_filter1d(
                values, _SIGMA, axis=axis, radius=WINDOW // 2, mode="constant"
            )
        return values

    seen = smooth((~gaps).astype(np.float64))

    def mean(values: NDArray) -> NDArray:
        """Of what the window sees at each cell that has a value."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(gaps, np.nan, smooth(np.where(gaps, 0, values)) / seen)

    x_mean, y_mean = mean(x), mean(y)
    x_variance, y_variance = mean(x * x) - x_mean**2, mean(y * y) - y_mean**2
    covariance = mean(x * y) - x_mean * y_mean
    light = (2 * x_mean * y_mean + _STEADY) / (x_mean**2 + y_mean**2 + _STEADY)
    shape = (2 * covariance + _STEADY) / (x_variance + y_variance + _STEADY)
    edge = WINDOW // 2
    inner = (light * shape)[edge:-edge, edge:-edge]
    return None if np.isnan(inner).all() else float(np.nanmean(inner))


def _present(original: NDArray, other: NDArray) -> tuple[NDArray, NDArray]:
    """The values that are there, float64, one after the other."""
    there = ~np.isnan(original)
    return original[there].astype(np.float64), other[there].astype(np.float64)
