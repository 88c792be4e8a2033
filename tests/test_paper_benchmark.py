"""benchmarks/paper.py, as a process on a tiny field, where there is no typer and no rich."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cainr_core.data.sources import open_field
from cainr_core.evaluate.report import Report
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from tests import small

REPOSITORY = Path(__file__).resolve().parents[1]
SCRIPT = """
import runpy, sys
sys.modules |= dict.fromkeys(("typer", "rich", "matplotlib", "distributed"))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
BOTH = "Topography + Climatology by month"


def paper(folder: Path, *words: object) -> str:
    """What it printed; `folder` holds field.nc and the report."""
    command = [
        *(sys.executable, "-c", SCRIPT, "benchmarks/paper.py", folder / "field.nc", "tas"),
        *("--context", "topography", "--context", "climatology", "--device", "cpu"),
        *("--report", folder / "report.json", "--networks", "2x5", "3x6", *words),
    ]
    ended = subprocess.run(
        [*map(str, command)], cwd=REPOSITORY, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def report_of(folder: Path) -> Report:
    return Report(folder / "report.json", open_field(folder / "field.nc", "tas"))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two networks, fitted in 30 steps."""
    folder = tmp_path_factory.mktemp("paper")
    small.dataset(times=2).to_netcdf(folder / "field.nc")
    paper(folder, "--steps", 30)
    return folder


def test_the_size_is_4_bytes_a_weight_and_the_mode_tells_the_steps(done: Path) -> None:
    rows = report_of(done).rows
    assert [(row.on, row.bytes) for row in rows] == [
        (on, 4 * (width * (inputs + 1) + (depth - 1) * width * (width + 1) + width + 1))
        for depth, width in ((2, 5), (3, 6))
        for on, inputs in (("no context", 3), (BOTH, 5))
    ]
    assert {(row.codec, row.mode) for row in rows} == {("paper", "paper recipe, 30 steps")}
    assert [row.setting for row in rows[1:3]] == ["depth 2, width 5", "depth 3, width 6"]
    assert [row.context_bytes > 1e6 for row in rows] == [False, True, False, True]
    assert all(row.psnr_paper and row.psnr_paper > row.psnr > 0 for row in rows)


def test_what_is_there_is_not_fitted_again_and_longer_fits_join(done: Path) -> None:
    before = report_of(done).rows
    assert paper(done, "--steps", 30).count("is there") == 4
    assert report_of(done).rows == before
    paper(done, "--steps", 40)
    after = report_of(done).rows
    assert after[:4] == before
    assert {row.mode for row in after[4:]} == {"paper recipe, 40 steps"}
    assert not list(done.glob("*.checkpoint*"))
    assert len(report_of(done).curve("paper", BOTH)) >= 1


def test_the_list_fits_nothing(done: Path) -> None:
    before = report_of(done).rows
    printed = paper(done, "--list")
    assert printed.count("min on an H200") == 4
    assert report_of(done).rows == before


def test_the_recipe_is_the_papers() -> None:
    recipe, network = Recipe.preset("paper"), Architecture.preset("paper")
    assert (recipe.steps, recipe.batch, recipe.tail_steps) == (30_000, 0, 0)
    assert (recipe.scaling, recipe.precision) == ("unit", "float32")
    assert recipe.rate_factor(network) == 1
    assert [recipe.rate(step) for step in (0, 999, 1000, 2500)] == [1e-3, 1e-3, 5e-4, 2.5e-4]
    assert recipe.rate(12_000) < 2.5e-7
    assert not network.has_skip
