"""Insolation at the top of the atmosphere, computed from latitude and time of year."""

from __future__ import annotations

import numpy as np

SOLAR_CONSTANT = 1361.0  # W m-2, Kopp and Lean (2011)
# The year in 73 steps of five days. Taken as linear between them, the insolation is right to
# 0.2 W m-2 (root mean square), and to 6 W m-2 where the polar night begins.
PHASES = np.arange(73) / 73
FORMULA = "daily mean insolation, Hartmann 1994 appendix A, Spencer 1971, 1361 W m-2, 73 phases"


def daily_mean(lat: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Daily mean insolation on a horizontal surface, W m-2; `lat` (degrees) and `phase` broadcast.

    Hartmann, Global Physical Climatology (1994), appendix A, with the Fourier series of Spencer
    (1971) for the declination and the distance of the sun. `phase` is the fraction of the year
    passed since 1 January, of any calendar.
    """
    theta = 2 * np.pi * np.asarray(phase, dtype=np.float64)
    declination = (
        0.006918
        - 0.399912 * np.cos(theta)
        + 0.070257 * np.sin(theta)
        - 0.006758 * np.cos(2 * theta)
        + 0.000907 * np.sin(2 * theta)
        - 0.002697 * np.cos(3 * theta)
        + 0.001480 * np.sin(3 * theta)
    )
    distance = (  # (mean distance / distance) squared
        1.000110
        + 0.034221 * np.cos(theta)
        + 0.001280 * np.sin(theta)
        + 0.000719 * np.cos(2 * theta)
        + 0.000077 * np.sin(2 * theta)
    )
    phi = np.deg2rad(np.clip(np.asarray(lat, dtype=np.float64), -89.9999, 89.9999))
    # Hour angle of sunset; 0 in polar night, pi in polar day.
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1, 1))
    height = sunset * np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(
        declination
    ) * np.sin(sunset)
    return np.maximum(SOLAR_CONSTANT / np.pi * distance * height, 0.0)
