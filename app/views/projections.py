"""Where each pixel of a map looks: projections, resampling indices and lines.

Nothing here draws. A `Picture` says, for one grid and one projection, which
native cell each pixel shows, so a new time step is one gather and no cell is
ever averaged. Figures (RMSE, PSNR, ...) are computed elsewhere, on the cells.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from threading import RLock
from typing import ParamSpec, TypeVar

import cartopy.crs as ccrs
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiLineString, Polygon

from cainr_core.data.fields import Grid
from cainr_core.data.nearest import nearest_cell

Array = NDArray[np.float32]
Lines = list[NDArray[np.float64]]
EVERY = slice(None)
Cells = slice | NDArray[np.intp]  # which cells of a flattened grid

DEGREES = ccrs.PlateCarree()
POLAR_LIMIT = 30.0  # degrees of latitude at the rim of a polar map
PART = 0.6  # of a map, up to which a field is shown with its surroundings alone
AROUND = 1.2  # times as wide as it
GRATICULE_STEP = 30

_CARTOPY = RLock()
P = ParamSpec("P")
T = TypeVar("T")


def _one_at_a_time(compute: Callable[P, T]) -> Callable[P, T]:
    """Let one thread compute at a time: Cartopy mixes up the lines that two threads project."""

    @wraps(compute)
    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        with _CARTOPY:
            return compute(*args, **kwargs)

    return alone


@dataclass(frozen=True)
class Projection:
    """A way to draw the globe; `make` takes the central longitude in degrees."""

    name: str
    title: str
    make: Callable[[float], ccrs.Projection]
    aspect: float  # width over height
    sees: float = 1.0  # part of the circle of longitude seen across the picture
    pole: int = 0  # +1 north, -1 south, 0 not a polar map


def _around(latitude: float) -> Callable[[float], ccrs.Projection]:
    return lambda centre: ccrs.LambertAzimuthalEqualArea(centre, latitude)


PROJECTIONS = {
    projection.name: projection
    for projection in (
        Projection("plate_carree", "Plate carrée", lambda centre: ccrs.PlateCarree(centre), 2.0),
        Projection("robinson", "Robinson", lambda centre: ccrs.Robinson(centre), 1.97),
        Projection("mollweide", "Mollweide", lambda centre: ccrs.Mollweide(centre), 2.0),
        Projection(
            "orthographic", "Orthographic", lambda centre: ccrs.Orthographic(centre, 20), 1.0, 0.6
        ),
        Projection("north", "North polar", _around(90), 1.0, 0.6, pole=1),
        Projection("south", "South polar", _around(-90), 1.0, 0.6, pole=-1),
    )
}


@dataclass(frozen=True)
class Extent:
    """Bounds of a picture in the projection's own units."""

    x0: float
    x1: float
    y0: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    def padded(self, share: float) -> Extent:
        """Wider and higher by a share of each on every side."""
        x, y = share * self.width, share * self.height
        return Extent(self.x0 - x, self.x1 + x, self.y0 - y, self.y1 + y)

    def within(self, other: Extent) -> Extent:
        """The part that lies within another."""
        return Extent(
            max(self.x0, other.x0), min(self.x1, other.x1),
            max(self.y0, other.y0), min(self.y1, other.y1),
        )  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """Which native cell each pixel of a map shows: of all of it, or of the surroundings of a field
    that covers a part.

    index: shape (rows, columns), int32, into the flattened grid; -1 shows nothing.
    lat, lon: the centre of that cell in degrees, same shape, NaN where nothing is shown.
    Rows run upwards, as Bokeh's images do.
    """

    extent: Extent
    index: NDArray[np.int32]
    lat: Array
    lon: Array

    def draw(self, values: NDArray[np.floating]) -> Array:
        """Values on the grid, any shape of `grid.size` cells, as an image in float32."""
        # The index -1 finds the NaN put after the last cell.
        return np.append(values.astype(np.float32, copy=False).ravel(), np.float32(np.nan))[
            self.index
        ]

    def cell_at(self, x: float, y: float) -> tuple[float, float] | None:
        """Latitude and longitude, degrees, of the cell that a point shows; None where none is."""
        extent, (rows, columns) = self.extent, self.index.shape
        row = math.floor((y - extent.y0) / extent.height * rows)
        column = math.floor((x - extent.x0) / extent.width * columns)
        if not (0 <= row < rows and 0 <= column < columns) or self.index[row, column] < 0:
            return None
        return float(self.lat[row, column]), float(self.lon[row, column])


