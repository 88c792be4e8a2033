"""Messages between page and server: none is left behind, none is handled out of turn.

Two faults of Panel 1.9.4 that show on a busy machine; `tests/app/test_messages.py` tells
when Panel has mended them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bokeh.document import Document
from bokeh.events import Event
from panel.io import document
from panel.io.state import state
from panel.reactive import Syncable


def mend() -> None:
    """Mend both for this process; once is enough."""
    if document._dispatch_msgs.__module__ != __name__:
        document._dispatch_msgs = _sending_all(document._dispatch_msgs)
        Syncable._server_event = _event_in_turn  # type: ignore[method-assign, assignment]


def _sending_all(send: Callable[..., Any]) -> Callable[..., Any]:
    """What waits while another message is written goes out only as long as a mark says so, and
    whoever ends writing first takes the mark away: the last figure of a fit would lie there until
    something else changes."""

    async def _dispatch_msgs(page: Document) -> None:
        if page in document._WRITE_MSGS:
            document._WRITE_BLOCK[page] = True
        await send(page)

    return _dispatch_msgs


def _event_in_turn(self: Syncable, page: Document, event: Event) -> None:
    """A click within 50 ms of a change, of a field just left for instance, has Panel handle both
    without the session's lock, where Bokeh refuses to change its models: the handler of the change
    would end halfway, and the click do what was chosen before."""
    if page.session_context and (not state._unblocked(page) or page in state._change_callbacks):
        handle: Any = partial(self._event_coroutine, page, event)
        page.add_next_tick_callback(handle)
    else:
        self._comm_event(page, event)
