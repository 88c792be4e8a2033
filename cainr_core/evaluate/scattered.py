"""Values of columns at the Gauss-Legendre nodes of a sphere, where a spectrum can be integrated.

Around each node a cubic polyharmonic spline with a quadratic (Wendland, Scattered Data
Approximation, 2005, chapter 11) runs through the columns nearest to it, on the plane that touches
the sphere there. Such splines are linear in the values, so that a grid needs them only once. On
E3SM's ne30pg2 the power of a degree comes out within 1.1 percent of that by least squares up to
degree 60, and within 7 percent up to 91, the highest given.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from cainr_core.data.grid import Grid, on_sphere
from cainr_core.errors import CainrError

NEAREST = 24  # columns
WIDEST = 3.0  # mean spacings from a node to the nearest column: more is a hole
POWERS = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2))  # of the quadratic
AT_ONCE = 20_000  # nodes, whose systems of equations take 150 MB


def degree_of(columns: int) -> int:
    """The highest degree for so many columns: a coefficient for two and a half of them."""
    return max(int((columns / 2.5) ** 0.5) - 1, 0)


@lru_cache(maxsize=4)
def onto_nodes(grid: Grid, rows: int) -> csr_array:
    """What takes values on columns, shape (ncol,), to rows x (2 rows - 1) Gauss-Legendre nodes from
    the north, in C order. CainrError where the columns leave a part of the globe out."""
    lat = np.degrees(np.arcsin(np.polynomial.legendre.leggauss(rows)[0][::-1]))
    lon = np.arange(2 * rows - 1) * 360 / (2 * rows - 1)
    nodes = on_sphere(*(each.ravel() for each in np.meshgrid(lat, lon, indexing="ij")))
    columns = on_sphere(grid.lat, grid.lon)
    if len(columns) < NEAREST:
        raise CainrError(f"A spectrum needs at least {NEAREST} columns; here are {len(columns)}.")
    tree = KDTree(columns)
    spacing = np.sqrt(4 * np.pi / len(columns))
    if tree.query(nodes)[0].max() > WIDEST * spacing:
        raise CainrError("A spectrum needs columns all over the globe; these leave a part of it.")
    weights, near = [], []
    for start in range(0, len(nodes), AT_ONCE):
        some = nodes[start : start + AT_ONCE]
        _, nearest = tree.query(some, k=NEAREST)
        near.append(nearest)
        weights.append(_weights(some, columns[nearest]))
    every = np.concatenate(near)
    starts = np.arange(0, every.size + 1, NEAREST)
    return csr_array(
        (np.concatenate(weights).ravel(), every.ravel(), starts), shape=(len(nodes), len(columns))
    )


def _weights(nodes: NDArray[np.float64], near: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weight of each of its columns, shape (n, k, 3), at each node, shape (n, 3): (n, k)."""
    count, k = near.shape[:2]
    east = np.cross([0.0, 0.0, 1.0], nodes)  # no node of Gauss's is a pole
    east /= np.linalg.norm(east, axis=1, keepdims=True)
    north = np.cross(nodes, east)
    flat = np.stack([np.einsum("nki,ni->nk", near, one) for one in (east, north)], axis=-1)
    flat /= np.abs(flat).max(axis=(1, 2), keepdims=True)  # well scaled equations
    away = np.linalg.norm(flat[:, :, None] - flat[:, None], axis=-1)
    quadratic = np.stack([flat[..., 0] ** a * flat[..., 1] ** b for a, b in POWERS], axis=-1)
    system = np.zeros((count, k + len(POWERS), k + len(POWERS)))
    system[:, :k, :k] = away**3
    system[:, :k, k:] = quadratic
    system[:, k:, :k] = quadratic.transpose(0, 2, 1)
    here = np.zeros((count, k + len(POWERS), 1))
    here[:, :k, 0] = np.linalg.norm(flat, axis=-1) ** 3
    here[:, k, 0] = 1.0  # of the quadratic only the constant is not zero at the node
    try:
        return np.asarray(np.linalg.solve(system, here)[:, :k, 0])
    except np.linalg.LinAlgError as singular:
        raise CainrError(
            "A spectrum needs columns that stand at places of their own."
        ) from singular
