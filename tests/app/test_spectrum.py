"""The tab of spectra: its lines, and a sentence where there can be none."""

from pathlib import Path

import numpy as np

from app.views.closer import Closer
from app.views.spectrum import _steps
from app.workbench import Workbench


def test_a_run_has_a_line_and_one_of_its_error(bench: Workbench, closer: Closer):
    look = closer.looks["Spectrum"]
    bench.tab = "Spectrum"
    bench.pick([run.id for run in bench.runs])
    data = look.plot.source.data
    assert data["dash"] == ["solid", "solid", "dashed", "solid", "dashed"]
    assert "resolving" in data["name"][2]
    original, _, error = data["ys"][:3]
    assert len(original) == 143
    assert error[:3].sum() < original[:3].sum()
    assert error[100:].sum() > 0.5 * original[100:].sum()  # such a small network is smooth
    assert "at the time shown" in look._told.object
    before = original
    bench.spectrum_times = "all"
    assert "all 4 times" in look._told.object
    assert not np.array_equal(look.plot.source.data["ys"][0], before)


def test_columns_have_one_and_a_region_none(bench: Workbench, closer: Closer, shared: Path):
    look = closer.looks["Spectrum"]
    bench.tab = "Spectrum"
    bench.data.param.update(
        path=str(shared / "e3sm_ne30pg2_trefht_annual.nc"), variable="TREFHT", time="0:2"
    )
    bench.open_data()
    assert look.plot.source.data["name"] == ["Original"]
    assert len(look.plot.source.data["ys"][0]) == 91
    bench.data.region = "30:60,0:40"
    bench.open_data()
    assert "all over the globe" in look._told.object
    assert look.plot.source.data["name"] == []


def test_of_many_times_some_are_taken():
    assert _steps(4, None).tolist() == [0, 1, 2, 3]
    some = _steps(100, None)
    assert (some[0], some[-1], len(some)) == (0, 99, 12)
    assert _steps(4, 9).tolist() == [3]
