from __future__ import annotations

import pytest
import torch

from cainr_core.model import predict as module
from cainr_core.model.coordinates import Frame
from cainr_core.model.inputs import Inputs
from cainr_core.model.mlp import forward, frequencies, initial_tensors
from cainr_core.model.predict import predict
from tests import small


@pytest.mark.parametrize("network", small.PLAIN_NETWORKS)
def test_a_field_is_predicted_as_its_points_are(
    network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = small.field()
    frame = Frame.of("sphere", field.grid, field.time, [])
    inputs = Inputs(frame, *field.grid.points(), field.time, [])
    choice = small.tiny(network=network)
    tensors = initial_tensors(choice, frame.n_inputs, 0)
    whole = predict(choice, tensors, inputs, [4, 0])
    assert whole.shape == (2, field.cells)
    cells = torch.arange(field.cells)
    for row, time in enumerate([4, 0]):
        points = inputs.gather(torch.full_like(cells, time), cells)
        plain = forward(choice, tensors, points, frequencies(choice, frame.n_inputs))
        torch.testing.assert_close(torch.from_numpy(whole[row]), plain, rtol=0, atol=1e-5)
    monkeypatch.setitem(module.POINTS_PER_PASS, "cpu", 7)  # the parts make no difference
    parts = predict(choice, tensors, inputs, [4, 0])
    torch.testing.assert_close(torch.from_numpy(parts), torch.from_numpy(whole), rtol=0, atol=1e-5)
    monkeypatch.setitem(module.POINTS_PER_PASS, "cpu", 2 * field.cells + 1)
    monkeypatch.setattr(module, "SPAN_TIMES", ("cpu",))
    several = predict(choice, tensors, inputs, [4, 1, 0])
    torch.testing.assert_close(
        torch.from_numpy(several[[0, 2]]), torch.from_numpy(whole), rtol=0, atol=1e-5
    )
    assert predict(choice, tensors, inputs, [], slice(3, 9)).shape == (0, 6)
