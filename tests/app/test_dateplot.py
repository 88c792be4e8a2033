import numpy as np

from app.views.dateplot import DatePlot
from app.views.lineplot import Line


def test_a_narrow_figure_has_fewer_dates(sample):
    plot = DatePlot("K", "test")
    plot.draw_over(sample.time, [Line("a", "#000000", sample.time.called, np.ones(30))])
    dates = dict(plot.figure.xaxis.major_label_overrides)
    assert "1920-01-10" in dates.values()
    assert plot._ticker.ticks == list(dates)
    plot._resized("inner_width", 900, 220)  # as the page tells
    assert len(plot._ticker.ticks) == 2 < len(dates)
    plot._resized("inner_width", 220, 900)
    assert plot._ticker.ticks == list(dates)
    plot.figure.x_range.update(start=sample.time.called[3], end=sample.time.called[6])
    plot._tick()
    assert "1920-01-05" in plot.figure.xaxis.major_label_overrides.values()
    assert "1920-01-10" not in plot.figure.xaxis.major_label_overrides.values()


def test_the_time_shown_is_marked(sample):
    plot = DatePlot("K", "test")
    plot.mark(float(sample.time.called[3]))
    assert plot.now.location == sample.time.called[3]


def test_a_single_time_is_a_dot(sample):
    plot = DatePlot("K", "test")
    one = sample.time[:1]
    plot.draw_over(one, [Line("a", "#000000", one.days, np.array([280.0]))])
    assert plot.dots.data == {"x": [one.days[0]], "y": [280.0], "colour": ["#000000"]}
    assert plot.figure.x_range.start < one.days[0] < plot.figure.x_range.end
    plot.draw_over(sample.time, [Line("a", "#000000", sample.time.called, np.ones(30))])
    assert not plot.dots.data["x"]
