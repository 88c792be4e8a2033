"""Writing a file so that it is there complete, or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cainr_core.errors import CainrError


def atomic_write(
    path: str | Path, content: bytes | Callable[[Path], object], *, lasting: bool = True
) -> Path:
    """Write a file in one step: readers see the old file or the whole new one, never a part.

    `content` is the bytes, or a function that writes a file to the path it is given (a temporary
    one in the same folder). Whatever goes wrong, an older file at `path` stays as it was and no
    temporary file is left. `lasting`: wait until it would outlast a power cut, some milliseconds.
    Returns the path. Raises CainrError where `path` cannot be a file.
    """
    target = writable(path)
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        if callable(content):
            content(temporary)
        else:
            temporary.write_bytes(content)
        if lasting:
            _sync(temporary)
        os.replace(temporary, target)
    except OSError as error:
        raise CainrError(f"Cannot write {path}: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)
    if lasting:
        _sync(target.parent)
    return target


def writable(path: str | Path) -> Path:
    """The path with links resolved, if a file can be put there; CainrError where not.

    Called before long work, so that it does not end at a folder that is not there.
    """
    target = Path(path).expanduser().resolve()
    if target.exists() and not target.is_file():
        # a device such as /dev/null must not be replaced, nor a folder
        raise CainrError(f"Cannot write {path}: it is there already and is not a regular file.")
    if not target.parent.is_dir():
        raise CainrError(f"Cannot write {path}: there is no folder {target.parent}.")
    if not os.access(target.parent, os.W_OK):
        raise CainrError(f"Cannot write {path}: the folder {target.parent} is not writable.")
    return target


def _sync(path: Path) -> None:
    """Bring a file or a folder's entries to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
