"""What a worker tells its client, packed and unpacked. `test_jobs` runs the workers themselves."""

from __future__ import annotations

import msgpack
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cainr_core.curves import Curve
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
