"""The document of the format, checked by a reader written from it alone."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cainr_core.codec import arrays, container
from cainr_core.codec.reconstruction import read
from tests.codec.second_reader import GOLDEN, REPOSITORY, constant, second_reader


@pytest.mark.parametrize("version", ["version1", "version3"])
@pytest.mark.parametrize("name", ["indices", "columns", "missing"])
def test_the_document_is_enough_to_read_a_file(name: str, version: str) -> None:
    data = (GOLDEN / version / f"{name}.cainr").read_bytes()
    expected = read(data).values()
    np.testing.assert_allclose(second_reader(data), expected, rtol=0, atol=1e-3)


def test_the_document_names_what_the_code_does() -> None:
    """Numbers that are in both."""
    text = (REPOSITORY / "docs" / "format.md").read_text(encoding="utf-8")
    for number in (constant("model/mlp.py", "FREQUENCY_SEED"), 2**48):
        assert str(number) in text or f"2^{number.bit_length() - 1}" in text
    assert re.search(rf"format version, 1 to {container.VERSION}\b", text)
    for number in (arrays.LINE, arrays.RULED, arrays.MOST_PLACES):
        assert f" {number}" in text
    assert "180 days" in text
    assert constant("model/coordinates.py", "SEASON_FROM_DAYS") == 180
    assert "steps / 30" in text
    assert constant("model/coordinates.py", "STEPS_PER_UNIT") == 30
