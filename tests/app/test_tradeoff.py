"""The trade-off: runs as points, the best of them, other codecs, and clicks that open runs."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from app.codecs import Standing
from app.views import tradeoff
from app.views.charts import chart_file
from app.views.closer import Closer
from app.views.lineplot import RING
from app.views.rateplot import LOOKED_AT, SAME
from app.views.ways import to_the_maps
from app.workbench import Workbench
from cainr_core.evaluate.rate_distortion import Row

ROWS = [
    Row("sperr", "field", "bpp", "1", 900, 1000, 0, 221.0, 40.0, 1, 1, 3, 1, 1, 0, 48.0),
    Row("sperr", "field", "q", "1", 90, 100, 0, 2210.0, 30.0, 2, 2, 5, 1, 1, 0, 38.0),
    Row("zfp", "anomaly", "rate", "1", 900, 1000, 9, 221.0, 33.0, 3, 3, 9, 1, 1, 0, 41.0),
]


class FakeCodecs:
    version, running, standing = 0, False, None
    rows_of_field: tuple[Row, ...] = ()

    def rows(self, field) -> list[Row]:
        return list(self.rows_of_field)

    def start(self, data, field) -> None:
        self.running, self.standing = True, Standing("", done=3, total=32, words="ZFP: rate")
        self.version += 1

    def stop(self) -> None:
        self.running, self.standing = False, replace(self.standing, state="stopped")
        self.version += 1


@pytest.fixture
def codecs(monkeypatch: pytest.MonkeyPatch) -> FakeCodecs:
    fake = FakeCodecs()
    monkeypatch.setattr(tradeoff, "codecs", fake)
    return fake


@pytest.fixture
def look(bench: Workbench, codecs: FakeCodecs) -> tradeoff.TradeOff:
    closer = Closer(bench)
    closer.open()
    bench.tab = "Trade-off"
    return closer.looks["Trade-off"]


def test_each_run_is_a_point_and_the_best_are_joined(bench: Workbench, look: tradeoff.TradeOff):
    data = look.plot.points.data
    assert data["run"] == [run.id for run in bench.runs]
    assert data["y"] == [run.metrics.psnr for run in bench.runs]
    assert len(set(data["colour"])) == 2
    best = max(bench.runs, key=lambda run: run.metrics.psnr)
    (front,) = look.plot.fronts.data["ys"]
    assert front[0] == best.metrics.psnr
    assert ("Pareto front" in look.key.object) == (len(front) > 1)  # else there is no line
    bench.axes = "Paper"
    assert look.plot.points.data["x"] == [run.metrics.compression_gain_paper for run in bench.runs]
    bench.colour_by = "networks"
    assert len(set(look.plot.points.data["colour"])) == 1
    assert "SIREN" in look.key.object


def test_a_click_opens_a_run_and_a_second_one_compares(bench: Workbench, look: tradeoff.TradeOff):
    for place in (1, 0):
        look.plot.points.selected.indices = [place]
    assert bench.picked == [bench.runs[1].id, bench.runs[0].id]
    assert look.plot.picks.data["letter"] == ["A", "B"]
    assert look.plot.picks.data["x"][0] == look.plot.points.data["x"][1]
    look.plot.points.selected.indices = [1]
    assert bench.picked == [bench.runs[0].id]


def test_rings_in_one_place_share_their_letters(bench: Workbench, look: tradeoff.TradeOff):
    plot, (first, second) = look.plot, [run.id for run in bench.runs]
    x, y = plot.points.data["x"][0], plot.points.data["y"][0]
    plot.mark([first, second], {first: (x, y), second: (x * 1.001, y)})
    assert plot.picks.data["letter"] == ["A, B", ""]
    assert len(plot.picks.data["x"]) == 2
    plot.mark([first, second], {first: (x, y), second: (x * 9, y)})
    assert plot.picks.data["letter"] == ["A", "B"]


def test_a_picture_tells_apart_what_the_page_does(
    look: tradeoff.TradeOff, codecs: FakeCodecs, bench: Workbench
):
    codecs.rows_of_field = tuple(ROWS)
    bench.pick([bench.runs[0].id])
    look.refresh()
    (chart,) = look.charts()
    names = [each.name for each in (*chart.lines, *chart.dots)]
    assert names.count("SPERR") == names.count("ZFP") == names.count(SAME) == 1
    assert not any("anomaly" in each.name for each in chart.dots)
    ring = next(each for each in chart.dots if each.name == LOOKED_AT)
    assert (ring.marker, list(ring.words)) == (RING, ["A"])
    assert chart_file([chart], "Trade-off", "of a test", "svg").startswith(b"<?xml")


def test_what_codecs_hardly_compress_does_not_fill_the_axes(
    look: tradeoff.TradeOff, codecs: FakeCodecs, bench: Workbench
):
    size = bench.field.original_bytes
    codecs.rows_of_field = (*ROWS, replace(ROWS[0], bytes=size // 3, ratio=3.0, psnr=110.0))
    look.refresh()
    assert 110.0 in look.plot.others.data["y"]
    assert look.plot.figure.y_range.end < 110
    assert look.plot.figure.x_range.start > 3


def test_the_way_to_the_maps_is_offered_where_they_show_a_run(bench: Workbench):
    way = to_the_maps(bench)
    assert not way.visible
    bench.pick([bench.runs[0].id])
    assert way.visible
    bench.pick([])
    assert not way.visible


def test_runs_of_other_data_are_there_on_demand(bench: Workbench, look: tradeoff.TradeOff):
    bench.data.time = "0:3"
    bench.open_data()
    assert look.plot.points.data["run"] == []
    assert "No runs" in look.key.object
    bench.all_data = True
    assert len(look.plot.points.data["run"]) == 2


def test_other_codecs_run_beside_the_page_and_become_curves(
    look: tradeoff.TradeOff, codecs: FakeCodecs, bench: Workbench
):
    assert (look.run.visible, look.stop.visible) == (True, False)
    look._start()
    assert (look.run.visible, look.stop.visible) == (False, True)
    assert "3 of 32, ZFP: rate" in look.progress.object
    codecs.rows_of_field = tuple(ROWS)
    codecs.stop()
    look.poll()
    assert (look.run.visible, look.stop.visible) == (True, False)
    fronts, others = look.plot.fronts.data, look.plot.others.data
    assert fronts["dash"] == ["solid", "solid", "dashed"]
    assert others["name"] == ["SPERR on the field"] * 2 + ["ZFP on the anomaly"]
    assert others["y"] == [40.0, 30.0, 33.0]
    assert look.plot.figure.y_range.end > 40
    assert "SPERR" in look.key.object
    assert "EBCC" not in look.key.object
    bench.axes = "Paper"
    size = bench.field.values.size
    assert look.plot.others.data["y"] == [48.0, 38.0, 41.0]
    assert look.plot.others.data["x"] == [8 * size / 1000, 8 * size / 100, 8 * size / 1000]


def test_a_kiosk_has_no_codecs(look: tradeoff.TradeOff, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tradeoff, "settings", SimpleNamespace(sweeps_allowed=False))
    look._tell_codecs()
    assert not look.run.visible


def test_what_cannot_be_drawn_is_left_out(look: tradeoff.TradeOff, codecs: FakeCodecs):
    codecs.rows_of_field = (replace(ROWS[0], psnr=np.inf), replace(ROWS[1], psnr_paper=None))
    look.refresh()
    assert look.plot.others.data["y"] == [30.0]
