"""Who looks at a page: whose fits these are, and which library is theirs."""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import time as clock
from collections import Counter
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from threading import Lock

import panel as pn

from app.settings import settings

COOKIE = "cainr_visitor"
COOKIE_KEPT = 365 * 24 * 3600  # seconds, where a browser's library stays
USERS, BROWSERS, GUESTS = ".users", ".browsers", ".guests"
GUESTS_KEPT = 3600.0  # seconds after a guest was last seen, in which the library stays
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Visitor:
    """`person`: among whom the workers are shared fairly. `room`: the folder of this visitor's
    library in that of the server, "" where all use the same. `token`: what the browser keeps, so
    that a reload finds the same visitor."""

    person: str = dataclass_field(default_factory=lambda: secrets.token_hex(16))
    room: str = ""
    token: str = ""

    @property
    def has_signed_in(self) -> bool:
        """Whether this is somebody whom the server knows by name."""
        return self.room.startswith(USERS)


def visitor() -> Visitor:
    """The visitor of the session that is being made: who signed in by Panel's own options, else a
    browser. Each who signed in has a library, and where the server says so, each browser."""
    user = pn.state.user
    if user and user != "guest":
        return Visitor(f"user {user}", f"{USERS}/{_folder(user)}")
    known = str(pn.state.cookies.get(COOKIE, ""))
    token = known if _TOKEN.fullmatch(known) else secrets.token_hex(16)
    # the folder does not tell the token, with which another could take it for theirs
    folder = hashlib.sha256(token.encode()).hexdigest()[:32]
    if settings.kiosk or user:
        room = f"{GUESTS}/{folder}"
    else:
        room = f"{BROWSERS}/{folder}" if settings.apart else ""
    return Visitor(f"browser {token}", room, token)


def remember(token: str) -> str:
    """JavaScript that keeps a token until the browser is closed, or as long as what it leads to."""
    kept = f"; max-age={COOKIE_KEPT}" if settings.apart else ""
    return f'document.cookie = "{COOKIE}={token}; path=/; SameSite=Strict{kept}"'


def _folder(user: str) -> str:
    """A name of a folder that tells people apart, of whatever their names consist."""
    digest = hashlib.sha256(user.encode()).hexdigest()[:12]
    return f"{re.sub(r'[^A-Za-z0-9@_-]+', '_', user)[:40]}-{digest}"


class Guests:
    """The guests who are there; libraries of those who left long ago are removed."""

    def __init__(self) -> None:
        self._present: Counter[str] = Counter()
        self._lock = Lock()

    def enter(self, visitor: Visitor, root: Path) -> None:
        """A page was opened, of a server whose library is in that folder."""
        with self._lock:
            self._present[visitor.room] += 1
            self._tidy(root)

    def leave(self, visitor: Visitor, root: Path) -> None:
        """A page is gone for good."""
        with self._lock:
            self._present[visitor.room] -= 1
            if self._present[visitor.room] <= 0:
                del self._present[visitor.room]
            folder = root / visitor.room
            if visitor.room.startswith(GUESTS) and folder.is_dir():
                folder.touch()  # from now on an hour

    def _tidy(self, root: Path) -> None:
        rooms = root / GUESTS
        if not rooms.is_dir():
            return
        for folder in rooms.iterdir():
            there = f"{GUESTS}/{folder.name}" in self._present
            if not there and clock.time() - folder.stat().st_mtime > GUESTS_KEPT:
                shutil.rmtree(folder, ignore_errors=True)


guests = Guests()
