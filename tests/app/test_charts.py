"""Curves and closer looks for print: the lines, axes and words of the page."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from bokeh.models import LogAxis

from app import shared
from app.views.charts import chart_file
from app.views.closer import Closer
from app.views.dateplot import DatePlot
from app.views.lineplot import Line, LinePlot
from app.views.printing import FORMATS
from app.workbench import Workbench
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.runs import Library


@pytest.fixture
def plot() -> LinePlot:
    plot = LinePlot("degree", "power (K²)", "printed", x_axis_type="log", y_axis_type="log")
    x = np.array([1.0, 10.0, 100.0])
    plot.draw([Line("Original", "#808a93", x, x**-2), Line("a <run>", "#1e88e5", x, x**-3)])
    return plot


def test_dates_are_printed_as_dates(sample: Field):
    plot = DatePlot("K", "printed-dates")
    days = sample.time.called
    plot.draw_over(sample.time, [Line("Original", "#808a93", days, np.arange(len(days)) + 1.0)])
    chart = plot.chart()
    assert chart.ticks
    words = " ".join(ElementTree.fromstring(chart_file([chart], "", "", "svg")).itertext())
    assert any(word in words for word in chart.ticks.values())


def test_an_axis_above_is_printed_as_well(plot: LinePlot):
    above = LogAxis(axis_label="wavelength (km)")
    above.major_label_overrides = {8: "5,000"}
    plot.figure.add_layout(above, "above")
    chart = plot.chart()
    assert (chart.across, chart.above) == ("degree", ("wavelength (km)", {8: "5,000"}))
    words = " ".join(ElementTree.fromstring(chart_file([chart], "", "", "svg")).itertext())
    assert all(word in words for word in ("degree", "wavelength (km)", "5,000"))


@pytest.mark.parametrize(("kind", "head"), [("png", b"\x89PNG"), ("pdf", b"%PDF-1.")])
def test_a_plot_is_printed(plot: LinePlot, kind: str, head: bytes):
    assert chart_file([plot.chart()], "A title", "From here", kind).startswith(head)


def test_a_printed_plot_has_its_lines_axes_and_words(plot: LinePlot):
    chart = plot.chart()
    assert chart.logarithmic == (True, True)
    assert chart.limits[0] == (plot.figure.x_range.start, plot.figure.x_range.end)
    made = chart_file([chart, chart], "A title", "From here", "svg")
    words = " ".join(ElementTree.fromstring(made).itertext())
    for word in ("A title", "From here", "degree", "power (K²)", "Original", "a <run>"):
        assert word in words


def test_every_closer_look_can_be_printed(finished: Library, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shared, "kept_runs", lambda: finished)
    bench = Workbench()
    bench.data.time = "0:4"
    bench.open_data()
    bench.list_runs()
    closer = Closer(bench)
    with pytest.raises(CainrError, match="nothing drawn"):
        closer._picture("SVG")
    closer.open()
    bench.pick([run.id for run in bench.runs])
    bench.time = 2
    name, make = closer._picture("SVG")
    assert name == "Zonal_mean_TS_1920-01-03.svg"
    words = " ".join(ElementTree.fromstring(make(lambda done, of: None)).itertext())
    for word in ("Zonal mean: TS", "1920-01-03", "30°N", *(run.name for run in bench.runs)):
        assert word in words
    assert set(FORMATS) == {"PNG", "SVG", "PDF"}
    for look, expected in (
        ("RMSE over time", ["RMSE (K)", "bytes, PSNR"]),
        ("Trade-off", ["PSNR (dB)", "Pareto front of the runs", "compression ratio of the file"]),
        ("Analysis", ["Pearson correlation", "0.99999", "fail"]),
    ):
        bench.tab = look
        name, make = closer._picture("SVG")
        assert name == f"{look.replace(' ', '_')}_TS.svg"
        made = make(lambda done, of: None)
        words = " ".join(ElementTree.fromstring(made).itertext())
        for word in (*expected, *(run.name for run in bench.runs)):
            assert word in words, (look, word)
        assert closer._picture("PNG")[1](lambda done, of: None).startswith(b"\x89PNG")
