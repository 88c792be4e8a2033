"""Other codecs in a process of their own: what it says, what it keeps, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cainr_core.benchmark.classical import BASELINES, part_done
from cainr_core.choices import DataChoice, values_of
from cainr_core.compression import open_data
from cainr_core.evaluate.baselines import CODECS
from cainr_core.evaluate.report import Report

pytest.importorskip("numcodecs_wasm_sperr")
DATA = DataChoice(time="0:1")


def started(path: Path, **other: object) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "cainr_core.benchmark.process"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    asked = {"data": values_of(DATA), "path": str(path), "sizes": [2000], "codecs": ["bitround"]}
    process.stdin.write(json.dumps(asked | other) + "\n")
    process.stdin.flush()
    return process


def test_it_tells_how_far_it_is_and_keeps_what_it_measured(tmp_path: Path):
    path = tmp_path / "new" / "rate_distortion.json"
    process = started(path)
    told = list(map(json.loads, process.stdout))
    assert process.wait() == 0
    assert [one["done"] for one in told] == [0, 1]
    assert [one["part"] for one in told] == [0, 0.5]
    assert {one["total"] for one in told} == {2}
    assert "anomaly" in told[1]["words"]
    rows = Report(path, open_data(DATA)).rows
    assert {row.on for row in rows} == {"field", "anomaly"}
    process.stdin.close()


def test_the_slowest_codec_takes_the_largest_part_of_the_time():
    modes = [len(CODECS[name].modes) for name in BASELINES]
    total = 2 * sum(modes)
    parts = [part_done(BASELINES, done, total) for done in range(total + 1)]
    assert parts[0] == 0
    assert parts[-1] == 1
    assert sorted(set(parts)) == parts
    assert 1 - parts[-1 - 2 * modes[-1]] > 0.4 > 2 * modes[-1] / total  # EBCC, the last one


def test_it_ends_when_nobody_is_left_to_hear_of_it(tmp_path: Path):
    process = started(tmp_path / "rate_distortion.json", codecs=["sperr"])
    process.stdin.close()
    assert process.wait(120) == 1


def test_a_problem_is_a_sentence(tmp_path: Path):
    process = started(tmp_path / "report.json", data=values_of(DataChoice(path="/nowhere.nc")))
    assert "/nowhere.nc" in json.loads(process.stdout.readlines()[-1])["problem"]
    assert process.wait() == 2
    process.stdin.close()
