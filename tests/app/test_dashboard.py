"""The dashboard in a headless Chromium, from its first picture to a restart.

The tests of this file tell one story on one page and run in their order; a fit has
few steps.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, expect

import cainr_core
from tests.app.browser import (
    COLUMN,
    MISMATCH,
    POINTS,
    REPOSITORY,
    Server,
    column,
    enter,
    finish,
    fit,
    listen,
    look,
    pick,
    points,
    rows,
    select,
    tick,
    ticks,
    visit,
)

pytestmark = pytest.mark.browser

STEPS = 150
# From now on, by how many px the parts of the page have moved.
STILL = """() => {
  const find = (root, name) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.classList.contains(name)) return node
      const found = node.shadowRoot && find(node.shadowRoot, name)
      if (found) return found
    }
  }
  const names = ["map-a", "map-b", "curves", "runs"]
  const parts = names.map((name) => [name, find(document, name)])
  const before = parts.map(([, part]) => part.getBoundingClientRect())
  const moved = window.moved = Object.fromEntries(names.map((name) => [name, 0]))
  const look = () => {
    parts.forEach(([name, part], n) => {
      const now = part.getBoundingClientRect()
      const by = ["top", "left", "width", "height"].map((of) => Math.abs(now[of] - before[n][of]))
      moved[name] = Math.max(moved[name], ...by)
    })
    requestAnimationFrame(look)
  }
  look()
}"""
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"

# Painted pixels in the first and last row and column of a canvas.
_PAINTED = """(canvas) => {
  const pen = canvas.getContext("2d"), {width, height} = canvas
  const painted = (...box) =>
    pen.getImageData(...box).data.filter((value, i) => i % 4 == 3 && value).length
  const rows = [0, height - 1].map((y) => painted(0, y, width, 1))
  const columns = [0, width - 1].map((x) => painted(x, 0, 1, height))
  return [rows[0], columns[0], rows[1], columns[1]]
}"""


# ---------------------------------------------------------------------- the story


def test_the_page_opens_with_the_sample(dashboard: Page):
    original = column(dashboard, "original")
    assert 200 < original["low"] < original["high"] < 330
    assert column(dashboard, "a")["n"] == 0
    assert column(dashboard, "error_a")["n"] == 0
    expect(dashboard.locator(".figures-pane")).to_contain_text("weights")
    expect(dashboard.get_by_text("press Fit to learn this field")).to_be_visible()


def test_figures_ask_no_styles_for_their_colours(dashboard: Page):
    """What `app/page.html` turns off is there, and nothing of the page sets it."""
    visual = 'Bokeh.require("core/visuals/visual").VisualProperties.prototype'
    assert dashboard.evaluate(f"() => {visual}._get_css_value('line-color')") == ""
    assert "--bk-" not in "".join(
        path.read_text(encoding="utf-8") for path in (REPOSITORY / "app").rglob("*.py")
    )


def test_a_message_lays_the_page_out_once(dashboard: Page):
    """However many things it shows, hides or moves."""
    laid_out = dashboard.evaluate(
        """async () => {
          const root = Bokeh.index.roots[0], of = root.update_layout
          let times = 0
          root.update_layout = function () { times++; of.call(this) }
          const models = [...Bokeh.documents[0]._all_models.values()]
          const panes = models.filter((model) => model.type.endsWith(".HTML")).slice(0, 5)
          for (const pane of panes) { pane.visible = !pane.visible; pane.visible = !pane.visible }
          await new Promise((resolve) => setTimeout(resolve))
          delete root.update_layout
          return [panes.length, times]
        }"""
    )
    assert laid_out == [5, 1]


def test_coastlines_are_stroked_once_for_what_is_seen(dashboard: Page):
    """Another picture under them strokes nothing anew, another view does."""
    again, moved, back = dashboard.evaluate(
        """async () => {
          const models = [...Bokeh.documents[0]._all_models.values()]
          const map = models.find((m) => m.renderers?.some((r) => r.tags?.includes("still")))
          const plot = Bokeh.index.find_one(map)
          const lines = map.renderers.filter((r) => r.tags.includes("still")).length
          const own = CanvasRenderingContext2D.prototype, of = own.stroke
          let times = 0
          own.stroke = function (...path) { times++; return of.apply(this, path) }
          const painted = () => {
            times = 0
            plot._invalidate_all = true
            plot.paint()
            return times / lines
          }
          painted()
          const again = painted(), { start, end } = map.x_range
          map.x_range.start = start + (end - start) / 10
          const moved = painted()
          map.x_range.start = start
          const back = painted()
          own.stroke = of
          return [again, moved, back]
        }"""
    )
    assert again == 0
    assert min(moved, back) >= 1


def test_a_context_is_chosen_and_its_cost_shows(dashboard: Page):
    figures = dashboard.locator(".figures-pane .figures")
    before = figures.inner_text()
    tick(dashboard, "topography")
    tick(dashboard, "climatology")
    expect(figures).to_contain_text("contexts, shared")
    assert figures.inner_text() != before
    expect(dashboard.locator(".section-context")).to_contain_text("2 chosen")


def test_bad_input_gives_a_sentence(dashboard: Page):
    problem = dashboard.locator(".problem")
    dashboard.get_by_role("button", name="File", exact=True).click()
    enter(dashboard, "path", "/nowhere/at/all.nc")
    expect(problem).to_contain_text("/nowhere/at/all.nc")
    expect(problem).not_to_contain_text("Traceback")
    dashboard.get_by_role("button", name="Sample", exact=True).click()
    expect(problem).not_to_contain_text("/nowhere/at/all.nc")


def test_a_number_out_of_bounds_gives_a_sentence(dashboard: Page):
    problem, depth = dashboard.locator(".problem"), dashboard.locator(".choice-depth input").first
    enter(dashboard, "depth", 99)
    expect(problem).to_contain_text("Depth must be at most 32")
    expect(depth).to_have_value("5")
    enter(dashboard, "depth", 4)
    expect(problem).not_to_contain_text("Depth")
    enter(dashboard, "depth", 5)


def test_a_fit_is_watched(dashboard: Page):
    dashboard.locator(".section-recipe .fold-head").first.click()
    enter(dashboard, "steps", STEPS)
    expect(dashboard.locator(".section-recipe")).to_contain_text(f"{STEPS} steps")
    fit(dashboard)
    growing = []
    dashboard.wait_for_function(f"() => ({POINTS})('curve-fit') >= 2")
    growing.append(points(dashboard, "curve-fit"))
    dashboard.wait_for_function(f"() => ({COLUMN})('a').n > 0")
    dashboard.wait_for_function(f"() => ({POINTS})('curve-fit') > {growing[0]}")
    finish(dashboard, 1)
    assert points(dashboard, "curve-fit") > growing[0]
    expect(dashboard.locator(".figures-pane")).to_contain_text("dB")
    speaks_of(dashboard, 0, "topography + climatology")


def speaks_of(page: Page, row: int, name: str, letter: str = "a") -> None:
    """Table, buttons, map and curves are of the run in that row."""
    expect(rows(page).nth(row).locator("input[type=checkbox]")).to_be_checked()
    for button in (".reuse button", ".delete button", ".download-cainr"):
        expect(page.locator(button).first).to_be_enabled()
    for place in (
        rows(page).nth(row),
        page.locator(f".map-{letter}"),
        page.locator(".curves .key"),
    ):
        expect(place).to_contain_text(name)


def test_the_three_maps_differ_as_they_should(dashboard: Page):
    original, rebuilt, error = (column(dashboard, name) for name in ("original", "a", "error_a"))
    assert original["n"] == rebuilt["n"] == error["n"]
    assert original["high"] != rebuilt["high"]
    assert abs(original["mean"] - rebuilt["mean"]) < 5
    assert error["low"] < 0 < error["high"]
    assert dashboard.evaluate(MISMATCH) < 1e-3


def test_the_page_looks_back_on_the_fit(dashboard: Page):
    now, slider = column(dashboard, "a")["mean"], dashboard.locator(".scrubber input[type=range]")
    slider.focus()
    slider.press("Home")
    expect(dashboard.locator(".told", has_text="step 0 of")).to_be_visible()
    dashboard.wait_for_function(f"() => ({COLUMN})('a').mean != {now}")
    assert dashboard.evaluate(MISMATCH) < 1e-3
    dashboard.wait_for_function(_MARKED, arg="0")
    slider.press("End")
    dashboard.wait_for_function(f"() => ({COLUMN})('a').mean == {now}")
    dashboard.wait_for_function(_MARKED, arg="")


# Where the curves mark the states that are shown.
_MARKED = """(where) => {
  const found = Bokeh.documents[0].get_model_by_name("curve-marks").data
  return Array.from(found.get ? found.get("x") : found.x).join() == where
}"""


def test_a_click_on_a_map_shows_its_place_over_time(dashboard: Page):
    canvas = dashboard.locator(".map-a .bk-Canvas")
    look(dashboard, "Place")
    expect(dashboard.locator(".choice-place_lat input")).to_have_value("")  # none yet, not 0
    canvas.scroll_into_view_if_needed()
    before = dashboard.evaluate("() => window.scrollY")
    box = canvas.bounding_box()
    dashboard.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    place = dashboard.locator(".look-place")
    expect(place.locator(".told")).to_contain_text("The cell at")
    expect(place.locator(".choice-place_lat input")).not_to_have_value("")
    assert dashboard.evaluate("() => window.scrollY") == before
    marks = "() => Bokeh.documents[0].get_model_by_name('place').data"
    at = dashboard.evaluate(f"() => {{const d = ({marks})(); return d.get ? d.get('x') : d.x}}")
    assert len(at) == 1


def test_the_lines_of_code_follow_the_choices(dashboard: Page):
    dashboard.locator(".lines .fold-head").first.click()
    expect(dashboard.locator(".python-lines")).to_contain_text("climatology")
    expect(dashboard.locator(".python-lines")).to_contain_text(f"steps={STEPS}")
    dashboard.context.grant_permissions(["clipboard-read", "clipboard-write"])
    dashboard.locator(".copy-python-lines button").click()
    expect(dashboard.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    copied = dashboard.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == dashboard.locator(".python-lines pre").inner_text().strip()


def test_the_table_fits_its_place(dashboard: Page):
    inside = dashboard.locator(".runs-table .tabulator-tableholder")
    assert inside.evaluate("(e) => e.scrollWidth <= e.clientWidth")
    titles = dashboard.locator(".runs-table .tabulator-col-title:visible")
    wanted = {"Data", "Contexts", "Bytes", "Ratio", "PSNR (dB)", "RMSE", "Seconds"}
    assert wanted <= set(titles.all_inner_texts())
    assert titles.evaluate_all(
        "(all) => all.every(e => !e.innerText.trim() || e.scrollWidth <= e.clientWidth)"
    )
    expect(rows(dashboard).nth(0)).to_contain_text("topo, clim")
    # what a small network comes to, in place of what this one did
    cells = dashboard.locator(".runs-table .tabulator-cell[tabulator-field=ratio]")
    wide = "(e) => { e.textContent = '1,917.3'; return e.scrollWidth <= e.clientWidth }"
    kept = cells.first.inner_html()
    assert cells.first.evaluate(wide)
    cells.first.evaluate("(e, html) => { e.innerHTML = html }", kept)


def test_a_zoom_paints_nothing_where_bokeh_does_not_clear(dashboard: Page):
    dashboard.locator(".map-original").scroll_into_view_if_needed()
    box = dashboard.locator(".map-original .bk-Canvas").bounding_box()
    canvas = dashboard.locator(".map-original canvas").first
    assert canvas.evaluate(_PAINTED) == [0, 0, 0, 0]
    dashboard.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    dashboard.keyboard.down("Control")
    for _ in range(4):
        dashboard.mouse.wheel(0, -300)
    dashboard.keyboard.up("Control")
    for _ in range(100):
        first_row, first_column, last_row, last_column = canvas.evaluate(_PAINTED)
        if last_row and last_column:
            break
        time.sleep(0.1)
    assert last_row > 100
    assert first_row == first_column == 0


def test_another_time_and_another_projection(dashboard: Page):
    before = column(dashboard, "original")
    slider = dashboard.locator(".player input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    dashboard.wait_for_function(
        f"(mean) => ({COLUMN})('original').mean != mean", arg=before["mean"]
    )
    # until the step is decoded, the one before is shown with its own error
    dashboard.wait_for_function(f"() => ({MISMATCH})() < 1e-3")
    select(dashboard, "projection", "Orthographic")
    dashboard.wait_for_function(
        f"(size) => {{ const a = ({COLUMN})('a'); return a.size != size && a.n > 0 }}",
        arg=before["size"],
    )
    select(dashboard, "projection", "Robinson")
    dashboard.wait_for_function(f"(size) => ({COLUMN})('a').size == size", arg=before["size"])


def test_a_second_run_is_compared(dashboard: Page):
    tick(dashboard, "topography")
    tick(dashboard, "climatology")
    fit(dashboard)
    expect(dashboard.locator(".map-a")).to_contain_text("A: topography + climatology")
    expect(dashboard.locator(".map-b")).to_contain_text("B: This fit")
    expect(dashboard.locator(".curves .key")).to_contain_text("B: no context")
    expect(ticks(dashboard)).to_have_count(1)
    dashboard.wait_for_function(f"() => ({COLUMN})('gain').n > 0")
    dashboard.evaluate(STILL)
    finish(dashboard, 2)
    speaks_of(dashboard, 0, "no context", "b")
    expect(ticks(dashboard)).to_have_count(2)  # the last one stays beside it
    expect(dashboard.locator(".map-b")).to_contain_text("B: no context")
    dashboard.wait_for_timeout(1000)
    assert max(dashboard.evaluate("window.moved").values()) <= 1  # px
    expect(dashboard.locator(".map-a")).to_contain_text("A: topography + climatology")
    expect(dashboard.locator(".runs")).to_contain_text("Files: those of B.")
    a, b = (column(dashboard, f"error_{letter}") for letter in "ab")
    assert a["high"] != b["high"]
    dashboard.wait_for_function(f"() => ({POINTS})('curve-0') > 2")
    pick(dashboard, 0)
    expect(dashboard.locator(".map-gain")).to_be_hidden()


def test_a_fit_is_cancelled_and_kept(dashboard: Page):
    enter(dashboard, "steps", 200_000)
    fit(dashboard)
    dashboard.wait_for_function(f"() => ({POINTS})('curve-fit') >= 2")
    dashboard.locator(".cancel button").click()
    finish(dashboard, 3)
    speaks_of(dashboard, 0, "stopped at step", "b")
    expect(dashboard.locator(".map-a")).to_contain_text("A: topography + climatology")
    pick(dashboard, 2)
    enter(dashboard, "steps", STEPS)


def test_tab_goes_through_the_table_and_enter_changes_a_name(dashboard: Page):
    rows(dashboard).last.locator("input[type=checkbox]").focus()
    dashboard.keyboard.press("Tab")
    name = rows(dashboard).last.locator("[tabulator-field=name]")
    expect(name).to_be_focused()
    expect(name.locator("input")).to_have_count(0)
    dashboard.keyboard.press("Enter")
    expect(name.locator("input")).to_be_focused()
    dashboard.keyboard.press("Tab")
    expect(name.locator("input")).to_have_count(0)
    expect(dashboard.locator(".runs-table :focus")).to_have_count(0)
    past = dashboard.get_by_role("button", name="Past the table")
    past.focus()
    dashboard.keyboard.press("Enter")
    expect(dashboard.locator(".closer")).to_be_focused()
    dashboard.wait_for_timeout(1000)  # in which the page moves there
    rows(dashboard).last.scroll_into_view_if_needed()
    dashboard.wait_for_timeout(500)  # Tabulator draws anew what comes back into view


def test_a_run_is_renamed_downloaded_and_deleted(dashboard: Page, tmp_path: Path):
    rows(dashboard).nth(0).locator("[tabulator-field=name]").click()
    field = dashboard.locator(".runs-table input[type=text]")
    field.fill("stopped early")
    field.press("Enter")
    expect(rows(dashboard).nth(0)).to_contain_text("stopped early")
    speaks_of(dashboard, 0, "stopped early")
    download = dashboard.locator(".download-cainr button, .download-cainr a").first
    expect(download).to_be_enabled()
    with dashboard.expect_download() as caught:
        download.click()
    expect(download).to_be_enabled()
    with dashboard.expect_download():  # the same once more
        download.click()
    dashboard.locator(".menu-picture button").first.click()
    with dashboard.expect_download() as printed:
        dashboard.get_by_role("menuitem", name="PNG").click()
    assert printed.value.suggested_filename.endswith("_stopped_early_1920-01-02.png")
    path = tmp_path / caught.value.suggested_filename
    caught.value.save_as(path)
    assert path.name == "stopped_early.cainr"
    assert cainr_core.open(path).shape == (30, 192, 288)
    dashboard.locator(".delete button").click()
    dashboard.locator(".delete-yes button").click()
    expect(rows(dashboard)).to_have_count(2)


def test_a_lesson_begins_at_the_maps(dashboard: Page):
    """Wherever its reader has scrolled to."""
    dashboard.locator(".lessons button").click()
    dashboard.get_by_text("The same without this page").scroll_into_view_if_needed()
    original = dashboard.locator(".map-original")
    assert original.bounding_box()["y"] < 0
    dashboard.locator(".lesson-offer button").nth(2).click()
    expect(dashboard.locator(".lesson-text")).to_contain_text("Lesson 3 of")
    expect(original).to_be_in_viewport()
    dashboard.locator(".lesson-leave button").click()
    expect(dashboard.locator(".lesson-panel")).to_be_hidden()


def test_who_comes_by_tab_and_rests_is_told_what_a_control_is_for(dashboard: Page):
    dashboard.locator(".choice-depth input").first.focus()
    dashboard.keyboard.press("Tab")
    told = dashboard.get_by_role("tooltip").first
    expect(told).to_contain_text("Number of hidden layers.")
    dashboard.keyboard.press("Escape")
    expect(told).to_be_hidden()


def test_dark_follows_the_switch(dashboard: Page):
    dashboard.get_by_label("Toggle theme").click()
    expect(dashboard.locator(".mui-dark").first).to_be_visible()
    dashboard.locator(".map-original .bk-Canvas").hover()
    for surface in (".map-original", ".bk-Tooltip:popover-open"):
        place = dashboard.locator(surface).first
        dark = place.evaluate("(e) => getComputedStyle(e).backgroundColor")
        red, green, blue = map(int, re.findall(r"\d+", dark)[:3])
        assert max(red, green, blue) < 80
    dashboard.get_by_label("Toggle theme").click()
    expect(dashboard.locator(".mui-light").first).to_be_visible()


def test_dark_is_what_the_system_prefers_until_it_is_switched(
    browser: Browser, server: Server, complaints: list[str]
):
    """The page is made for it, or as the switch was left, and does not change under one's eyes."""
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    listen(page, complaints)
    page.add_init_script(_BEGINS)
    for _ in range(2):
        visit(page, server)
        expect(page.locator(".mui-dark").first).to_be_visible()
        assert page.evaluate("() => window.beginsDark") is True
    page.get_by_label("Toggle theme").click()
    expect(page.locator(".mui-light").first).to_be_visible()
    page.wait_for_function("() => document.cookie.includes('cainr-dark=0')")
    visit(page, server)
    expect(page.locator(".mui-light").first).to_be_visible()
    context.close()


