"""Sweeps: which fits they are made of, going on where they stopped, and what they tell."""

from __future__ import annotations

import csv
import json
import logging
import os
import signal
import subprocess
import sys
from itertools import islice, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from distributed import LocalCluster
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.choices import DataChoice
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe
from cainr_core.runs import Library
from cainr_core.sweep import SWEEPS, Sweep, sweep, workers
from cainr_core.sweep import fits as module
from cainr_core.sweep.command import in_words
from cainr_core.sweep.grid import called, context_sets, numbers
from cainr_core.sweep.lines import Line, front
from cainr_core.sweep.report import write
from cainr_core.sweep.running import runs_of

SMALL = ["--time", "0:2", "--steps", "20", "--depth", "1:2", "--width", "6,9", "--device", "cpu"]


def small(**choices: Any) -> Sweep:
    """Four fits of two times of the sample, a second or so each."""
    given = {"depths": [1, 2], "widths": [6, 9], "recipe": Recipe(steps=20), "device": "cpu"}
    return Sweep(**{"data": DataChoice(time="0:2"), **given, **choices})


def cainr(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cainr_core", "sweep", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


# --- which fits ------------------------------------------------------------------------------


@given(first=st.integers(1, 200), more=st.integers(0, 100), step=st.integers(1, 30))
def test_a_range_holds_its_last_number(first: int, more: int, step: int) -> None:
    last = first + more * step
    assert numbers(f"{first}:{last}:{step}", "--depth") == list(range(first, last + 1, step))


def test_numbers_are_listed_too_each_once() -> None:
    assert numbers("5, 10,7:8,10", "--width") == [5, 10, 7, 8]


@pytest.mark.parametrize("text", ["", "a", "5:", "7:5", "1:9:0", "1:2:3:4", "-3", "1.5"])
def test_what_is_no_number_gives_a_sentence(text: str) -> None:
    with pytest.raises(CainrError, match="--depth"):
        numbers(text, "--depth")


def test_sets_of_contexts() -> None:
    sets = context_sets(["none,topography,topography+climatology,both,topography"])
    assert [called(one) for one in sets] == [
        "no context", "topography", "topography + climatology",
    ]  # fmt: skip
    fine = context_sets(["topography@resolution=4,bits=8+climatology,none", "climatology@embedded"])
    assert [called(one) for one in fine] == [
        "topography@resolution=4,bits=8 + climatology", "no context", "climatology@embedded",
    ]  # fmt: skip


def test_the_paper_has_560_fits() -> None:
    words = SWEEPS["paper"]
    fits = small(
        depths=numbers(words["depth"], ""),
        widths=numbers(words["width"], ""),
        contexts=context_sets([words["context"]]),
    ).fits()
    assert len(fits) == 560
    shapes = [(one.architecture.depth, one.architecture.width) for one in fits]
    assert min(shapes) == (5, 5)
    assert max(shapes) == (14, 70)
    assert {called(one.contexts) for one in fits} == {
        "no context", "topography", "climatology", "topography + climatology",
    }  # fmt: skip
    assert all(a * b <= c * d for (a, b), (c, d) in pairwise(shapes))


# --- fitting ---------------------------------------------------------------------------------


def test_a_sweep_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    library = Library(tmp_path)
    first = list(islice(sweep(small(), library), 3))
    assert [fit.number for fit in first] == [1, 2, 3]
    assert len(library.list()) == 3
    rest = list(sweep(small(), library))
    assert [(fit.number, fit.total, fit.problem) for fit in rest] == [(4, 4, "")]
    assert rest[-1].seconds_left == 0
    assert list(sweep(small(), library)) == []
    shapes = [(1, 6), (1, 9), (2, 6), (2, 9)]
    networks = [run.choices.architecture for run in runs_of(small(), library)]
    assert [(one.depth, one.width) for one in networks] == shapes
    others = small(recipe=Recipe(steps=21))
    assert runs_of(others, library) == []


def test_states_on_the_way_are_kept_unless_they_are_not_wanted(tmp_path: Path) -> None:
    one = {"depths": [1], "widths": [6], "recipe": Recipe(steps=180)}
    for name, wanted in (("kept", small(**one)), ("bare", small(**one, keep_history=False))):
        (fit,) = sweep(wanted, Library(tmp_path / name))
        assert fit.run is not None
        assert len(fit.run.history) == 13 * wanted.keep_history


def test_a_fit_that_was_stopped_is_none_of_a_sweep(tmp_path: Path) -> None:
    library, wanted = Library(tmp_path), small(depths=[1], widths=[6])
    (whole,) = (fit.run for fit in sweep(wanted, library))
    assert whole is not None
    assert not whole.stopped
    longer = small(depths=[1], widths=[6], recipe=Recipe(steps=5000))
    fitted = SimpleNamespace(
        data=whole.cainr_path.read_bytes(), metrics=whole.metrics, curve=whole.curve, seconds=1.0,
        history=(),
    )  # fmt: skip
    assert library.add(longer.fits()[0], fitted).stopped
    assert runs_of(longer, library) == []
    assert [run.id for run in runs_of(wanted, library)] == [whole.id]


def test_a_fit_that_fails_does_not_end_the_others(tmp_path: Path) -> None:
    from cainr_core.compression import compress

    def failing(field: Any, contexts: Any, architecture: Any, *rest: Any) -> Any:
        if architecture.width == 6:
            raise CainrError("Too narrow.")
        return compress(field, contexts, architecture, *rest)

    with patch("cainr_core.compression.compress", failing):
        ended = list(sweep(small(), Library(tmp_path)))
    assert [fit.problem for fit in ended] == ["Too narrow.", "", "Too narrow.", ""]
    assert [fit.run is None for fit in ended] == [True, False, True, False]
    assert [fit.problem for fit in sweep(small(), Library(tmp_path))] == ["", ""]


def test_a_context_that_cannot_be_used_is_told_before_any_fit(tmp_path: Path) -> None:
    wanted = small(contexts=context_sets(["none,nowhere.nc:PHIS"]))
    with pytest.raises(CainrError, match="nowhere"):
        next(sweep(wanted, Library(tmp_path)))
    assert not list(tmp_path.iterdir())


def test_seconds_choose_the_steps(tmp_path: Path) -> None:
    wanted = small(depths=[1], seconds=0.3, recipe=Recipe(steps=100_000))
    ended = list(sweep(wanted, Library(tmp_path)))
    for fit in ended:
        assert fit.run is not None
        assert module.FEWEST_STEPS <= fit.run.choices.recipe.steps < 100_000
    assert list(sweep(wanted, Library(tmp_path))) == []  # whatever their steps were
    assert len(runs_of(wanted, Library(tmp_path))) == 2


@pytest.mark.filterwarnings("ignore")
def test_lost_workers_fits_are_run_again_elsewhere(tmp_path: Path) -> None:
    library = Library(tmp_path)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"}, silence_logs=logging.CRITICAL,
    ) as cluster:  # fmt: skip
        ended = []
        wanted = small(recipe=Recipe(steps=300))
        for fit in sweep(wanted, library, cluster.scheduler_address):
            ended.append(fit)
            if len(ended) == 1:  # both of them, and with them all copies of the field
                for worker in cluster.workers.values():
                    os.kill(worker.process.pid, signal.SIGKILL)
    assert [fit.problem for fit in ended] == [""] * 4
    assert [len(run.history) for run in library.list()] == [20] * 4


