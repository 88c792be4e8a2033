"""The command line: as a process where that matters, in this process for the many refusals."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cainr_core.cli import BAD_INPUT, INTERRUPTED, main
from cainr_core.data.samples import sample_path

ORIGINAL = str(sample_path("cesm1_ts_30days.nc"))
QUICK = ["--steps", "40", "--depth", "3", "--width", "12", "--time", "0:3", "--device", "cpu"]
KEYS = [
    "psnr",
    "psnr_paper",
    "rmse",
    "rmse_weighted",
    "max_abs_error",
    "bias",
    "file_bytes",
    "context_bytes",
    "compression_ratio",
    "bits_per_value",
    "compression_gain_paper",
]
Call = Callable[..., tuple[int, str, str]]


def cainr(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cainr_core", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """`main` in this process: exit code, standard output and standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cainr", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        code = stop.value.code
        return int(code or 0), *capfd.readouterr()

    return run


@pytest.fixture(scope="module")
def compressed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A .cainr file of three times of the sample, and what compress told of it as JSON."""
    path = tmp_path_factory.mktemp("cli") / "ts.cainr"
    done = cainr(
        *["compress", ORIGINAL, "-v", "TS", "-o", path, *QUICK, "--seed", 1, "--json"],
        *["--context", "topography@resolution=4,bits=8", "--context", "climatology"],
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return path, json.loads(done.stdout)


# --- what it does ----------------------------------------------------------------------


def test_compress_tells_what_the_file_is(compressed: tuple[Path, dict[str, object]]) -> None:
    path, told = compressed
    assert told["output"] == str(path)
    assert told["file_bytes"] == path.stat().st_size
    assert [*told][1 : 1 + len(KEYS)] == KEYS
    assert [p.name for p in path.parent.iterdir()] == ["ts.cainr"]


def test_decompress_gives_back_what_xarray_reads(
    compressed: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    done = cainr("decompress", compressed[0], "-o", tmp_path / "ts.nc")
    assert done.returncode == 0, done.stderr
    with (
        xr.open_dataset(tmp_path / "ts.nc") as decoded,
        xr.open_dataset(compressed[0]) as direct,
        xr.open_dataset(ORIGINAL) as original,
    ):
        assert decoded.TS.dims == original.TS.dims
        assert decoded.TS.attrs == original.TS.attrs
        for name in decoded.TS.coords:
            expected = original[name].isel(time=slice(3), missing_dims="ignore")
            np.testing.assert_array_equal(decoded[name], expected)
        np.testing.assert_array_equal(decoded.TS, direct.TS)
        assert decoded.time.encoding["calendar"] == original.time.encoding["calendar"]


def test_info(compressed: tuple[Path, dict[str, object]], call: Call) -> None:
    code, out, err = call("info", compressed[0], "--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert told["variable"] == "TS"
    assert told["file_bytes"] == compressed[1]["file_bytes"]
    assert [one["source"] for one in told["contexts"]] == [
        "topography@resolution=4,bits=8",
        "climatology",
    ]
    code, out, err = call("info", compressed[0])
    assert (code, err) == (0, "")
    assert "Topography" in out
    assert "3 x 192 x 288" in out


def test_evaluate_agrees_with_compress(
    compressed: tuple[Path, dict[str, object]], call: Call
) -> None:
    path, told = compressed
    code, out, err = call("evaluate", path, ORIGINAL, "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert [*found][: len(KEYS)] == KEYS
    assert found["times"] == 3
    for key in KEYS:
        assert math.isclose(found[key], told[key], rel_tol=1e-6, abs_tol=1e-9), key  # type: ignore[arg-type]
    code, out, _ = call("evaluate", path, "sample", "-v", "TS", "--time", "1:3")
    assert code == 0
    assert out.splitlines()[0].startswith("psnr ")


def test_evaluate_of_some_times_keeps_the_costs_of_the_whole(
    compressed: tuple[Path, dict[str, object]], call: Call
) -> None:
    _, out, _ = call("evaluate", compressed[0], ORIGINAL, "--time", "1:2", "--json")
    found = json.loads(out)
    for key in KEYS[6:]:
        assert found[key] == compressed[1][key], key
    assert found["times"] == 1
    assert found["rmse"] != compressed[1]["rmse"]


def test_evaluate_asks_whether_a_file_is_fit_for_analysis(
    compressed: tuple[Path, dict[str, object]], call: Call
) -> None:
    words = ["evaluate", compressed[0], ORIGINAL, "--time", "0:1", "--analysis"]
    code, out, err = call(*words, "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    checks = {check["name"]: check for check in found["analysis"]}
    assert len(checks) == 13
    assert checks["pearson"]["verdict"] == "fail"
    assert 0 < checks["pearson"]["value"] < 1
    assert checks["trends"]["value"] is None
    code, out, err = call(*words)
    assert (code, err) == (0, "")
    correlation = next(line for line in out.splitlines() if line.startswith("Pearson"))
    assert re.match(r"Pearson correlation +fail +0\.\d+ +≥ 0\.99999 +Here the", correlation)
    assert out.splitlines()[-1] == "5 fail, 8 not asked"


def test_a_thinned_region_is_compared_with_its_own_cells(call: Call, tmp_path: Path) -> None:
    path, part = tmp_path / "part.cainr", ["--region", "-30:30,-60:60", "--thin", 3]
    _, out, _ = call("compress", "sample", "-o", path, *QUICK, *part, "--json")
    told = json.loads(out)
    assert told["choices"]["data"]["region"] == "-30:30,-60:60"
    code, out, _ = call("evaluate", path, "sample", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["times"] == 1
    assert found["rmse"] == pytest.approx(told["rmse"], rel=1e-6)


@pytest.mark.parametrize("budget", [("--bytes", 4000), ("--ratio", 165)])
def test_a_budget_is_kept(budget: tuple[str, int], call: Call, tmp_path: Path) -> None:
    path = tmp_path / "small.cainr"
    words = ["--steps", 30, "--depth", 3, "--time", "0:3", "--json", *budget]
    code, out, err = call("compress", "sample", "-o", path, *words)
    assert (code, err) == (0, "")
    assert path.stat().st_size == json.loads(out)["file_bytes"]
    most = 4000 if budget[0] == "--bytes" else 3 * 192 * 288 * 4 / 165
    assert 0.5 * most < path.stat().st_size <= most


def test_progress_goes_to_standard_error(call: Call, tmp_path: Path) -> None:
    code, out, err = call("compress", "sample", "-o", tmp_path / "a.cainr", *QUICK)
    assert code == 0
    assert out.startswith(f"{tmp_path / 'a.cainr'}: ")
    assert len(out.splitlines()) == 1
    assert "PSNR" in err


def test_the_same_seed_gives_the_same_file(call: Call, tmp_path: Path) -> None:
    for name in "ab":
        call("compress", "sample", "-o", tmp_path / name, *QUICK, "--seed", 7)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "words", [(), ("--help",), ("compress", "-h"), ("decompress", "-h"), ("info", "-h")]
)
def test_help_is_worth_reading(words: Sequence[str], call: Call) -> None:
    code, out, err = call(*words)
    assert (code, err) == (0, "")
    assert "Usage: " in out
    if "compress" in words:
        assert "Example" in out
        for text in ("Number of hidden layers.", "1<=x<=32", "climatology_annual"):
            assert text in " ".join(out.split())


def test_help_and_version_load_no_torch() -> None:
    words = "['compress', '--help'], standalone_mode=False"
    code = f"import sys; from cainr_core.cli import app; app({words})"
    check = [sys.executable, "-c", f"{code}; sys.exit('torch' in sys.modules)"]
    assert subprocess.run(check, stdout=subprocess.DEVNULL).returncode == 0
    assert cainr("--version").stdout.startswith("cainr ")


# --- what it refuses -------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with files of several sorts that are no good."""
    monkeypatch.chdir(tmp_path)
    Path("text.nc").write_text("not NetCDF at all\n" * 100)
    Path("text.cainr").write_text("not a file of ours\n" * 100)
    Path("old.cainr").write_bytes(b"an older file")
    return tmp_path


