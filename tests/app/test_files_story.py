"""Files of the shared folder in a headless Chromium: opened, fitted, compared, looked at, kept.

For each file the tests tell one story, all on one page, and run in their order; pictures lie in
`test-output/screens/files`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, expect

import cainr_core
from app.words import three
from cainr_core.data.fields import Field
from cainr_core.runs import Library, Run
from tests.app.browser import (
    COLUMN,
    LOOKS,
    MISMATCH,
    REPOSITORY,
    Server,
    column,
    enter,
    finish,
    fit,
    holds,
    listen,
    look,
    pick,
    rows,
    select,
    tick,
)

pytestmark = pytest.mark.browser

PICTURES = REPOSITORY / "test-output" / "screens" / "files"
# Whether the original, or what else is named, is drawn finely where the maps are zoomed in on.
_DRAWN = """([source, name]) => {
  const found = Bokeh.documents[0].get_model_by_name(source)?.data
  return (found?.get ? found.get(name) : found?.[name])?.[0]?.some(isFinite)
}"""


@dataclass(frozen=True)
class Case:
    """A file, what is chosen of it, what the page says of its size, and how it is looked at."""

    file: str
    variable: str
    time: str
    size: str
    context: str
    region: str


CASES = [
    Case("cesm1_ts_daily.nc", "TS", "40:60", "20 × 192 × 288 of 100", "topography", "Europe"),
    Case("e3sm_trefht_monthly_2012_2013.nc", "TREFHT", "", "24 × 129 × 256", "climatology",
         "South America"),
    Case("e3sm_ne30pg2_trefht_annual.nc", "TREFHT", "", "6 × 21,600", "topography", "Australia"),
    Case("ecmwf_t2m_025.nc", "t2m", "0:3", "3 × 720 × 1,440 of 6", "land_sea_mask", "East Asia"),
]  # fmt: skip


class Story:
    """The page, on one file."""

    def __init__(self, page: Page, server: Server, case: Case, folder: Path) -> None:
        self.page, self.server, self.case, self.path = page, server, case, folder / case.file

    @property
    def field(self) -> Field:
        return cainr_core.open_field(self.path, self.case.variable, time=self.case.time)

    @property
    def run(self) -> Run:
        """The last one of this file."""
        every = Library(self.server.runs).list()
        return [run for run in every if run.choices.data.path == str(self.path)][-1]

    def take(self, name: str) -> None:
        """A picture of the window, to be judged by a person."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(500)
        self.page.screenshot(path=PICTURES / f"{self.path.stem}-{name}.png")

    def well(self) -> None:
        """The page has no problem to tell."""
        expect(self.page.locator(".problem .MuiAlert-message")).to_be_hidden()


@pytest.fixture(scope="module", params=CASES, ids=lambda case: Path(case.file).stem)
def story(
    request: pytest.FixtureRequest, dashboard: Page, server: Server, shared: Path
) -> Iterator[Story]:
    yield Story(dashboard, server, request.param, shared)
    dashboard.get_by_role("button", name="Sample", exact=True).click()
    # what the page clears in answer would else come after what the next file types
    expect(dashboard.locator(".choice-path")).to_be_hidden()


def open_path(page: Page, path: object) -> None:
    page.get_by_role("button", name="File", exact=True).click()
    enter(page, "path", path)


def test_it_is_opened_by_its_path(story: Story):
    page, case = story.page, story.case
    open_path(page, story.path)
    if case.time:
        expect(page.locator(".choice-variable")).to_contain_text(case.variable)
        enter(page, "time", case.time)
    expect(page.locator(".data-size")).to_contain_text(case.size)
    before = column(page, "original")["mean"]
    page.locator(".open-data button").click()
    page.wait_for_function(f"(mean) => ({COLUMN})('original').mean != mean", arg=before)
    first, shown = story.field.values[0], column(page, "original")
    assert first.min() <= shown["low"] < shown["high"] <= first.max()
    expect(page.get_by_text(f"{case.file}, ").first).to_be_visible()


