"""A field at any place and time, between and beyond its points."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cainr_core.errors import CainrError

if TYPE_CHECKING:
    from cainr_core.codec.opened import Opened

POINTS_AT_ONCE = 1 << 22  # points x times whose contexts are held at once


def evaluate(reconstruction: Opened, lat: ArrayLike, lon: ArrayLike, time: Any) -> NDArray:
    """See `Reconstruction.evaluate`."""
    import torch

    from cainr_core.model.inputs import Inputs
    from cainr_core.model.mlp import forward, frequencies
    from cainr_core.model.predict import POINTS_PER_PASS

    lats, lons, days = _broadcast(lat, lon, reconstruction.time.parse(time))
    architecture, device = reconstruction.architecture, reconstruction.torch_device
    own, latents = reconstruction.time, reconstruction.latents()
    known = own.coordinate
    step = np.ptp(known) / max(1, len(known) - 1)
    if days.size and (days.min() < known.min() - step or days.max() > known.max() + step):
        warnings.warn(
            "Some times lie outside those of the field: what a network says there is no forecast.",
            stacklevel=3,
        )
    unique, row = np.unique(days.ravel(), return_inverse=True)
    axis = reconstruction.time.at(unique)
    waves = frequencies(architecture, reconstruction.frame.n_inputs)
    waves = None if waves is None else waves.to(device)
    result = np.empty(lats.size)
    run = max(1, min(POINTS_PER_PASS["cpu"], POINTS_AT_ONCE // max(1, len(unique))))
    for first in range(0, lats.size, run):
        part = slice(first, first + run)
        place = lats.ravel()[part], lons.ravel()[part]
        sampled = [context.sample(*place, axis) for context in reconstruction.contexts]
        between = latents.between(reconstruction.grid, own, *place, axis) if latents else ()
        inputs = Inputs(reconstruction.frame, *place, axis, sampled, device, between)
        points = torch.from_numpy(row[part].astype(np.int64)).to(device)
        with torch.inference_mode():
            batch = inputs.gather(points, torch.arange(len(points), device=device))
            output = forward(architecture, reconstruction.tensors, batch, waves)
        result[part] = reconstruction.in_units(output.cpu().numpy())
    return result.reshape(lats.shape).astype(reconstruction.dtype)


def _broadcast(lat: ArrayLike, lon: ArrayLike, days: NDArray) -> tuple[NDArray, ...]:
    try:
        lats, lons, days = np.broadcast_arrays(np.asarray(lat, float), np.asarray(lon, float), days)
    except ValueError as error:
        raise CainrError(
            "Latitudes, longitudes and times should be numbers and dates whose shapes fit each "
            "other, as in NumPy's broadcasting."
        ) from error
    if not all(np.isfinite(part).all() for part in (lats, lons, days)):
        raise CainrError("No latitude, longitude or time may be missing.")
    if (np.abs(lats) > 90).any():
        raise CainrError("Latitudes lie between -90 and 90 degrees.")
    return lats, lons, days
