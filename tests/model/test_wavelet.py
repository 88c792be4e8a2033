from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cainr_core.model.wavelet import (
    ALONG_LAT,
    ALONG_LON,
    BOTH,
    FURTHER,
    analyse,
    layout,
    synthesise,
)


def planes(rows: int, columns: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(2, rows, columns, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 70), columns=st.integers(1, 70), periodic=st.booleans())
def test_a_synthesis_gives_back_what_was_analysed(rows: int, columns: int, periodic: bool) -> None:
    whole = planes(rows, columns)
    bands = analyse(whole, periodic)
    shapes = [(band.rows, band.columns) for band in layout(rows, columns)]
    assert [tuple(band.shape[1:]) for band in bands] == shapes
    assert sum(band.numel() for band in bands) == whole.numel()
    torch.testing.assert_close(synthesise(bands, periodic), whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("rows", "columns"), [(192, 288), (129, 256)])
def test_an_error_of_a_latent_is_one_of_the_field(rows: int, columns: int) -> None:
    noise = analyse(planes(rows, columns), True)
    field = synthesise([torch.randn_like(band) for band in noise], True)
    assert float(field.square().mean()) == pytest.approx(1, abs=0.1)


def test_longitude_wraps_round_and_latitude_does_not() -> None:
    whole = planes(8, 64)
    turned = analyse(whole.roll(8, dims=2), True)
    for band, kind, other in zip(analyse(whole, True), layout(8, 64), turned, strict=True):
        places = 8 * kind.columns // 64
        torch.testing.assert_close(band.roll(places, dims=2), other, atol=1e-5, rtol=0)
    linear = torch.linspace(0, 1, 32)[:, None].expand(1, 32, 64)
    for band, kind in zip(analyse(linear.contiguous(), True), layout(32, 64), strict=True):
        if kind.kind in (ALONG_LON, BOTH) or kind.kind > ALONG_LAT:
            assert float(band.abs().max()) < 1e-5
    finest = analyse(linear.contiguous(), True)[-2 - FURTHER]
    assert float(finest[:, 2:-2].abs().max()) < 1e-5  # a slope has no detail but at its ends


def test_bands_stand_from_coarse_to_fine() -> None:
    bands = layout(192, 288)
    assert [band.level for band in bands] == sorted(band.level for band in bands)
    last = [(band.kind, band.rows, band.columns) for band in bands if band.level == bands[-1].level]
    parts = [(ALONG_LAT, 96, 36), (ALONG_LAT + 1, 96, 36), (ALONG_LAT + 2, 96, 72)]
    assert last == [(ALONG_LON, 96, 144), *parts, (BOTH, 96, 144)]
    assert len(layout(5, 7)) == 1
