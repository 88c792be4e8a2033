"""cainr advise: its table, its sentence, its JSON and its refusals."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cainr_core.cli import BAD_INPUT, main

pytest.importorskip("numcodecs_wasm_sperr")
Call = Callable[..., tuple[int, str, str]]
QUICK = ["sample", "--time", "0:1", "--device", "cpu", "--steps", 20, "--architecture", "siren"]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """`cainr advise` in this process: exit code, standard output and standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cainr", "advise", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        code = stop.value.code
        return int(code or 0), *capfd.readouterr()

    return run


def test_a_table_a_sentence_and_what_else_to_know(call: Call) -> None:
    code, out, err = call(*QUICK, "--bytes", 2000, "--codecs", "sperr,bitround,cainr")
    assert code == 0, err
    table, words = out.split("\n\n")
    heading, first, *others = table.splitlines()
    assert heading.split("  ")[0] == "codec"
    for column in ("bytes", "ratio", "RMSE [K]", "max error [K]", "encode [s]", "context bytes"):
        assert column in heading
    assert first.startswith("SPERR")
    assert {line.split("  ")[0] for line in others if "misses" in line} == {"BitRound + Zstd"}
    assert len(others) == 4
    assert words.startswith("Use SPERR on the anomaly: an RMSE of ")
    assert "of cainr siren with Topography + Climatology by month." in words
    assert "Its reader must have Climatology by month besides, 2,694,973 bytes" in words


def test_json_holds_the_same(call: Call) -> None:
    code, out, err = call(*QUICK, "--max-rmse", 3, "--codecs", "sperr", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["goal"] == {"kind": "rmse", "most": 3}
    assert [row["on"] for row in told["rows"]] == ["anomaly", "field"]
    assert all(row["holds"] and row["rmse"] <= 3 for row in told["rows"])
    assert told["use"] == told["rows"][0]
    assert told["advice"].startswith("Use SPERR on the anomaly")
    assert told["command"] is None
    assert told["field"]["variable"] == "TS"
    assert "cpu" in told["machine"]


def test_the_command_that_keeps_the_advice_is_told(call: Call) -> None:
    code, out, err = call(*QUICK, "--bytes", 2000, "--codecs", "cainr", "--context", "climatology")
    assert code == 0, err
    words = shlex.split(out.splitlines()[-1])
    assert words[:3] == ["cainr", "compress", "sample"]
    for option, value in (("--bytes", "2000"), ("--context", "climatology"), ("--time", "0:1")):
        assert words[words.index(option) + 1] == value
    assert int(words[words.index("--steps") + 1]) > 1000  # not the brief fit


def test_no_contexts_are_taken_where_none_are_wanted(call: Call) -> None:
    code, out, err = call(
        *QUICK, "--bytes", 2000, "--codecs", "cainr", "--context", "none", "--json"
    )
    assert code == 0, err
    told = json.loads(out)
    assert [(row["on"], row["context_bytes"]) for row in told["rows"]] == [("no context", 0)]
    assert told["notes"] == []


def test_a_goal_out_of_reach_is_an_answer(call: Call) -> None:
    code, out, err = call(*QUICK, "--bytes", 100, "--codecs", "zfp,cainr")
    assert code == 0, err
    assert "Nothing fits into 100 bytes: the smallest is ZFP on the" in out
    assert "Not measured, cainr siren: A file of 100 bytes is too small" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Give one of --max-rmse and --bytes."),
        (["--max-rmse", 1, "--bytes", 100], "Give one of --max-rmse and --bytes."),
        (["--bytes", 0], "--bytes should be 1 or more."),
        (["--bytes", -5], "--bytes should be 1 or more."),
        (["--bytes", "10k"], "Invalid value for '--bytes'"),
        (["--max-rmse", 0], "--max-rmse should be a number above 0."),
        (["--max-rmse", -1], "--max-rmse should be a number above 0."),
        (["--max-rmse", "nan"], "--max-rmse should be a number above 0."),
        (["--bytes", 100, "--codecs", "jpeg"], "There is no codec 'jpeg'"),
        (["--bytes", 100, "--architecture", "huge"], "There is no architecture 'huge'"),
        (["--bytes", 100, "--context", "nowhere.nc:Z"], "no file 'nowhere.nc'"),
        (["--bytes", 100, "--steps", 0], "--steps"),
        (["--bytes", 10, "--codecs", "cainr"], "Nothing could be measured."),
    ],
)
def test_bad_words_are_one_line(call: Call, words: list[object], sentence: str) -> None:
    code, out, err = call(*QUICK, *words)
    assert (code, out) == (BAD_INPUT, "")
    assert sentence in err.splitlines()[-1]
    assert err.splitlines()[-1].startswith("cainr: ")


def test_it_is_listed_and_explained(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = call("--help")
    assert code == 0
    assert "cainr advise ts.nc -v TS --max-rmse 0.5" in out


def test_a_real_field_with_the_months_of_another_year(call: Call, shared: Path) -> None:
    months = shared / "e3sm_trefht_monthly_1850.nc"
    code, out, err = call(
        shared / "e3sm_trefht_monthly_2012_2013.nc", "-v", "TREFHT", "--time", "0:4",
        "--bytes", 3000, "--context", f"{months}:TREFHT", "--codecs", "sperr", "--json",
    )  # fmt: skip
    assert code == 0, err
    told = json.loads(out)
    assert told["use"]["on"] == "anomaly"
    assert told["use"]["context_bytes"] == months.stat().st_size
    assert "e3sm_trefht_monthly_1850.nc" in told["notes"][0]
