"""Files that visitors send: measured while they arrive, kept apart, and gone in the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app import page, shared, uploads
from app.settings import Settings
from app.uploads import MB, Uploads, is_upload, without_folders
from app.workbench import Workbench
from cainr_core.choices import Choices, DataChoice
from cainr_core.errors import CainrError
from tests import small


@pytest.fixture(autouse=True)
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "settings", Settings(upload_mb=1))


def send(sent: Uploads, name: str, *pieces: bytes) -> Path:
    sent.begin()
    for number, piece in enumerate(pieces, 1):
        sent.take(name, number, len(pieces), piece)
    path = sent.finish()
    assert path is not None
    return path


def test_a_file_arrives_in_pieces_and_goes_with_its_session() -> None:
    sent, other = Uploads(), Uploads()
    path = send(sent, "a.nc", b"one", b"two")
    assert path.read_bytes() == b"onetwo"
    assert (path.name, is_upload(str(path))) == ("a.nc", True)
    again, theirs = send(sent, "a.nc", b"three"), send(other, "a.nc", b"four")
    assert (again.name, path.read_bytes()) == ("a-2.nc", b"onetwo")
    assert sent.holds(str(again))
    assert not sent.holds(str(theirs))
    sent.close()
    assert not path.exists()
    assert not again.parent.exists()
    assert theirs.exists()
    with pytest.raises(CainrError, match=r"'a.nc' was sent for one session and is gone with it"):
        uploads.check(str(path))
    other.close()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\ts.nc", "ts.nc"),
        ("<script>alert(1)</script>.nc", "script_.nc"),
        (".hidden", "hidden"),
        ("é è.nc", "é_è.nc"),
        ("..", "upload.nc"),
        ("x" * 300 + ".nc", "x" * 77 + ".nc"),
    ],
)
def test_names_are_made_safe(name: str, kept: str) -> None:
    sent = Uploads()
    assert send(sent, name, b"data").name == kept
    sent.close()


def test_what_is_announced_too_large_is_refused_at_its_first_piece() -> None:
    sent = Uploads()
    sent.begin()
    with pytest.raises(CainrError, match=r"'a.nc' is larger than the 1 MB that this server takes"):
        sent.take("a.nc", 1, 1000, bytes(2000))
    sent.take("a.nc", 2, 1000, bytes(2000))  # what was under way is passed over
    assert sent.finish() is None
    assert list(uploads.root().rglob("a.nc")) == []
    assert send(sent, "b.nc", b"small").exists()
    sent.close()


def test_what_grows_beyond_its_announcement_is_refused() -> None:
    sent = Uploads()
    sent.begin()
    sent.take("a.nc", 1, 3, b"")
    sent.take("a.nc", 2, 3, bytes(MB))
    with pytest.raises(CainrError, match="larger"):
        sent.take("a.nc", 3, 3, b"1")
    sent.close()


def test_a_page_may_send_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = Uploads()
    for number in range(3):
        send(sent, f"{number}.nc", bytes(MB))
    with pytest.raises(CainrError, match="as much as it may"):
        send(sent, "more.nc", b"1")
    sent.close()
    monkeypatch.setattr(uploads, "SPARE_DISK", 1 << 60)
    with pytest.raises(CainrError, match="disk is full"):
        send(Uploads(), "a.nc", b"1")


@pytest.mark.parametrize(
    "pieces", [[(2, 3)], [(1, 3), (3, 3)], [(1, 3), (2, 4)], [("1", 1)], [(1, None)], [(0, 0)]]
)
def test_pieces_in_disorder_are_refused(pieces: list[tuple[object, object]]) -> None:
    sent = Uploads()
    sent.begin()
    *before, last = pieces
    for number, count in before:
        sent.take("a.nc", number, count, b"data")
    with pytest.raises(CainrError, match="send it again"):
        sent.take("a.nc", *last, b"data")
    assert sent.finish() is None
    sent.close()


def test_a_file_that_is_not_whole_or_empty_is_refused() -> None:
    sent = Uploads()
    sent.begin()
    with pytest.raises(CainrError, match="is empty"):
        sent.finish()
    sent.take("a.nc", 1, 2, b"half")
    with pytest.raises(CainrError, match=r"'a.nc' did not arrive as a whole"):
        sent.finish()
    sent.close()


def test_a_server_may_take_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "settings", Settings(kiosk=True))
    with pytest.raises(CainrError, match="takes no files"):
        send(Uploads(), "a.nc", b"1")


def test_a_session_that_ends_takes_its_files_along() -> None:
    bench = Workbench()
    path = send(bench.uploads, "a.nc", b"data")
    choice = DataChoice(path=str(path))
    key = shared._key(choice)
    shared._fields.put(key, small.field())
    page._forget(bench, None)
    assert not path.exists()
    assert shared._fields.get(key) is None
    with pytest.raises(CainrError, match="gone with it"):
        shared.open_choice(choice)


def test_lines_name_a_file_without_its_place() -> None:
    sent = Uploads()
    path = send(sent, "a.nc", b"data")
    choices = Choices(data=DataChoice(path=str(path), variable="tas"))
    assert "open_field('a.nc', 'tas')" in without_folders(choices.to_python())
    assert "compress a.nc -v tas" in without_folders(choices.to_command())
    assert without_folders("/data/b.nc:T") == "/data/b.nc:T"
    sent.close()


def test_all_files_go_when_the_server_does() -> None:
    program = (
        "from app.uploads import Uploads, root\n"
        "sent = Uploads(); sent.begin(); sent.take('a.nc', 1, 1, b'1'); sent.finish()\n"
        "print(root())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    folder = Path(done.stdout.strip())
    assert "cainr-uploads-" in folder.name
    assert not folder.exists()
