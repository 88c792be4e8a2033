from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from cainr_core.evaluate.rate_distortion import Row
from cainr_core.evaluate.worth import ALONE, BESIDE, Cost, Pair, Worth, pairs, worth
from cainr_core.evaluate.worth_figure import draw

SIZES = (1000, 2000, 4000, 8000)
PAIR = Pair("Topography", ALONE, "no context", "Topography")
COST = Cost(taken=50, referenced=50, embedded=600, besides=7000)


def rows(factor: float = 1.0, short: int = 0, sizes: tuple[int, ...] = SIZES) -> list[Row]:
    """A fit that gains 3 dB for twice the bytes, and takes `factor` times those of the plain one
    for the same PSNR; its files are `short` bytes smaller than was asked for."""
    return [
        Row(
            "cainr", "x", "m", "s", size, size - short, 0, 1.0,
            30 + 3 * float(np.log2((size - short) / factor / 1000)), 1, 1, 1, 1, 1,
        )
        for size in sizes
    ]  # fmt: skip


def test_half_the_bytes_is_3_db_and_half_of_every_size() -> None:
    lines = worth(PAIR, COST, rows(), rows(0.5))
    assert [line.wanted for line in lines] == list(SIZES)
    assert [line.gain_db for line in lines] == pytest.approx([3] * 4)
    assert [line.bd_rate_percent for line in lines] == pytest.approx([-50] * 4)
    # whole files hold the context's own cost: what it spares the rest of the file is more
    assert [line.bytes_saved for line in lines] == pytest.approx([550, 1050, 2050, 4050])
    assert [line.net_referenced for line in lines] == pytest.approx([500, 1000, 2000, 4000])
    assert [line.net_embedded for line in lines] == pytest.approx([-50, 450, 1450, 3450])
    assert [line.verdict for line in lines] == ["pays referenced", *["pays, even embedded"] * 3]
    assert (lines[0].cost_referenced, lines[0].cost_embedded, lines[0].context_bytes) == (
        50,
        600,
        7000,
    )


def test_files_that_differ_a_little_are_compared_at_equal_bytes() -> None:
    lines = worth(PAIR, COST, rows(short=30), rows(0.5))
    assert [line.bytes for line in lines] == [size - 30 for size in SIZES]
    assert [line.bytes_with - line.bytes_without for line in lines] == [30] * 4
    assert [line.gain_db for line in lines] == pytest.approx([3] * 4)
    lines = worth(PAIR, COST, rows(), rows(0.5, short=25))
    assert [line.bytes for line in lines] == [size - 25 for size in SIZES]
    assert [line.gain_db for line in lines] == pytest.approx([3] * 4)


def test_a_context_that_harms_does_not_pay() -> None:
    lines = worth(PAIR, COST, rows(), rows(1.25))
    assert lines[1].gain_db == pytest.approx(-3 * np.log2(1.25))
    assert lines[1].bytes_saved == pytest.approx(50 - 0.25 * 2000)
    assert {line.verdict for line in lines} == {"does not pay"}


def test_an_embedded_context_that_was_measured_may_be_referenced_instead() -> None:
    lines = worth(PAIR, Cost(600, 50, 600, 0), rows(), rows(0.5))
    assert lines[1].net_embedded == pytest.approx(1000)
    assert lines[1].net_referenced == pytest.approx(1550)


def test_of_one_size_the_bytes_saved_are_not_known() -> None:
    (line,) = worth(PAIR, COST, rows(sizes=(1000,)), rows(0.5, sizes=(1000,)))
    assert line.gain_db == pytest.approx(3)
    assert line.bytes_saved is line.net_embedded is line.bd_rate_percent is None
    assert line.verdict == "not known"


def test_a_size_that_one_of_both_does_not_reach_is_left_out() -> None:
    assert [line.wanted for line in worth(PAIR, COST, rows()[1:], rows(0.5)[:3])] == [2000, 4000]
    assert worth(PAIR, COST, [], rows()) == []


def test_a_worse_fit_of_a_larger_file_is_told_as_it_is() -> None:
    failed = rows(0.5)
    failed[2] = Row(**{**asdict(failed[2]), "psnr": 20.0})
    lines = worth(PAIR, COST, rows(), failed)
    assert lines[2].psnr_with == pytest.approx(20)
    assert lines[3].gain_db == pytest.approx(3)


def test_each_context_is_told_alone_and_beside_all_others() -> None:
    assert pairs(["T"]) == [Pair("T", ALONE, "no context", "T")]
    assert pairs(["T", "C", "L"])[2:4] == [
        Pair("C", ALONE, "no context", "C"),
        Pair("C", BESIDE, "T + L", "T + C + L"),
    ]
    assert len(pairs(["T", "C", "L"])) == 6


@pytest.mark.parametrize("sizes", [SIZES, (1000,)])
def test_a_figure_is_drawn_of_any_table(sizes: tuple[int, ...], tmp_path: Path) -> None:
    table: list[Worth] = []
    for pair, factor in zip(
        pairs(["Topography", "Climatology"]), (0.9, 1.1, 0.5, 0.6), strict=True
    ):
        table += worth(pair, COST, rows(sizes=sizes), rows(factor, sizes=sizes))
    about = {"variable": "TS", "shape": [2, 3, 4], "original_bytes": 96}
    png, svg = draw(table, about, "cainr latent", tmp_path / "contexts")
    assert png.read_bytes().startswith(b"\x89PNG")
    again = svg.read_bytes()
    assert draw(table, about, "cainr latent", tmp_path / "contexts")[1].read_bytes() == again
