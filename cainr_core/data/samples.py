"""The data that comes with cainr: found in a checkout and in an installed wheel alike."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from cainr_core.errors import CainrError

_PACKAGE = Path(__file__).parents[1]
_FOLDERS = (_PACKAGE / "_sample", _PACKAGE.parent / "data" / "sample")


SAMPLE = "cesm1_ts_30days.nc"


def sample_path(name: str) -> Path:
    """Path of a bundled file, such as "cesm1_ts_30days.nc"; CainrError if there is none."""
    if Path(name).name == name:
        for folder in _FOLDERS:
            if (folder / name).is_file():
                return folder / name
    known = sorted({path.name for folder in _FOLDERS for path in folder.glob("*.[nj]*")})
    raise CainrError(f"There is no bundled file '{name}'; there are: {', '.join(known) or 'none'}.")


def coastlines() -> list[np.ndarray]:
    """Natural Earth coastlines, 1:110 million: lines of (lon, lat) in degrees, shape (n, 2) each.

    Longitudes are -180..180; no line crosses the date line.
    """
    lines = json.loads(sample_path("coastlines_110m.json").read_text())["lines"]
    return [np.array(line, dtype=np.float64) for line in lines]
