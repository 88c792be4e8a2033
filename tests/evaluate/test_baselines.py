"""Each codec on a cut of the sample: real bytes, and errors as its modes promise."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.evaluate.baselines import CODECS, Codec, Mode
from cainr_core.evaluate.baselines.anomaly import nearest_context, sampled
from cainr_core.evaluate.baselines.codec import stacked, unstacked
from cainr_core.evaluate.baselines.ebcc import chunk
from cainr_core.evaluate.baselines.search import TOLERANCE, Search
from cainr_core.evaluate.baselines.sperr import tiles
from tests import small

pytest.importorskip("numcodecs_wasm_sperr")
MODES = [(codec, mode) for codec in CODECS.values() for mode in codec.modes]
SEARCHED = [(codec, mode) for codec, mode in MODES if not mode.steps]
ids = [f"{codec.name}-{mode.name}" for codec, mode in MODES]
searched_ids = [f"{codec.name}-{mode.name}" for codec, mode in SEARCHED]


@pytest.fixture(scope="module")
def values(sample: Field) -> np.ndarray:
    """5 times, 40 x 48 cells of the sample, K."""
    return np.ascontiguousarray(sample.values[:5, 60:100, 100:148])


@pytest.mark.parametrize(("codec", "mode"), MODES, ids=ids)
def test_what_is_decoded_is_near_what_was_encoded(
    codec: Codec, mode: Mode, values: np.ndarray
) -> None:
    scaled = mode.scaled(values)
    setting = scaled.steps[-1] if scaled.steps else (scaled.fewest * scaled.most**3) ** 0.25
    encoded = codec.encode(values, mode.name, setting)
    decoded = codec.decode(encoded, values.shape)
    assert isinstance(encoded, bytes)
    assert len(encoded) < values.nbytes
    assert decoded.shape == values.shape
    assert decoded.dtype == np.float32
    error = np.abs(decoded.astype(np.float64) - values)
    assert error.mean() < 0.2 * values.std()
    assert abs(np.mean(decoded - values)) < 0.5 * values.std()


BOUNDED = [(codec, mode) for codec, mode in MODES if mode.bounds_error]


@pytest.mark.parametrize("error", [4.0, 0.5])
@pytest.mark.parametrize(
    ("codec", "mode"), BOUNDED, ids=[f"{codec.name}-{mode.name}" for codec, mode in BOUNDED]
)
def test_a_bounded_error_is_bounded(
    codec: Codec, mode: Mode, error: float, values: np.ndarray
) -> None:
    decoded = codec.decode(codec.encode(values, mode.name, error), values.shape)
    slack = 1.05 if codec.name == "ebcc" else 1 + 1e-4  # EBCC's own bound, and float32
    assert np.abs(decoded.astype(np.float64) - values).max() <= error * slack


@pytest.mark.parametrize("keepbits", [2, 7])
def test_bits_kept_bound_the_relative_error(keepbits: int, values: np.ndarray) -> None:
    codec = CODECS["bitround"]
    decoded = codec.decode(codec.encode(values, "keepbits", keepbits), values.shape)
    assert np.max(np.abs(decoded / values - 1)) <= 2.0 ** -(keepbits + 1)


def test_encoding_leaves_the_values_alone(values: np.ndarray) -> None:
    before = values.copy()
    for codec, mode in MODES:
        scaled = mode.scaled(values)
        codec.encode(values, mode.name, scaled.steps[-1] if scaled.steps else scaled.fewest)
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("wanted", [1000, 3000])
@pytest.mark.parametrize(("codec", "mode"), SEARCHED, ids=searched_ids)
def test_a_search_finds_the_wanted_bytes(
    codec: Codec, mode: Mode, wanted: int, values: np.ndarray
) -> None:
    trial = Search(codec, mode, values).nearest(wanted)
    if (codec.name, mode.name) == ("zfp", "rate") and wanted == 1000:
        assert len(trial.data) > wanted  # a block takes a word at least
    else:
        assert abs(np.log(len(trial.data) / wanted)) < 4 * TOLERANCE


def test_a_search_makes_no_trial_twice(values: np.ndarray) -> None:
    codec, made = CODECS["sz3"], []

    class Counting(type(codec)):  # type: ignore[misc]
        def encode(self, values: np.ndarray, mode: str, setting: float) -> bytes:
            made.append(setting)
            return codec.encode(values, mode, setting)

    search = Search(Counting(), codec.modes[0], values)
    trials = [search.nearest(size) for size in (800, 1600, 3200, 1600)]
    assert len(made) == len(set(made)) < 20
    assert trials[1] is trials[3]


@pytest.mark.parametrize("name", ["sperr", "sz3", "zfp", "jpeg2000", "bitround"])
def test_columns_are_taken_in_two_dimensions(name: str) -> None:
    codec, values = CODECS[name], small.open_field(small.column_dataset(3000)).values
    mode = codec.modes[0]
    scaled = mode.scaled(values)
    setting = scaled.steps[-1] if scaled.steps else (scaled.fewest * scaled.most**3) ** 0.25
    decoded = codec.decode(codec.encode(values, mode.name, setting), values.shape)
    assert decoded.shape == values.shape
    assert np.abs(decoded - values).mean() < 0.2 * values.std()


def test_ebcc_says_that_it_needs_larger_images(values: np.ndarray) -> None:
    with pytest.raises(CainrError, match="32 x 32 values and more, not of 4 x 40"):
        CODECS["ebcc"].encode(values[:4, 0, :40], "jpeg2000-only", 10)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((24, 129, 256), [1, 12 * 129, 256]),
        ((7, 192, 288), [1, 7 * 192, 288]),
        ((13, 192, 288), [1, 192, 288]),
        ((6, 720, 2880), "auto"),
        ((40, 1000), [1, 40, 1000]),
    ],
)
def test_ebcc_gets_chunks_that_need_no_padding(
    shape: tuple[int, ...], expected: list[int] | str
) -> None:
    assert chunk(shape) == expected


def test_the_reason_of_a_refusal_is_told() -> None:
    values = np.full((2, 8, 8), np.nan, np.float32)
    with pytest.raises(CainrError, match=r"zfp does not take values of shape \(2, 8, 8\): .+"):
        CODECS["zfp"].encode(values, "rate", 4)


def test_a_codec_that_is_not_installed_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, values: np.ndarray
) -> None:
    monkeypatch.setitem(sys.modules, "numcodecs_wasm_sz3", None)
    with pytest.raises(CainrError, match=r"pip install 'cainr\[codecs\]'"):
        CODECS["sz3"].encode(values, CODECS["sz3"].modes[0].name, 1.0)


def test_sperr_shares_the_rate_between_its_chunks(sample: Field) -> None:
    places = list(tiles((6, 720, 1440)))
    assert len(places) == 3 * 6
    covered = np.zeros((6, 720, 1440), int)
    for place in places:
        covered[place] += 1
    assert (covered == 1).all()
    assert list(tiles((100, 192, 288))) == [(slice(0, 100), slice(0, 192), slice(0, 288))]
    codec = CODECS["sperr"]
    wide = np.ascontiguousarray(np.tile(sample.values[:2, :60], (1, 1, 2)))
    encoded = codec.encode(wide, "bpp, shared", 20.0)
    errors = [
        np.square(codec.decode(stream, wide.shape).astype(np.float64) - wide).mean()
        for stream in (encoded, codec.encode(wide, "bpp", 8 * len(encoded) / wide.size))
    ]
    assert errors[0] < 1.5 * errors[1]


def test_stacked_steps_meet_at_the_same_pole(values: np.ndarray) -> None:
    image = stacked(values)
    rows = values.shape[1]
    np.testing.assert_array_equal(image[rows - 1], values[0, -1])
    np.testing.assert_array_equal(image[rows], values[1, -1])
    np.testing.assert_array_equal(unstacked(image, values.shape), values)
    np.testing.assert_array_equal(unstacked(stacked(values[0]), values[0].shape), values[0])


def test_the_anomaly_is_from_what_the_network_is_told(sample: Field) -> None:
    few = sample.isel_time(slice(0, 2))
    contexts = small.contexts("topography", "climatology_annual", "climatology")
    nearest = nearest_context(few, contexts)
    assert nearest is contexts[2]
    base = sampled(nearest, few)
    assert base.shape == few.shape
    assert (few.values - base).std() < 0.35 * few.values.std()
    assert nearest_context(few, contexts[:1]) is None
    assert nearest_context(few, small.contexts("climatology@embedded")) is None
