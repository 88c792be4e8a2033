"""The histogram of errors: its counts and figures, of all times or of one."""

import numpy as np

from app import decoding
from app.views.closer import Closer
from app.workbench import Workbench


def counted(source) -> list[float]:
    """How many values each line of a histogram stands for; its outline has each bin twice."""
    return [float(np.sum(heights[1:-1:2])) for heights in source.data["ys"]]


def test_every_value_is_counted_once(bench: Workbench, closer: Closer):
    look = closer.looks["Errors"]
    bench.tab = "Errors"
    assert "Tick a run" in look._told.object
    bench.pick([run.id for run in bench.runs])
    assert counted(look.plot.source) == [bench.field.values.size] * 2
    assert bench.runs[0].name in look.table.object
    error = decoding.whole(bench.runs[0]) - bench.field.values
    assert f"<td>{np.abs(error).max():.1f}</td>" in look.table.object
    before = look.plot.source.data
    bench.time = 2
    assert look.plot.source.data is before
    bench.error_times = "time"
    assert counted(look.plot.source) == [bench.field.grid.size] * 2
    bench.time = 1
    assert look.plot.source.data is not before


def test_a_logarithm_shows_the_rare_ones_too(bench: Workbench, closer: Closer):
    look = closer.looks["Errors"]
    bench.tab = "Errors"
    bench.pick([bench.runs[0].id])
    near = look.plot.figure.x_range.end
    bench.log_counts = True
    assert (look.plot.view.visible, look.logarithmic.view.visible) == (False, True)
    assert look.logarithmic.figure.x_range.end > near
    assert min(look.logarithmic.source.data["ys"][0]) > 0
