"""cainr benchmark contexts, as a process on a cut of the sample."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WORDS = ["sample", "--time", "0:1", "--device", "cpu", "--steps", "20", "--depth", "2"]
SIZES = ["--bytes", "1500,3000"]
BOTH = ["--context", "topography", "--context", "climatology"]
TOPOGRAPHY, CLIMATOLOGY = "Topography", "Climatology by month"


def contexts(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cainr_core", "benchmark", "contexts"]
    return subprocess.run([*command, *map(str, words)], capture_output=True, text=True, timeout=300)


def table(folder: Path, name: str = "contexts") -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads((folder / f"{name}.json").read_text())["rows"]
    return told


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with topography and climatology measured, and what was printed."""
    folder = tmp_path_factory.mktemp("contexts") / "out"
    ended = contexts(*WORDS, *SIZES, *BOTH, "-o", folder)
    assert ended.returncode == 0, ended.stderr
    return folder, ended.stdout


def test_each_context_is_told_alone_and_beside_the_others(done: tuple[Path, str]) -> None:
    rows = table(done[0])
    assert [(row["context"], row["beside"], row["wanted"]) for row in rows] == [
        (context, beside, size)
        for context in (TOPOGRAPHY, CLIMATOLOGY)
        for beside in ("alone", "beside the others")
        for size in (1500, 3000)
    ]
    fits = {(row["on"], row["wanted"]): row for row in table(done[0], "rate_distortion")}
    assert len(fits) == 8  # none, each, both: all against all but one are among them
    last = rows[-1]
    assert last["bytes_without"] == fits[TOPOGRAPHY, 3000]["bytes"]
    assert last["bytes_with"] == fits[f"{TOPOGRAPHY} + {CLIMATOLOGY}", 3000]["bytes"]
    assert last["bytes"] == min(last["bytes_without"], last["bytes_with"])
    assert last["gain_db"] == pytest.approx(last["psnr_with"] - last["psnr_without"])
    climatology = next(row for row in rows if row["context"] == CLIMATOLOGY)
    assert climatology["gain_db"] > 0


def test_a_context_costs_its_name_or_its_values(done: tuple[Path, str]) -> None:
    fits = {(row["on"], row["wanted"]): row for row in table(done[0], "rate_distortion")}
    for row in table(done[0]):
        assert 0 < row["cost_referenced"] < 40  # its range: name and digest are common words
        assert row["cost_embedded"] > 10_000  # of 1 degree and 10 bits
        if row["beside"] == "alone":
            assert row["context_bytes"] == fits[row["context"], 1500]["context_bytes"] > 1e6
        if row["bytes_saved"] is not None:
            spared = row["net_referenced"] - row["net_embedded"]
            assert spared == pytest.approx(row["cost_embedded"] - row["cost_referenced"])


def test_the_table_is_written_drawn_and_printed(done: tuple[Path, str]) -> None:
    folder, printed = done
    with (folder / "contexts.csv").open(newline="") as file:
        assert [row["context"] for row in csv.DictReader(file)] == [
            row["context"] for row in table(folder)
        ]
    assert (folder / "contexts.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (folder / "contexts.svg").read_text()
    assert f"{CLIMATOLOGY}, beside the others" in printed
    gains = [f"{row['gain_db']:+.2f} dB" for row in table(folder)]
    assert all(gain in printed for gain in gains)
    assert str(Path.home()) not in (folder / "contexts.json").read_text()


def test_what_is_there_is_not_measured_again(done: tuple[Path, str]) -> None:
    before = table(done[0], "rate_distortion")
    ended = contexts(*WORDS, *SIZES, "--context", "climatology", "-o", done[0])
    assert ended.returncode == 0, ended.stderr
    assert "PSNR" not in ended.stderr  # as a fit under way tells
    assert table(done[0], "rate_distortion") == before
    assert {row["beside"] for row in table(done[0])} == {"alone"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Name the contexts"),
        (["--context", "topography", "--context", "topography"], "go by one name"),
        (["--context", "topography", "--bytes", "40"], "too small for these choices"),
    ],
)
def test_bad_words_are_one_line(words: list[str], sentence: str, tmp_path: Path) -> None:
    ended = contexts(*WORDS, *words, "-o", tmp_path)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1