# What theme a page begins with.
_BEGINS = """
const look = setInterval(() => {
  const models = [...(window.Bokeh?.documents?.[0]?._all_models.values() ?? [])]
  const page = models.find((model) => model.class_name == "Page")
  if (page) { window.beginsDark = page.data.dark_theme; clearInterval(look) }
}, 10)
"""


def test_a_narrow_screen_has_pairs_of_maps_over_their_error(
    browser: Browser, server: Server, complaints: list[str]
):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    listen(page, complaints)
    visit(page, server, drawer=False)  # it closes on a screen that is so narrow
    content = page.locator(".main-content")
    assert content.evaluate("(e) => e.scrollWidth <= e.clientWidth")
    boxes = [page.locator(f".map-{name}").bounding_box() for name in ("original", "a", "error-a")]
    original, reconstruction, error = boxes
    assert reconstruction["y"] == original["y"]
    assert reconstruction["x"] >= original["x"] + original["width"] > 170
    assert error["x"] == original["x"]
    assert original["y"] + original["height"] <= error["y"] < 844 - 100  # of the first screen
    assert error["width"] > 300
    expect(page.locator(".section-data")).to_be_hidden()
    assert boxes[0]["y"] < page.locator(".compare-bar").bounding_box()["y"]  # as on a phone
    context.close()


