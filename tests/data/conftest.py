"""Small datasets as climate models write them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

MakeDataset = Callable[..., xr.Dataset]


def _make_dataset(
    times: int = 4,
    lat: np.ndarray | None = None,
    lon: np.ndarray | None = None,
    calendar: str = "noleap",
    start: str = "2000-01-01",
) -> xr.Dataset:
    """`tas` of shape (time, lat, lon), K, daily, smooth with some noise, float32."""
    lat = np.linspace(-87.5, 87.5, 36) if lat is None else lat
    lon = np.arange(0, 360, 5.0) if lon is None else lon
    dates = xr.date_range(
        start, periods=times, calendar=calendar, use_cftime=calendar not in ("standard",)
    )
    random = np.random.default_rng(0)
    values = 250 + 50 * np.cos(np.deg2rad(lat))[:, None] + random.standard_normal((times, 1, 1))
    values = values + random.standard_normal((times, lat.size, lon.size))
    return xr.Dataset(
        {
            "tas": (
                ("time", "lat", "lon"),
                values.astype(np.float32),
                {"units": "K", "standard_name": "air_temperature"},
            )
        },
        {
            "time": dates,
            "lat": ("lat", lat, {"units": "degrees_north"}),
            "lon": ("lon", lon, {"units": "degrees_east"}),
        },
        {"source": "test"},
    )


@pytest.fixture(scope="session")
def make_dataset() -> MakeDataset:
    return _make_dataset
