from __future__ import annotations

import numpy as np

from cainr_core.codec import container
from cainr_core.codec.codec import Parts, write
from cainr_core.codec.rate import coded, steps_for
from cainr_core.codec.reconstruction import read
from cainr_core.fit.fitting import Fitting
from tests import small


def test_the_parts_and_the_weights_make_the_file() -> None:
    field = small.with_gaps(small.field())
    contexts = small.contexts("topography", "climatology@resolution=30,embedded")
    choice = small.tiny(network="gelu")
    fit = Fitting(field, contexts, choice, small.brief(steps=5), "cpu")
    tensors = coded(fit.tensors, steps_for(fit.tensors, [1.0] * 6, 1e-2))
    parts = Parts.of(field, contexts, choice)
    data = write(parts, fit, tensors)
    header, sections = container.split(data)
    assert header["ranges"] == [list(span) for span in fit.frame.ranges]
    assert (header["offset"], header["scale"]) == (fit.offset, fit.scale)
    assert header["architecture"] == {
        "network": "gelu",
        "depth": 2,
        "width": 8,
        "features": 6,
        "bandwidth": choice.bandwidth,
        "coordinates": "sphere",
        "skip": True,
    }
    # time, lat and lon; the mask; of the embedded context lat, lon and values; the weights
    assert len(sections) == 3 + 1 + 3 + 1
    assert abs(len(data) - len(sections[-1]) - parts.overhead()) < 64
    values = read(data, contexts).values()
    assert np.isnan(values).sum() == np.isnan(field.values).sum()


def test_a_file_is_the_same_each_time() -> None:
    field = small.field()
    assert small.file_of(field) == small.file_of(field)
