from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from cainr_core.codec import embedding
from cainr_core.codec.embedding import DIGITS, describe, find_referenced, read_embedded
from cainr_core.data.contexts import Context, load_context
from cainr_core.errors import CainrError
from tests import small


def through(context: Context) -> Context:
    entry, sections = describe(context)
    remaining = iter(sections)
    back = read_embedded(json.loads(json.dumps(entry)), remaining)
    assert next(remaining, None) is None
    return back


def height_file(path: Path, scale: float = 1.0, name: str = "h.nc") -> Path:
    """A context of a user: heights, and temperatures at six times."""
    data = small.dataset()
    data["height"] = (("lat", "lon"), scale * np.outer(np.arange(15.0), np.ones(24)))
    path.mkdir(exist_ok=True)
    data.to_netcdf(path / name)
    return path / name


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without any files."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.delenv("CAINR_CONTEXT_PATH", raising=False)
    return tmp_path


# --- embedded ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec",
    [
        "topography@resolution=20,embedded",
        "topography@resolution=20,bits=16,embedded",
        "topography@resolution=20,bits=1,embedded",
        "land_sea_mask@resolution=20,embedded",
        "climatology@resolution=30,bits=5,noise=0.5,embedded",
        "climatology_annual@resolution=9,embedded",
    ],
)
def test_an_embedded_context_comes_back(spec: str) -> None:
    context = load_context(spec)
    back = through(context)
    assert back.digest == context.digest
    assert (back.kind, back.units, back.title) == (context.kind, context.units, context.title)
    assert back.choice.spec == context.choice.spec
    np.testing.assert_array_equal(back.values, context.values)
    field = small.field()
    points = field.grid.points()
    one, other = (c.sample(*points, field.time) for c in (context, back))
    np.testing.assert_array_equal(one.table, other.table)


def test_a_context_of_several_times_comes_back(tmp_path: Path) -> None:
    path = height_file(tmp_path / "data")
    context = load_context(f"{path}:tas@resolution=30,embedded")
    back = through(context)
    assert back.kind == "times"
    assert back.digest == context.digest
    np.testing.assert_array_equal(back.days, context.days)
    assert str(tmp_path) not in json.dumps(describe(context)[0])


def test_a_context_on_columns_comes_back(tmp_path: Path) -> None:
    small.column_dataset().isel(year=0, drop=True).to_netcdf(tmp_path / "columns.nc")
    context = load_context(f"{tmp_path}/columns.nc:TREFHT@resolution=0.5,embedded")
    assert context.grid is not None
    assert context.grid.kind == "columns"
    assert through(context).digest == context.digest


def test_a_smooth_context_takes_few_bytes() -> None:
    context = load_context("climatology@embedded")
    _, sections = describe(context)
    assert context.values is not None
    assert sum(map(len, sections)) < 0.8 * context.values.size  # of 10 bits each


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kind", "computed"),
        ("kind", "monthly"),
        ("grid", "cube"),
        ("cells", [5]),
        ("cells", [-9, 18]),
        ("cells", [1 << 40, 1 << 40]),
        ("layers", 0),
        ("layers", 1 << 60),
        ("layers", -1),
        ("low", "nan"),
        ("step", 1e400),
        ("step", 2.0),
    ],
)
def test_a_hostile_description_is_refused(key: str, value: Any) -> None:
    entry, sections = describe(small.context("topography@resolution=20,embedded"))
    entry["embedded"][key] = value
    with pytest.raises((CainrError, ValueError, KeyError, TypeError)):
        read_embedded(entry, iter(sections))


# --- referenced ---------------------------------------------------------------------------


def referenced(spec: str) -> dict[str, Any]:
    entry, sections = describe(load_context(spec))
    assert sections == []
    return json.loads(json.dumps(entry))


@pytest.mark.parametrize("spec", ["topography", "climatology@noise=0.2,bits=6", "insolation"])
def test_a_context_that_cainr_brings_is_found(spec: str) -> None:
    entry = referenced(spec)
    assert find_referenced(entry, [], []).digest[:DIGITS] == entry["digest"]


def test_computed_contexts_cost_nothing() -> None:
    assert referenced("insolation")["bytes"] == 0
    assert referenced("insolation@embedded")["bytes"] == 0
    assert referenced("topography")["bytes"] > 100_000


def test_a_file_is_found_wherever_it_is_named(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = height_file(elsewhere / "data")
    entry = referenced(f"{path}:height@bits=8")
    assert entry["source"] == "h.nc:height@bits=8"
    renamed = path.with_name("other.nc")
    os.link(path, renamed)
    for search in ([path.parent], [path], [renamed], [elsewhere, path.parent]):
        assert find_referenced(entry, [], search).digest[:DIGITS] == entry["digest"]
    given = load_context(f"{path}:height@bits=8")
    assert find_referenced(entry, [small.context("topography"), given], []) is given
    monkeypatch.setenv("CAINR_CONTEXT_PATH", str(path.parent))
    assert find_referenced(entry, [], []).digest[:DIGITS] == entry["digest"]
    monkeypatch.chdir(path.parent)
    monkeypatch.delenv("CAINR_CONTEXT_PATH")
    assert find_referenced(entry, [], []).digest[:DIGITS] == entry["digest"]


def test_another_file_of_that_name_is_passed_over(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = height_file(elsewhere / "right")
    wrong = height_file(elsewhere / "wrong", scale=2)
    entry = referenced(f"{right}:height")
    monkeypatch.chdir(wrong.parent)
    search = [wrong.parent, right.parent]
    assert find_referenced(entry, [], search).digest[:DIGITS] == entry["digest"]


def test_a_missing_context_is_told(elsewhere: Path) -> None:
    entry = referenced(f"{height_file(elsewhere / 'data')}:height")
    with pytest.raises(CainrError, match=r"h\.nc:height") as told:
        find_referenced(entry, [], [elsewhere])
    assert "CAINR_CONTEXT_PATH" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_changed_context_is_told(elsewhere: Path) -> None:
    entry = referenced(f"{height_file(elsewhere / 'data')}:height")
    height_file(elsewhere / "data", scale=3)
    with pytest.raises(CainrError, match="is not the one") as told:
        find_referenced(entry, [], [elsewhere / "data"])
    assert entry["digest"] in str(told.value)
    assert "h.nc:height" in str(told.value)


@pytest.mark.parametrize(
    "source",
    [
        "https://example.org/x.nc:T",
        "/etc/x.nc:T",
        "../../x.nc:T",
        "s3://bucket/x.nc:T",
        "a\\x.nc:T",
    ],
)
def test_a_file_leads_its_reader_to_no_other_place(
    source: str, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def load(choice: Any, *_: object) -> Context:
        asked.append(choice.source)
        raise CainrError("not here.")

    monkeypatch.setattr(embedding, "load_context", load)
    entry = {"source": source, "digest": "0" * 32, "title": "A\ntitle\nof\nlines", "bytes": 0}
    with pytest.raises(CainrError, match="A title of lines"):
        find_referenced(entry, [], [elsewhere])
    assert asked == ["x.nc:T"]


def test_a_zarr_store_is_found_by_its_name(elsewhere: Path) -> None:
    data = xr.open_dataset(height_file(elsewhere / "data"))
    data.to_zarr(elsewhere / "data" / "store.zarr", consolidated=False)
    entry = referenced(f"{elsewhere}/data/store.zarr/:height")
    assert entry["source"] == "store.zarr:height"
    for search in ([elsewhere / "data"], [elsewhere / "data" / "store.zarr"]):
        assert find_referenced(entry, [], search).digest[:DIGITS] == entry["digest"]
