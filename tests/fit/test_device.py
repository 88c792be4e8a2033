from __future__ import annotations

import pytest
import torch

from cainr_core.errors import CainrError
from cainr_core.fit.device import arithmetic, choose_device


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
