"""A sweep on the dashboard in a headless Chromium, from its choices to its report.

The tests of this file tell one story on one page and run in their order.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, expect

from tests.app.browser import Server, click_at, column, listen, rows, ticks, visit

pytestmark = pytest.mark.browser

FITS = 8
STEPS = 150
_POINTS = """() => {
  const found = Bokeh.documents[0].get_model_by_name("sweep")?.data
  if (!found) return 0
  return (found.get ? found.get("run") : found.run).length
}"""


def enter(page: Page, field: str, value: object) -> None:
    place = page.locator(f".sweep-{field} input").first
    place.click()
    place.press("Control+a")
    place.press_sequentially(str(value))
    place.press("Enter")


def figures(page: Page) -> Any:
    return page.locator(".sweep-figures .figures")


def tells(page: Page, fits: int, of: str) -> None:
    """The first figure is that of so many fits."""
    told = f"{fits}\n{of}"
    expect(figures(page)).to_contain_text(told, use_inner_text=True)


def message(page: Page) -> Any:
    return page.locator(".sweep-figures .message")


def points(page: Page) -> int:
    return page.evaluate(_POINTS)


def click_point(page: Page, number: int) -> None:
    page.locator(".sweep-definition").scroll_into_view_if_needed()
    click_at(page, "sweep", number)


def test_the_card_unfolds_to_what_a_sweep_would_make(dashboard: Page):
    dashboard.locator(".sweep .fold-head").first.click()
    expect(figures(dashboard)).to_contain_text("fits")
    enter(dashboard, "depth", "1:2")
    enter(dashboard, "width", "6,9")
    enter(dashboard, "steps", STEPS)
    expect(figures(dashboard)).to_contain_text(f"{FITS}\nfits", use_inner_text=True)
    expect(figures(dashboard)).to_contain_text("expected files")
    expect(figures(dashboard)).to_contain_text("by a trial here")
    expect(dashboard.locator(".sweep-start button")).to_contain_text("Start")


@pytest.mark.parametrize(
    ("field", "wrong", "right", "sentence"),
    [
        ("width", "", "6,9", "Write widths as"),
        ("depth", "99", "1:2", "A depth lies between 1 and 32."),
        ("width", "2:400", "6,9", "fits are more than the 2,000"),
    ],
)
def test_bad_input_gives_a_sentence(
    dashboard: Page, field: str, wrong: str, right: str, sentence: str
):
    place = dashboard.locator(f".sweep-{field} input").first
    place.fill(wrong)
    place.press("Enter")
    if "2,000" in sentence:
        enter(dashboard, "depth", "1:9")
    expect(message(dashboard)).to_contain_text(sentence)
    expect(dashboard.locator(".sweep-start button")).to_be_disabled()
    enter(dashboard, field, right)
    enter(dashboard, "depth", "1:2")
    expect(dashboard.locator(".sweep-start button")).to_be_enabled()


def test_a_sweep_is_watched_and_cancelled(dashboard: Page):
    dashboard.locator(".sweep-start button").click()
    expect(dashboard.locator(".sweep-cancel button")).to_be_visible()
    dashboard.wait_for_function(f"() => ({_POINTS})() >= 2")
    expect(figures(dashboard)).to_contain_text(f"of {FITS} fits")
    expect(figures(dashboard)).to_contain_text("to the end")
    expect(dashboard.locator(".sweep")).to_contain_text(f"of {FITS} fits")
    dashboard.locator(".sweep-cancel button").click()
    expect(dashboard.locator(".sweep-start button")).to_be_visible()
    expect(dashboard.locator(".sweep-start button")).to_contain_text("Go on")
    assert 2 <= points(dashboard) < FITS
    expect(rows(dashboard)).to_have_count(points(dashboard))


def test_another_page_sees_it(browser: Browser, server: Server, complaints: list[str]):
    context = browser.new_context(viewport={"width": 1366, "height": 900})
    page = context.new_page()
    listen(page, complaints)
    visit(page, server)
    page.wait_for_function(f"() => ({_POINTS})() >= 2")
    page.locator(".sweep .fold-head").first.click()
    expect(figures(page)).to_contain_text("Stopped")
    expect(page.locator(".sweep-start button")).to_contain_text("Go on")
    context.close()


def test_it_goes_on_where_it_stood_while_a_single_fit_comes_first(dashboard: Page):
    before = points(dashboard)
    dashboard.locator(".sweep-start button").click()
    expect(dashboard.locator(".sweep-cancel button")).to_be_visible()
    dashboard.locator(".fit button").click()
    expect(rows(dashboard).filter(has_text="SIREN 5 × 48")).to_have_count(1)
    expect(dashboard.locator(".sweep-start button")).to_be_visible()
    assert points(dashboard) == FITS > before
    tells(dashboard, FITS, f"of {FITS} fits")
    expect(dashboard.locator(".sweep-start button")).to_be_disabled()
    expect(rows(dashboard)).to_have_count(FITS + 1)


def test_points_are_the_runs_of_the_maps(dashboard: Page):
    for tick in ticks(dashboard).all():
        tick.click()
    expect(ticks(dashboard)).to_have_count(0)
    click_point(dashboard, 0)
    expect(ticks(dashboard)).to_have_count(1)
    expect(dashboard.locator(".map-a")).to_contain_text("SIREN 1 × 6")
    click_point(dashboard, FITS - 1)
    expect(ticks(dashboard)).to_have_count(2)
    expect(dashboard.locator(".map-b")).to_contain_text("SIREN 2 × 9")
    dashboard.wait_for_function("() => Bokeh.documents[0].get_model_by_name('sweep-picks') != null")
    assert column(dashboard, "b")["n"] > 0
    click_point(dashboard, FITS - 1)  # no longer
    expect(ticks(dashboard)).to_have_count(1)


def test_the_report_is_what_the_command_writes(dashboard: Page, tmp_path: Path):
    with dashboard.expect_download() as caught:
        dashboard.locator(".download-sweep button, .download-sweep a").first.click()
    path = tmp_path / "sweep.zip"
    caught.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        assert names == {"sweep.csv", "sweep_best.csv", "sweep.json", "sweep.png", "sweep.svg"}
        table = archive.read("sweep.csv")
    assert len(table.splitlines()) == FITS + 1
    with dashboard.expect_download() as caught:
        dashboard.locator(".download-sweep-csv button, .download-sweep-csv a").first.click()
    caught.value.save_as(path)
    assert path.read_bytes() == table


def test_the_paper_is_a_preset(dashboard: Page, complaints: list[str]):
    dashboard.locator(".sweep-preset [role=combobox]").click()
    dashboard.locator(".MuiMenuItem-root", has_text="paper").first.click()
    # 560, and each of two contexts alone at six resolutions
    tells(dashboard, 572, "fits")
    expect(dashboard.locator(".sweep-preset [role=combobox]")).to_have_text("paper")
    expect(dashboard.locator(".section-architecture")).to_contain_text("indices")
    assert complaints == []
