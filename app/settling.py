"""What waits until something has come to rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from app import shared


def settled(update: Callable[[], None], wait: int) -> Callable[..., None]:
    """How to tell of a change: `update` runs in this session's turn once none was told of for
    `wait` ms; without a session at once."""
    timer: Any = None

    def turn() -> None:
        nonlocal timer
        timer = None
        update()

    def told(*changes: object) -> None:
        nonlocal timer
        document = pn.state.curdoc
        if document is None or document.session_context is None:
            update()
            return
        if timer is not None:
            document.remove_timeout_callback(timer)
        timer = document.add_timeout_callback(shared.held(turn), wait)

    return told
