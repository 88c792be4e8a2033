"""Build the golden files of the format version in force: `python -m tests.golden.build`.

Run once for each new version, when the format is settled; files of older versions are never built
again, for they show that what was written then can still be read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import xarray as xr

from cainr_core.codec import container, entropy
from cainr_core.codec.reconstruction import Reconstruction, read
from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field, sample_path
from cainr_core.fit.latents import MODEL_STEPS
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


def latent_file_of(field: Field, specs: Sequence[str] = (), **choices: object) -> bytes:
    """The file of latents, made in haste, before a network drawn so that every weight counts."""
    architecture = small.tiny(network="latent", width=6, **{"step": 0.05, **choices})
    with patch.dict(MODEL_STEPS, first=40, next=5):
        data = small.file_of(field, specs, architecture, steps=20, batch=4096)
    header, sections = container.split(data)
    random = np.random.default_rng(3)
    drawn = [(32, random.integers(-7, 8, len(part))) for _, part in read(data).integers()]
    weights = entropy.encode([(step, part.astype(np.int32)) for step, part in drawn])
    return container.join(header, [*sections[:-1], weights])


def latents() -> bytes:
    """Latents round the globe, two levels, whose coarser one has an odd number of columns."""
    field = small.field(times=7, lat=np.linspace(-80, 80, 17), lon=np.arange(0, 360, 20.0))
    return latent_file_of(field)


def latent_groups() -> bytes:
    """Two groups of times, a grid too small to halve, missing values, the paper's coordinates."""
    dataset = small.dataset(times=70, lat=small.LAT[::4], lon=np.arange(0, 360, 45.0))
    noise = np.random.default_rng(2).normal(0, 2, dataset["tas"].shape).astype(np.float32)
    field = small.with_gaps(open_field(dataset.assign(tas=dataset["tas"] + noise)), moving=True)
    return latent_file_of(field, step=0.2, coordinates="indices")


def latent_columns() -> bytes:
    """Latents under columns, by year."""
    return latent_file_of(open_field(small.column_dataset(120)))


def latent_contexts() -> bytes:
    """Latents of a piece of the bundled sample, which does not go round, with contexts."""
    dataset = xr.open_dataset(sample_path("cesm1_ts_30days.nc"))
    piece = dataset.isel(time=slice(5), lat=slice(100, 135), lon=slice(50, 87))
    specs = ("topography@resolution=20,bits=6", "climatology")
    return latent_file_of(open_field(piece), specs)


def months() -> bytes:
    """Months with their bounds, stamped at their beginnings, on rows and columns that no rule
    tells."""
    dataset = small.dataset(times=9, freq="MS", lon=np.array([3, 5, 8, 40.1, 90, 150, 210, 300]))
    starts = dataset["time"].values
    dataset["time"].attrs["bounds"] = "time_bnds"
    ends = np.append(starts[1:], starts[-1] + timedelta(days=30))
    dataset["time_bnds"] = (("time", "nbnd"), np.stack([starts, ends], axis=1))
    return small.file_of(open_field(dataset, "tas"), ("climatology",), small.tiny())


def latent_globe() -> bytes:
    """Latents round the globe with contexts, days with their bounds."""
    dataset = small.dataset(times=6, lat=np.linspace(-85, 85, 18), lon=np.arange(0, 360, 20.0))
    start = dataset["time"].values
    dataset["time"].attrs["bounds"] = "time_bnds"
    dataset["time_bnds"] = (("time", "nbnd"), np.stack([start, start + timedelta(days=1)], axis=1))
    specs = ("topography@resolution=20,bits=6", "climatology", "insolation")
    return latent_file_of(open_field(dataset, "tas"), specs)


# of version 1: the first five; of version 2: the next four; of version 3: all but the last
MADE = (
    sphere, indices, columns, missing, embedded,
    latents, latent_groups, latent_columns, latent_contexts,
    latent_globe, months,
)  # fmt: skip
GOLDEN: dict[str, Callable[[], bytes]] = {make.__name__: make for make in MADE}


def integers(reconstruction: Reconstruction) -> list[tuple[int, list[int]]]:
    """Step index and integers of each tensor, as they are in the file."""
    return [(index, values.tolist()) for index, values in reconstruction.integers()]


def latent_integers(reconstruction: Reconstruction) -> dict[str, Any]:
    """Integers of the entropy model, of the prior, and of each band of each group of latents."""
    found = reconstruction.latents()
    if found is None:
        return {}
    known, net, prior, _ = found._ready
    bands = [found._integers(group) for group in range(len(known.pyramid.groups))]
    return {
        "entropy": [part.tolist() for part in net.tensors],
        "prior": prior.tolist(),
        "latents": [[band.int().flatten().tolist() for band in group] for group in bands],
    }


def told(data: bytes) -> dict[str, Any]:
    """Header and integers of a file."""
    header, _ = container.split(data)
    reconstruction = read(data)
    return {
        "header": header,
        "integers": integers(reconstruction),
        **latent_integers(reconstruction),
    }


def main() -> None:
    folder = FOLDER / f"version{container.VERSION}"
    folder.mkdir(exist_ok=True)
    for make in MADE:
        name, data = make.__name__, make()
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
