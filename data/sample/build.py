"""Build the bundled sample from the named originals; PROVENANCE.md says where these come from.

    python data/sample/build.py cesm1_ts_daily.nc topography_025.nc climatology_monthly_075.nc \
        world-atlas-2.0.2.tgz

Any place may be named; the four files are told apart by their names.
"""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path

import numpy as np
import xarray as xr

HERE = Path(__file__).parent
DAYS = 30


def build_field(original: Path) -> None:
    """The first 30 days, values, calendar and time bounds unchanged."""
    with xr.open_dataset(original, decode_cf=False) as dataset:
        part = dataset.isel(time=slice(0, DAYS)).load()
    encoding = {name: {"zlib": True, "shuffle": True, "complevel": 9} for name in part.variables}
    # Text of the origin names a path of the machine that ran the model; it says nothing here.
    part.attrs.pop("topography_file", None)
    part.to_netcdf(HERE / "cesm1_ts_30days.nc", engine="netcdf4", encoding=encoding)


def build_topography(original: Path) -> None:
    """As it is: int16 metres, compressed."""
    (HERE / "topography_025.nc").write_bytes(original.read_bytes())


def build_climatology(original: Path) -> None:
    """As it is: float32 kelvin, compressed."""
    (HERE / "climatology_monthly_075.nc").write_bytes(original.read_bytes())


def build_coastlines(package: Path) -> None:
    """Lines of (lon, lat) in degrees, from the arcs of the TopoJSON file of the land."""
    with tarfile.open(package) as archive:
        member = archive.extractfile("package/land-110m.json")
        assert member is not None
        topology = json.load(member)
    lines = [line for arc in topology["arcs"] for line in coast_only(decode_arc(topology, arc))]
    rounded = [np.round(line, 3).tolist() for line in lines]
    text = json.dumps({"origin": "Natural Earth 1:110m land, public domain", "lines": rounded})
    (HERE / "coastlines_110m.json").write_text(text.replace("], [", "],[").replace(", ", ","))


def decode_arc(topology: dict, arc: list) -> np.ndarray:
    """Positions (lon, lat) of an arc, which TopoJSON stores as differences of integers."""
    scale, translate = topology["transform"]["scale"], topology["transform"]["translate"]
    return np.cumsum(np.array(arc), axis=0) * scale + translate


def coast_only(line: np.ndarray) -> list[np.ndarray]:
    """Parts of a line without the edges that only close polygons: along lon 180 and lat -90."""
    lon, lat = line[:, 0], line[:, 1]
    # The quantised file reaches its limits within half a step of about 0.004 degrees.
    seam = np.abs(lon) > 179.99
    pole = lat < -89.9
    edge = (seam[1:] & seam[:-1]) | pole[1:] | pole[:-1] | (np.abs(np.diff(lon)) > 180)
    pieces = np.split(np.arange(lon.size), np.flatnonzero(edge) + 1)
    return [line[piece] for piece in pieces if piece.size > 1]


BUILDERS = {
    "cesm1_ts_daily.nc": build_field,
    "topography_025.nc": build_topography,
    "climatology_monthly_075.nc": build_climatology,
    "world-atlas-2.0.2.tgz": build_coastlines,
}


def main(paths: list[str]) -> int:
    """Build all files; 2 if an original is not named."""
    originals = {Path(path).name: Path(path) for path in paths}
    missing = [name for name in BUILDERS if name not in originals]
    if missing:
        print(f"{__doc__}\nNot named: {', '.join(missing)}", file=sys.stderr)
        return 2
    for name, build in BUILDERS.items():
        build(originals[name])
    total = sum(path.stat().st_size for path in HERE.iterdir() if path.is_file())
    print(f"{HERE}: {total / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
