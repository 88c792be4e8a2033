"""Fits that wait or run, on disk, so that they go on after a restart."""

from __future__ import annotations

import fcntl
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cainr_core.errors import CainrError

if TYPE_CHECKING:
    from cainr_core.choices import Choices

FOLDER = ".fits"
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Waiting:
    """A fit that an earlier process had begun: its job's id, and what its run is to be called."""

    id: str
    choices: Choices
    name: str


class Pending:
    """The fits of a library that have not ended: a file for each, locked as long as the process
    lives that looks after it, so that no other takes it up meanwhile."""

    def __init__(self, library: Path) -> None:
        self.folder = library / FOLDER
        self._held: dict[str, int] = {}

    def keep(self, id: str, choices: Choices, name: str) -> None:
        """Remember a fit. CainrError where nothing can be written."""
        path = self._path(id)
        record = json.dumps({"name": name, "choices": choices.to_dict()}, ensure_ascii=False)
        hidden = path.with_suffix(".part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            self._held[id] = handle
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(handle, record.encode())
            hidden.rename(path)  # with its lock
        except OSError as error:
            self._release(id)
            reason = error.strerror or str(error)
            raise CainrError(f"The fit cannot be kept in {self.folder}: {reason}.") from error

    def forget(self, id: str) -> None:
        """A fit has ended."""
        self._path(id).unlink(missing_ok=True)
        self._release(id)

    def take_over(self) -> list[Waiting]:
        """The fits whose process is gone; from now on they are this one's. What cannot be read is
        removed."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            id = path.stem
            if id in self._held or not _ID.fullmatch(id):
                continue
            try:
                handle = os.open(path, os.O_RDWR)
            except OSError:  # it has just ended
                continue
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:  # of another process that lives
                os.close(handle)
                continue
            self._held[id] = handle
            try:
                found.append(_read(id, path.read_bytes()))
            except (CainrError, ValueError, KeyError, TypeError, OSError):
                self.forget(id)
        return found

    def _path(self, id: str) -> Path:
        return self.folder / f"{id}.json"

    def _release(self, id: str) -> None:
        if (handle := self._held.pop(id, None)) is not None:
            os.close(handle)


def _read(id: str, data: bytes) -> Waiting:
    from cainr_core.choices import Choices

    record: dict[str, Any] = json.loads(data)
    return Waiting(id, Choices.from_dict(record["choices"]), str(record["name"]))
