"""The trade-off in a headless Chromium: runs opened by their points, other codecs, moving pictures.

The tests of this file tell one story on one page and run in their order.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from cainr_core.runs import Library
from tests.app.browser import (
    COLUMN,
    Server,
    click_at,
    column,
    enter,
    holds,
    look,
    pick,
    select,
    ticks,
)

pytestmark = pytest.mark.browser

_RUNS = "() => Array.from(Bokeh.documents[0].get_model_by_name('trade-off').data.run)"
_OTHERS = """() => {
  const found = Bokeh.documents[0].get_model_by_name("trade-off-others")?.data
  return (found?.get ? found.get("x") : found?.x)?.length ?? 0
}"""


@pytest.fixture(scope="module")
def runs(two_runs: Path) -> Path:
    return two_runs


def test_a_click_on_a_point_opens_its_run(dashboard: Page, server: Server):
    pick(dashboard, 0)  # of part of the sample, as the points are then
    look(dashboard, "Trade-off")
    holds(dashboard, "trade-off", 2)
    dashboard.locator(".look-trade-off").scroll_into_view_if_needed()
    oldest = Library(server.runs).list()[0].id
    click_at(dashboard, "trade-off", dashboard.evaluate(_RUNS).index(oldest))
    expect(ticks(dashboard)).to_have_count(2)
    expect(dashboard.locator(".map-gain")).to_be_visible()
    dashboard.wait_for_function(f"() => ({COLUMN})('gain').n > 0")


def test_the_axes_are_ours_or_the_papers(dashboard: Page):
    at = "() => Array.from(Bokeh.documents[0].get_model_by_name('trade-off').data.y ?? [])"
    ours = dashboard.evaluate(at)
    dashboard.get_by_role("button", name="Paper", exact=True).first.click()
    dashboard.wait_for_function(f"(before) => ({at})()[0] > before[0] + 5", arg=ours)
    dashboard.get_by_role("button", name="Files", exact=True).first.click()
    dashboard.wait_for_function(f"(before) => ({at})()[0] == before[0]", arg=ours)


def test_other_codecs_run_in_the_background_until_they_are_stopped(dashboard: Page):
    dashboard.locator(".codecs-run button").click()
    expect(dashboard.locator(".codecs-stop button")).to_be_visible()
    progress = dashboard.locator(".look-trade-off [role=status]").last
    expect(progress).to_contain_text(re.compile(r"Codecs: \d+ of \d+"))
    before = column(dashboard, "original")["mean"]
    slider = dashboard.locator(".player input[type=range]")
    slider.focus()
    slider.press("ArrowRight")  # the page goes on
    dashboard.wait_for_function(f"(mean) => ({COLUMN})('original').mean != mean", arg=before)
    dashboard.wait_for_function(f"() => ({_OTHERS})() >= 3", polling=200)
    dashboard.locator(".codecs-stop button").click()
    expect(progress).to_contain_text("what was measured is kept")
    expect(dashboard.locator(".look-trade-off .key")).to_contain_text("SPERR")
    assert dashboard.evaluate(_OTHERS) >= 3


def test_colours_and_centre_are_chosen(dashboard: Page):
    strip = dashboard.locator(".map-original .strip")
    before = strip.get_attribute("style")
    dashboard.locator(".more-colours button").click()
    select(dashboard, "palette", "Batlow: blue to pink")
    expect(strip).not_to_have_attribute("style", before or "")
    drawn = column(dashboard, "original")["mean"]
    enter(dashboard, "centre", 180)
    dashboard.wait_for_function(f"(mean) => ({COLUMN})('original').mean != mean", arg=drawn)


@pytest.mark.parametrize(
    ("kind", "begins"), [("GIF", b"GIF8"), ("MP4", b"ftyp"), ("SVG", b"<?xml")]
)
def test_maps_are_kept_as_they_move(dashboard: Page, tmp_path: Path, kind: str, begins: bytes):
    dashboard.locator(".menu-picture button").first.click()
    with dashboard.expect_download() as caught:
        dashboard.get_by_role("menuitem", name=kind).first.click()
    caught.value.save_as(tmp_path / "maps")
    data = (tmp_path / "maps").read_bytes()
    assert begins in data[:12]
    if kind == "GIF":
        with Image.open(BytesIO(data)) as moving:
            assert moving.n_frames == 4
            first = np.asarray(moving.convert("RGB"))
            moving.seek(3)
            assert (np.asarray(moving.convert("RGB")) != first).any()


def test_one_run_is_left(dashboard: Page, complaints: list[str]):
    pick(dashboard, 1)
    expect(dashboard.locator(".map-gain")).to_be_hidden()
    assert complaints == []
