"""Two runs compared in a headless Chromium: swiped, in turn, as a difference, zoomed in on.

The tests of this file tell one story on one page and run in their order.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Locator, Page, expect

import cainr_core
from app.words import signed, three
from cainr_core.runs import Library
from tests.app.browser import Server, enter, pick, rests_below_the_maps, rows, select

pytestmark = pytest.mark.browser

# Finite values of a column of a data source, with their sum.
OF = """([source, name]) => {
  const found = Bokeh.documents[0].get_model_by_name(source)?.data
  const image = found && (found.get ? found.get(name) : found[name])[0]
  let [n, sum] = [0, 0]
  for (const v of image ?? []) if (isFinite(v)) { n++; sum += v }
  return {n, mean: n ? sum / n : NaN}
}"""
CLIP = "(e) => getComputedStyle(e).clipPath"
# How often other rows of the table have been ticked since, whoever did it.
TICKED = """() => {
  const every = [...Bokeh.documents[0]._all_models.values()]
  const table = every.find((m) => m.type.includes("Tabulator"))
  window.ticked = 0
  table.source.selected.properties.indices.change.connect(() => { window.ticked++ })
}"""
RANGE = """() => {
  const range = Bokeh.documents[0].get_model_by_name("seen-x")
  return [range.start, range.end]
}"""
WHOLE = """() => {
  const { start, end, bounds } = Bokeh.documents[0].get_model_by_name("seen-x")
  return start == bounds[0] && end == bounds[1]
}"""


@pytest.fixture(scope="module")
def runs(two_runs: Path) -> Path:
    return two_runs


def compare(page: Page, mode: str) -> None:
    page.get_by_role("button", name=mode, exact=True).click()


def drawn(page: Page, source: str, name: str) -> None:
    page.wait_for_function(f"(what) => ({OF})(what).n > 0", arg=[source, name])


def divider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Divider between")


def test_a_tick_is_one_change(dashboard: Page):
    expect(rows(dashboard)).to_have_count(2)
    dashboard.evaluate(TICKED)
    for row in (0, 1):
        pick(dashboard, row)
        letter = rows(dashboard).nth(row).locator("[tabulator-field=mark] b")
        dashboard.wait_for_function(
            "([e, letter]) => getComputedStyle(e, '::after').content == letter",
            arg=[letter.element_handle(), f'"{"AB"[row]}"'],
        )
    drawn(dashboard, "maps", "gain")
    assert dashboard.evaluate("window.ticked") == 2


def test_a_divider_is_moved_by_keys_and_by_the_mouse(dashboard: Page):
    expect(dashboard.locator(".map-gain")).to_be_visible()
    compare(dashboard, "Swipe")
    drawn(dashboard, "large", "left")
    drawn(dashboard, "large", "right")
    handle, upper = divider(dashboard), dashboard.locator(".stage .map-left")
    expect(dashboard.locator(".map-gain")).to_be_hidden()
    handle.focus()
    for key, at in (("Home", 0), ("ArrowRight", 2), ("End", 100), ("PageDown", 90)):
        handle.press(key)
        expect(handle).to_have_attribute("aria-valuenow", str(at))
    assert upper.evaluate(CLIP) == "inset(0px 10% 0px 0px)"
    expect(handle).to_have_attribute("aria-valuetext", re.compile(r"^90 % A: .*, 10 % B: "))
    handle.scroll_into_view_if_needed()
    stage = dashboard.locator(".stage").bounding_box()
    grip = dashboard.locator(".stage .grip").bounding_box()
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    dashboard.mouse.move(x, y)
    dashboard.mouse.down()
    dashboard.mouse.move(stage["x"] + stage["width"] / 4, y, steps=5)
    dashboard.mouse.up()
    expect(handle).to_have_attribute("aria-valuenow", "25")


def test_a_finger_moves_the_divider(dashboard: Page):
    stage, grip = (dashboard.locator(of).bounding_box() for of in (".stage", ".stage .grip"))
    y = grip["y"] + grip["height"] / 2
    hand = dashboard.context.new_cdp_session(dashboard)
    hand.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    start = grip["x"] + grip["width"] / 2
    ways = [start, *np.linspace(start, stage["x"] + 0.75 * stage["width"], 5)]
    for number, x in enumerate(ways):
        kind = "touchMove" if number else "touchStart"
        points = [{"x": float(x), "y": y}]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    hand.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    hand.detach()
    expect(divider(dashboard)).to_have_attribute("aria-valuenow", "75")


def test_two_are_seen_in_turn_until_held(dashboard: Page):
    compare(dashboard, "Flicker")
    stage = dashboard.locator(".stage")
    for seen, tag in (("right", "B: "), ("left", "A: ")):
        expect(stage).to_have_attribute("data-seen", seen)
        expect(dashboard.locator(f".tag-{seen}")).to_contain_text(tag)
    dashboard.get_by_role("button", name="Hold").press("Space")
    go_on = dashboard.get_by_role("button", name="Go on")
    expect(go_on).to_have_attribute("aria-pressed", "true")
    seen = stage.get_attribute("data-seen")
    other = "right" if seen == "left" else "left"
    dashboard.get_by_role("button", name="Show the other").click()
    expect(stage).to_have_attribute("data-seen", other)
    expect(dashboard.locator(f".tag-{seen}")).to_be_hidden()


def test_the_difference_is_that_of_the_decoded_files(dashboard: Page, server: Server):
    compare(dashboard, "Difference")
    drawn(dashboard, "large", "difference")
    newest, oldest = Library(server.runs).list()[::-1]
    first, second = (
        np.asarray(cainr_core.open(run.cainr_path).values(0), dtype=np.float64)
        for run in (newest, oldest)
    )
    apart = second - first
    told = dashboard.locator(".map-large")
    expect(told).to_contain_text(f"RMS {three(float(np.sqrt(np.mean(apart**2))))} K")
    expect(told).to_contain_text(f"largest {three(float(np.abs(apart).max()))} K")
    expect(told).to_contain_text(f"bias {signed(float(apart.mean()))} K")
    compare(dashboard, "Relative")
    percent = float(np.sqrt(np.mean((100 * apart / first) ** 2)))
    expect(told).to_contain_text(f"RMS {three(percent)} %")


def test_the_original_takes_the_place_of_a_run(dashboard: Page):
    compare(dashboard, "Swipe")
    select(dashboard, "left", "Original")
    expect(dashboard.locator(".stage .tag-left")).to_have_text("Original")
    expect(dashboard.locator(".stage .tag-right")).to_contain_text("B: ")


def test_a_region_is_seen_sharply_and_kept(dashboard: Page):
    select(dashboard, "region", "Europe")
    drawn(dashboard, "large-near", "left")
    seen = dashboard.evaluate(RANGE)
    before = dashboard.evaluate(OF, ["large-near", "left"])["mean"]
    slider = dashboard.locator(".player input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    dashboard.wait_for_function(
        f"(mean) => ({OF})(['large-near', 'left']).mean != mean", arg=before
    )
    compare(dashboard, "Side by side")
    drawn(dashboard, "maps-near", "error_b")
    assert dashboard.evaluate(RANGE) == seen
    select(dashboard, "region", "South America")  # for which the globe is turned
    error = dashboard.locator(".map-error-b")
    expect(error).to_contain_text("RMSE of this part")
    dashboard.wait_for_timeout(1500)  # what the page tells of its ranges has come by then
    expect(error).to_contain_text("RMSE of this part")
    dashboard.locator(".whole-map button").click()
    expect(error).to_contain_text("RMSE of this time")
    dashboard.wait_for_function(
        "() => Bokeh.documents[0].get_model_by_name('maps-near').data['x'].length == 0"
    )
    assert dashboard.evaluate(RANGE) != seen


def test_limits_are_locked_at_a_click(dashboard: Page):
    maps = dashboard.locator(".map-original")
    before = maps.bounding_box()
    dashboard.get_by_role("button", name="Locked", exact=True).click()
    dashboard.locator(".more-colours button").hover()
    assert maps.bounding_box() == before  # nothing moves by itself
    dashboard.locator(".more-colours button").click()
    low = dashboard.locator(".choice-low input").first
    expect(low).to_be_visible()
    expect(low).not_to_have_value("")


def test_no_room_stays_of_the_large_map(dashboard: Page):
    compare(dashboard, "Side by side")
    expect(dashboard.locator(".map-gain")).to_be_visible()
    dashboard.wait_for_timeout(1000)  # the rows come to rest below the maps
    pick(dashboard, 1)
    expect(dashboard.locator(".map-gain")).to_be_hidden()
    rests_below_the_maps(dashboard, ".map-original")


def test_another_projection_and_another_region_of_data_are_seen_whole(dashboard: Page):
    """And not what of them lies where the map before was, whose bounds the page still knows."""

    def whole() -> None:
        dashboard.wait_for_timeout(1000)  # in which the page tells what it shows
        dashboard.wait_for_function(WHOLE, polling=200)

    for title in ("Plate carrée", "Robinson", "South polar", "Robinson"):
        select(dashboard, "projection", title)
        whole()
    globe = dashboard.evaluate(RANGE)
    for region in ("0:30,0:40", "-40:0,-80:-40", "30:60,170:-170", ":"):
        before = dashboard.evaluate(RANGE)
        enter(dashboard, "region", region)
        dashboard.wait_for_function(f"(before) => `${{({RANGE})()}}` != `${{before}}`", arg=before)
        whole()
    assert dashboard.evaluate(RANGE) == globe


def test_nothing_was_complained_of(dashboard: Page, complaints: list[str]):
    assert complaints == []
