from __future__ import annotations

import pytest
import torch

from cainr_core.errors import CainrError
from cainr_core.fit.device import arithmetic, choose_device, recorded


def test_auto_is_cuda_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for present, kind in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda present=present: present)
        assert choose_device("auto").type == kind
        assert choose_device("cpu").type == "cpu"


@pytest.mark.parametrize("name", ["gpu", "mps", "", "cpu:zero", "cuda:one"])
def test_other_devices_are_refused_in_a_sentence(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(CainrError, match="There is no device"):
        choose_device(name)


def test_no_cuda_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(CainrError, match="no CUDA device"):
        choose_device("cuda")


def test_a_cpu_computes_in_float32() -> None:
    for precision in ("tf32", "bf16", "float32"):
        with arithmetic(torch.device("cpu"), precision):
            assert torch.ones(2, 2).mm(torch.ones(2, 2)).dtype == torch.float32
            assert not torch.is_autocast_enabled("cpu")


@pytest.mark.gpu
def test_a_graph_that_is_dropped_spoils_none_that_is_recorded() -> None:
    numbers = torch.zeros(8, device="cuda")

    def record() -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        with recorded(graph):
            held: list[object] = [graph]
            held.append(held)  # only the collector finds it
            numbers.add_(1)
            held.append([[] for _ in range(5000)])  # so many that the collector would look
        return graph

    for _ in range(20):
        record().replay()
    torch.cuda.synchronize()
    assert numbers.tolist() == [20.0] * 8
