import numpy as np
import pytest

from cainr_core.evaluate.histogram import Spread, counts_of, shared_edges


def errors(sample) -> list[np.ndarray]:
    values = sample.values
    return [values[1:] - values[:-1], values[0] - values[-1]]


def test_every_error_is_in_one_bin(sample):
    both = errors(sample)
    edges = shared_edges(both)
    for error in both:
        assert counts_of(error, edges).sum() == error.size
    width = np.diff(edges)
    assert np.allclose(width, width[0])
    assert np.allclose(edges, -edges[::-1])
    assert 60 < len(edges) < 2010


def test_a_bin_holds_what_lies_within_it():
    error = np.array([-1.0, -0.2, 0.0, 0.1, np.nan, 1.0])
    edges = shared_edges([error])
    counts = counts_of(error, edges)
    assert counts.sum() == 5
    assert counts[len(counts) // 2] == 1  # zero stands in the middle of a bin
    for value in error[np.isfinite(error)]:
        assert counts[np.searchsorted(edges, value, "right") - 1] == 1


def test_no_error_at_all_has_bins_too():
    zero = np.zeros(7)
    edges = shared_edges([zero, np.array([np.nan])])
    assert counts_of(zero, edges).tolist().count(7) == 1


def test_one_wild_error_does_not_make_endless_bins():
    error = np.append(np.full(1000, 0.01), 1e6)
    edges = shared_edges([error])
    assert len(edges) < 2010
    assert counts_of(error, edges).sum() == 1001


def test_figures_are_those_of_numpy(sample):
    error = errors(sample)[0].astype(np.float64)
    told = Spread.of(np.append(error.ravel(), np.nan))
    assert told.mean == pytest.approx(error.mean())
    assert told.sd == pytest.approx(error.std())
    assert told.quantiles[2] == pytest.approx(np.median(error))
    assert told.largest == np.abs(error).max()
    assert np.isnan(Spread.of(np.array([np.nan])).mean)
