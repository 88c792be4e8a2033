"""A class in a headless Chromium: a kiosk with its line of fits, and a page behind a sign-in."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, expect

from cainr_core.runs import Library
from tests.app.browser import (
    REPOSITORY,
    Server,
    enter,
    finish,
    fit,
    listen,
    pick,
    rows,
    visit,
)

pytestmark = pytest.mark.browser

SIGNIN = str(REPOSITORY / "app" / "signin.html")


def new_page(browser: Browser, complaints: list[str]) -> Page:
    """A page of a browser of its own."""
    page = browser.new_context(viewport={"width": 1366, "height": 900}).new_page()
    listen(page, complaints)
    return page


@pytest.fixture(scope="module")
def kiosk(two_runs: Path) -> Iterator[Server]:
    server = Server(two_runs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAINR_KIOSK", "1")
        server.start()
    yield server
    server.stop()


def test_a_class_waits_in_line_and_sees_its_own_runs(
    browser: Browser, kiosk: Server, complaints: list[str]
):
    ada, bob = (new_page(browser, complaints) for _ in range(2))
    for page in (ada, bob):
        visit(page, kiosk)
        expect(rows(page)).to_have_count(2)  # those that the server shares
        page.locator(".section-recipe .fold-head").first.click()
    expect(ada.get_by_role("button", name="Upload", exact=True)).to_have_count(0)
    expect(ada.locator(".delete button")).to_be_hidden()
    expect(ada.locator(".sweep")).to_have_count(0)
    enter(ada, "steps", 50_000)
    told = ada.locator(".figures-pane")
    expect(told).to_contain_text("In kiosk mode a fit takes 2,000 steps at most")
    expect(ada.locator(".fit button")).to_be_disabled()
    enter(ada, "steps", 2000)
    fit(ada)
    expect(ada.locator(".figures-pane")).to_contain_text("to the end")
    enter(bob, "steps", 30)
    fit(bob)
    waiting = bob.locator(".figures-pane")
    expect(waiting).to_contain_text(re.compile(r"1\s*fit before yours"))
    expect(waiting).to_contain_text("until yours begins")
    ada.locator(".cancel button").click()
    finish(ada, 3)
    finish(bob, 3)
    expect(rows(ada).first).to_contain_text("stopped at step")
    expect(rows(bob).first).not_to_contain_text("stopped at step")
    for page in (ada, bob):
        page.context.close()


def test_who_signs_in_has_a_library_and_leaves_it(
    browser: Browser, finished: Library, tmp_path: Path, complaints: list[str]
):
    users = tmp_path / "users.json"
    users.write_text(json.dumps({"ada": "pass<word"}))
    runs = shutil.copytree(finished.root, tmp_path / "runs")
    server = Server(
        runs, "--basic-auth", str(users), "--cookie-secret", "s" * 32,
        "--basic-login-template", SIGNIN, "--logout-template", SIGNIN,
    )  # fmt: skip
    server.start()
    page = new_page(browser, [])  # a refused sign-in is an error in the console
    try:
        for word in ("wrong", "pass<word"):
            page.goto(server.url)
            page.get_by_label("Name").fill("ada")
            page.get_by_label("Password").fill(word)
            page.get_by_role("button", name="Sign in").click()
            if word == "wrong":
                expect(page.get_by_role("alert")).not_to_be_empty()
        expect(rows(page)).to_have_count(2)
        page.locator(".section-recipe .fold-head").first.click()
        enter(page, "steps", 20)
        fit(page)
        finish(page, 3)
        assert len(Library(runs).list()) == 2  # hers lies elsewhere
        expect(page.locator(".delete button")).to_be_enabled()
        pick(page, 0)
        pick(page, 2)
        expect(page.locator(".delete button")).to_be_disabled()  # what belongs to all
        page.locator(".sign-out a, .sign-out button").first.click()
        expect(page.get_by_label("Password")).to_be_visible()
    finally:
        page.context.close()
        server.stop()


def test_nobody_complained(browser: Browser, complaints: list[str]):
    assert complaints == []
