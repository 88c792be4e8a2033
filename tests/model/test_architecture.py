from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.model.architecture import NETWORKS, PRESETS, Architecture
from cainr_core.model.mlp import initial_tensors


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("n_inputs", [3, 6])
def test_what_is_counted_is_what_is_made(network: str, skip: bool, n_inputs: int) -> None:
    choice = Architecture(network=network, depth=3, width=7, features=5, skip=skip)
    tensors = initial_tensors(choice, n_inputs, 0)
    shapes = choice.layer_shapes(n_inputs)
    assert [tuple(matrix.shape) for matrix in tensors[::2]] == shapes
    assert [tuple(bias.shape) for bias in tensors[1::2]] == [(units,) for units, _ in shapes]
    assert sum(tensor.numel() for tensor in tensors) == choice.n_weights(n_inputs)
    assert len(shapes) == choice.depth + 1


def test_the_paper_counts_hidden_layers() -> None:
    paper = Architecture.preset("paper")
    assert (paper.network, paper.depth, paper.width, paper.omega) == ("siren", 10, 50, 30)
    assert paper.coordinates == "indices"
    # index of lat, lon and time: 50 x 4, nine times 50 x 51, and 51 at the end
    assert paper.n_weights(3) == 200 + 9 * 2550 + 51


@given(
    budget=st.floats(0, 2e6),
    n_inputs=st.integers(2, 12),
    depth=st.integers(1, 32),
    network=st.sampled_from(list(NETWORKS)),
    skip=st.booleans(),
)
def test_the_width_for_a_budget_is_the_widest(
    budget: float, n_inputs: int, depth: int, network: str, skip: bool
) -> None:
    wanted = Architecture(network=network, depth=depth, skip=skip)
    chosen = wanted.with_width_for(budget, n_inputs)
    assert chosen.n_weights(n_inputs) <= budget or chosen.width == 2
    if chosen.width < 512:
        assert chosen.clone(width=chosen.width + 1).n_weights(n_inputs) > budget
    assert {**chosen.choices(), "width": 0} == {**wanted.choices(), "width": 0}


def test_only_what_a_network_looks_at_is_used() -> None:
    def used(network: str) -> set[str]:
        names = Architecture(network=network).used()
        return set(names) & {"omega", "spread", "features", "bandwidth"}

    assert used("siren") == used("finer") == {"omega"}
    assert used("wire") == {"omega", "spread"}
    assert used("gaussian") == {"spread"}
    assert used("relu") == used("gelu") == {"features", "bandwidth"}


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_architectures(name: str) -> None:
    preset = Architecture.preset(name)
    assert {**preset.choices(), **PRESETS[name]} == preset.choices()


@pytest.mark.parametrize(
    "choice", [{"depth": 0}, {"width": 1}, {"network": "resnet"}, {"omega": -1.0}, {"width": 3.5}]
)
def test_choices_out_of_bounds_are_refused(choice: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(choice))):
        Architecture(**choice)
