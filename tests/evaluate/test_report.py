from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cainr_core.errors import CainrError
from cainr_core.evaluate.figure import FAMILIES, GREYS, draw
from cainr_core.evaluate.rate_distortion import Row
from cainr_core.evaluate.report import Report
from tests import small

ROW = Row("sperr", "field", "bpp", "1 bits", 1000, 1000, 0, 10, 30.0, 1, 1, 1, 1, 1)


def rows(codec: str, factor: float, on: str = "field") -> list[Row]:
    """A curve of four points, at `factor` times the bytes of the reference."""
    return [
        replace(
            ROW, codec=codec, on=on, wanted=size, bytes=int(size * factor), psnr=30 + 3.0 * step
        )
        for step, size in enumerate((1000, 2000, 4000, 8000))
    ]


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return Report(tmp_path / "table.json", small.field())


def test_what_is_saved_is_read_again(report: Report) -> None:
    for row in rows("sperr", 1):
        report.add(row)
    report.add_unreached("zfp", "field", "rate", 1000, "too few")
    report.save()
    again = Report(report.path, small.field())
    assert again.rows == report.rows
    assert again.has("sperr", "field", "bpp", 2000)
    assert again.has("zfp", "field", "rate", 1000)
    assert not again.has("zfp", "field", "rate", 2000)
    assert not again.has("sperr", "anomaly", "bpp", 2000)


def test_a_codec_that_takes_no_size_is_not_asked_again(report: Report) -> None:
    report.add_unreached("ebcc", "field", "absolute", 0, "too small")
    assert report.has("ebcc", "field", "absolute", 5000)


def test_the_same_point_is_kept_once(report: Report) -> None:
    report.add(ROW)
    report.add(ROW)
    assert len(report.rows) == 1


def test_a_curve_is_of_the_best_of_all_modes(report: Report) -> None:
    report.add(ROW)
    report.add(replace(ROW, mode="q", bytes=990, psnr=29.0))
    report.add(replace(ROW, mode="q", wanted=2000, bytes=2010, psnr=33.0))
    report.add(replace(ROW, mode="few", wanted=0, bytes=3000, psnr=32.0))
    curve = [(1000, 30), (2010, 33)]  # "few" is beaten in both, and one is hardly smaller
    np.testing.assert_array_equal(report.curve("sperr", "field"), curve)


def test_every_curve_is_compared_with_sperr(report: Report) -> None:
    report.add(replace(ROW, codec="zfp", bytes=500))
    assert report.comparisons() == []
    assert report.reference_psnr("zfp") == -np.inf
    for row in [*rows("sperr", 1), *rows("sperr", 0.8, "anomaly"), *rows("cainr", 0.5, "none")]:
        report.add(row)
    assert report.reference_psnr("zfp") == 39
    assert report.reference_psnr("sperr") == -np.inf
    told = {(one.codec, one.on, one.against): one.to_dict() for one in report.comparisons()}
    cainr = told["cainr", "none", "field"]
    assert cainr["bd_rate_percent"] == pytest.approx(-50)
    assert cainr["fewer_bytes_everywhere"] is True
    assert told["cainr", "none", "anomaly"]["bd_rate_percent"] == pytest.approx(-37.5)
    assert told["zfp", "field", "field"]["bd_rate_percent"] is None  # of one point


def test_another_field_or_another_file_is_refused(report: Report) -> None:
    report.save()
    with pytest.raises(CainrError, match="another field"):
        Report(report.path, small.field(times=5))
    report.path.write_text(json.dumps({"rows": 3}))
    with pytest.raises(CainrError, match="holds no table"):
        Report(report.path, small.field())


def test_a_figure_shows_every_curve_in_reach(report: Report) -> None:
    far = [replace(row, psnr=row.psnr - 40) for row in rows("zfp", 1)]
    for row in [*rows("sperr", 1), *rows("cainr siren", 0.5, "Topography"), *far]:
        report.add(row)
    png, svg = draw(report, report.path.with_suffix(""))
    assert png.read_bytes().startswith(b"\x89PNG")
    assert svg.name == "table.svg"
    again = svg.read_bytes()
    assert draw(report, report.path.with_suffix(""))[1].read_bytes() == again


def test_a_network_is_darker_with_more_contexts_and_codecs_are_grey(report: Report) -> None:
    both = "Topography + Climatology by month"
    for codec, factor in (("cainr latent", 0.5), ("cainr siren", 2), ("paper", 4)):
        for on, more in ((both, 0.8), ("no context", 1)):
            for row in rows(codec, factor * more, on):
                report.add(row)
    for row in [*rows("sperr", 1), *rows("sz3", 1.5)]:
        report.add(row)
    svg = draw(report, report.path.with_suffix(""))[1].read_text()
    for family in FAMILIES.values():
        light, _, dark = family.colours
        assert f"stroke: {dark.lower()}; stroke-width: 2.2" in svg  # all contexts: the last
        assert f"stroke: {light.lower()}; stroke-width: 1.5" in svg
    assert f"stroke: {GREYS['sz3'][0].lower()}" in svg
    assert f"stroke: {GREYS['zfp'][0].lower()}" not in svg
