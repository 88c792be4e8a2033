"""cainr benchmark, as a process on a cut of the sample."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numcodecs_wasm_sperr")
SIZES = "500,1000,2000,4000"
QUICK = ["sample", "--time", "0:1", "--bytes", SIZES, "--device", "cpu"]


def benchmark(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cainr_core", "benchmark", "rate-distortion"]
    return subprocess.run([*command, *map(str, words)], capture_output=True, text=True, timeout=300)


def table(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "rate_distortion.json").read_text())
    return told


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with SPERR and BitRound on one time."""
    folder = tmp_path_factory.mktemp("benchmark") / "out"
    ended = benchmark(*QUICK, "--codecs", "bitround", "--codecs", "sperr", "-o", folder)
    assert ended.returncode == 0, ended.stderr
    return folder


def test_the_table_holds_every_codec_on_field_and_anomaly(done: Path) -> None:
    told = table(done)
    curves = {(row["codec"], row["on"]) for row in told["rows"]}
    assert curves == {(c, on) for c in ("sperr", "bitround") for on in ("field", "anomaly")}
    climatology = {row["context_bytes"] for row in told["rows"] if row["on"] == "anomaly"}
    assert len(climatology) == 1
    assert climatology.pop() > 1e6
    assert all(row["psnr"] > 0 and row["encode_s"] > 0 for row in told["rows"])
    sperr = [row for row in told["rows"] if row["codec"] == "sperr" and row["mode"] == "bpp"]
    assert [row["wanted"] for row in sperr if row["on"] == "field"] == [500, 1000, 2000, 4000]


def test_the_csv_holds_the_same_rows(done: Path) -> None:
    with (done / "rate_distortion.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["bytes"]) for row in rows] == [row["bytes"] for row in table(done)["rows"]]


def test_the_summary_compares_with_sperr_on_both(done: Path) -> None:
    summary = {(one["codec"], one["on"], one["against"]): one for one in table(done)["summary"]}
    assert len(summary) == 8
    itself = summary["sperr", "field", "sperr on the field"]
    assert itself["bd_rate_percent"] == pytest.approx(0, abs=1e-6)
    assert itself["fewer_bytes_everywhere"] is False
    assert summary["sperr", "anomaly", "sperr on the field"]["bd_rate_percent"] < -10
    assert summary["bitround", "field", "sperr on the field"]["bd_rate_percent"] > 100
    assert (done / "rate_distortion_summary.csv").read_text().count("\n") == 9


def test_a_figure_is_drawn(done: Path) -> None:
    assert (done / "rate_distortion.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (done / "rate_distortion.svg").read_text()


def test_the_machine_is_told_and_no_path(done: Path) -> None:
    machine = table(done)["machines"][0]
    assert {"date", "cpu", "gpu", "versions"} <= set(machine)
    assert "torch" in machine["versions"]
    assert str(Path.home()) not in (done / "rate_distortion.json").read_text()
    assert str(done.parent) not in (done / "rate_distortion.json").read_text()


def test_what_is_there_is_not_measured_again_and_a_network_joins(done: Path) -> None:
    before = table(done)["rows"]
    ended = benchmark(
        *QUICK[:3], "--bytes", "2000,4000", "--device", "cpu", "-o", done,
        "--codecs", "sperr,bitround,cainr", "--steps", 20, "--depth", 2,
        "--context", "topography", "--context", "climatology",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    after = table(done)["rows"]
    assert after[: len(before)] == before
    assert {row["codec"] for row in after[len(before) :]} == {"cainr siren"}
    assert list(dict.fromkeys(row["on"] for row in after[len(before) :])) == [
        "no context",
        "Topography",
        "Climatology by month",
        "Topography + Climatology by month",
    ]
    assert all(row["bytes"] <= row["wanted"] for row in after[len(before) :])


def test_another_field_is_kept_apart(done: Path) -> None:
    ended = benchmark("sample", "--time", "1:2", "--codecs", "sperr", "-o", done)
    assert ended.returncode == 2
    assert "another field" in ended.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--codecs", "jpeg"], "There is no codec 'jpeg'"),
        (["--bytes", "10k"], "whole numbers"),
    ],
)
def test_bad_words_are_one_line(words: list[str], sentence: str, tmp_path: Path) -> None:
    ended = benchmark("sample", "--time", "0:1", *words, "-o", tmp_path)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1
