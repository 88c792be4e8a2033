"""A place over time: what stands in its two figures."""

import numpy as np

from app import decoding
from app.views.closer import Closer
from app.workbench import Workbench


def test_a_place_shows_the_original_the_runs_and_their_errors(bench: Workbench, closer: Closer):
    look = closer.looks["Place"]
    bench.tab = "Place"
    assert "Click a map" in look._told.object
    assert not look.plot.source.data["name"]
    bench.pick([run.id for run in bench.runs])
    bench.param.update(place_lat=47.6, place_lon=8.8)
    assert "47.60°N 8.80°E" in look._told.object
    values, errors = look.plot.source.data, look.errors.source.data
    row = np.abs(bench.field.grid.lat - 47.6).argmin()
    assert np.array_equal(values["ys"][0], bench.field.values[:, row, 7])
    there = decoding.whole(bench.runs[1])[:, row, 7]
    assert np.allclose(errors["ys"][1], there - bench.field.values[:, row, 7], atol=1e-4)
    assert errors["name"][1].startswith(f"B: {bench.runs[1].name}: RMSE here ")
    bench.time = 2
    assert look.plot.now.location == bench.field.time.called[2]
    assert set(look.plot._ticker.ticks) == set(look.errors._ticker.ticks)
    name, _ = closer._picture("PNG")
    assert "47.60" in name
    assert "8.80" in name
    bench.place_lat = None
    assert "Click a map" in look._told.object
    assert look.plot.source.data["name"] == []
    assert not look.plot.dots.data["x"]
