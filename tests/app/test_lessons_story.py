"""Every lesson from start to end in a headless Chromium, with the fits that it asks for."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from app.lessons import LESSONS
from app.lessons.lesson import Lesson, Network
from tests.app.browser import REPOSITORY

pytestmark = pytest.mark.browser
LEARNED: set[Network] = set()  # lessons share some, whose runs are taken from the library
PICTURES = REPOSITORY / "test-output" / "screens" / "lessons"


@pytest.mark.parametrize("number", range(len(LESSONS)))
def test_a_lesson_is_gone_through(dashboard: Page, number: int):
    lesson: Lesson = LESSONS[number]
    panel, learn = dashboard.locator(".lesson-panel"), dashboard.locator(".lesson-fit button")
    further = dashboard.locator(".lesson-next button")
    if number == 0:
        dashboard.locator(".lessons button").click()
        expect(dashboard.locator(".lesson-offer")).to_have_count(len(LESSONS))
        dashboard.locator(".lesson-offer button").first.click()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for place, step in enumerate(lesson.steps, 1):
        head = f"Lesson {number + 1} of {len(LESSONS)}, step {place} of {len(lesson.steps)}"
        expect(panel).to_contain_text(head)
        expect(panel).to_contain_text(step.title)
        if step.learn and (network := lesson.networks[step.learn]) not in LEARNED:
            LEARNED.add(network)
            learn.click()
        if step.learn:
            expect(learn).to_have_text(re.compile("Fit again"))
        expect(further).to_be_enabled()
        if step.watch:
            expect(panel).to_contain_text(step.watch[:40])
        dashboard.screenshot(path=PICTURES / f"{number + 1}-{place}.png")
        if (number + 1, place) < (len(LESSONS), len(lesson.steps)):
            further.click()


def test_leaving_gives_the_page_back(dashboard: Page):
    dashboard.locator(".lesson-leave button").click()
    expect(dashboard.locator(".lesson-panel")).to_be_hidden()
    expect(dashboard.locator(".choice-depth input").first).to_have_value("5")


def test_nothing_was_complained_of(dashboard: Page, complaints: list[str]):
    assert complaints == []
