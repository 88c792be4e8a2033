"""What all sessions share: results come into a session's turn, once its page is there."""

from __future__ import annotations

import time
from types import SimpleNamespace

import panel as pn
import panel_material_ui as pmui
from bokeh.document import Document
from panel.io.state import set_curdoc

from app import shared
from cainr_core.choices import DataChoice


def run_callbacks(document: Document) -> None:
    """What the server's loop would do next."""
    for callback in document.session_callbacks:
        if hasattr(callback, "timeout"):
            document.remove_timeout_callback(callback)
        else:
            document.remove_next_tick_callback(callback)
        with set_curdoc(document):
            callback.callback()


def test_a_result_waits_until_the_browser_has_drawn_the_page():
    document, taken = Document(), []
    document._session_context = lambda: SimpleNamespace(session=None)
    with set_curdoc(document):
        shared.background(lambda: 1, taken.append, taken.append)
    while not document.session_callbacks:
        time.sleep(0.01)
    for _ in range(3):
        run_callbacks(document)
        assert taken == []
    pn.state._loaded[document] = True
    run_callbacks(document)
    assert taken == [1]
    assert not document.session_callbacks


def test_without_a_session_a_result_is_there_at_once():
    taken: list[object] = []
    shared.background(lambda: 1 / 0, taken.append, taken.append)
    assert isinstance(taken[0], ZeroDivisionError)


def test_what_the_page_says_of_a_decided_property_does_not_last():
    button, busy = pmui.Button(), [True]
    show = shared.decided(button, "loading", lambda: busy[0])
    show()
    assert button.loading
    busy[0] = False
    show()
    assert not button.loading
    button.param.update(loading=True)  # as a browser sends it back that was told twice
    assert not button.loading


def test_a_field_in_memory_is_found():
    choice = DataChoice(time="7:9")
    assert shared.opened(choice) is None
    field = shared.open_choice(choice)
    assert shared.opened(DataChoice(time="7:9")) is field
    assert shared.opened(DataChoice(time="7:9", thin=2)) is None
