"""The head of the maps: what they show, and that it may be of other data than are open."""

from __future__ import annotations

from app.views.mapboard import MapBoard
from app.workbench import Workbench


def test_runs_of_other_data_than_those_open_are_told(bench: Workbench):
    board, told = MapBoard(bench), "The runs ticked are of other data"
    bench.pick([bench.runs[0].id])
    assert told not in board.title.object
    bench.data.time = "0:2"
    bench.open_data()
    bench.pick([bench.runs[0].id])
    assert told in board.title.object
    bench.pick([])
    assert told not in board.title.object
