"""A visitor sends files: one that is good, but hostile in its names, and some that are no good.

The tests of this file tell one story on one page and run in their order.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from tests import small
from tests.app.browser import COLUMN, Server, enter, finish, fit, rows

pytestmark = pytest.mark.browser

HOSTILE = "\"'><img src=x onerror='window.hurt=1'><script>window.hurt=1</script>"
# Where something foreign was run.
_WATCH = """() => Object.defineProperty(window, "hurt", {set() {
  const trail = event?.composedPath?.() ?? [document.currentScript]
  const names = trail.map((e) => `${e?.tagName ?? ""}.${e?.className ?? ""}`)
  window.hurtBy = [...(window.hurtBy ?? []), names.join(" < ")]
}})"""
# Let the page send what it would not send itself.
_UNLIMITED = """() => {
  for (const model of Bokeh.documents[0]._all_models.values())
    if (model.data?.attributes?.max_file_size) model.data.max_file_size = null
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes files of 1 MB."""
    server = Server(tmp_path_factory.mktemp("library") / "runs")
    os.environ["CAINR_UPLOAD_MB"] = "1"
    server.start()
    del os.environ["CAINR_UPLOAD_MB"]
    yield server
    server.stop()


def send(page: Page, path: Path) -> None:
    page.locator(".upload input[type=file]").set_input_files(path)


def told(page: Page) -> str:
    """The problem that the page tells, which is then put away."""
    alert = page.locator(".problem .MuiAlert-message")
    expect(alert).to_be_visible()
    text = alert.inner_text()
    page.locator(".problem button").click()
    expect(alert).to_be_hidden()
    return text


def test_a_file_is_sent_opened_and_fitted(dashboard: Page, tmp_path: Path):
    dashboard.evaluate(_WATCH)
    dataset = small.dataset()
    dataset["tas"].attrs |= {"long_name": HOSTILE, "units": "<b>K</b>", "note": HOSTILE}
    dataset["oro<b>g"] = dataset["tas"][0] - 200
    dataset.attrs["title"] = HOSTILE
    dataset.to_netcdf(tmp_path / "mine.nc", format="NETCDF4")
    dashboard.get_by_role("button", name="Upload", exact=True).click()
    send(dashboard, tmp_path / "mine.nc")
    size = dashboard.locator(".data-size")
    expect(size).to_contain_text("6 × 15 × 24 values, 8.64 kB")
    enter(dashboard, "region", "-90:90,0:180")
    expect(size).to_contain_text("6 × 15 × 13 of 6 × 15 × 24")
    before = dashboard.evaluate(COLUMN, "original")
    dashboard.locator(".open-data button").click()
    dashboard.wait_for_function(
        f"(mean) => ({COLUMN})('original').mean != mean", arg=before["mean"]
    )
    heading = dashboard.get_by_text("mine.nc, -90:90,0:180, 6 × 15 × 13 values").first
    expect(heading).to_be_visible()
    expect(dashboard.get_by_text("><img src=x").first).to_be_visible()
    dashboard.locator(".section-recipe .fold-head").first.click()
    enter(dashboard, "steps", 30)
    expect(dashboard.locator(".section-recipe")).to_contain_text("30 steps")
    fit(dashboard)
    finish(dashboard, 1)
    expect(rows(dashboard).first).to_contain_text("mine tas")


def test_its_variables_can_be_contexts(dashboard: Page):
    dashboard.locator(".context-held [role=combobox]").click()
    dashboard.locator(".MuiMenuItem-root", has_text="oro<b>g").click()
    added = dashboard.locator("[class*='context-mine']").first
    expect(added).to_contain_text("(mine.nc)")
    expect(added.locator("input")).to_be_checked()


def test_a_file_that_is_too_large_is_refused_by_page_and_server(dashboard: Page, tmp_path: Path):
    for name in ("large.nc", "huge.nc"):
        (tmp_path / name).write_bytes(bytes(1_500_000))
    send(dashboard, tmp_path / "large.nc")
    assert "larger than the 1 MB" in told(dashboard)
    dashboard.evaluate(_UNLIMITED)
    send(dashboard, tmp_path / "huge.nc")
    assert "'huge.nc' is larger than the 1 MB that this server takes" in told(dashboard)
    expect(dashboard.locator(".data-size")).to_contain_text("6 × 15 × 13 of")  # as it was


@pytest.mark.parametrize("name", ["text.nc", "notes.md"])
def test_a_file_that_is_no_netcdf_is_refused_and_loses_nothing(
    dashboard: Page, tmp_path: Path, name: str
):
    (tmp_path / name).write_text("nothing of the sort")
    send(dashboard, tmp_path / name)
    assert told(dashboard).startswith(f"'{name}' is not a data file")
    expect(dashboard.locator(".data-size")).to_contain_text("6 × 15 × 13 of 6 × 15 × 24")
    expect(dashboard.locator(".choice-region input").first).to_have_value("-90:90,0:180")
    expect(dashboard.locator(".open-data button")).to_be_enabled()
    expect(dashboard.locator(".context-held")).to_be_visible()
    expect(
        dashboard.get_by_text(re.compile("is not a data file.* mine.nc is still"))
    ).to_be_visible()
    expect(dashboard.locator(".upload").first).to_contain_text("mine.nc")
    assert dashboard.locator(".problem a").count() == 0  # a file's name is no link


def test_a_file_without_a_value_is_refused(dashboard: Page, tmp_path: Path):
    dataset = small.dataset()
    dataset["tas"] = dataset["tas"].copy(data=np.full(dataset["tas"].shape, np.nan))
    dataset.to_netcdf(tmp_path / "empty.nc")
    send(dashboard, tmp_path / "empty.nc")
    expect(dashboard.locator(".data-size")).to_contain_text("6 × 15 × 24 values")
    dashboard.locator(".open-data button").click()
    assert "All values of 'tas' are missing" in told(dashboard)


def test_a_run_may_be_called_anything(dashboard: Page):
    rows(dashboard).first.locator("[tabulator-field=name]").click()
    field = dashboard.locator(".runs-table input[type=text]")
    field.fill(HOSTILE)
    field.press("Enter")
    cell = rows(dashboard).first.locator("[tabulator-field=name] span")
    expect(cell).to_have_attribute("title", HOSTILE)
    cell.hover()
    dashboard.wait_for_timeout(1000)  # after which Tabulator shows what it has to tell
    expect(dashboard.locator(".map-a .title")).to_contain_text("><img src=x")
    dashboard.locator(".delete button").click()
    question = dashboard.get_by_text("the files go too")
    expect(question).to_contain_text("<script>")
    dashboard.locator(".delete-no button").click()


def test_what_files_say_of_themselves_was_never_run(dashboard: Page, complaints: list[str]):
    assert dashboard.evaluate("window.hurtBy ?? []") == []
    assert [told for told in complaints if "exceeds maximum file size" not in told] == []