SAMPLE = ["compress", "sample", "-o", "old.cainr"]
REFUSALS = {
    "no file": (["compress", "none.nc", "-v", "TS", "-o", "old.cainr"], "none.nc"),
    "no data file": (["compress", "text.nc", "-v", "TS", "-o", "old.cainr"], "text.nc"),
    "no variable": (["compress", ORIGINAL, "-v", "PS", "-o", "old.cainr"], "TS"),
    "no context": ([*SAMPLE, "--context", "moon"], "moon"),
    "bad quality": ([*SAMPLE, "--context", "topography@bits=99"], "bits"),
    "no architecture": ([*SAMPLE, "--architecture", "cnn"], "siren"),
    "no recipe": ([*SAMPLE, "--recipe", "soup"], "quick"),
    "depth out of bounds": ([*SAMPLE, "--depth", "99"], "--depth"),
    "not a number": ([*SAMPLE, "--steps", "many"], "--steps"),
    "no times": ([*SAMPLE, "--time", "40:50"], "chooses nothing"),
    "not times": ([*SAMPLE, "--time", "spring"], "START:STOP"),
    "not a region": ([*SAMPLE, "--region", "Europe"], "LAT:LAT,LON:LON"),
    "no cells": ([*SAMPLE, "--region", "-1:-1.01,0:1"], "holds no cell"),
    "no thinning": ([*SAMPLE, "--thin", "0"], "--thin"),
    "not a selection": ([*SAMPLE, "--select", "lev"], "NAME=VALUE"),
    "two budgets": ([*SAMPLE, "--ratio", "10", "--bytes", "1000"], "not both"),
    "width and budget": ([*SAMPLE, "--ratio", "10", "--width", "10"], "not both"),
    "too small": ([*SAMPLE, "--bytes", "50"], "too small"),
    "no device": ([*SAMPLE, "--device", "abacus"], "--device"),
    "no such option": ([*SAMPLE, "--frobnicate"], "--frobnicate"),
    "no such variable of the sample": (["compress", "sample", "-v", "XX", "-o", "a.cainr"], "TS"),
    "no output": (["compress", "sample"], "--output"),
    "no input": (["compress", "-o", "old.cainr"], "INPUT"),
    "no folder": (["compress", "sample", "-o", "no/where.cainr"], "no folder"),
    "output is a folder": (["compress", "sample", "-o", "."], "not a regular file"),
    "no command": (["shrink"], "shrink"),
    "info of nothing": (["info", "none.cainr"], "none.cainr"),
    "info of a folder": (["info", "."], "folder"),
    "info of text": (["info", "text.cainr"], "text.cainr"),
    "decompress text": (["decompress", "text.cainr", "-o", "old.cainr"], "text.cainr"),
    "evaluate text": (["evaluate", "text.cainr", ORIGINAL], "text.cainr"),
}


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("machine", [False, True], ids=["", "json"])
def test_bad_input_is_one_line_and_code_2(
    name: str, machine: bool, place: Path, call: Call
) -> None:
    words, expected = REFUSALS[name]
    code, out, err = call(*words, *(["--json"] if machine else []))
    assert (code, out) == (BAD_INPUT, "")
    assert err.startswith("cainr: ")
    assert err.count("\n") == 1
    assert expected in err
    assert Path("old.cainr").read_bytes() == b"an older file"
    assert sorted(os.listdir()) == ["old.cainr", "text.cainr", "text.nc"]


