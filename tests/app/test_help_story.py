"""Help in a headless Chromium: each control has its sentence, where it is wanted."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

# Controls that are seen and have neither a title nor a description, nor a sentence as their name,
# nor beside them the icon that tells one.
_WITHOUT = """() => {
  const found = []
  const look = (root) => {
    for (const e of root.querySelectorAll("*")) {
      if (e.shadowRoot) look(e.shadowRoot)
      if (!e.matches("button, input, select, [role=slider], [role=tab], [role=combobox]")) continue
      const box = e.getBoundingClientRect()
      if (box.width < 2 || box.height < 2) continue
      const icon = e.getRootNode().querySelector('svg > path[d^="M11 7h2v2h-2z"]')
      const name = e.getAttribute("aria-label") ?? ""
      if (e.closest("[title]")?.title || e.getAttribute("aria-description") || icon) continue
      if (name.split(" ").length > 2) continue
      found.push(`${e.getRootNode().host?.className} ${e.tagName} ${name || e.textContent}`)
    }
  }
  look(document)
  return found
}"""


def none_without_help(page: Page) -> None:
    page.wait_for_timeout(500)
    try:
        page.wait_for_function(f"() => ({_WITHOUT})().length == 0", polling=200, timeout=30_000)
    except Exception as late:
        raise AssertionError("\n".join(page.evaluate(_WITHOUT))) from late


def point(page: Page, at: Locator) -> None:
    """Move the pointer there as a hand does: a way, then rest."""
    box = at.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 40, y + 40)
    page.mouse.move(x, y, steps=12)


def tip(page: Page) -> Locator:
    return page.locator(".MuiTooltip-tooltip")


def test_every_control_of_the_page_has_a_sentence(dashboard: Page):
    for fold in ("section-recipe", "section-device", "sweep", "lines"):
        dashboard.locator(f".{fold} .fold-head").first.click()
        dashboard.wait_for_timeout(1500)  # what it shows moves those below it
    expect(dashboard.get_by_role("tab", name="Shell")).to_be_visible()
    expect(dashboard.get_by_role("button", name="Start")).to_be_visible()
    none_without_help(dashboard)


@pytest.mark.parametrize("source", ["File", "Upload", "Sample"])
def test_every_control_of_a_source_has_one(dashboard: Page, source: str):
    dashboard.get_by_role("button", name=source, exact=True).click()
    none_without_help(dashboard)


def test_every_control_of_the_closer_looks_has_one(dashboard: Page):
    for tab in dashboard.get_by_role("tab").all():
        tab.click()
        none_without_help(dashboard)


def test_every_control_of_what_the_head_opens_has_one(dashboard: Page):
    dashboard.locator(".share button").click()
    expect(dashboard.locator(".copy-link")).to_be_visible()
    none_without_help(dashboard)
    dashboard.keyboard.press("Escape")
    dashboard.locator(".lessons button").click()
    dashboard.locator(".lesson-offer button").first.click()
    expect(dashboard.locator(".lesson-next")).to_be_visible()
    none_without_help(dashboard)
    dashboard.locator(".lesson-leave button").click()


def test_an_empty_field_tells_what_it_is_for(dashboard: Page):
    expect(dashboard.locator(".choice-time input")).to_have_attribute(
        "title", re.compile("START:STOP")
    )


def test_a_sentence_makes_way_for_what_a_click_brings(dashboard: Page):
    button = dashboard.locator(".share button")
    point(dashboard, button)
    expect(tip(dashboard)).to_contain_text("A link to what this page shows")
    button.click()
    expect(dashboard.locator(".copy-link")).to_be_visible()
    expect(tip(dashboard)).to_have_count(0)
    dashboard.keyboard.press("Escape")
