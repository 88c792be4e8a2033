from __future__ import annotations

import json
import shlex
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cainr_core
from cainr_core.choices import Choices, DataChoice, Target
from cainr_core.data.choices import ContextChoice
from cainr_core.fit.recipe import RECIPES, Recipe
from cainr_core.model.architecture import COORDINATES, NETWORKS, PRESETS, Architecture
from tests import small


def made(choice: Any, /, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(parts).map(lambda values: choice(**values))


choices = made(
    Choices,
    data=made(
        DataChoice,
        path=st.sampled_from(["", "a.nc", "/a folder/it's.nc"]),
        variable=st.sampled_from(["", "TS", "t2m"]),
        time=st.sampled_from(["", "0:10", "1920-01-05:1920-01-20"]),
        select=st.sampled_from([{}, {"lev": 850.0}, {"member": "r1i1p1f1"}]),
        region=st.sampled_from(["", "-60:-30,170:-170"]),
        thin=st.sampled_from([1, 4]),
    ),
    contexts=st.lists(
        st.sampled_from(["topography", "climatology@bits=8", "a b.nc:T@lev=850,embedded"]).map(
            ContextChoice.parse
        ),
        max_size=3,
    ),
    architecture=made(
        Architecture,
        network=st.sampled_from(list(NETWORKS)),
        depth=st.integers(1, 32),
        width=st.integers(2, 512),
        omega=st.floats(0.1, 200),
        coordinates=st.sampled_from(list(COORDINATES)),
        skip=st.booleans(),
    ),
    recipe=made(
        Recipe,
        steps=st.integers(1, 10**6),
        batch=st.integers(0, 1 << 20),
        schedule=st.sampled_from(["cosine", "halving", "constant"]),
        seed=st.integers(0, 2**31 - 1),
    ),
    target=made(Target, kind=st.sampled_from(["none", "ratio", "bytes"]), value=st.floats(1, 1e9)),
    device=st.sampled_from(["auto", "cpu", "cuda"]),
)


@settings(deadline=None, max_examples=25)
@given(one=choices)
def test_choices_survive_json(one: Choices) -> None:
    values = json.loads(json.dumps(one.to_dict()))
    again = Choices.from_dict(values)
    assert again.to_dict() == one.to_dict()
    assert (again.to_python(), again.to_command()) == (one.to_python(), one.to_command())


@settings(deadline=None, max_examples=25)
@given(one=choices)
def test_the_lines_of_python_do_the_same(one: Choices) -> None:
    """They are run with what they call replaced by something that listens."""
    opened: dict[str, Any] = {}
    asked: dict[str, Any] = {}

    class Listening:
        Architecture, Recipe, Target = Architecture, Recipe, Target

        @staticmethod
        def open_sample(time: str = "", region: str = "", thin: int = 1) -> str:
            opened.update(path="", time=time, region=region, thin=thin)
            return "field"

        @staticmethod
        def open_field(path: str, variable: str = "", select: Any = None, **part: Any) -> str:
            opened.update(path=path, variable=variable, select=select or {})
            opened.update({"time": "", "region": "", "thin": 1, **part})
            return "field"

        @staticmethod
        def compress(field: str, **arguments: Any) -> Any:
            asked.update(arguments)
            metrics = type("Metrics", (), {"psnr": 31.256})()
            made = {"metrics": metrics, "data": b"12345", "save": lambda self, path: None}
            return type("Result", (), made)()

    lines = one.to_python()
    told: list[str] = []
    assert lines.startswith("import cainr_core\n\n")
    exec(  # the lines are ours
        compile(lines.split("\n", 1)[1], "lines", "exec"),
        {"cainr_core": Listening, "print": told.append},
    )
    assert told == ["31.26 dB, 5 bytes"]
    data = one.data
    for name in ("path", "time", "region", "thin"):
        assert opened[name] == getattr(data, name)
    if data.path:
        assert (opened["variable"], opened["select"]) == (data.variable, data.select)
    assert asked.get("contexts", []) == [context.spec for context in one.contexts]
    assert asked.get("device", "auto") == one.device
    for name, choice in (
        ("architecture", one.architecture),
        ("recipe", one.recipe),
        ("target", one.target),
    ):
        if name == "target" and one.target.kind == "none":
            assert name not in asked  # a value without a kind means nothing
            continue
        given_ = asked.get(name, type(choice)())
        assert {**given_.param.values(), "name": ""} == {**choice.param.values(), "name": ""}


@settings(deadline=None, max_examples=25)
@given(one=choices)
def test_the_shell_line_says_what_it_can(one: Choices) -> None:
    *comment, line = one.to_command().splitlines()
    words = shlex.split(line)
    assert words[:3] == ["cainr", "compress", one.data.path or "sample"]

    def after(option: str) -> list[str]:
        return [words[i + 1] for i, word in enumerate(words) if word == option]

    assert after("-o") == ["field.cainr"]
    assert after("--context") == [context.spec for context in one.contexts]
    # what the options say and what the comment names make up all that was chosen
    kind, recipe = after("--architecture")[0], (after("--recipe") or ["default"])[0]
    said = {**Architecture().choices(), **PRESETS.get(kind, {"network": kind})}
    said |= {**Recipe().choices(), **RECIPES[recipe]}
    said |= {"depth": one.architecture.depth, "width": one.architecture.width}
    said |= {"steps": one.recipe.steps, "seed": one.recipe.seed}
    chosen = {**one.architecture.choices(), **one.recipe.choices()}
    missing = [f"{key}={value!r}" for key, value in chosen.items() if said[key] != value]
    told = [f"# the command line has no option for: {', '.join(missing)}"] if missing else []
    assert comment == told
    assert after("--select") == [f"{dim}={at}" for dim, at in one.data.select.items()]
    assert after("--region") == ([one.data.region] if one.data.region else [])
    assert after("--thin") == ([str(one.data.thin)] if one.data.thin > 1 else [])
    assert after("--depth") == [str(one.architecture.depth)]
    assert after("--steps") == [str(one.recipe.steps)]
    assert after("--time") == ([one.data.time] if one.data.time else [])
    if one.target.kind == "none":
        assert after("--width") == [str(one.architecture.width)]
    elif one.target.kind == "bytes":
        assert int(after("--bytes")[0]) == int(one.target.value)
    else:
        assert float(after("--ratio")[0]) == pytest.approx(one.target.value, rel=1e-12)


def test_targets_are_bytes_of_the_whole_file() -> None:
    assert Target().file_bytes(1000) is None
    assert Target(kind="ratio", value=8).file_bytes(1000) == 125
    assert Target(kind="bytes", value=777.9).file_bytes(1000) == 777
    with pytest.raises(ValueError, match="value"):
        Target(value=0.5)


def test_the_sample_is_opened_where_no_file_is_named(sample: Any) -> None:
    field = cainr_core.open_data(DataChoice())
    np.testing.assert_array_equal(field.values, sample.values)
    few = cainr_core.open_data(DataChoice(time="2:4"))
    np.testing.assert_array_equal(few.values, sample.values[2:4])


def test_a_record_from_before_there_were_regions_is_read() -> None:
    values = Choices(data=DataChoice(path="a.nc", time="0:3")).to_dict()
    del values["data"]["region"], values["data"]["thin"]
    assert Choices.from_dict(values).data.part == ""


def test_a_region_of_the_sample_is_opened(sample: Any) -> None:
    choice = DataChoice(time="0:4", region="0:30,350:10", thin=2)
    field = cainr_core.open_data(choice)
    assert field.shape == (2, 16, 9)
    assert field.grid.lon.tolist() == [-10.0, -7.5, -5.0, -2.5, 0.0, 2.5, 5.0, 7.5, 10.0] or (
        field.grid.lon.tolist() == [350.0 + 2.5 * step for step in range(9)]
    )
    assert choice.part == "0:30,350:10, thinned by 2"


def test_a_part_of_a_file_is_opened(tmp_path: Any) -> None:
    levels = small.dataset().expand_dims(lev=[500.0, 850.0], axis=1)
    levels.to_netcdf(tmp_path / "a.nc")
    choice = DataChoice(
        path=str(tmp_path / "a.nc"), variable="tas", time="0:2", select={"lev": 850}
    )
    assert cainr_core.open_data(choice).shape == (2, 15, 24)


@pytest.mark.parametrize("choice", [DataChoice, Target, Recipe, Architecture, ContextChoice])
def test_every_choice_is_documented(choice: Any) -> None:
    """The dashboard's widgets and the help derive from these."""
    for name, parameter in choice.param.objects().items():
        if name != "name":
            assert parameter.doc, name
            assert parameter.doc.rstrip().endswith("."), name


@pytest.mark.parametrize("name", RECIPES)
def test_presets_survive_json(name: str) -> None:
    one = Choices(recipe=Recipe.preset(name))
    assert Choices.from_dict(one.to_dict()).recipe.choices() == one.recipe.choices()


def test_a_call_without_choices_is_one_line() -> None:
    assert "result = cainr_core.compress(field)\n" in Choices().to_python()
