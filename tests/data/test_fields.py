from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError


@pytest.fixture
def field(make_dataset) -> Field:
    return open_field(make_dataset(6))


def test_what_a_field_tells(field: Field) -> None:
    assert field.shape == (6, 36, 72)
    assert field.cells == 36 * 72
    assert field.units == "K"
    assert field.missing is None
    assert field.lo == field.values.min()
    assert field.hi == field.values.max()
    assert field.original_bytes == field.values.size * 4


def test_missing_values_are_left_out_of_the_range(field: Field) -> None:
    values = field.values.copy()
    values[0, 3] = np.nan
    other = field.with_values(values)
    assert other.missing is not None
    assert other.missing.sum() == 72
    assert other.lo == np.nanmin(values)


def test_with_values_wants_the_same_shape(field: Field) -> None:
    with pytest.raises(CainrError, match=r"shape \(6, 36, 72\)"):
        field.with_values(field.values[:2])


def test_some_of_the_times(field: Field) -> None:
    part = field.isel_time(slice(2, 5))
    assert part.shape == (3, 36, 72)
    assert len(part.time) == 3
    assert part.coords.sizes["time"] == 3
    assert (part.values == field.values[2:5]).all()


def test_as_xarray_it_is_what_was_opened(make_dataset) -> None:
    dataset = make_dataset(5)
    xr.testing.assert_identical(open_field(dataset).to_dataarray(), dataset["tas"])


def test_as_xarray_without_a_time_coordinate(make_dataset) -> None:
    dataset = make_dataset(5).drop_vars("time")
    field = open_field(dataset)
    xr.testing.assert_identical(field.to_dataarray(), dataset["tas"])
    assert field.isel_time(slice(1, 3)).shape[0] == 2
