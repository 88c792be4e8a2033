"""Files to read and to damage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cainr_core.codec import container
from tests import small

Mended = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="session")
def data() -> bytes:
    """A file of a small field, with missing values, a referenced and an embedded context."""
    field = small.with_gaps(small.field(times=4))
    return small.file_of(field, ("climatology@resolution=30,embedded", "topography"), steps=10)


@pytest.fixture
def altered(data: bytes) -> Callable[[Mended], bytes]:
    """The file with another header, checksum right: `change` alters it in place or returns it."""

    def make(change: Mended) -> bytes:
        header, sections = container.split(data)
        return container.join(change(header) or header, sections)

    return make
