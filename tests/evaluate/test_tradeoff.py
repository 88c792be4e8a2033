import math

from cainr_core.evaluate.rate_distortion import Row
from cainr_core.evaluate.tradeoff import curves, pareto


def row(codec: str, on: str, mode: str, ratio: float, psnr: float) -> Row:
    return Row(codec, on, mode, "", 0, 1, 0, ratio, psnr, 1, 1, 1, 0, 0)


def test_what_is_beaten_in_both_is_left_out():
    points = [(100, 30), (50, 35), (60, 28), (100, 29), (20, 35), (10, 40), (5, math.inf)]
    assert pareto(points, lambda point: point) == [(10, 40), (50, 35), (100, 30)]
    assert pareto([], lambda point: point) == []


def test_a_codec_is_as_good_as_its_best_mode():
    rows = [
        row("a", "field", "x", 10, 30), row("a", "field", "y", 20, 31),
        row("a", "field", "x", 40, 20), row("a", "anomaly", "x", 5, 1),
    ]  # fmt: skip
    found = curves(rows, lambda one: (one.ratio, one.psnr))
    assert [one.mode for one in found["a", "field"]] == ["y", "x"]
    assert list(found) == [("a", "field"), ("a", "anomaly")]
