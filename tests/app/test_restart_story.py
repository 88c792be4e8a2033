"""A fit outlives its worker and its server: the page says so, and the fit goes on."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from tests.app.browser import PATIENCE, Server, enter, fit, rows, visit

pytestmark = pytest.mark.browser

_TEXT = "(e) => e.shadowRoot.textContent"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where checkpoints are
    server = Server(tmp_path / "runs")
    server.start()
    yield server
    server.stop()


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE / 1000
    while not condition():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.1)


def kill_worker(server: Server) -> None:
    """End what takes the most memory of what the server started: the worker, by far."""
    assert server.process is not None
    children = psutil.Process(server.process.pid).children(recursive=True)
    max(children, key=lambda child: child.memory_info().rss).kill()


def step(page: Page) -> int:
    """The step that the bar above the maps tells."""
    told = re.search(r"([\d,]+)\s*of 100,000 steps", page.locator(".figures-pane").evaluate(_TEXT))
    return int(told[1].replace(",", "")) if told else 0


def test_a_fit_outlives_its_worker_and_its_server(page: Page, server: Server, tmp_path: Path):
    page.set_default_timeout(PATIENCE)
    visit(page, server)
    page.locator(".section-recipe .fold-head").first.click()
    enter(page, "steps", 100_000)
    fit(page)
    wait_for(lambda: list(tmp_path.glob("cainr-*/checkpoint")))
    kill_worker(server)
    figures, going_on = page.locator(".figures-pane"), "Going on from step"
    expect(figures).to_contain_text(f"ended and was replaced. {going_on}")
    wait_for(lambda: step(page) > 0)
    server.stop()
    lost = page.locator(".connection-lost")
    expect(lost).to_contain_text("a fit under way goes on")
    head = page.locator(".header").bounding_box()
    assert head is not None
    assert lost.bounding_box()["y"] > head["y"] + head["height"]  # type: ignore[index]
    reached, address = step(page), page.url
    server.start()
    expect(lost).to_contain_text("The server is back")
    lost.get_by_role("button", name="Reload").click()
    expect(lost).to_have_count(0)
    assert page.url == address
    expect(figures).to_contain_text(going_on)
    wait_for(lambda: step(page) > reached)
    page.locator(".cancel button").click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("stopped at step")
    assert list(server.runs.glob(".fits/*")) == []
