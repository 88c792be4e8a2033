"""A session's turn: what may change its page, and when; what takes long runs in threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from weakref import WeakMethod

import panel as pn
import param
from bokeh.document import Document

POOL = ThreadPoolExecutor(3, thread_name_prefix="cainr-page")
_LONG = ThreadPoolExecutor(1, thread_name_prefix="cainr-long")  # what maps are not to wait for
AFTER_MAPS = 200  # ms
NARROW = "cainr-narrow"
UNTIL_LOADED = 50  # ms between two looks at whether a page is there


def density() -> float:
    """Pixels of this visitor's screen along one of the page, as far as they are told apart."""
    told = pn.state.browser_info
    return min(2.0, (told.device_pixel_ratio if told else None) or 1.0)


def on_phone() -> bool:
    """Whether this visitor's browser is a phone's, by what it calls itself."""
    return "Mobi" in pn.state.headers.get("User-Agent", "")


def is_narrow() -> bool:
    """Whether this visitor's window is as narrow as a phone, as app/page.html has heard of it."""
    told = pn.state.cookies.get(NARROW)
    return on_phone() if told is None else bool(told == "1")


def held(handler: Callable[..., None]) -> Callable[..., None]:
    """The handler of events, whose changes reach the page as one message."""

    def handle(*events: Any) -> None:
        with pn.io.hold():
            handler(*events)

    return handle


def decided(
    widget: param.Parameterized, name: str, truth: Callable[[], Any]
) -> Callable[..., None]:
    """How to set a property of a widget to what it ought to be. Panel 1.9.4's React components send
    back what they are told, and the first of two values that come within a moment comes back last:
    so it is also set when the page says otherwise."""

    def decide(*events: object) -> None:
        setattr(widget, name, truth())

    widget.param.watch(held(decide), name)
    return decide


def after_maps(update: Callable[[], None]) -> None:
    """Run `update` when the page has had the time to draw its maps: what somebody looked for is
    not to wait for what stands around it."""
    later(update, AFTER_MAPS)


def loosely(method: Callable[..., None]) -> Callable[..., None]:
    """The same bound method for a library that keeps what it is given for as long as the server
    runs, as Panel does with the handler of exceptions and HoloViews with hooks: it calls the
    method while its page is there, and does not keep the page."""
    known = WeakMethod(method)

    def call(*given: Any) -> None:
        bound = known()
        if bound is not None:
            bound(*given)

    return call


def later(update: Callable[[], None], wait: int) -> None:
    """Run `update` in this session's turn after so many ms; at once where there is no page."""
    document = pn.state.curdoc
    if document is None or document.session_context is None:
        update()
    else:
        document.add_timeout_callback(_once_loaded(document, update), wait)


def _once_loaded(document: Document, update: Callable[[], None]) -> Callable[[], None]:
    """What runs `update` as one message to the page when that is there: Panel drops what changes
    between a browser's asking for it and its having drawn it (panel.io.document.hold)."""

    def turn() -> None:
        if not pn.state.loaded:
            document.add_timeout_callback(turn, UNTIL_LOADED)
            return
        with pn.io.hold():
            update()

    return turn


def background(
    work: Callable[[], Any],
    then: Callable[[Any], None],
    failed: Callable[[Exception], None],
    *,
    long: bool = False,
) -> None:
    """Run `work` in a thread and hand its result to `then` in this session's turn; one after the
    other what takes many seconds, so that threads are left for what somebody waits for."""
    document = pn.state.curdoc

    def run() -> None:
        try:
            take = partial(then, work())
        except Exception as problem:
            take = partial(failed, problem)

        if document is None:
            take()
        else:
            document.add_next_tick_callback(_once_loaded(document, take))

    if document is None or document.session_context is None:
        run()
    else:
        (_LONG if long else POOL).submit(run)
