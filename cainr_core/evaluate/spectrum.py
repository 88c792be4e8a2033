"""Power by degree of spherical harmonics, of fields on grids and columns that cover the globe.

Longitudes are taken apart by a Fourier transform. Along a meridian, continued over the poles, a
field is periodic, and even or odd by the parity of its order: a cosine or sine series through the
rows, which is exact for all degrees that the grid resolves, takes it to Gauss-Legendre latitudes.
There pyshtools (SHExpandGLQ; Wieczorek and Meschede, G-cubed 2018) integrates exactly. Nothing is
interpolated in the field itself. Gaussian grids have these latitudes already. Columns are taken to
nodes of Gauss's by splines (`scattered`).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.grid import Grid
from cainr_core.errors import CainrError
from cainr_core.evaluate.scattered import degree_of, onto_nodes

CIRCUMFERENCE = 40_030.0  # km, of a sphere of 6371 km
EVEN = 2e-3  # of the spacing: files often hold coordinates as float32
NEIGHBOURS = 2  # degrees on either side over which `resolved` averages
POLES, CENTRES, GAUSS, COLUMNS = "poles", "centres", "Gauss", "columns"

_NO_GRID = (
    "A spectrum needs a global lat-lon grid of even longitudes, with latitudes that are even "
    "from pole to pole or those of Gauss; {}."
)


def rows_of(grid: Grid) -> str:
    """How the latitudes of a grid stand: evenly with both poles, evenly with half a cell beyond
    the outermost, Gauss's, or as columns. CainrError with the reason where it has no spectrum."""
    if grid.kind != "latlon":
        return COLUMNS
    around = _circle(grid.lon)
    turns = (np.diff(around, append=around[:1]) + 180) % 360 - 180
    step = 360 / len(around)
    uneven = np.abs(np.abs(turns) - step).max() > EVEN * step
    if len(around) < 4 or uneven or abs(turns.sum()) < 359:
        raise CainrError(_NO_GRID.format("the longitudes of this one do not go round evenly"))
    lat = np.sort(grid.lat)
    n = lat.size
    if n >= 4:
        known = {
            POLES: np.linspace(-90, 90, n),
            CENTRES: -90 + (np.arange(n) + 0.5) * 180 / n,
            GAUSS: np.sort(90 - np.degrees(_nodes(n)[0])),
        }
        for name, wanted in known.items():
            if np.abs(lat - wanted).max() <= EVEN * 180 / n:
                return name
    raise CainrError(_NO_GRID.format("the latitudes of this one are neither"))


def highest_degree(grid: Grid) -> int:
    """The highest degree that a grid resolves in latitude and in longitude."""
    if (kind := rows_of(grid)) == COLUMNS:
        return degree_of(grid.size)
    rows = len(grid.lat) - (2 if kind == POLES else 1)
    return min(rows, (len(_circle(grid.lon)) - 1) // 2)


def coefficients(values: NDArray[np.floating], grid: Grid) -> NDArray[np.float64]:
    """Coefficients of one time step, of the grid's shape, in its units: (2, degree + 1, order + 1).

    4 pi normalised, so that the sum of their squares is the mean square over the sphere. Longitudes
    count from the grid's first, which the power does not see. CainrError where the grid is none of
    `rows_of`, or where values are missing.
    """
    from pyshtools.expand import SHExpandGLQ

    kind, degree = rows_of(grid), highest_degree(grid)
    if not np.isfinite(values).all():
        raise CainrError("A spectrum needs values everywhere; some are missing here.")
    plain = np.asarray(values, dtype=np.float64).reshape(grid.shape)
    if kind == COLUMNS:
        rows = degree + 1
        on_nodes = (onto_nodes(grid, rows) @ plain).reshape(rows, -1)
    else:
        rows = len(grid.lat)
        on_nodes = _along_circles(plain, grid, kind, degree)
    cosines, weights = _nodes(rows)[1:]
    found = SHExpandGLQ(on_nodes, weights, cosines, norm=1, csphase=1, lmax_calc=degree)
    return np.asarray(found)


def _along_circles(
    values: NDArray[np.float64], grid: Grid, kind: str, degree: int
) -> NDArray[np.float64]:
    """Values on a lat-lon grid, (lat, lon), at the nodes that SHExpandGLQ wants: (n, 2 n - 1)."""
    north_first = np.argsort(-grid.lat, kind="stable")
    meridians = _circle(grid.lon).size
    rows = values[north_first, :meridians]
    if grid.lon[1] < grid.lon[0]:
        rows = rows[:, ::-1]
    waves = np.fft.rfft(rows, axis=1)[:, : degree + 1] / meridians
    if kind != GAUSS:
        even, odd = _onto_rows(len(rows), kind)
        onto = np.empty_like(waves)
        onto[:, ::2], onto[:, 1::2] = even @ waves[:, ::2], odd @ waves[:, 1::2]
        waves = onto
    around = 2 * len(rows) - 1
    return np.asarray(np.fft.irfft(waves, around, axis=1) * around)


def power(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power of each degree, shape (degree + 1,), in squared units: the sum over degrees is the mean
    square over the sphere, that from degree 1 on the variance."""
    return np.square(coefficients).sum(axis=(0, 2))


def resolved(of_field: NDArray[np.float64], of_error: NDArray[np.float64]) -> int:
    """The highest degree up to which the error has less than half the power of the field, both
    (degree + 1,), averaged over five degrees; 0 where it has no less from the start."""
    window = np.ones(2 * NEIGHBOURS + 1)
    field, error = (np.convolve(one[1:], window, "same") for one in (of_field, of_error))
    lost = np.flatnonzero(error >= field / 2)
    return int(lost[0]) if lost.size else len(field)


def _circle(lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Longitudes, the last one left out where it is the first again."""
    twice = lon.size > 1 and abs((lon[-1] - lon[0] + 180) % 360 - 180) < 1e-3
    return lon[:-1] if twice else lon


@lru_cache(maxsize=8)
def _nodes(n: int) -> tuple[NDArray[np.float64], ...]:
    """Gauss-Legendre colatitudes in radians, from the north; their cosines, and weights."""
    from pyshtools.expand import SHGLQ

    cosines, weights = SHGLQ(n - 1)
    return np.arccos(cosines), cosines, weights


@lru_cache(maxsize=4)
def _onto_rows(n: int, kind: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What takes n rows from the north to the n Gauss-Legendre latitudes, for even and for odd
    orders, (n, n) each."""
    nodes = _nodes(n)[0]
    rows = np.linspace(0, np.pi, n) if kind == POLES else (np.arange(n) + 0.5) * np.pi / n
    k = np.arange(n)
    even = _through(np.cos(np.outer(rows, k)), np.cos(np.outer(nodes, k)))
    odd = np.zeros((n, n))
    inner = slice(1, n - 1) if kind == POLES else slice(0, n)  # odd orders vanish at a pole
    k = 1 + np.arange(len(rows[inner]))
    odd[:, inner] = _through(np.sin(np.outer(rows[inner], k)), np.sin(np.outer(nodes, k)))
    return even, odd


def _through(known: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """From values of a series at the rows to its values at the nodes."""
    return np.asarray(np.linalg.solve(known.T, wanted.T).T, np.float64)
