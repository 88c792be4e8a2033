"""What a choice will cost, told before the fit."""

from __future__ import annotations

import pytest

from cainr_core.choices import Target
from cainr_core.codec.reconstruction import read
from cainr_core.compression import compress
from cainr_core.data.fields import Field
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import NETWORKS, Architecture
from cainr_core.planning import plan
from tests import small


@pytest.fixture(scope="module")
def field() -> Field:
    return small.field()


@pytest.mark.parametrize("network", NETWORKS)
def test_the_weights_planned_are_those_of_the_file(field: Field, network: str) -> None:
    for coordinates, specs in (("sphere", ("climatology", "topography")), ("indices", ())):
        choice = small.tiny(network=network, coordinates=coordinates)
        planned = plan(field, small.contexts(*specs), choice)
        result = compress(field, small.contexts(*specs), choice, small.brief(steps=2), device="cpu")
        assert planned.weights == result.metrics.weights == read(result.data).n_weights


def test_the_default_comes_out_at_the_size_expected(sample: Field) -> None:
    """Of the sample, in a fit shorter than the default's."""
    few = sample.isel_time(slice(0, 6))
    result = compress(
        few, ["climatology"], Architecture(), Recipe(steps=250, batch=2048), device="cpu"
    )
    assert result.metrics.file_bytes == pytest.approx(result.plan.file_bytes, rel=0.25)
    assert result.metrics.compression_ratio == pytest.approx(result.plan.compression_ratio, rel=0.3)


def test_contexts_cost_what_a_reader_must_have(field: Field) -> None:
    topography, climatology = small.contexts("topography", "climatology")
    planned = plan(field, [topography, climatology], small.tiny())
    assert planned.context_bytes == topography.nbytes + climatology.nbytes
    assert plan(field, small.contexts("insolation"), small.tiny()).context_bytes == 0
    bare = plan(field, [], small.tiny())
    embedded = plan(field, small.contexts("topography@resolution=10,embedded"), small.tiny())
    assert embedded.context_bytes == 0
    assert embedded.file_bytes > bare.file_bytes + 300


def test_a_plan_adds_up(field: Field) -> None:
    planned = plan(field, [], small.tiny())
    assert planned.compression_ratio == field.original_bytes / planned.file_bytes
    assert planned.bits_per_value == 8 * planned.file_bytes / field.values.size


def test_columns_have_no_indices_and_the_plan_says_so() -> None:
    with pytest.raises(CainrError, match="sphere"):
        plan(open_field(small.column_dataset()), [], small.tiny(coordinates="indices"))


def test_a_budget_chooses_the_width(field: Field) -> None:
    widths = [
        plan(field, [], small.tiny(width=100), Target(kind="bytes", value=most)).architecture.width
        for most in (1000, 2000, 4000, 8000)
    ]
    assert widths == sorted(set(widths))
    assert widths[-1] < 100
