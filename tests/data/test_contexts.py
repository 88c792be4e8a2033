from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cainr_core.data.contexts import BUILTIN_CONTEXTS, Context, ContextChoice, load_context
from cainr_core.data.fields import Field, TimeAxis
from cainr_core.data.sources import open_field
from cainr_core.errors import CainrError

# What a file of today names must be found by every version and on every machine.
DIGESTS = {
    "topography": "dbaf6eef5c495b47786feb9259dc9f4a",
    "land_sea_mask": "99981e23801c686eaaea15e5a02ef55d",
    "climatology": "cc5286126eb5b61eb40f6d96bbefd21f",
    "climatology_annual": "f9608ea4fcd844f3b103d1f78a1bc48d",
    "insolation": "ea1fb7b24c1595f57bc62c1683b3499d",
    "topography@resolution=4,bits=8": "37a5530cbd96c5c59da9241ecf963220",
    "climatology@resolution=3": "acf16d54e45d9637b5dc938dbb84ce60",
    "climatology_annual@noise=0.5": "8501c37cfefe1bce2eb22eec51532bb8",
    "topography@resolution=2,noise=1,bits=6": "78e25ae2c7324bd8a5982f7d95bfda90",
    "insolation@resolution=5,bits=8": "955e0a94b52782292867b52258e11fea",
    "climatology@embedded": "7d42e6d990b39fb02baa57766c4a36da",
}


@pytest.mark.parametrize("spec", DIGESTS)
def test_digests_stay(spec: str) -> None:
    assert load_context(spec).digest == DIGESTS[spec]


