"""What a worker tells its client, packed and unpacked. `test_jobs` runs the workers themselves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cainr_core import worker
from cainr_core.curves import Curve
from cainr_core.fit.progress import Progress
from cainr_core.worker import initial_state, pack_curve, pack_frame, unpack_curve, unpack_frame

values = st.floats(allow_nan=False)


@given(st.lists(st.tuples(st.integers(0, 2**40), values, values, values)))
def test_a_curve_arrives_as_it_was(rows: list[tuple[int, float, float, float]]) -> None:
    step, *others = np.array(rows, float).reshape(-1, 4).T
    curve = Curve(step.astype(np.int64), *others)
    again = unpack_curve(pack_curve(curve))
    for name in ("step", "seconds", "loss", "psnr"):
        np.testing.assert_array_equal(getattr(again, name), getattr(curve, name))


@given(
    st.integers(0, 1000),
    arrays.arrays(np.float32, arrays.array_shapes(min_dims=1, max_dims=2, max_side=5)),
)
def test_a_frame_arrives_as_it_was(time: int, array: np.ndarray) -> None:
    packed = pack_frame(3, time, array)
    sent = msgpack.unpackb(msgpack.packb(packed))  # as a distributed Variable sends it
    again_time, again = unpack_frame(sent)
    assert (sent["number"], again_time) == (3, time)
    np.testing.assert_array_equal(again, array)


def test_a_state_can_be_sent() -> None:
    state = initial_state()
    assert msgpack.unpackb(msgpack.packb(state)) == state
    assert len(unpack_curve(state["curve"])) == 0


class Said:
    """A variable that keeps the latest that was set."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.value = value

    def get(self, timeout: float) -> dict[str, Any]:
        return self.value

    def set(self, value: dict[str, Any]) -> None:
        self.value = value


def test_a_message_gives_way_to_what_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    wishes = Said({"look": 0, "cancel": False, "aside": False})
    state, now = Said(initial_state() | {"attempt": 1}), 100.0
    shared = {"wishes": wishes, "state": state, "frame": Said({})}
    monkeypatch.setattr(worker, "variables", lambda *of: shared)
    monkeypatch.setattr(worker, "unwanted", lambda *of: False)
    monkeypatch.setattr(worker, "clock", SimpleNamespace(monotonic=lambda: now))
    reporter: Any = worker._Reporter(
        "id", None, SimpleNamespace(state=SimpleNamespace(nthreads=1)), "key", None
    )

    def told(step: int, message: str | None = None) -> str:
        reporter.take(Progress(step, 5000, 0.1, 20.0, 1.0, 1e5, 1e-3, message))
        reporter._tell()
        return str(state.value["message"])

    assert told(480, "Going on from step 480.") == f"{worker.REPLACED} Going on from step 480."
    now += worker.LASTS / 2
    assert told(490, "The fit diverged.") == f"{worker.REPLACED} The fit diverged."
    now += worker.LASTS / 2
    assert told(2000) == f"{worker.REPLACED} The fit diverged."
    now += worker.LASTS
    assert told(2970) == ""
    reporter.close()
