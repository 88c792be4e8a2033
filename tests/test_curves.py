"""Learning curves as arrays and as text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.curves import Curve
from cainr_core.errors import CainrError

numbers = st.floats(allow_nan=False)
points = st.tuples(st.integers(0, 2**40), numbers, numbers, numbers)


def curve_of(rows: list[tuple[int, float, float, float]]) -> Curve:
    step, *others = np.array(rows, float).reshape(-1, 4).T
    return Curve(step.astype(np.int64), *others)


@given(st.lists(points))
def test_text_keeps_every_bit(rows: list[tuple[int, float, float, float]]) -> None:
    curve = curve_of(rows)
    again = Curve.from_csv(curve.to_csv())
    for name in ("step", "seconds", "loss", "psnr"):
        np.testing.assert_array_equal(getattr(again, name), getattr(curve, name))
        assert getattr(again, name).dtype == getattr(curve, name).dtype


@given(st.lists(points), st.integers(1, 10))
def test_thinning_keeps_order_and_the_end(
    rows: list[tuple[int, float, float, float]], most: int
) -> None:
    curve = curve_of([(i, *row[1:]) for i, row in enumerate(rows)])
    thin = curve.thinned(most)
    assert len(thin) <= most
    assert np.all(np.diff(thin.step) > 0)
    assert np.array_equal(thin.step[-1:], curve.step[-1:])


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "step,seconds,loss,psnr\n1,2\n", "step,seconds,loss,psnr\n1,2,x,4\n"]
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(CainrError, match="A curve "):
        Curve.from_csv(text)
