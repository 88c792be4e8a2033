"""Files appear complete or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cainr_core.errors import CainrError
from cainr_core.files import atomic_write, writable


def test_bytes_arrive_and_replace(tmp_path: Path) -> None:
    path = tmp_path / "a.cainr"
    assert atomic_write(path, b"old") == path
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.cainr"]


def test_a_function_writes_beside_the_target(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    seen: list[Path] = []

    def write(temporary: Path) -> None:
        seen.append(temporary)
        temporary.write_text("all of it")

    atomic_write(path, write)
    assert path.read_text() == "all of it"
    assert seen[0].parent == tmp_path
    assert not seen[0].exists()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_the_older_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "a.cainr"
    path.write_bytes(b"old")

    def write(temporary: Path) -> None:
        temporary.write_bytes(b"half of")
        raise error("stopped")

    with pytest.raises(error):
        atomic_write(path, write)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.cainr"]


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    def write(temporary: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(CainrError, match=r"Cannot write .*: No space left on device"):
        atomic_write(tmp_path / "a", write)


def test_a_file_has_the_usual_permissions(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        path = atomic_write(tmp_path / "a", b"1")
    finally:
        os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o644


def test_links_are_written_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    atomic_write(tmp_path / "link", b"1")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"1"


@pytest.mark.parametrize("path", ["/dev/null", ".", "no/such/folder/a.cainr"])
def test_what_cannot_be_a_file_is_refused(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CainrError, match=f"Cannot write {path}: "):
        writable(path)
    with pytest.raises(CainrError):
        atomic_write(path, b"1")
