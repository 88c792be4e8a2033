"""What reaches the terminal: lines, a bar, one JSON object, one sentence."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest

from cainr_core import terminal


def test_a_failure_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.fail("two\nlines  and\tmore")
    assert capsys.readouterr() == ("", "cainr: two lines and more\n")


def test_json_is_valid_whatever_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_json({"psnr": float("inf"), "list": [float("nan"), 1.5], "of": {"a": (1, "ü")}})
    out = capsys.readouterr().out
    assert json.loads(out) == {"psnr": None, "list": [None, 1.5], "of": {"a": [1, "ü"]}}
    assert out.count("\n") == 1


def test_progress_is_a_line_for_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.progress("Fitting") as tell:
        for done in range(0, 101):
            tell(done, 100, "PSNR 30.00 dB")
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 11
    assert err.splitlines()[-1] == "Fitting: 100 of 100, PSNR 30.00 dB"


def test_quiet_progress_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.progress("Fitting", quiet=True) as tell:
        tell(5, 10)
    assert capsys.readouterr() == ("", "")


def test_a_person_sees_a_bar_and_machines_none_of_it() -> None:
    code = (
        "from cainr_core import terminal\n"
        "with terminal.progress('Fitting') as tell:\n"
        "    tell(7, 10, 'PSNR 30.00 dB')\n"
        "print('the result')\n"
    )
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-c", code], stderr=theirs, stdout=subprocess.PIPE, env=environment
    )
    os.close(theirs)
    seen = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.stdout == b"the result\n"
    assert "7/10" in seen
    assert "PSNR 30.00 dB" in seen


def test_a_row_is_one_line_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("Means", "pass", "a sentence " * 20), ("[bold]Trends", "not asked", "")]
    terminal.show_rows(("check", "", "why"), rows, {"pass": "green"})
    heading, first, second = capsys.readouterr().out.splitlines()
    assert heading.split() == ["check", "why"]
    assert first.split()[:2] == ["Means", "pass"]
    assert first.endswith("a sentence")
    assert second == "[bold]Trends  not asked"