def test_it_is_fitted_with_a_context_and_without(story: Story):
    page, before = story.page, rows(story.page).count()
    steps = page.locator(".choice-steps input").first
    if not steps.is_visible():
        page.locator(".section-recipe .fold-head").first.click()
        enter(page, "steps", 120)
    tick(page, story.case.context)
    fit(page)
    page.wait_for_function(f"() => ({COLUMN})('a').n > 0", polling=200)
    story.take("fitting")
    finish(page, before + 1)
    tick(page, story.case.context)
    fit(page)
    finish(page, before + 2)
    expect(page.locator(".map-gain")).to_be_visible()
    page.wait_for_function(f"() => ({COLUMN})('gain').n > 0")
    assert page.evaluate(MISMATCH) < 1e-3
    story.take("fitted")


def test_what_is_told_is_of_the_decoded_file(story: Story):
    run = story.run
    error = cainr_core.open(run.cainr_path).values() - story.field.values
    rmse = float(np.sqrt(np.mean(np.square(error, dtype=np.float64))))
    assert run.metrics.rmse == pytest.approx(rmse, rel=1e-4)
    expect(rows(story.page).first).to_contain_text(f"{run.metrics.psnr:.2f}")
    of_first = three(float(np.sqrt(np.mean(np.square(error[0], dtype=np.float64)))))
    expect(story.page.locator(".map-error-b")).to_contain_text(f"RMSE of this time {of_first}")


@pytest.mark.parametrize(
    ("mode", "drawn"),
    [("Swipe", "left"), ("Flicker", "right"), ("Difference", "difference"),
     ("Relative", "difference")],
)  # fmt: skip
def test_its_runs_are_compared(story: Story, mode: str, drawn: str):
    story.page.get_by_role("button", name=mode, exact=True).click()
    story.page.wait_for_function(_DRAWN, arg=["large", drawn], polling=200)
    story.take(mode.lower())
    story.well()


