"""RMSE over time: small maps of the runs picked on one scale, and lines."""

import numpy as np
import pytest

from app import decoding
from app.views import overtime
from app.views.closer import Closer
from app.views.projections import Extent
from app.views.regions import REGIONS, Region, window
from app.workbench import Workbench


def test_each_run_has_a_map_and_a_line(bench: Workbench, closer: Closer):
    look = closer.looks["RMSE over time"]
    bench.tab = "RMSE over time"
    assert "Tick a run" in look._told.object
    assert not any(card.view.visible for card in look.cards.values())
    bench.pick([run.id for run in bench.runs])
    assert [card.view.visible for card in look.cards.values()] == [True, True]
    error = decoding.whole(bench.runs[0]) - bench.field.values
    image = look.maps.source.data["a"][0]
    assert np.nanmax(image) <= np.sqrt((error**2).mean(0)).max() * 1.0001
    assert look.maps.mappers["a"].high == look.maps.mappers["b"].high > 0
    assert look.maps.mappers["a"].low == 0
    lines = look.plot.source.data
    assert lines["name"] == [
        f"{letter}: {run.name}" for letter, run in zip("AB", bench.runs, strict=True)
    ]
    overall = np.sqrt(np.mean(np.square(lines["ys"][0])))
    assert overall == pytest.approx(bench.runs[0].metrics.rmse, rel=1e-3)
    shape = image.shape
    bench.projection = "north"
    assert look.maps.source.data["a"][0].shape != shape
    bench.pick([bench.runs[1].id])
    assert [card.view.visible for card in look.cards.values()] == [True, False]


def test_a_map_is_framed_when_a_run_needs_it(
    bench: Workbench, closer: Closer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(overtime, "FIRST", 1)
    look = closer.looks["RMSE over time"]
    bench.tab = "RMSE over time"
    assert [*look.cards] == ["a"]
    bench.pick([run.id for run in bench.runs])
    assert [*look.cards] == ["a", "b"]
    assert look.small.objects == [card.view for card in look.cards.values()]
    assert np.isfinite(look.maps.source.data["b"][0]).any()
    assert look.maps.figures["b"].aspect_ratio == look.maps.figures["a"].aspect_ratio


def test_of_many_runs_the_maps_are_turned_over(
    bench: Workbench, closer: Closer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(overtime, "LETTERS", "a")
    look = closer.looks["RMSE over time"]
    bench.tab = "RMSE over time"
    first, second = bench.runs
    bench.pick([first.id])
    assert not look.pages.visible
    bench.pick([first.id, second.id])
    assert look.pages.visible
    assert look.pages.count == 2
    assert first.name in look.cards["a"].head.object
    image = look.maps.source.data["a"][0]
    look.pages.value = 1
    assert second.name in look.cards["a"].head.object
    assert not np.array_equal(look.maps.source.data["a"][0], image, equal_nan=True)
    assert len(look.plot.source.data["name"]) == 2
    bench.pick([second.id])  # of which there is one page
    assert not look.pages.visible
    assert second.name in look.cards["a"].head.object


def test_what_is_zoomed_in_on_is_the_same_as_on_the_other_maps(bench: Workbench, closer: Closer):
    bench.tab = "RMSE over time"
    bench.region = list(REGIONS["Africa"])  # before there is any map here
    bench.pick([run.id for run in bench.runs])
    geography = closer.looks["RMSE over time"].geography

    def expected() -> Extent:
        region = Region(*bench.region)
        return window(region, bench.projection, bench.centre, geography.whole)

    assert geography.seen == expected()
    bench.region = list(REGIONS["Europe"])
    assert geography.seen == expected()
    geography.x_range.update(start=0, end=1)  # as a page tells that draws late
    assert bench.region == list(REGIONS["Europe"])
    bench.region = []
    assert geography.seen == geography.whole
