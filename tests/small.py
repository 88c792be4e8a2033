"""Small fields and networks, quick to fit, for tests that need no real data."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import xarray as xr

from cainr_core.compression import compress
from cainr_core.data.contexts import Context, load_context
from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import NETWORKS, Architecture

PLAIN_NETWORKS = [network for network in NETWORKS if network != "latent"]
LAT = np.linspace(-87.5, 87.5, 15)
LON = np.arange(0, 360, 15.0)


def dataset(
    times: int = 6,
    lat: np.ndarray = LAT,
    lon: np.ndarray = LON,
    calendar: str = "noleap",
    freq: str = "D",
) -> xr.Dataset:
    """`tas` (time, lat, lon), K, float32: warm in the tropics, with a wave that travels east."""
    dates = xr.date_range(
        "1999-12-30", periods=times, freq=freq, calendar=calendar, use_cftime=calendar != "standard"
    )
    phase = np.deg2rad(lon) - 0.3 * np.arange(times)[:, None, None]
    values = 255 + 40 * np.cos(np.deg2rad(lat))[:, None] + 8 * np.sin(2 * phase)
    return xr.Dataset(
        {
            "tas": (
                ("time", "lat", "lon"),
                values.astype(np.float32),
                {"units": "K", "standard_name": "air_temperature", "version": np.float32(1.5)},
            )
        },
        {
            "time": dates,
            "lat": ("lat", lat, {"units": "degrees_north"}),
            "lon": ("lon", lon, {"units": "degrees_east"}),
        },
        {"title": "A field for tests", "levels": np.arange(3, dtype=np.int16)},
    )


def column_dataset(columns: int = 200) -> xr.Dataset:
    """`TREFHT` (year, ncol) on columns spread over the sphere, with areas."""
    index = np.arange(columns)
    lat = np.rad2deg(np.arcsin(1 - (2 * index + 1) / columns))
    lon = np.mod(index * 137.50776405, 360)
    values = 255 + 40 * np.cos(np.deg2rad(lat)) + np.arange(3)[:, None]
    return xr.Dataset(
        {
            "TREFHT": (("year", "ncol"), values.astype(np.float32), {"units": "K"}),
            "area": ("ncol", 1 + 0.5 * np.sin(index)),
        },
        {
            "year": [2001, 2002, 2003],
            "lat": ("ncol", lat, {"units": "degrees_north"}),
            "lon": ("ncol", lon, {"units": "degrees_east"}),
        },
    )


def field(**choices: object) -> Field:
    """The field of `dataset`."""
    return open_field(dataset(**choices))  # type: ignore[arg-type]


def with_gaps(full: Field, share: float = 0.2, moving: bool = False) -> Field:
    """The field with some values missing, at the same places throughout unless they move."""
    random = np.random.default_rng(1)
    gaps = random.random(full.shape if moving else full.shape[1:]) < share
    return full.with_values(np.where(gaps, np.float32(np.nan), full.values))


def tiny(**choices: object) -> Architecture:
    """Two layers of eight units."""
    return Architecture(**{"depth": 2, "width": 8, "features": 6, **choices})


def brief(**choices: object) -> Recipe:
    """Some sixty steps."""
    return Recipe(**{"steps": 60, "batch": 256, "learning_rate": 1e-2, **choices})


@lru_cache
def context(spec: str) -> Context:
    """A built-in context, read once."""
    return load_context(spec)


def contexts(*specs: str) -> list[Context]:
    """Built-in contexts."""
    return [context(spec) for spec in specs]


def file_of(
    of: Field, specs: Sequence[str] = (), architecture: Architecture | None = None, **recipe: object
) -> bytes:
    """The .cainr file of a brief fit."""
    return compress(
        of, contexts(*specs), architecture or tiny(), brief(**recipe), device="cpu"
    ).data