@pytest.mark.filterwarnings("ignore")
def test_every_gpu_of_the_machine_takes_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that CUDA does not find here: the workers, one for each, fit on the processor."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with patch("cainr_core.sweep.workers._Sent", wraps=workers._Sent) as sent:
        assert [fit.problem for fit in sweep(small(), Library(tmp_path / "one"))] == [""] * 4
        assert not sent.called  # the processor was asked for
        wanted = small(device="auto")
        ended = list(sweep(wanted, Library(tmp_path / "all")))
    assert [fit.problem for fit in ended] == [""] * 4
    client = sent.call_args.args[0]
    assert client.status == "closed"


def test_a_scheduler_that_is_not_there_gives_a_sentence(tmp_path: Path) -> None:
    with (
        patch("cainr_core.cluster.PATIENCE", 0.5),
        pytest.raises(CainrError, match="cannot be reached"),
    ):
        list(sweep(small(), Library(tmp_path), "tcp://127.0.0.1:9"))


# --- what it tells ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with a sweep of the command line, and what it told as JSON."""
    folder = tmp_path_factory.mktemp("sweep") / "out"
    ended = cainr("sample", *SMALL, "--context", "none,climatology", "-o", folder, "--json")
    assert ended.returncode == 0, ended.stderr
    return folder, json.loads(ended.stdout)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_command_keeps_every_fit_and_writes_a_report(done: tuple[Path, dict[str, Any]]) -> None:
    folder, told = done
    assert (told["fits"], told["failed"]) == (8, 0)
    runs = {run.id: run for run in Library(folder).list()}
    table = rows(folder / "sweep.csv")
    assert {row["run"] for row in table} == set(runs)
    for row in table:
        metrics = runs[row["run"]].metrics
        assert float(row["psnr"]) == metrics.psnr
        assert row["units"] == "K"
        assert int(row["file_bytes"]) == runs[row["run"]].cainr_path.stat().st_size
        assert float(row["compression_gain_paper"]) == metrics.compression_gain_paper
    assert {row["contexts"] for row in table} == {"no context", "climatology"}
    assert [row["run"] for row in rows(folder / "sweep_best.csv")] == [
        line["run"] for line in told["best"]
    ]
    for picture in ("sweep.png", "sweep.svg"):
        assert (folder / picture).stat().st_size > 10_000
    assert all(run.history for run in runs.values())


