from __future__ import annotations

import torch

from cainr_core.fit.kernels.served import WIDTHS, network_refusal, padded, refusal
from cainr_core.model.architecture import Architecture


def test_what_is_not_served_is_said() -> None:
    assert network_refusal(Architecture(network="siren", depth=16, width=WIDTHS[-1]), 8) == ""
    assert "wire" in network_refusal(Architecture(network="wire"), 8)
    assert "width" in network_refusal(Architecture(width=WIDTHS[-1] + 1), 8)
    assert "depth" in network_refusal(Architecture(depth=17), 8)
    assert "inputs" in network_refusal(Architecture(), 33)
    assert "features" in network_refusal(Architecture(network="relu", features=200), 8)
    assert refusal(Architecture(), 10, torch.device("cpu")) == "the device"


def test_widths_are_padded_to_what_products_take() -> None:
    assert [padded(width) for width in (2, 16, 17, 50, 70)] == [16, 16, 32, 64, 80]
