from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cainr_core.model.wavelet import analyse, band_shapes, levels_of, synthesise


def planes(rows: int, columns: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(2, rows, columns, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 70), columns=st.integers(1, 70), periodic=st.booleans())
def test_a_synthesis_gives_back_what_was_analysed(rows: int, columns: int, periodic: bool) -> None:
    levels = levels_of(rows, columns)
    whole = planes(rows, columns)
    bands = analyse(whole, levels, periodic)
    assert [tuple(band.shape[1:]) for band in bands] == band_shapes(rows, columns, levels)
    assert sum(band.numel() for band in bands) == whole.numel()
    torch.testing.assert_close(synthesise(bands, periodic), whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("rows", "columns"), [(192, 288), (129, 256)])
def test_an_error_of_a_latent_is_one_of_the_field(rows: int, columns: int) -> None:
    noise = analyse(planes(rows, columns), 5, True)
    field = synthesise([torch.randn_like(band) for band in noise], True)
    assert float(field.square().mean()) == pytest.approx(1, abs=0.1)


def test_longitude_wraps_round_and_latitude_does_not() -> None:
    whole = planes(32, 64)
    turned = analyse(whole.roll(2, dims=2), 1, True)
    for band, other in zip(analyse(whole, 1, True), turned, strict=True):
        torch.testing.assert_close(band.roll(1, dims=2), other, atol=1e-5, rtol=0)
    linear = torch.linspace(0, 1, 32)[:, None].expand(1, 32, 64)
    _, along_lon, along_lat, both = analyse(linear.contiguous(), 1, True)
    assert float(along_lon.abs().max()) < 1e-6
    assert float(both.abs().max()) < 1e-6
    assert float(along_lat[:, 2:-2].abs().max()) < 1e-6  # a slope has no detail but at its ends