def test_a_damaged_file_is_refused(
    compressed: tuple[Path, dict[str, object]], place: Path, call: Call
) -> None:
    data = compressed[0].read_bytes()
    for harmed in (data[:-1], data[:100], data[:2000] + b"\0" + data[2001:], b""):
        Path("harmed.cainr").write_bytes(harmed)
        for words in (["info"], ["decompress", "-o", "a.nc"]):
            code, out, err = call(words[0], "harmed.cainr", *words[1:])
            assert (code, out, err.count("\n")) == (BAD_INPUT, "", 1), err
    assert not Path("a.nc").exists()


def test_what_does_not_belong_together_is_not_compared(
    compressed: tuple[Path, dict[str, object]], place: Path, call: Call
) -> None:
    with xr.open_dataset(ORIGINAL) as original:
        original.isel(time=slice(10, 12)).to_netcdf("later.nc")
        original.isel(lat=slice(90)).to_netcdf("half.nc")
    for words, expected in (
        (["later.nc"], "chooses nothing"),
        (["half.nc"], "another grid"),
        ([ORIGINAL, "--time", "2:5"], "does not hold"),
    ):
        code, out, err = call("evaluate", compressed[0], *words)
        assert (code, out, err.count("\n")) == (BAD_INPUT, "", 1)
        assert expected in err


def test_an_interrupted_fit_leaves_the_older_file(tmp_path: Path) -> None:
    output = tmp_path / "old.cainr"
    output.write_bytes(b"an older file")
    command = [sys.executable, "-m", "cainr_core", "compress", "sample", "-o", str(output)]
    with subprocess.Popen(
        [*command, "--steps", "100000"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Fitting: ")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert out == ""
    assert err.splitlines()[-1] == "cainr: stopped; nothing was written"
    assert "Traceback" not in err
    assert output.read_bytes() == b"an older file"
    assert os.listdir(tmp_path) == ["old.cainr"]
