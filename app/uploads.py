"""Files that visitors send: kept apart for each session, and removed with it.

A file arrives in pieces, is measured and written while it does, and is read by a process of its own
(`cainr_core.apart`). Nothing of it is trusted: not its name, its size or what it holds.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from app.settings import settings
from cainr_core.errors import CainrError

FILES_A_PAGE = 3  # times the largest file, for all of a session
SPARE_DISK = 1 << 30  # bytes that stay free
LONGEST_NAME = 80
OTHERS = "/cainr-uploads-of-others"
MB = 1_000_000


@lru_cache
def root() -> Path:
    """The folder of all uploads of this server; it goes when the server does."""
    folder = Path(tempfile.mkdtemp(prefix="cainr-uploads-")).resolve()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def is_upload(path: str) -> bool:
    """Whether a path is that of a file that was sent to this server."""
    return "cainr-uploads-" in path and Path(path).is_relative_to(root())


def without_folders(text: str) -> str:
    """A text in which uploads are named by their own names only."""
    return re.sub(r"/[^\s'\"]*/cainr-uploads-[^\s'\"]*/", "", text)


def hidden(path: str) -> str:
    """What stands for the path of somebody else's upload, which leads nowhere."""
    return f"{OTHERS}/{Path(path).name}"


def check(path: str) -> None:
    """CainrError where a path names an upload that is gone, or somebody else's."""
    if path.startswith(OTHERS):
        raise CainrError(
            f"'{Path(path).name}' was sent in another session, to which it belongs: of its run "
            "there are figures and files, but no maps beside the original."
        )
    if "/cainr-uploads-" in path and not Path(path).exists():
        raise CainrError(
            f"'{Path(path).name}' was sent for one session and is gone with it; send it again."
        )


class Uploads:
    """The files of one session."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._arriving: tuple[Path, BinaryIO, int, int] | None = None  # and pieces, of how many
        self.refusal = ""  # why the rest of a file is not taken

    def holds(self, path: str) -> bool:
        """Whether a path is that of a file of this session."""
        return self._folder is not None and Path(path).is_relative_to(self._folder)

    def begin(self) -> None:
        """Another file is about to arrive."""
        self._drop()
        self.refusal = ""

    def take(self, name: str, number: Any, count: Any, data: bytes) -> None:
        """A piece of a file, `number` of `count`. CainrError, once, where the file is too large or
        its pieces come in disorder; what follows of it is then passed over."""
        if self.refusal:
            return
        try:
            self._take(name, number, count, data)
        except (CainrError, OSError) as problem:
            self._drop()
            self.refusal = (
                str(problem)
                if isinstance(problem, CainrError)
                else f"The file cannot be kept here: {problem.strerror}."
            )
            raise CainrError(self.refusal) from problem

    def finish(self) -> Path | None:
        """The file that has arrived, None where it was refused; CainrError if it is not whole."""
        if self.refusal:
            return None
        if self._arriving is None:
            raise CainrError("The file is empty; NetCDF files can be sent.")
        path, file, number, count = self._arriving
        if number != count:
            self._drop()
            raise CainrError(f"'{path.name}' did not arrive as a whole; send it again.")
        file.close()
        self._arriving = None
        return path

    def close(self) -> None:
        """Remove all files."""
        self._drop()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @staticmethod
    def context_place(path: str, variable: str) -> Path:
        """Where the copy of a variable of an upload is kept, under the name of its file."""
        folder = Path(path).parent / "contexts" / _tidy(variable)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / Path(path).name

    def _take(self, name: str, number: Any, count: Any, data: bytes) -> None:
        if not settings.uploads_allowed:
            raise CainrError("This server takes no files.")
        if not isinstance(number, int) or not isinstance(count, int):
            raise CainrError("The file did not arrive as it was sent; send it again.")
        if number == 1:
            self._drop()
            path = self._place(_tidy(str(name)))
            self._arriving = path, path.open("xb"), 0, count
        if self._arriving is None or number != self._arriving[2] + 1 or count != self._arriving[3]:
            raise CainrError("The pieces of the file came in disorder; send it again.")
        path, file, _, _ = self._arriving
        least = (count - 1) * len(data) if number == 1 else 0  # as the first piece announces
        self._check(path, max(least, file.tell() + len(data)))
        file.write(data)
        self._arriving = path, file, number, count

    def _check(self, path: Path, size: int) -> None:
        limit, folder = settings.upload_mb * MB, path.parent
        if size > limit:
            raise CainrError(
                f"'{path.name}' is larger than the {settings.upload_mb:,} MB that this server "
                "takes; send a part of it, or give the path of a file on the server."
            )
        files = [each for each in folder.rglob("*") if each.is_file() and each != path]
        kept = sum(each.stat().st_size for each in files)
        if kept + size > FILES_A_PAGE * limit:
            raise CainrError("This page has sent as much as it may; reload it to begin anew.")
        if shutil.disk_usage(folder).free < size + SPARE_DISK:
            raise CainrError("This server's disk is full; try again later.")

    def _place(self, name: str) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(dir=root()))
        path, number = self._folder / name, 2
        while path.exists():  # an older one may be in use
            path, number = (
                self._folder / f"{Path(name).stem}-{number}{Path(name).suffix}",
                number + 1,
            )
        return path

    def _drop(self) -> None:
        """Forget a file that has not arrived as a whole."""
        if self._arriving is not None:
            path, file, *_ = self._arriving
            file.close()
            path.unlink(missing_ok=True)
            self._arriving = None


def _tidy(name: str) -> str:
    """A name that is safe as a file's, and still known to who sent it."""
    plain = re.sub(r"[^\w.+-]+", "_", re.split(r"[\\/]", name)[-1]).lstrip("._-")
    return plain[-LONGEST_NAME:] or "upload.nc"
