"""What a page does for as long as it is open; that it shows all it has, the stories tell."""

from types import SimpleNamespace

import panel as pn
import pytest

from app import page
from cainr_core.job import GRACE


class Session:
    """As Bokeh's, which is there only once the page was built."""

    def __init__(self) -> None:
        self.connection_count, self.blocked = 1, 0

    def block_expiration(self) -> None:
        self.blocked += 1

    def unblock_expiration(self) -> None:
        self.blocked -= 1


def test_an_open_page_attends_its_fit_and_a_closed_one_is_kept_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
):
    context = SimpleNamespace(session=None)
    document = SimpleNamespace(session_context=context)
    monkeypatch.setattr(type(pn.state), "curdoc", property(lambda state: document))
    now = 100.0
    monkeypatch.setattr(page.clock, "monotonic", lambda: now)
    looks = []
    bench = SimpleNamespace(ended=False, attend=lambda: looks.append(now))
    settle = page._keep_session_while_fitting(bench)
    session = context.session = Session()
    settle()
    assert (looks, session.blocked) == ([100.0], 1)
    session.connection_count = 0
    now += GRACE - 1
    settle()
    assert (looks, session.blocked) == ([100.0], 1)
    now += 2
    settle()
    assert (looks, session.blocked) == ([100.0], 0)
    session.connection_count, bench.ended = 1, True
    settle()
    assert session.blocked == 0