def test_digests_do_not_depend_on_the_processor() -> None:
    code = (
        "from cainr_core.data.contexts import load_context\n"
        f"for spec in {list(DIGESTS)}: print(load_context(spec).digest)"
    )
    plain = {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR AVX2 FMA3 ASIMDHP"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, **plain},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == list(DIGESTS.values())


# --- on fields ------------------------------------------------------------------------


def correlation(context: Context, field: Field, time: int = 0) -> float:
    sampled = context.sample(*field.grid.points(), field.time)
    assert sampled.table.dtype == np.float32
    assert sampled.table.shape[1] == field.cells
    assert sampled.rows.shape == sampled.weights.shape == (field.shape[0], 2)
    return float(np.corrcoef(sampled.at(time), field.values[time].ravel())[0, 1])


@pytest.mark.parametrize(
    ("spec", "least"),
    [
        ("climatology", 0.95),
        ("climatology_annual", 0.8),
        ("climatology@resolution=5,bits=6", 0.94),
        ("climatology@embedded", 0.95),
    ],
)
def test_climatology_resembles_the_sample(sample: Field, spec: str, least: float) -> None:
    assert correlation(load_context(spec, sample), sample) > least


@pytest.mark.parametrize("name", BUILTIN_CONTEXTS)
def test_every_shared_field_can_have_every_context(
    shared_field: tuple[Path, str], name: str
) -> None:
    field = open_field(*shared_field, time="0:2")
    context = load_context(name, field)
    sampled = context.sample(*field.grid.points(), field.time)
    assert np.isfinite(sampled.at(1)).all()
    assert context.title == BUILTIN_CONTEXTS[name][0]


def test_months_of_another_year_tell_much(shared: Path) -> None:
    field = open_field(shared / "e3sm_trefht_monthly_2012_2013.nc")
    context = load_context(f"{shared}/e3sm_trefht_monthly_1850.nc:TREFHT", field)
    assert context.kind == "monthly"
    assert context.values is not None
    sampled = context.sample(*field.grid.points(), field.time)
    for time in (0, 11, 12, 23):
        # Mid-month to mid-month, on the same grid: the month itself.
        month = context.values[time % 12].ravel()
        inner = np.abs(field.grid.points()[0]) < 90
        np.testing.assert_allclose(sampled.at(time)[inner], month[inner], rtol=1e-6)
        assert correlation(context, field, time) > 0.98


def test_columns_of_e3sm_have_their_own_topography(shared: Path) -> None:
    field = open_field(shared / "e3sm_ne30pg2_trefht_annual.nc")
    for variable in ("PHIS", "LANDFRAC"):
        context = load_context(f"{shared}/e3sm_ne30pg2_topography.nc:{variable}", field)
        assert context.values is not None
        sampled = context.sample(*field.grid.points(), field.time)
        np.testing.assert_array_equal(sampled.at(3), context.values[0])
    built_in = load_context("topography", field).sample(*field.grid.points(), field.time)
    geopotential = load_context(f"{shared}/e3sm_ne30pg2_topography.nc:PHIS").values
    assert geopotential is not None
    height = geopotential[0] / 9.81
    land = height > 200
    assert np.corrcoef(built_in.at(0)[land], height[land])[0, 1] > 0.9
    assert load_context(f"{shared}/e3sm_ne30pg2_topography.nc:PHIS@resolution=4").grid is not None


def test_insolation_follows_the_seasons() -> None:
    context = load_context("insolation")
    assert context.grid is None
    assert context.nbytes == 0
    days = TimeAxis.of_days(np.arange(365.0), "noleap")
    lat, lon = np.array([60.0, 60, -60]), np.array([0.0, 90, 0])
    sampled = context.sample(lat, lon, days)
    assert sampled.table.shape == (73, 3)
    series = np.array([sampled.at(t) for t in range(365)])
    assert series[:, 0].argmax() == pytest.approx(172, abs=4)
    assert series[:, 2].argmax() in range(350, 362)
    assert (series[:, 0] == series[:, 1]).all()
    part = context.sample(lat, lon, days[100:102])
    np.testing.assert_array_equal(part.at(0), series[100])


def test_an_embedded_insolation_is_computed_all_the_same() -> None:
    assert load_context("insolation@embedded").kind == "computed"
    assert load_context("insolation@bits=8").kind == "monthly"


# --- times ----------------------------------------------------------------------------


@pytest.fixture
def field(make_dataset) -> Field:
    return open_field(make_dataset(8, start="2000-01-03"))


def write(path: Path, dataset: xr.Dataset) -> str:
    dataset.to_netcdf(path)
    return f"{path}:tas"


@pytest.mark.parametrize("calendar", ["noleap", "standard", "360_day"])
def test_times_of_any_calendar(tmp_path: Path, field: Field, make_dataset, calendar: str) -> None:
    dataset = make_dataset(12, start="2000-01-01", calendar=calendar)
    context = load_context(write(tmp_path / "file.nc", dataset), field)
    assert context.kind == "times"
    sampled = context.sample(*field.grid.points(), field.time)
    found = sampled.at(3).reshape(36, 72)
    exact = dataset["tas"].values[5]
    # A day is not the same part of the year in each calendar.
    tolerance = 1e-6 if calendar == "noleap" else 0.5
    np.testing.assert_allclose(found, exact, rtol=0, atol=tolerance * 10)
    assert sampled.table.shape[0] < 12


def test_times_must_cover_the_field(tmp_path: Path, field: Field, make_dataset) -> None:
    spec = write(tmp_path / "file.nc", make_dataset(5, start="2000-01-01"))
    with pytest.raises(CainrError, match="its 5 times do not cover those of the field"):
        load_context(spec, field)
    load_context(spec)


def test_one_time_is_static(tmp_path: Path, field: Field, make_dataset) -> None:
    context = load_context(write(tmp_path / "file.nc", make_dataset(1)), field)
    assert context.kind == "static"


# --- values and quality -----------------------------------------------------------------


def test_a_region_must_be_covered(tmp_path: Path, field: Field, make_dataset) -> None:
    region = make_dataset(1).sel(lat=slice(-30, 30))
    with pytest.raises(CainrError, match=r"tas \(file.nc\): The context does not cover the region"):
        load_context(write(tmp_path / "file.nc", region), field)


def test_missing_values_are_filled(tmp_path: Path, field: Field, make_dataset) -> None:
    dataset = make_dataset(1)
    dataset["tas"][:, 10:20, 5:30] = np.nan
    dataset["tas"][0, 0, 0] = np.inf
    context = load_context(write(tmp_path / "file.nc", dataset), field)
    assert context.values is not None
    assert np.isfinite(context.values).all()
    np.testing.assert_array_equal(context.values[0, 12, 40], dataset["tas"].values[0, 12, 40])


def test_a_constant_tells_nothing(tmp_path: Path, make_dataset) -> None:
    with pytest.raises(CainrError, match="is constant"):
        load_context(write(tmp_path / "file.nc", make_dataset(1) * 0 + 5))


def test_the_digest_does_not_depend_on_the_container(tmp_path: Path, make_dataset) -> None:
    dataset = make_dataset(3)
    digests = {
        load_context(write(tmp_path / "a.nc", dataset)).digest,
        load_context(write(tmp_path / "b.nc", dataset.isel(lat=slice(None, None, -1)))).digest,
        load_context(write(tmp_path / "c.nc", dataset.transpose("lon", "time", "lat"))).digest,
    }
    dataset.to_zarr(tmp_path / "d.zarr")
    digests.add(load_context(f"{tmp_path}/d.zarr:tas").digest)
    assert len(digests) == 1
    dataset["tas"][0, 0, 0] += 1
    assert load_context(write(tmp_path / "e.nc", dataset)).digest not in digests


@pytest.mark.parametrize(
    "spec", ["topography@embedded", "climatology@resolution=6,noise=0.1,bits=5,embedded"]
)
def test_an_embedded_context_is_rebuilt_from_its_parts(spec: str) -> None:
    context = load_context(spec)
    assert context.nbytes == 0
    assert context.grid is not None
    q, lo, step = context.quantised()
    assert q.dtype == np.uint16
    assert q.max() == 2**context.choice.bits - 1
    assert context.values is not None
    np.testing.assert_array_equal(context.values, np.float32(lo + q * step))
    again = Context.from_parts(
        ContextChoice.parse(context.choice.spec),
        context.title,
        context.units,
        context.grid,
        (q, lo, step),
        context.kind,
    )
    assert again.digest == context.digest
    np.testing.assert_array_equal(again.values, context.values)


def test_only_what_is_rounded_has_levels() -> None:
    with pytest.raises(CainrError, match="not rounded to bits"):
        load_context("topography@resolution=8").quantised()


def test_what_a_reader_needs_besides() -> None:
    topography, reduced = load_context("topography"), load_context("topography@resolution=4")
    assert topography.origin == "topography_025.nc"
    assert topography.nbytes == reduced.nbytes > 1e6
    assert load_context("topography@embedded").nbytes == 0


def test_coarser_is_smoother_and_noise_is_rough(sample: Field) -> None:
    rough = {}
    for spec in ("topography@resolution=8", "topography", "topography@noise=0.5"):
        sampled = load_context(spec).sample(*sample.grid.points(), sample.time)
        rough[spec] = np.abs(np.diff(sampled.at(0).reshape(192, 288), axis=1)).mean()
    assert list(rough.values()) == sorted(rough.values())
