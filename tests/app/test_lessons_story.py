"""Every lesson from start to end in a headless Chromium, with the fits that it asks for."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from app.lessons import LESSONS
from app.lessons.lesson import CURVES, PLACES, Lesson, Network
from tests.app.browser import REPOSITORY

pytestmark = pytest.mark.browser
LEARNED: set[Network] = set()  # lessons share some, whose runs are taken from the library
PICTURES = REPOSITORY / "test-output" / "screens" / "lessons"
LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
ON_A_PHONE = {(3, 2), (4, 2)}  # steps that are looked at there, too: each change of width takes 2 s
IN_VIEW = """([panel, place]) => {
  const told = panel.getBoundingClientRect()
  const above = getComputedStyle(panel).position == "sticky"
  const [first, last] = above ? [told.bottom, innerHeight] : [0, told.top]
  const { top, bottom, height } = place.getBoundingClientRect()
  return top >= first - 1 && Math.min(bottom, last) - top >= Math.min(height, 0.8 * (last - first))
}"""  # all of it, or as much as there is room for


def wait_until_in_view(page: Page, name: str) -> None:
    """Wait until a place that the lessons name is seen beside their panel."""
    seen = [page.locator(f".{each}").first for each in ("lesson-panel", PLACES[name])]
    handles = [each.element_handle() for each in seen]
    page.wait_for_function(IN_VIEW, arg=handles, polling=200)


def assert_nothing_moves_what_is_read(page: Page) -> None:
    """Maps above the curves leave these in place while a fit learns and when it ends."""
    curves, stop = page.locator(".curves").first, page.locator(".lesson-cancel button")
    page.locator(".lesson-fit button").click()
    page.locator(".lesson-panel .ways button", has_text=CURVES).click()
    wait_until_in_view(page, CURVES)
    page.wait_for_timeout(1000)  # in which it comes to rest
    before = curves.bounding_box()["y"]
    expect(stop).to_be_visible()
    expect(stop).to_be_hidden()
    page.wait_for_timeout(1000)
    expect(page.locator(".map-b")).to_be_visible()
    assert abs(curves.bounding_box()["y"] - before) < 2


@pytest.mark.parametrize("number", range(len(LESSONS)))
def test_a_lesson_is_gone_through(dashboard: Page, number: int):
    lesson: Lesson = LESSONS[number]
    panel, learn = dashboard.locator(".lesson-panel"), dashboard.locator(".lesson-fit button")
    further = dashboard.locator(".lesson-next button")
    if number == 0:
        dashboard.locator(".lessons button").click()
        expect(dashboard.locator(".lesson-offer")).to_have_count(len(LESSONS))
        dashboard.locator(".lesson-offer button").first.click()
    dashboard.set_viewport_size(LAPTOP)
    PICTURES.mkdir(parents=True, exist_ok=True)
    for place, step in enumerate(lesson.steps, 1):
        head = f"Lesson {number + 1} of {len(LESSONS)}, step {place} of {len(lesson.steps)}"
        expect(panel).to_contain_text(head)
        expect(panel).to_contain_text(step.title)
        wait_until_in_view(dashboard, step.see[0])
        if step.learn and (network := lesson.networks[step.learn]) not in LEARNED:
            LEARNED.add(network)
            learn.click()
        if step.learn:
            expect(learn).to_have_text(re.compile("Fit again"))
        expect(further).to_be_enabled()
        if step.watch:
            expect(panel).to_contain_text(step.watch[:40])
        for screen in (PHONE, LAPTOP) if (number + 1, place) in ON_A_PHONE else (LAPTOP,):
            if dashboard.viewport_size != screen:
                dashboard.set_viewport_size(screen)
                dashboard.wait_for_timeout(4000)  # in which all is laid out anew
            if (number + 1, place) == (3, 2) and screen == PHONE:
                assert_nothing_moves_what_is_read(dashboard)
            for name in step.see[::-1]:
                dashboard.locator(".lesson-panel .ways button", has_text=name).click()
                wait_until_in_view(dashboard, name)
        if step.sperr:
            expect(panel.locator("table")).to_be_visible()
        dashboard.screenshot(path=PICTURES / f"{number + 1}-{place}.png")
        if (number + 1, place) < (len(LESSONS), len(lesson.steps)):
            further.click()


def test_leaving_gives_the_page_back(dashboard: Page):
    dashboard.locator(".lesson-leave button").click()
    expect(dashboard.locator(".lesson-panel")).to_be_hidden()
    expect(dashboard.locator(".choice-depth input").first).to_have_value("5")


def test_nothing_was_complained_of(dashboard: Page, complaints: list[str]):
    assert complaints == []
