from __future__ import annotations

import numpy as np
import pytest
import torch

from cainr_core.codec.latent_start import LatentStart
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.fit.fitting import Fitting
from cainr_core.fit.misfit import Misfit
from cainr_core.model.architecture import Architecture
from cainr_core.model.coordinates import Frame
from cainr_core.model.inputs import Inputs
from cainr_core.model.mlp import initial_tensors
from tests import small


def misfit_of(field: Field, scaling: str = "standard") -> tuple[Misfit, list[torch.Tensor]]:
    frame = Frame.of("sphere", field.grid, field.time, [])
    inputs = Inputs(frame, *field.grid.points(), field.time, [])
    tensors = [t.requires_grad_() for t in initial_tensors(small.tiny(), frame.n_inputs, 0)]
    return Misfit(field, inputs, small.tiny(), scaling, 0, torch.device("cpu")), tensors


def every(field: Field) -> tuple[torch.Tensor, torch.Tensor]:
    point = torch.arange(field.values.size)
    return point // field.cells, point % field.cells


def test_scaling_is_undone_by_offset_and_scale() -> None:
    field = small.field()
    misfit, _ = misfit_of(field)
    spread = float(field.values.std())
    assert misfit.offset == pytest.approx(float(field.values.mean()), abs=1e-3 * spread)
    assert misfit.scale == pytest.approx(spread, rel=1e-3)
    assert misfit.peak * misfit.scale == pytest.approx(field.hi - field.lo)
    unit, _ = misfit_of(field, "unit")
    assert (unit.offset, unit.peak) == (np.float32(field.lo), pytest.approx(1))


def test_errors_are_those_of_the_values() -> None:
    field = small.field()
    misfit, tensors = misfit_of(field)
    points = every(field)
    values = misfit.offset + misfit.scale * misfit.output(*points, tensors).detach().numpy()
    squared = misfit.squared(*points, tensors).detach().numpy() * misfit.scale**2
    np.testing.assert_allclose(squared, (values - field.values.ravel()) ** 2, rtol=1e-3, atol=1e-3)
    mean = misfit.mean(tensors) * misfit.scale**2
    assert mean == pytest.approx(float(squared.mean()), rel=0.1)  # on some of the points
    rmse = np.sqrt(mean)
    assert misfit.psnr(misfit.mean(tensors)) == pytest.approx(
        20 * np.log10((field.hi - field.lo) / rmse)
    )


@pytest.mark.parametrize("moving", [False, True])
def test_missing_values_pull_at_nothing(moving: bool) -> None:
    """What lies where the field is missing makes no difference to error and gradient."""
    gapped = small.with_gaps(small.field(), moving=moving)
    assert gapped.missing is not None
    misfit, tensors = misfit_of(gapped)
    points = every(gapped)
    squared = misfit.squared(*points, tensors)
    assert torch.isfinite(squared).all()
    missing = torch.from_numpy(gapped.missing.ravel())
    assert (squared[missing] == 0).all()
    assert (squared[~missing] > 0).any()
    whole = torch.autograd.grad(squared.sum(), tensors)
    present = misfit.squared(*(part[~missing] for part in points), tensors)
    alone = torch.autograd.grad(present.sum(), tensors)
    for one, other in zip(whole, alone, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_a_rare_value_is_checked_too() -> None:
    """Check points lie where there are values, however few these are."""
    field = small.field()
    values = np.full_like(field.values, np.nan)
    values[2, 3, 4], values[5, 0, 1] = 200, 300
    misfit, tensors = misfit_of(field.with_values(values))
    assert misfit.mean(tensors) > 0.01


def test_a_network_that_is_not_a_number_is_no_fit_of_missing_values() -> None:
    misfit, tensors = misfit_of(small.with_gaps(small.field()))
    with torch.no_grad():
        tensors[0].fill_(np.nan)
    assert np.isnan(misfit.mean(tensors))


@pytest.mark.parametrize("size", [0.0, 1e-42, 1e39])
def test_what_cannot_be_scaled_is_refused(size: float) -> None:
    field = small.field()
    values = np.linspace(-size, size, field.values.size).reshape(field.shape)
    with pytest.raises(CainrError, match="vary"):
        misfit_of(field.with_values(values))


def test_behind_latents_only_what_they_leave_is_to_be_learned() -> None:
    field = small.with_gaps(small.field())
    architecture, recipe = Architecture(network="latent", depth=1, width=4), small.brief()
    start = LatentStart(field, [], architecture, recipe, 2000, "cpu")
    for _ in start.run():
        pass
    fit = Fitting(field, [], architecture, recipe, "cpu", start)  # its first weights add nothing
    left = fit.misfit.squared(*every(field), fit.tensors).detach()
    wanted = torch.nan_to_num(fit.misfit.to_learn()).square()
    assert 0 < wanted.mean() < 0.5 * torch.nan_to_num(fit.misfit.target).square().mean()
    torch.testing.assert_close(left, wanted, rtol=1e-4, atol=1e-6)
