from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cainr_core.errors import CainrError
from cainr_core.fit.checkpoint import Checkpoint, adam_memory, fingerprint, restore_adam


def checkpoint() -> Checkpoint:
    random = np.random.default_rng(0)

    def arrays(n: int) -> list[np.ndarray]:
        return [random.random((2, k + 1)).astype(np.float32) for k in range(n)]

    return Checkpoint(
        fingerprint="an example",
        step=75,
        seconds=1.5,
        rate_scale=0.5,
        best_error=math.pi,
        weights=arrays(12),  # more than ten: they must not come back in the order of text
        best=arrays(12),
        memory=arrays(36),
        counts=(4096, 1 << 17, 2),
        generator=np.arange(20, dtype=np.uint8),
        curve=random.random((4, 7)),
    )


def test_a_checkpoint_comes_back_to_the_bit(tmp_path: Path) -> None:
    saved = checkpoint()
    saved.save(tmp_path / "folder" / "fit.npz")
    loaded = Checkpoint.load(tmp_path / "folder" / "fit.npz", "an example")
    for name, value in vars(saved).items():
        if isinstance(value, list):
            for one, other in zip(value, getattr(loaded, name), strict=True):
                np.testing.assert_array_equal(one, other)
        else:
            np.testing.assert_array_equal(getattr(loaded, name), value)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["fit.npz"]


def test_another_fit_is_refused(tmp_path: Path) -> None:
    checkpoint().save(tmp_path / "fit")
    with pytest.raises(CainrError, match="belongs to another fit"):
        Checkpoint.load(tmp_path / "fit", "another")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04", b"\x93NUMPY\x01\x00v\x00{"])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "fit").write_bytes(content)
    with pytest.raises(CainrError, match="cannot be read: delete it"):
        Checkpoint.load(tmp_path / "fit", "an example")


def test_a_lone_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "fit.npy", np.arange(3))
    with pytest.raises(CainrError, match="cannot be read"):
        Checkpoint.load(tmp_path / "fit.npy", "an example")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
@example(at=0.8592826366106482, bit=2, cut=False)  # a name in the archive's directory
def test_a_damaged_checkpoint_is_refused_or_whole(
    at: float, bit: int, cut: bool, tmp_path: Path
) -> None:
    path = tmp_path / "fit"
    if not (tmp_path / "good").exists():
        checkpoint().save(tmp_path / "good")
    data = bytearray((tmp_path / "good").read_bytes())
    place = int(at * len(data))
    if cut:
        del data[place:]
    else:
        data[place] ^= 1 << bit
    path.write_bytes(data)
    try:
        loaded = Checkpoint.load(path, "an example")
    except CainrError:
        return
    # a bit of the archive's own that means nothing, such as a date
    for one, other in zip(loaded.weights, checkpoint().weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_fingerprint_tells_fits_apart() -> None:
    one = fingerprint({"depth": 3}, ["digest"], np.arange(4.0))
    assert one == fingerprint({"depth": 3}, ["digest"], np.arange(4.0))
    others = [
        fingerprint({"depth": 4}, ["digest"], np.arange(4.0)),
        fingerprint({"depth": 3}, [], np.arange(4.0)),
        fingerprint({"depth": 3}, ["digest"], np.arange(4.0) + 1e-15),
    ]
    assert len({one, *others}) == 4


def test_adam_goes_on_where_it_was() -> None:
    def fresh() -> tuple[torch.Tensor, torch.optim.Adam]:
        tensor = torch.linspace(-1, 1, 6).requires_grad_()
        return tensor, torch.optim.Adam([tensor], lr=0.1)

    def learn(tensor: torch.Tensor, adam: torch.optim.Adam, steps: int) -> None:
        for _ in range(steps):
            adam.zero_grad()
            (tensor - 3).square().sum().backward()
            adam.step()

    through, adam = fresh()
    assert adam_memory(adam, [through]) == []
    learn(through, adam, 5)
    memory, weights = adam_memory(adam, [through]), through.detach().clone()
    learn(through, adam, 5)
    resumed, again = fresh()
    with torch.no_grad():
        resumed.copy_(weights)
    restore_adam(again, [resumed], memory)
    learn(resumed, again, 5)
    assert torch.equal(through, resumed)