def cells_of(picture: Picture, part: Extent) -> NDArray[np.intp]:
    """The native cells that a part of a picture shows, flat indices, each once."""
    whole = picture.extent
    ends = []
    for size, low, wide, first, last in (
        (picture.index.shape[0], whole.y0, whole.height, part.y0, part.y1),
        (picture.index.shape[1], whole.x0, whole.width, part.x0, part.x1),
    ):
        # pixels whose middle lies in the part
        bounds = (round((each - low) / wide * size) for each in (first, last))
        ends.append(slice(*(min(max(bound, 0), size) for bound in bounds)))
    there = np.zeros(int(picture.index.max()) + 2, dtype=bool)  # the last is that of index -1
    there[picture.index[ends[0], ends[1]]] = True
    return np.flatnonzero(there[:-1])


def frame(name: str, centre: float = 0.0) -> tuple[ccrs.Projection, Polygon]:
    """The projection and the outline, as a polygon, of what it shows of the globe."""
    projection = PROJECTIONS[name]
    crs = projection.make(centre)
    if not projection.pole:
        return crs, Polygon(crs.boundary)
    rim = crs.transform_point(centre, projection.pole * POLAR_LIMIT, DEGREES)
    angle = np.linspace(0, 2 * np.pi, 361)
    radius = float(np.hypot(*rim))
    return crs, Polygon(radius * np.column_stack([np.cos(angle), np.sin(angle)]))


@_one_at_a_time
def picture(grid: Grid, name: str, centre: float = 0.0, most: int = 720) -> Picture:
    """The picture of `grid` in the projection `name`, up to `most` pixels wide; computed once for
    each."""
    # About 1.7 pixels a cell: cells stay visible as cells, and a frame stays small to send.
    around = grid.shape[1] if grid.kind == "latlon" else int(np.sqrt(2 * grid.size))
    columns = int(np.clip(round(around * 1.7 * PROJECTIONS[name].sees), 240, max(240, most)))
    return _picture(_Key(grid), name, float(centre), columns)


@_one_at_a_time
def detail(grid: Grid, name: str, centre: float, part: Extent, columns: int) -> Picture:
    """The picture of a part of the map, that many pixels wide."""
    return _detail(_Key(grid), name, float(centre), part, columns)


