"""Messages on a busy machine: the faults of Panel alone, and that none of them is left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from bokeh.document import Document
from bokeh.events import ButtonClick
from bokeh.server.session import ServerSession
from panel.io import document
from panel.io.state import set_curdoc
from panel.reactive import Syncable
from panel.widgets import Button, TextInput
from tornado.ioloop import IOLoop

from app import messages


@pytest.fixture
def mended() -> Iterator[None]:
    before = document._dispatch_msgs, Syncable._server_event
    messages.mend()
    messages.mend()  # once is enough
    yield
    document._dispatch_msgs, Syncable._server_event = before


class Socket:
    """A websocket whose answers and whose lock the test holds."""

    def __init__(self) -> None:
        self.write_lock = SimpleNamespace(_block=SimpleNamespace(_value=1))
        self.sent: list[str] = []
        self.written = asyncio.Event()

    async def _write(self) -> None:
        await self.written.wait()

    def send(self, *, text_data: str) -> asyncio.Task[None]:
        self.sent.append(text_data)
        return asyncio.ensure_future(self._write())


async def rest() -> None:
    """Give way many times, so that what was due meanwhile runs however slow the machine is."""
    for _ in range(40):
        await asyncio.sleep(0.01)


async def two_messages() -> list[str]:
    """What is sent where the second message waits for the lock while the first is written."""
    socket, page = Socket(), Document()
    connection = Mock(_socket=socket)
    connection.protocol.create = lambda kind, events: SimpleNamespace(
        header_json=events[0], metadata_json="", content_json="", _buffers=[]
    )
    document.schedule_write_events(page, [connection], ["first"])
    await asyncio.sleep(0)
    socket.write_lock._block._value = 0
    document.schedule_write_events(page, [connection], ["second"])
    await asyncio.sleep(0)
    socket.written.set()
    await asyncio.sleep(0.005)
    socket.write_lock._block._value = 1
    await rest()
    return [text for text in socket.sent if text]


async def typed_and_clicked() -> list[tuple[str, bool]]:
    """What is handled after a click that follows a change at once, and whether with the lock."""
    page = Document()
    session = ServerSession("id", page, io_loop=IOLoop.current())
    context = Mock(session=session)
    page._session_context = lambda: context
    handled: list[tuple[str, bool]] = []

    def handle(what: str) -> None:
        handled.append((what, session._pending_writes is not None))

    field, button = TextInput(), Button()
    field.param.watch(lambda event: handle(event.new), "value")
    button.on_click(lambda event: handle("clicked"))
    with set_curdoc(page):
        field._server_change(page, "", None, "value", "", "typed")
        button._server_event(page, ButtonClick(None))
        await rest()
    return handled


def test_panel_alone_leaves_a_message_behind():
    """Where this fails, Panel has mended it, and so can go what `app/messages.py` does."""
    assert asyncio.run(two_messages()) == ["first"]


def test_a_message_that_had_to_wait_is_sent(mended: None):
    assert asyncio.run(two_messages()) == ["first", "second"]


def test_panel_alone_handles_a_click_after_a_change_without_the_lock():
    """Where this fails, Panel has mended it, and so can go what `app/messages.py` does."""
    assert asyncio.run(typed_and_clicked()) == [("typed", False), ("clicked", False)]


def test_a_click_after_a_change_has_the_lock(mended: None):
    assert asyncio.run(typed_and_clicked()) == [("typed", True), ("clicked", True)]
