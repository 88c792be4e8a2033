"""Section 8 of the document of the format, checked by a reader written from it alone."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cainr_core.codec.reconstruction import Reconstruction, read
from tests.codec.second_latent_field import at_columns, ten
from tests.codec.second_latents import Entropy, groups, latents, layout, maps_of, runs
from tests.codec.second_reader import (
    GOLDEN,
    days_of,
    in_units,
    inputs_of,
    network,
    opened,
    places,
)

FILES = sorted(GOLDEN.glob("version*/latent*.cainr"))
each_file = pytest.mark.parametrize(
    "path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}"
)


def scaled(
    header: dict[str, Any], package: Reconstruction, lat: np.ndarray, lon: np.ndarray
) -> list[Any]:
    """Contexts as the package samples them: table (rows, places) scaled, rows and weights."""
    found = []
    for (low, high), context in zip(header["ranges"], package.contexts, strict=True):
        sampled = context.sample(lat, lon, package.time)
        table = 2 * (sampled.table.astype(np.float64) - low) / (high - low) - 1
        found.append((table, sampled.rows, sampled.weights))
    return found


def at_times(sampled: Any) -> np.ndarray:
    """(times, places)."""
    table, rows, weights = sampled
    return (table[rows] * weights[..., None]).sum(axis=1)


@cache
def second_reader(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    package = read(data)
    header, coords, remaining = opened(data)
    shape, told = header["variable"]["shape"], header["latents"]
    days = days_of(header, coords, remaining)
    missing = next(remaining) if header["missing"] else None
    where, times = layout(header, coords), groups(shape[0])
    most = max(len(runs(len(group))) for group in times)
    entropy = Entropy(
        next(remaining), where, told["hidden"], len(header["contexts"]), most, header["version"]
    )

    size = (len(where.lat), len(where.lon))
    lat, lon = (part.ravel() for part in np.meshgrid(where.lat, where.lon, indexing="ij"))
    under = scaled(header, package, lat, lon)
    maps = maps_of(where, [table.reshape(-1, *size) for table, _, _ in under])
    found, planes = [], []
    for group in times:
        found.append(latents(next(remaining), len(group), where, entropy, maps))
        contexts = [at_times(each)[group.start : group.stop].reshape(-1, *size) for each in under]
        planes.append(ten(where, told, found[-1], entropy.prior, contexts))
    drawn = np.concatenate(planes, axis=1)
    lat, lon = places(header, coords)
    if header["grid"]["kind"] == "columns":
        drawn = at_columns(drawn, lat, lon)
    drawn = drawn.reshape(10, shape[0], -1)
    plain = inputs_of(header, coords, days)
    extra = [at_times(each) for each in scaled(header, package, lat, lon)]
    inputs = np.concatenate([plain, np.stack([*extra, *drawn], axis=2)], axis=2)
    values = network(header, inputs, next(remaining)) + drawn[0]
    return {
        "latents": [[band.ravel().tolist() for band in group] for group in found],
        "prior": [part.tolist() for part in entropy.prior],
        "values": in_units(header, values, missing),
    }


@each_file
def test_the_document_is_enough_to_decode_latents(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    found = second_reader(path)
    assert found["prior"] == expected["prior"]
    for mine, theirs in zip(found["latents"], expected["latents"], strict=True):
        for index, (band, right) in enumerate(zip(mine, theirs, strict=True)):
            assert band == right, f"band {index}"


@each_file
def test_the_document_is_enough_to_read_a_field_of_latents(path: Path) -> None:
    expected = read(path).values()
    np.testing.assert_allclose(second_reader(path)["values"], expected, rtol=0, atol=1e-3)