def test_a_part_of_it_is_seen_cell_by_cell_while_time_goes_on(story: Story):
    page = story.page
    page.get_by_role("button", name="Side by side", exact=True).click()
    select(page, "region", story.case.region)
    page.wait_for_function(_DRAWN, arg=["maps-near", "original"], polling=200)
    before = column(page, "original")["mean"]
    slider = page.locator(".player input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_function(f"(mean) => ({COLUMN})('original').mean != mean", arg=before)
    page.wait_for_function(f"() => ({MISMATCH})() < 1e-3", polling=200)
    expect(page.locator(".map-error-a")).to_contain_text("RMSE of this part")
    story.take("near")
    page.locator(".whole-map button").click()
    expect(page.locator(".map-error-a")).to_contain_text("RMSE of this time")


@pytest.mark.parametrize("scale", ["Symmetric", "Percentile", "Shared"])
def test_its_colours_are_scaled(story: Story, scale: str):
    bar = story.page.locator(".map-original .bar")
    before = bar.inner_text()
    story.page.get_by_role("button", name=scale, exact=True).click()
    expect(bar).not_to_have_text(before, use_inner_text=True)


def test_a_place_of_it_is_seen_over_time(story: Story):
    page = story.page
    canvas = page.locator(".map-original .bk-Canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + 0.3 * box["height"])
    holds(page, "place-values", 3)  # the original and two runs
    holds(page, "place-errors", 2)
    expect(page.locator(".look-place .told")).to_contain_text("The cell at")


@pytest.mark.parametrize("title", LOOKS)
def test_it_is_looked_at_closer(story: Story, title: str):
    look(story.page, title)
    for source in LOOKS[title]:
        holds(story.page, source, 2)
    if title == "Analysis":
        verdicts = story.page.locator(".look-analysis .verdict")
        expect(verdicts.first).to_be_visible()
        assert verdicts.count() >= 2 * 6
    story.page.locator(".closer").scroll_into_view_if_needed()
    story.take(title.lower().replace(" ", "-"))
    story.well()


def test_its_runs_are_seen_as_they_learned(story: Story):
    page = story.page
    now, slider = column(page, "a")["mean"], page.locator(".scrubber input[type=range]")
    slider.focus()
    slider.press("Home")
    page.wait_for_function(f"(mean) => ({COLUMN})('a').mean != mean", arg=now)
    assert page.evaluate(MISMATCH) < 1e-3
    slider.press("End")
    page.wait_for_function(f"(mean) => ({COLUMN})('a').mean == mean", arg=now)


def test_what_is_kept_of_it_opens_elsewhere(story: Story, tmp_path: Path):
    page, variable = story.page, story.case.variable
    pick(page, 1)
    expect(page.locator(".map-gain")).to_be_hidden()
    for button, name in (("cainr", "a.cainr"), ("netcdf", "a.nc"), ("report", "a.html")):
        with page.expect_download() as caught:
            page.locator(f".download-{button} button, .download-{button} a").first.click()
        caught.value.save_as(tmp_path / name)
    with (
        xr.open_dataset(tmp_path / "a.cainr", engine="cainr") as kept,
        xr.open_dataset(tmp_path / "a.nc") as plain,
    ):
        assert plain[variable].dims == story.field.dims
        np.testing.assert_array_equal(plain[variable].values, kept[variable].values)
    assert f"{story.run.metrics.psnr:.2f}" in (tmp_path / "a.html").read_text("utf-8")
    page.locator(".menu-picture button").first.click()
    with page.expect_download() as printed:
        page.get_by_role("menuitem", name="PDF").click()
    assert re.fullmatch(rf"{variable}_.*\.pdf", printed.value.suggested_filename)
    story.well()
    pick(page, 1)
    expect(page.locator(".map-gain")).to_be_visible()


def test_a_link_shows_the_last_one_to_others(
    dashboard: Page, browser: Browser, complaints: list[str], shared: Path, tmp_path: Path
):
    open_path(dashboard, shared / CASES[-1].file)
    dashboard.locator(".share button").click()
    link = dashboard.locator(".shown-link input")
    expect(link).to_have_value(re.compile(r"\?state="))
    context = browser.new_context(viewport={"width": 1366, "height": 900}, color_scheme="dark")
    page = context.new_page()
    listen(page, complaints)
    page.goto(link.input_value())
    dashboard.keyboard.press("Escape")
    expect(page.locator(".map-gain")).to_be_visible()
    page.wait_for_function(f"() => ({COLUMN})('gain').n > 0", polling=200)
    for name in ("original", "a", "b"):
        assert column(page, name) == column(dashboard, name)
    expect(page.locator("img[alt^='Map of']")).to_have_count(5)  # all else is there, too
    page.wait_for_timeout(1000)
    page.screenshot(path=PICTURES / "dark.png")
    context.close()


def test_a_zarr_store_is_opened_by_its_address(dashboard: Page, shared: Path, tmp_path: Path):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *told: object) -> None:
            """Nothing."""

    with xr.open_dataset(shared / CASES[1].file) as months:
        months[["TREFHT"]].to_zarr(tmp_path / "months.zarr")
    stores = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    threading.Thread(target=stores.serve_forever, daemon=True).start()
    try:
        open_path(dashboard, f"http://127.0.0.1:{stores.server_port}/months.zarr")
        expect(dashboard.locator(".data-size")).to_contain_text("24 × 129 × 256")
        dashboard.locator(".open-data button").click()
        expect(dashboard.get_by_text("months.zarr, ").first).to_be_visible()
    finally:
        stores.shutdown()
        stores.server_close()


def test_a_level_and_a_thinned_part_of_it_are_opened(dashboard: Page, shared: Path, tmp_path: Path):
    with xr.open_dataset(shared / CASES[1].file) as months:
        higher = xr.concat([months.TREFHT, months.TREFHT - 30], "lev")
        higher["lev"] = ("lev", [1000.0, 850.0], {"units": "hPa"})
        higher.to_netcdf(tmp_path / "levels.nc")
    open_path(dashboard, tmp_path / "levels.nc")
    select(dashboard, "level-lev", "850")
    expect(dashboard.locator(".choice-level-lev label").first).to_have_text("lev (hPa)")
    enter(dashboard, "time", "3:9")
    enter(dashboard, "region", "-40:40,-60:60")
    enter(dashboard, "thin", 2)
    field = cainr_core.open_field(
        tmp_path / "levels.nc", "TREFHT", select={"lev": 850.0}, time="3:9",
        region="-40:40,-60:60", thin=2,
    )  # fmt: skip
    shape = " × ".join(map(str, field.values.shape))
    expect(dashboard.locator(".data-size")).to_contain_text(f"{shape} of 2 × 24 × 129 × 256")
    dashboard.locator(".open-data button").click()
    expect(dashboard.get_by_text("levels.nc, ").first).to_be_visible()
    dashboard.wait_for_function(
        f"(least) => Math.abs(({COLUMN})('original').low - least) < 0.01",
        arg=float(field.values[0].min()), polling=200,
    )  # fmt: skip
    dashboard.screenshot(path=PICTURES / "part.png")


def test_nobody_complained(dashboard: Page, complaints: list[str]):
    assert complaints == []
