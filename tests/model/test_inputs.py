from __future__ import annotations

import numpy as np
import pytest
import torch

from cainr_core.data.fields import Field, TimeAxis
from cainr_core.model.coordinates import Frame
from cainr_core.model.inputs import Inputs
from tests import small

SPECS = {
    "none": (),
    "static": ("topography",),
    "monthly": ("climatology",),
    "computed": ("insolation",),
    "mixed": ("climatology", "topography", "insolation", "land_sea_mask"),
}


def inputs_of(
    field: Field, specs: tuple[str, ...], time: TimeAxis | None = None
) -> tuple[Frame, Inputs]:
    points = field.grid.points()
    contexts = small.contexts(*specs)
    frame = Frame.of(
        "sphere", field.grid, field.time, [c.sample(*points, field.time) for c in contexts]
    )
    time = time or field.time
    sampled = [context.sample(*points, time) for context in contexts]
    return frame, Inputs(frame, *points, time, sampled)


@pytest.fixture(scope="module")
def field() -> Field:
    return small.field(times=5, freq="ME")


@pytest.mark.parametrize("specs", SPECS.values(), ids=SPECS)
def test_gathered_inputs_are_those_of_a_time(field: Field, specs: tuple[str, ...]) -> None:
    frame, inputs = inputs_of(field, specs)
    assert (inputs.n_times, inputs.n_cells) == (5, field.cells)
    assert inputs.n_inputs == frame.n_inputs
    for time in range(5):
        whole = inputs.at_time(time, slice(None))
        assert whole.shape == (field.cells, frame.n_inputs)
        cells = torch.arange(field.cells)
        gathered = inputs.gather(torch.full_like(cells, time), cells)
        torch.testing.assert_close(gathered, whole, rtol=0, atol=1e-6)
        torch.testing.assert_close(inputs.at_time(time, slice(7, 30)), whole[7:30], rtol=0, atol=0)


def test_one_input_at_all_points(field: Field) -> None:
    _, inputs = inputs_of(field, SPECS["mixed"])
    point = torch.arange(inputs.n_times * inputs.n_cells)
    every = inputs.gather(point // inputs.n_cells, point % inputs.n_cells)
    for number in (0, -1):
        torch.testing.assert_close(inputs.column(number), every[:, number])


def test_columns_come_as_place_time_contexts(field: Field) -> None:
    specs = SPECS["mixed"]
    frame, inputs = inputs_of(field, specs)
    whole = inputs.at_time(3, slice(None)).numpy()
    points = field.grid.points()
    np.testing.assert_array_equal(whole[:, :3], frame.place(*points))
    np.testing.assert_array_equal(
        whole[:, 3:4], np.tile(frame.moment(field.time)[3], (field.cells, 1))
    )
    contexts = [c.sample(*points, field.time) for c in small.contexts(*specs)]
    for column, scaled in enumerate(frame.scaled(contexts), start=4):
        np.testing.assert_allclose(whole[:, column], scaled.at(3), atol=1e-6)


def test_a_context_keeps_its_column_whatever_times_are_asked_for(field: Field) -> None:
    """In the middle of a month one month alone is needed, and the context seems to stand still."""
    middle_of_january = field.time.at(np.array([field.time.parse("2000-01-16T12:00")]))
    alone = small.context("climatology").sample(*field.grid.points(), middle_of_january)
    assert len(alone.table) == 1
    frame, inputs = inputs_of(field, SPECS["mixed"], middle_of_january)
    around = field.time.at(np.array([field.time.parse("2000-01-16T12:01")]).ravel())
    _, near = inputs_of(field, SPECS["mixed"], around)
    np.testing.assert_allclose(
        inputs.at_time(0, slice(None)), near.at_time(0, slice(None)), atol=1e-3
    )
    assert inputs.n_inputs == frame.n_inputs


def test_inputs_fill_the_range_of_the_activations(field: Field) -> None:
    _, inputs = inputs_of(field, SPECS["mixed"])
    every = torch.cat([inputs.at_time(time, slice(None)) for time in range(5)])
    assert float(every.abs().max()) <= 1 + 1e-6
    assert every.dtype == torch.float32