class _Key:
    """A grid told apart by its coordinates, since grids hold arrays and have no hash."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self._digest = hash((grid.kind, grid.shape, grid.lat.tobytes(), grid.lon.tobytes()))

    def __hash__(self) -> int:
        return self._digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._digest == other._digest


@lru_cache(maxsize=24)
def _picture(key: _Key, name: str, centre: float, columns: int) -> Picture:
    crs, outline = frame(name, centre)
    return _sampled(key.grid, crs, outline, _extent(key.grid, crs, outline, name), columns)


@lru_cache(maxsize=8)
def _detail(key: _Key, name: str, centre: float, part: Extent, columns: int) -> Picture:
    return _sampled(key.grid, *frame(name, centre), part, columns)


def _sampled(
    grid: Grid, crs: ccrs.Projection, outline: Polygon, extent: Extent, columns: int
) -> Picture:
    rows = max(1, round(columns * extent.height / extent.width))
    x = extent.x0 + (np.arange(columns) + 0.5) * extent.width / columns
    y = extent.y0 + (np.arange(rows) + 0.5) * extent.height / rows
    xx, yy = np.meshgrid(x, y)
    inside = shapely.contains_xy(outline, xx, yy)
    lonlat = DEGREES.transform_points(crs, xx[inside], yy[inside])
    index = np.full((rows, columns), -1, dtype=np.int32)
    index[inside] = nearest_cell(grid, lonlat[:, 1], lonlat[:, 0])
    lat, lon = (np.append(values, np.nan).astype(np.float32) for values in grid.points())
    signed = (lon + 180) % 360 - 180
    return Picture(extent, index, lat[index], signed[index])


def _extent(grid: Grid, crs: ccrs.Projection, outline: Polygon, name: str) -> Extent:
    """All of the map, or the surroundings of a field that covers a part of it."""
    whole = Extent(*np.array(outline.bounds)[[0, 2, 1, 3]])
    lat, lon = grid.points()
    if np.ptp(lat) > PART * 180:
        return whole
    x, y = crs.transform_points(DEGREES, lon, lat)[:, :2].T
    shown = outline.buffer(1e-3 * whole.width)  # with its rim
    if not (np.isfinite(x + y).all() and shapely.contains_xy(shown, x, y).all()):
        return whole
    width, height = float(np.ptp(x)), float(np.ptp(y))
    if width > PART * whole.width or min(width, height) <= 0:
        return whole
    half = AROUND / 2 * max(width, height * PROJECTIONS[name].aspect)
    half_y = half / PROJECTIONS[name].aspect
    x_mid, y_mid = float(x.min()) + width / 2, float(y.min()) + height / 2
    return Extent(x_mid - half, x_mid + half, y_mid - half_y, y_mid + half_y)


@_one_at_a_time
def place_at(x: float, y: float, name: str, centre: float = 0.0) -> tuple[float, float] | None:
    """Latitude and longitude, degrees, of a point of a map; None outside of its globe."""
    crs, outline = frame(name, centre)
    if not shapely.contains_xy(outline, x, y):
        return None
    lon, lat = DEGREES.transform_point(x, y, crs)
    return (float(lat), float(lon)) if np.isfinite(lat + lon) else None


@_one_at_a_time
def point_of(lat: float, lon: float, name: str, centre: float = 0.0) -> tuple[float, float] | None:
    """Where a place, degrees, stands on a map; None where the map does not show it."""
    crs, outline = frame(name, centre)
    x, y = crs.transform_point(lon, lat, DEGREES)
    if not np.isfinite(x + y) or not shapely.intersects_xy(outline, x, y):
        return None
    return float(x), float(y)


@_one_at_a_time
def project_lines(lines: Lines, name: str, centre: float = 0.0) -> Lines:
    """Lines in degrees, each (n, 2) lon, lat, cut at the map's edge and projected."""
    crs, _ = frame(name, centre)
    geometry = MultiLineString([LineString(line) for line in lines if len(line) > 1])
    if pole := PROJECTIONS[name].pole:
        box = (-180, POLAR_LIMIT, 180, 90) if pole > 0 else (-180, -90, 180, -POLAR_LIMIT)
        geometry = shapely.clip_by_rect(geometry, *box)
    projected = crs.project_geometry(geometry, DEGREES)
    return [np.asarray(part.coords) for part in shapely.get_parts(projected)]


def graticule(step: int = GRATICULE_STEP) -> Lines:
    """Meridians and parallels in degrees, each (n, 2) lon, lat."""
    lat, lon = np.linspace(-90, 90, 91), np.linspace(-180, 180, 181)
    meridians = [np.column_stack([np.full(91, at), lat]) for at in range(-180, 180, step)]
    parallels = [np.column_stack([lon, np.full(181, at)]) for at in range(step - 90, 90, step)]
    return meridians + parallels


@_one_at_a_time
@lru_cache(maxsize=32)
def globe(name: str, centre: float = 0.0) -> tuple[Lines, Lines, Lines]:
    """Coastlines, graticule and outline of a map, projected; computed once for each."""
    from cainr_core.data.sources import coastlines

    outline = np.asarray(frame(name, centre)[1].exterior.coords)
    return (
        project_lines(coastlines(), name, centre),
        project_lines(graticule(), name, centre),
        [outline],
    )
