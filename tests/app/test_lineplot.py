import numpy as np

from app.views.lineplot import Line, LinePlot


def test_axes_fit_what_is_finite():
    plot = LinePlot("latitude (°)", "K", "test")
    x = np.array([0.0, 10.0, 20.0])
    plot.draw([Line("<b>", "#ff0000", x, np.array([1.0, np.nan, 3.0]))])
    assert plot.figure.x_range.start < 0 < 20 < plot.figure.x_range.end < 21
    assert 0.8 < plot.figure.y_range.start < 1 < 3 < plot.figure.y_range.end < 3.2
    assert "&lt;b&gt;" in plot._key.object


def test_a_logarithmic_axis_leaves_out_what_is_not_positive():
    plot = LinePlot("degree", "K²", "test", x_axis_type="log", y_axis_type="log")
    plot.draw([Line("a", "#000000", np.array([0.0, 1.0, 100.0]), np.array([0.0, 1e-3, 10.0]))])
    assert 0.5 < plot.figure.x_range.start < 1
    assert 0 < plot.figure.y_range.start < 1e-3


def test_nothing_drawn_keeps_the_axes_without_their_numbers():
    plot = LinePlot("a", "b", "test")
    line = Line("c", "#000000", np.arange(3.0), np.arange(3.0))

    def numbered():
        return {axis.major_label_text_alpha for axis in plot.figure.axis}

    assert numbered() == {0.0}
    plot.draw([line])
    assert numbered() == {1.0}
    end = plot.figure.x_range.end
    plot.draw([])
    assert plot.figure.x_range.end == end
    assert numbered() == {0.0}
