"""Every view at three widths, light and dark, as pictures to be looked at in `test-output/screens`.

What a person must judge is judged there; here, that nothing is wider than the window, that every
control has a name, and that the browser has no complaint.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, expect

from tests.app.browser import LOOKS, REPOSITORY, Server, holds, listen, look, pick, visit

pytestmark = pytest.mark.browser

SCREENS = REPOSITORY / "test-output" / "screens"
MODES = ("Side by side", "Swipe", "Flicker", "Difference", "Relative")
TALLEST = 6000  # px of a picture of a whole page

# All elements, in shadow roots too.
_EVERY = """function* every(root) {
  for (const e of root.querySelectorAll("*")) {
    if (e.shadowRoot) yield* every(e.shadowRoot)
    yield e
  }
}"""
# What a person can press or fill in and a screen reader cannot name.
_NAMELESS = f"""() => {{ {_EVERY}
  const found = []
  for (const e of every(document)) {{
    if (!e.matches("button, a[href], input, textarea, [role=button], [role=slider], [role=tab], "
      + ".bk-events[tabindex], .tabulator-tableholder"))
      continue
    if (!e.checkVisibility() || e.closest("[aria-hidden=true]") || e.type == "hidden") continue
    const root = e.getRootNode()
    const by = (e.getAttribute("aria-labelledby") ?? "").split(" ")
      .map((id) => root.getElementById?.(id)?.textContent ?? "").join("")
    const within = [...every(e)].filter((one) => one.tagName != "STYLE")
      .flatMap((one) => [...one.childNodes].filter((node) => node.nodeType == Node.TEXT_NODE))
    const name = [e.getAttribute("aria-label"), by, e.textContent, e.title, e.placeholder,
      ...within.map((text) => text.data),
      ...[...(e.labels ?? [])].map((label) => label.textContent)].join("").trim()
    if (!name) found.push(`${{root.host?.className ?? ""}}: ${{e.outerHTML.slice(0, 300)}}`)
  }}
  return found
}}"""
# How many controls and labels are still to be drawn in the colours of a dark page.
_DARK_ON_DARK = f"""() => {{ {_EVERY}
  let found = 0
  for (const e of every(document)) {{
    if (!e.matches("input, label, .MuiToggleButton-root") || !e.checkVisibility()) continue
    const [red, green, blue] = getComputedStyle(e).color.match(/[\\d.]+/g).map(Number)
    found += red + green + blue < 200
  }}
  return found
}}"""


def unnamed(page: Page) -> set[str]:
    """What has no name and gets none within a few seconds of its coming."""
    for _ in range(24):
        found: set[str] = set(page.evaluate(_NAMELESS))
        if not found:
            break
        page.wait_for_timeout(500)
    return found


@pytest.fixture(scope="module")
def runs(two_runs: Path) -> Path:
    return two_runs


class Camera:
    """Takes pictures of one page at one width."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, whole: bool = False) -> None:
        """A picture of the window, or of all that can be scrolled to."""
        content = self.page.locator(".main-content").first
        self.page.wait_for_timeout(700)  # the page moves nothing more
        wide, room = content.evaluate("(e) => [e.scrollWidth, e.clientWidth]")
        assert wide <= room, f"{name} is {wide - room} px wider than the window"
        before = self.page.viewport_size
        if whole:
            height = content.evaluate("(e) => e.scrollHeight")
            self.page.set_viewport_size({**before, "height": min(int(height) + 80, TALLEST)})
            self.page.wait_for_timeout(700)
        self.page.screenshot(path=self.folder / f"{name}.png")
        if whole:
            self.page.set_viewport_size(before)


@pytest.mark.parametrize("width", [1920, 1366, 390])
def test_every_view_has_its_picture(
    browser: Browser, server: Server, complaints: list[str], width: int
):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    listen(page, complaints)
    visit(page, server, drawer=width > 700)
    camera = Camera(page, SCREENS / str(width))
    camera.take("opened")
    for row in (0, 1):
        pick(page, row)
    expect(page.locator(".map-gain")).to_be_visible()
    nameless = set()
    for mode in MODES:
        page.get_by_role("button", name=mode, exact=True).click()
        place = ".map-original" if mode == MODES[0] else ".map-large"
        page.locator(f"{place} .bk-Canvas:visible").first.wait_for()
        page.locator(place).first.scroll_into_view_if_needed()
        camera.take(mode.lower().replace(" ", "-"), whole=mode == MODES[0])
        nameless |= unnamed(page)
    page.get_by_role("button", name=MODES[0], exact=True).click()
    for place, (title, sources) in enumerate(LOOKS.items(), 1):
        look(page, title)
        for source in sources if title != "Place" else []:  # nothing was clicked
            holds(page, source)
        if title == "Analysis":
            page.locator(".look-analysis .verdict").first.wait_for()
        page.locator(".closer").first.scroll_into_view_if_needed()
        camera.take(f"look-{place}-{title.lower().replace(' ', '-')}")
        nameless |= unnamed(page)
    expect(page.locator(".whole-map button")).to_be_disabled()  # no look has zoomed the maps
    expect(page.locator(".map-gain")).to_be_visible()  # nor is there one run less
    page.get_by_label("Toggle theme").click()
    page.wait_for_function(f"() => ({_DARK_ON_DARK})() == 0")
    camera.take("dark", whole=True)
    page.locator(".share button").click()
    page.locator(".copy-link").wait_for()
    camera.take("share-dark")
    page.keyboard.press("Escape")
    page.get_by_label("Toggle theme").click()
    page.locator(".lessons button").click()
    expect(page.locator(".lesson-offer button")).to_have_count(6)
    camera.take("lessons")
    nameless |= unnamed(page)
    context.close()
    assert nameless == set()
    assert complaints == []
