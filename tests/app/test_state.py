"""A state goes into a file and a link and comes back; what is not understood is told."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

import param
import pytest

from app import shared
from app.state import (
    LONGEST_LINK,
    MOST_BYTES,
    from_json,
    from_link,
    restore,
    state_of,
    to_json,
    to_link,
)
from app.viewing import Viewing
from app.workbench import Workbench
from cainr_core.errors import CainrError
from cainr_core.runs import Library

VIEW = [name for name in Viewing.param if name != "name"]


@pytest.fixture
def library(finished: Library, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setattr(shared, "kept_runs", lambda: finished)
    return finished


@pytest.fixture
def bench(library: Library) -> Workbench:
    return opened()


def opened() -> Workbench:
    bench = Workbench()
    bench.data.time = "0:4"
    bench.open_data()
    bench.list_runs()
    return bench


def other(parameter: param.Parameter) -> object:
    """A value of a parameter that is not its default."""
    default = parameter.default
    if isinstance(parameter, param.Selector):
        return next(each for each in parameter.objects if each != default)
    if isinstance(parameter, param.Boolean):
        return not default
    if isinstance(parameter, param.Integer):
        return (default or 0) + 2
    if isinstance(parameter, param.Range):
        return (1.0, 2.5)
    if isinstance(parameter, param.Number):
        return (default or 0.0) + 0.25
    if isinstance(parameter, param.Tuple):
        return tuple(each + 1 for each in default) if default else (1.0, 2.0)
    if isinstance(parameter, param.List):
        return ["a"] if parameter.item_type in (None, str) else [1]
    if isinstance(parameter, param.Dict):
        return {"a": 1}
    return "another"


def changed() -> Workbench:
    bench = opened()
    bench.architecture.param.update(depth=7, omega=12.5, network="finer")
    bench.recipe.param.update(steps=123, schedule="halving")
    bench.target.param.update(kind="bytes", value=5000.0)
    bench.device = "cpu"
    for offer in bench.offers[:2]:
        offer.choice.resolution = 4.5
        bench.tick(offer, True)
    bench.pick([run.id for run in bench.runs])
    for name in VIEW:
        setattr(bench, name, other(bench.param[name]))
    return bench


@pytest.mark.parametrize("way", ["file", "link"])
def test_all_of_a_state_comes_back(library: Library, way: str):
    there = changed()
    state = state_of(there)
    assert state["picked"] == [run.id for run in there.runs]
    again = from_json(to_json(state)) if way == "file" else from_link(to_link(state))
    here = Workbench()
    here.list_runs()
    here.open_data()
    restore(here, again)
    assert here.problem == ""
    assert state_of(here) == state
    assert len(here.field.time) == 4


@pytest.mark.parametrize("name", VIEW)
def test_every_part_of_the_view_comes_back(library: Library, name: str):
    there, here = opened(), opened()
    setattr(there, name, other(there.param[name]))
    restore(here, from_link(to_link(state_of(there))))
    assert getattr(here, name) == getattr(there, name)
    assert here.problem == ""


def test_the_defaults_need_no_words():
    assert to_link(state_of(Workbench())) == ""


def test_a_link_stays_short_and_is_refused_when_it_cannot(library: Library):
    state = state_of(changed())
    assert len(to_link(state)) < 700
    endless = [f"{number:06d}-{hash(str(number))}" for number in range(1000)]
    with pytest.raises(CainrError, match="too long"):
        to_link({**state, "picked": endless})


def test_a_run_that_is_gone_is_told_in_one_sentence(bench: Workbench):
    state = {**state_of(bench), "picked": [bench.runs[0].id, "20200101-000000-abcdef"]}
    restore(bench, state)
    assert bench.picked == [bench.runs[0].id]
    assert bench.problem == "Taken over, but without: a run that is not in this library."


def test_of_a_state_whose_data_are_gone_all_that_it_lacks_is_told(bench: Workbench):
    before = bench.field
    state = {**state_of(bench), "picked": ["20200101-000000-abcdef"]}
    state["choices"]["data"] |= {"path": "/nowhere/gone.nc", "variable": "T"}
    state["view"]["projection"] = "cubist"
    restore(bench, state)
    assert bench.field is before
    assert "gone.nc" in bench.problem
    assert " Also left out: a run that is not in this library; projection" in bench.problem


def test_what_is_not_understood_is_left_out_and_told(bench: Workbench):
    state = state_of(bench)
    state["choices"]["architecture"] |= {"depth": 99, "speed": 3, "width": "wide", "omega": 9.0}
    state["choices"]["contexts"] = ["topography", "nonsense@resolution=99"]
    state["view"] |= {"projection": "cubist", "time": 10**9, "name": "Mallory"}
    state["colour"] = "red"
    restore(bench, state)
    assert bench.architecture.depth == 5
    assert bench.architecture.omega == 9.0
    assert [offer.choice.source for offer in bench.offers if offer.ticked] == ["topography"]
    assert bench.time == 3
    assert bench.projection == "robinson"
    for words in ("Depth must be at most 32", "speed (unknown)", "Width must be", "out of bounds",
                  "projection", "name (unknown)", "colour (unknown)"):  # fmt: skip
        assert words in bench.problem
    assert "Traceback" not in bench.problem


@pytest.mark.parametrize(
    "state",
    [
        {"format": 1, "choices": [], "picked": {}, "view": 7},
        {"format": 1, "choices": {"data": 3, "contexts": "topography", "device": ["cpu"]}},
        {"format": 1, "choices": {"recipe": {"steps": 1.5}, "target": {"kind": {}}}},
        {"format": 1, "picked": [[1], {"a": 2}], "view": {"time": "noon", "centre": [[]]}},
    ],
)
def test_wrong_types_are_told_not_raised(bench: Workbench, state: dict):
    restore(bench, state)
    assert bench.problem.startswith("Taken over, but without: ")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "not JSON"),
        (b"\x89PNG\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"format": 1, "view": {"time": NaN}}', "not JSON"),
        (b'{"format": 1, "choices": {"target": {"value": 1e999}}}', "not JSON"),
        (b"[1, 2]", "not of this dashboard"),
        (b'{"format": 2}', "the format 2"),
        (b" " * (MOST_BYTES + 1), "200,001 bytes"),
    ],
)
def test_a_file_that_is_no_state_gets_a_sentence(data: bytes, told: str):
    with pytest.raises(CainrError, match=told):
        from_json(data)


def packed(data: bytes) -> str:
    return urlsafe_b64encode(zlib.compress(data)).decode()


@pytest.mark.parametrize(
    "link",
    [
        "<script>",
        "AAAA",
        "a" * (LONGEST_LINK + 1),
        packed(b" " * (MOST_BYTES + 1)),
        packed(b'{"format": 1}')[:-8],
        packed(b"not JSON"),
    ],
)
def test_a_broken_link_gets_a_sentence(link: str):
    with pytest.raises(CainrError):
        from_link(link)


def test_a_link_names_only_what_differs(bench: Workbench):
    bench.architecture.depth = 6
    link = to_link(state_of(bench))
    text = zlib.decompress(urlsafe_b64decode(link + "==")).decode()
    assert json.loads(text) == {
        "format": 1,
        "choices": {"data": {"time": "0:4"}, "architecture": {"depth": 6}},
    }
