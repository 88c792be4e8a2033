"""A state is saved, loaded and sent as a link, in a headless Chromium: one story on one page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, expect

from app.lessons import context
from cainr_core.compression import compress, open_data
from cainr_core.curves import Curve
from cainr_core.fit.recipe import Recipe
from cainr_core.runs import Library
from tests.app.browser import (
    COLUMN,
    Server,
    enter,
    listen,
    pick,
    rests_below_the_maps,
    ticks,
    visit,
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def runs(two_runs: Path) -> Path:
    keep_lesson(Library(two_runs))
    return two_runs


def keep_lesson(library: Library) -> None:
    """The runs of a lesson, as somebody has made them before; their files are of brief fits."""
    for network in context.LESSON.networks.values():
        choices = network.choices()
        made = compress(
            open_data(choices.data), choices.contexts, choices.architecture, Recipe(steps=20)
        )
        ends = np.array([1, choices.recipe.steps])
        curve = Curve(ends, ends / 100, np.ones(2), np.array([15.0, made.metrics.psnr]))
        library.add(choices, replace(made, curve=curve))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("saved") / "state.json"


def shares(page: Page) -> None:
    page.locator(".share button").click()
    expect(page.locator(".copy-link button")).to_be_visible()


def shows_the_state(page: Page) -> None:
    expect(page.locator(".choice-depth input").first).to_have_value("7")
    expect(ticks(page)).to_have_count(2)
    expect(page.locator(".map-gain")).to_be_visible()
    expect(page.locator(".player")).to_contain_text("1920-01-03")
    page.wait_for_function(f"() => ({COLUMN})('gain').n > 0")
    expect(page.locator(".curves .key > span:not(.tail)")).to_have_count(2)


def test_a_state_is_saved(dashboard: Page, saved: Path):
    enter(dashboard, "depth", 7)
    pick(dashboard, 0)
    pick(dashboard, 1)
    expect(dashboard.locator(".map-gain")).to_be_visible()
    slider = dashboard.locator(".player input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    shows_the_state(dashboard)
    shares(dashboard)
    with dashboard.expect_download() as caught:
        dashboard.locator(".save-state button, .save-state a").first.click()
    caught.value.save_as(saved)
    assert caught.value.suggested_filename == "cainr_state.json"
    state = json.loads(saved.read_text())
    assert state["choices"]["architecture"]["depth"] == 7
    assert len(state["picked"]) == 2


def test_its_link_opens_in_another_page(
    dashboard: Page, browser: Browser, server: Server, complaints: list[str]
):
    link = dashboard.locator(".shown-link input").input_value()
    assert link.startswith(f"{server.url}?state=")
    dashboard.wait_for_function("() => window.location.search.startsWith('?state=')")
    assert dashboard.url == link
    dashboard.keyboard.press("Escape")
    expect(dashboard.locator(".copy-link button")).to_be_hidden()
    context = browser.new_context(viewport={"width": 1366, "height": 900})
    page = context.new_page()
    listen(page, complaints)
    page.goto(link)
    shows_the_state(page)
    page.reload()
    shows_the_state(page)
    page.get_by_role("button", name="Swipe", exact=True).click()
    divider = page.get_by_role("slider", name="Divider between")
    divider.press("PageUp")
    page.wait_for_function("(link) => window.location.href != link", arg=link)
    page.wait_for_timeout(3000)  # the address follows what was done last
    page.reload()  # one large map from the beginning
    expect(page.locator(".stage .tag-right")).to_contain_text("B: ")
    expect(divider).to_have_attribute("aria-valuenow", "60")
    page.get_by_role("button", name="Side by side", exact=True).click()
    rests_below_the_maps(page, ".map-gain")  # no room stays of the large one
    page.wait_for_function("() => Bokeh.documents[0].is_idle", polling=200)  # all is painted
    context.close()


def test_a_saved_state_is_loaded(
    browser: Browser, server: Server, complaints: list[str], saved: Path, tmp_path: Path
):
    context = browser.new_context(viewport={"width": 1366, "height": 900})
    page = context.new_page()
    listen(page, complaints)
    visit(page, server)
    assert "?" not in page.url
    shares(page)
    other = tmp_path / "other.json"
    other.write_text("<script>alert(1)</script>")
    page.locator(".load-state input[type=file]").set_input_files(other)
    expect(page.locator(".problem")).to_contain_text("not JSON")
    shares(page)
    page.locator(".load-state input[type=file]").set_input_files(saved)
    shows_the_state(page)
    context.close()


def test_a_lesson_leads_from_start_to_end_and_gives_the_page_back(dashboard: Page):
    panel = dashboard.locator(".lesson-panel")
    dashboard.locator(".lessons button").click()
    expect(dashboard.locator(".lesson-offer")).to_have_count(6)
    dashboard.locator(".lesson-offer button").nth(2).press("Enter")
    expect(panel).to_contain_text("Lesson 3 of 6, step 1 of 3")
    further = dashboard.locator(".lesson-next button")
    expect(further).to_be_enabled()
    expect(dashboard.locator(".choice-depth input").first).to_have_value("4")
    expect(dashboard.locator(".lesson-back button")).to_be_disabled()
    further.press("Enter")
    expect(panel).to_contain_text("step 2 of 3")
    expect(dashboard.locator(".context-topography input").first).to_be_checked()
    expect(dashboard.locator(".map-gain")).to_be_visible()
    expect(dashboard.locator(".lesson-fit")).to_contain_text("Fit again")
    expect(further).to_be_enabled()
    further.click()
    expect(panel).to_contain_text("step 3 of 3")
    expect(further).to_have_text("Next lesson")
    dashboard.locator(".lesson-leave button").click()
    expect(panel).to_be_hidden()
    shows_the_state(dashboard)
    expect(dashboard.locator(".context-topography input").first).not_to_be_checked()


def test_nobody_complained(dashboard: Page, complaints: list[str]):
    assert complaints == []