def test_the_same_line_again_fits_nothing(done: tuple[Path, dict[str, Any]]) -> None:
    folder, told = done
    before = sorted(path.name for path in folder.iterdir())
    ended = cainr("sample", *SMALL, "--context", "none,climatology", "-o", folder)
    assert ended.returncode == 0
    assert "Fitting" not in ended.stderr
    assert "8 of 8 fits" in ended.stdout
    assert sorted(path.name for path in folder.iterdir()) == before
    assert len(told["best"]) == ended.stdout.count(" dB")


def test_the_command_keeps_no_states_that_are_not_wanted(tmp_path: Path) -> None:
    words = ["--depth", "1", "--width", "4", "--no-history", "-o", tmp_path]
    ended = cainr("sample", *SMALL, *words)
    assert ended.returncode == 0, ended.stderr
    (run,) = Library(tmp_path).list()
    assert not run.history


def test_the_front_is_what_nothing_beats(done: tuple[Path, dict[str, Any]]) -> None:
    lines = [Line.of(run) for run in Library(done[0]).list()]
    best = front(lines)
    for line in lines:
        better = [x for x in lines if x.file_bytes <= line.file_bytes and x.psnr > line.psnr]
        same = [x for x in lines if x.file_bytes < line.file_bytes and x.psnr == line.psnr]
        assert (line in best) == (not better and not same)


def test_a_report_of_one_fit_can_be_drawn(
    done: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    paths = write(
        small(contexts=context_sets(["none,climatology"])), Library(done[0]).list()[:1], tmp_path
    )
    assert all(path.is_file() for path in paths)
    assert len(paths) == 5


def test_what_the_quality_of_a_context_is_worth(tmp_path: Path) -> None:
    words = ["--context", "none,both", "--resolution", "30,5", "-o", tmp_path, "--json"]
    ended = cainr("sample", *SMALL, *words)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["fits"] == 8 + 2 * 3  # both contexts alone, whole and at two resolutions
    table = rows(tmp_path / "sweep_quality.csv")
    each = [(row["context"], float(row["resolution"])) for row in table]
    assert each == [("", 0), *((c, r) for c in ("climatology", "topography") for r in (0, 5, 30))]
    assert {row["contexts"] for row in rows(tmp_path / "sweep.csv")} == {
        "no context", "topography + climatology",
    }  # fmt: skip
    assert (tmp_path / "sweep_quality.svg").stat().st_size > 5_000


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--depth", "x"], "--depth"),
        (["--preset", "nature"], "paper"),
        (["--steps", "5", "--seconds-per-fit", "5"], "not both"),
        (["--context", "nonsense"], "nonsense"),
        (["--depth", "1:100000", "--width", "5:100000"], "100,000"),
        (["--width", "0"], "idth"),
        (["--resolution", "a"], "--resolution"),
        (["--context", "topography", "--resolution", "1000"], "resolution"),
    ],
)
def test_bad_input_gives_one_sentence(words: list[str], sentence: str, tmp_path: Path) -> None:
    ended = cainr("sample", "-o", tmp_path / "out", *words)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert sentence in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("seconds", "words"), [(4.4, "4 s"), (180, "3 min"), (3600, "1 h 0 min"), (7860, "2 h 11 min")]
)
def test_a_time_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