def test_a_finger_on_a_map_scrolls_the_page_of_a_phone(browser: Browser, server: Server):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, user_agent=PHONE
    )
    page = context.new_page()
    visit(page, server, drawer=False)
    events = page.locator(".map-original .bk-events").first
    touch = events.evaluate("(e) => getComputedStyle(e).touchAction")
    assert {"pan-x", "pan-y"} <= set(touch.split())
    top = page.locator(".map-original").bounding_box()["y"]
    assert top < 844 - 200  # of the screen: the map is seen without scrolling
    mode = page.get_by_role("button", name="Swipe", exact=True)
    before = mode.bounding_box()["y"]
    mode.tap()  # of which another height of the maps is to move nothing that is touched
    expect(page.locator(".map-original")).to_be_hidden()
    assert mode.bounding_box()["y"] == pytest.approx(before, abs=2)
    page.get_by_role("button", name="Side by side", exact=True).tap()
    expect(page.locator(".map-original")).to_be_visible()
    bar = page.locator(".figures-pane")
    expect(bar).to_contain_text("expected file")
    high = bar.bounding_box()["height"]
    page.locator(".fit button").click()
    expect(bar).to_contain_text("to the end")
    assert bar.bounding_box()["height"] == pytest.approx(high, abs=3)
    page.locator(".cancel button").click()
    expect(page.locator(".fit button")).to_be_visible()
    context.close()


def test_a_restart_finds_the_runs(dashboard: Page, server: Server, complaints: list[str]):
    assert complaints == []
    server.stop()
    expect(dashboard.locator(".connection-lost")).to_contain_text("reload")
    dashboard.goto("about:blank")  # or it would try to connect to the new server
    complaints.clear()
    server.start()
    visit(dashboard, server)
    expect(rows(dashboard)).to_have_count(3)  # one of them from the phone
    expect(rows(dashboard).nth(2)).to_contain_text("topography + climatology")
    pick(dashboard, 2)
    dashboard.wait_for_function(f"() => ({COLUMN})('a').n > 0")
    assert dashboard.evaluate(MISMATCH) < 1e-3
    assert complaints == []
