"""Grids: rectilinear latitude-longitude, and columns of an unstructured grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the values of a field stand on the sphere.

    kind: "latlon" (values of shape (lat, lon)) or "columns" (values of shape (ncol,)).
    lat, lon: degrees, 1-D float64, in the order and convention of the file.
    area: share of each cell, of shape `shape`, float64, sums to 1.
    dims: names of the dimensions of the values, in order.
    """

    kind: Literal["latlon", "columns"]
    lat: np.ndarray
    lon: np.ndarray
    area: np.ndarray
    dims: tuple[str, ...]

    @classmethod
    def latlon(
        cls, lat: np.ndarray, lon: np.ndarray, dims: tuple[str, str] = ("lat", "lon")
    ) -> Grid:
        """A rectilinear grid of points; cells end midway between neighbours and at the poles."""
        lat, lon = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
        area = np.outer(latitude_shares(lat), longitude_shares(lon))
        return cls("latlon", lat, lon, area / area.sum(), dims)

    @classmethod
    def columns(
        cls,
        lat: np.ndarray,
        lon: np.ndarray,
        area: np.ndarray | None = None,
        dims: tuple[str] = ("ncol",),
    ) -> Grid:
        """Columns with their own areas (any unit); equal areas where these are not known."""
        lat, lon = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
        share = np.ones(lat.shape) if area is None else np.asarray(area, dtype=np.float64)
        # Summed one after the other: contexts on columns must come out alike on every machine.
        return cls("columns", lat, lon, share / np.add.accumulate(share)[-1], dims)

    @property
    def shape(self) -> tuple[int, ...]:
        """(n_lat, n_lon) or (ncol,)."""
        return self.area.shape

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.area.size

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """Latitude and longitude of every cell, degrees, shape (size,) each, in C order."""
        if self.kind == "columns":
            return self.lat, self.lon
        lat, lon = np.meshgrid(self.lat, self.lon, indexing="ij")
        return lat.ravel(), lon.ravel()


def on_sphere(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Places in degrees, shape (n,) each, as points of the unit sphere, shape (n, 3)."""
    lat, lon = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def cell_edges(points: np.ndarray, lower: float, upper: float) -> np.ndarray:
    """Edges, shape (n + 1,), of cells around ascending points: midway, within the given limits.

    The outermost cells reach as far outwards as inwards.
    """
    if points.size == 1:
        return np.array([lower, upper])
    inner = (points[1:] + points[:-1]) / 2
    first, last = 2 * points[0] - inner[0], 2 * points[-1] - inner[-1]
    return np.clip(np.concatenate([[first], inner, [last]]), lower, upper)


def latitude_shares(lat: np.ndarray) -> np.ndarray:
    """Share of the sphere of each row, shape (n_lat,): the difference of the sines of its edges.

    A row at a pole is the cap that reaches half-way to the next row.
    """
    order = np.argsort(lat, kind="stable")
    shares = np.empty(lat.shape)
    shares[order] = np.diff(np.sin(np.deg2rad(cell_edges(lat[order], -90, 90))))
    return shares


def is_periodic(lon: np.ndarray) -> bool:
    """Whether longitudes go round the globe: the gap at the seam is no wider than the others."""
    east = np.sort(np.mod(lon, 360))
    if east.size < 3:
        return False
    gaps = np.diff(east, append=east[0] + 360)
    return bool(gaps.max() <= 1.5 * np.median(gaps[gaps > 1e-9]))


def longitude_shares(lon: np.ndarray) -> np.ndarray:
    """Width of each meridian's cells in degrees, shape (n_lon,), whatever the convention.

    Where both ends of the globe are present (-180 and 180), each gets half a cell.
    """
    if lon.size == 1:
        return np.ones(1)
    east = np.mod(lon, 360)
    order = np.argsort(east, kind="stable")
    gaps = np.diff(east[order], append=east[order[0]] + 360)
    if not is_periodic(lon):
        seam = int(np.argmax(gaps))
        gaps[seam] = (gaps[seam - 1] + gaps[(seam + 1) % gaps.size]) / 2
    widths = np.empty(lon.shape)
    widths[order] = (gaps + np.roll(gaps, 1)) / 2
    return widths
