"""Files that were written once, and must be read for ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cainr_core.codec.reconstruction import read
from tests.golden.build import FOLDER, GOLDEN, told

FILES = sorted(FOLDER.glob("version*/*.cainr"))
# Of float32 near 300 K, through products and sines that differ in their last bits from machine to
# machine: 1.5e-4 K was seen between processors of two makers. A weight that is read one step off
# moves some value by tenths.
CLOSE = {"rtol": 0, "atol": 5e-4}

each_file = pytest.mark.parametrize(
    "path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}"
)


def test_there_is_a_file_of_every_kind() -> None:
    assert {path.stem for path in FILES} == set(GOLDEN)


@each_file
def test_header_and_integers_are_read_exactly(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    found = json.loads(json.dumps(told(path.read_bytes())))
    assert set(found) == set(expected)
    for part in expected:
        assert found[part] == expected[part], part


@each_file
def test_values_are_those_of_the_day_they_were_written(path: Path) -> None:
    found, expected = xr.open_dataset(path).load(), xr.open_dataset(path.with_suffix(".nc")).load()
    assert set(found.variables) == set(expected.variables)
    for name in found.data_vars:
        np.testing.assert_allclose(found[name].values, expected[name].values, **CLOSE)
        attrs = found[name].attrs
        assert xr.Variable((), 0, attrs).identical(xr.Variable((), 0, expected[name].attrs))
    xr.testing.assert_identical(found.coords.to_dataset(), expected.coords.to_dataset())


@each_file
def test_contexts_are_found(path: Path) -> None:
    """Digests of the contexts that come with cainr never change."""
    reconstruction = read(path)
    told_digests = [context["digest"] for context in reconstruction.info()["contexts"]]
    for context, digest in zip(reconstruction.contexts, told_digests, strict=True):
        assert context.digest.startswith(digest)


@each_file
def test_a_golden_file_is_small(path: Path) -> None:
    assert path.stat().st_size < 4096
    assert sum(part.stat().st_size for part in path.parent.glob(f"{path.stem}.*")) < 120_000


@pytest.mark.parametrize("make", GOLDEN.values(), ids=GOLDEN)
def test_the_script_that_built_them_still_runs(make: Callable[[], bytes]) -> None:
    reconstruction = read(make())
    assert reconstruction.values().shape == reconstruction.shape
