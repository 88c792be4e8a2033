"""Fits on disk: found after a restart, by one process alone, whatever lies in the folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cainr_core.choices import Choices, DataChoice
from cainr_core.errors import CainrError
from cainr_core.pending import FOLDER, Pending

ID, OTHER = "0" * 32, "1" * 32
CHOICES = Choices(data=DataChoice(time="0:3"), device="cpu")
SERVER = """
import sys, time
from pathlib import Path
from cainr_core.pending import Pending
from tests.test_pending import CHOICES, ID
pending = Pending(Path(sys.argv[1]))
pending.keep(ID, CHOICES, "a name · 5 × 48")
print("kept", flush=True)
time.sleep(600)
"""


def test_a_fit_is_taken_over_once_its_process_is_gone(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "kept\n"
            assert Pending(tmp_path).take_over() == []  # it lives
        finally:
            server.kill()
    after = Pending(tmp_path)
    (found,) = after.take_over()
    assert (found.id, found.name) == (ID, "a name · 5 × 48")
    assert found.choices.to_dict() == CHOICES.to_dict()
    assert Pending(tmp_path).take_over() == []  # once
    after.forget(ID)
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_what_is_no_fit_is_removed_and_the_others_are_found(tmp_path: Path) -> None:
    assert Pending(tmp_path).take_over() == []
    earlier = Pending(tmp_path)
    earlier.keep(ID, CHOICES, "good")
    earlier._release(ID)  # as when its process ends
    for name, content in {
        f"{OTHER}.json": b"[1",
        f"{'2' * 32}.json": b'{"name": "no choices"}',
        f"{'3' * 32}.json": b'{"name": "bad", "choices": {"data": {"nonsense": 1}}}',
        "readme.json": b"{}",
    }.items():
        (tmp_path / FOLDER / name).write_bytes(content)
    assert [found.name for found in Pending(tmp_path).take_over()] == ["good"]
    left = {path.name for path in (tmp_path / FOLDER).iterdir()}
    assert left == {f"{ID}.json", "readme.json"}


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file")
    with pytest.raises(CainrError, match="cannot be kept"):
        Pending(tmp_path).keep(ID, CHOICES, "name")
