"""Build the golden files of the format version in force: `python -m tests.golden.build`.

Run once for each new version, when the format is settled; files of older versions are never built
again, for they show that what was written then can still be read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cainr_core.codec import container
from cainr_core.codec.reconstruction import Reconstruction, read
from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field
from tests import small

FOLDER = Path(__file__).parent


def sphere() -> bytes:
    """SIREN on the sphere, a calendar without leap days, contexts named by their digests."""
    return small.file_of(small.field(), ("topography@resolution=20,bits=6", "climatology"))


def indices() -> bytes:
    """The paper's coordinates, southward rows, NumPy's dates."""
    field = small.field(times=3, lat=small.LAT[::-1], calendar="standard", freq="6h")
    return small.file_of(field, (), small.tiny(coordinates="indices", skip=False))


def columns() -> bytes:
    """GELU behind Fourier features, on columns with areas, by year."""
    return small.file_of(open_field(small.column_dataset(60)), (), small.tiny(network="gelu"))


def missing() -> bytes:
    """WIRE, missing values that move, months stamped at their ends, a season, a level."""
    dataset = small.dataset(times=9, freq="ME", calendar="360_day").assign_coords(lev=850.0)
    ends = dataset["time"].values
    starts = [date.replace(day=1) for date in ends]
    dataset["time"].attrs["bounds"] = "time_bnds"
    dataset["time_bnds"] = (("time", "nbnd"), np.stack([starts, ends], axis=1))
    field = small.with_gaps(open_field(dataset, "tas"), moving=True)
    return small.file_of(field, (), small.tiny(network="wire", omega=10.0, spread=2.0))


def embedded() -> bytes:
    """FINER with a context in the file, float64 values, a time axis without a coordinate."""
    dataset = small.dataset(lon=np.arange(-180, 180, 15.0)).drop_vars("time")
    field: Field = open_field(dataset.astype(np.float64))
    return small.file_of(
        field, ("topography@resolution=15,bits=8,embedded",), small.tiny(network="finer")
    )


GOLDEN: dict[str, Callable[[], bytes]] = {
    make.__name__: make for make in (sphere, indices, columns, missing, embedded)
}


def integers(reconstruction: Reconstruction) -> list[tuple[int, list[int]]]:
    """Step index and integers of each tensor, as they are in the file."""
    return [(index, values.tolist()) for index, values in reconstruction.integers()]


def told(data: bytes) -> dict[str, Any]:
    """Header and integers of a file."""
    header, _ = container.split(data)
    return {"header": header, "integers": integers(read(data))}


def main() -> None:
    folder = FOLDER / f"version{container.VERSION}"
    folder.mkdir(exist_ok=True)
    for name, make in GOLDEN.items():
        data = make()
        (folder / f"{name}.cainr").write_bytes(data)
        (folder / f"{name}.json").write_text(json.dumps(told(data)) + "\n", encoding="utf-8")
        dataset = xr.open_dataset(folder / f"{name}.cainr")
        encoding = {variable: {"zlib": True} for variable in dataset.data_vars}
        dataset.to_netcdf(folder / f"{name}.nc", encoding=encoding)
        print(
            name, len(data), *(f"{p.suffix} {p.stat().st_size}" for p in folder.glob(f"{name}.*"))
        )


if __name__ == "__main__":
    main()
