"""Files of the shared folder in a headless Chromium: opened, fitted, compared, looked at, kept.

For each file the tests tell one story on one page and run in their order; its pictures lie in
`test-output/screens/files`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Download, Page, expect

import cainr_core
from app.words import three
from cainr_core.data.fields import Field
from cainr_core.runs import Library, Run
from tests.app.browser import (
    COLUMN,
    MISMATCH,
    REPOSITORY,
    Server,
    column,
    enter,
    finish,
    fit,
    listen,
    pick,
    rows,
    select,
    tick,
    visit,
)

pytestmark = pytest.mark.browser

PICTURES = REPOSITORY / "test-output" / "screens" / "files"
# How many lines, points or finite cells a data source of Bokeh's holds.
_HELD = """(name) => {
  const found = Bokeh.documents[0].get_model_by_name(name)?.data
  if (!found) return 0
  const of = (name) => found.get ? found.get(name) : found[name]
  return (of("xs") ?? of("run") ?? of("a")?.[0]?.filter(isFinite) ?? []).length
}"""
_NEAR = """() => {
  const found = Bokeh.documents[0].get_model_by_name("maps-near")?.data
  return (found?.get ? found.get("original") : found?.original)?.[0]?.some(isFinite)
}"""
_STATE = "() => window.location.search.startsWith('?state=')"


@dataclass(frozen=True)
class Case:
    """A file, what is chosen of it, and of what size the page says it is."""

    file: str
    variable: str
    time: str
    size: str
    context: str
    region: str
    network: str = "5 × 48"

    @property
    def stem(self) -> str:
        return Path(self.file).stem


CASES = [
    Case("cesm1_ts_daily.nc", "TS", "0:20", "20 × 192 × 288 of 100", "topography", "Europe"),
    Case("e3sm_trefht_monthly_2012_2013.nc", "TREFHT", "", "24 × 129 × 256", "climatology",
         "South America"),
    Case("e3sm_ne30pg2_trefht_annual.nc", "TREFHT", "", "6 × 21,600", "topography", "Australia"),
    Case("ecmwf_t2m_025.nc", "t2m", "0:3", "3 × 720 × 1440 of 6", "land_sea_mask", "East Asia"),
]  # fmt: skip


class Story:
    """A page on one file."""

    def __init__(self, page: Page, server: Server, case: Case, folder: Path) -> None:
        self.page, self.server, self.case, self.path = page, server, case, folder / case.file

    @property
    def field(self) -> Field:
        return cainr_core.open_field(self.path, self.case.variable, time=self.case.time)

    @property
    def runs(self) -> list[Run]:
        """Those of this file, the last one first."""
        every = Library(self.server.runs).list()[::-1]
        return [run for run in every if run.choices.data.path == str(self.path)]

    def look(self, title: str) -> None:
        self.page.get_by_role("tab", name=title, exact=True).click()

    def take(self, name: str) -> None:
        """A picture of the window, to be judged by a person."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(500)
        self.page.screenshot(path=PICTURES / f"{self.case.stem}-{name}.png")

    def holds(self, source: str, least: int = 1) -> None:
        self.page.wait_for_function(
            f"([name, least]) => ({_HELD})(name) >= least", arg=[source, least], polling=200
        )

    def download(self, button: str) -> Download:
        with self.page.expect_download() as caught:
            self.page.locator(f".download-{button} button, .download-{button} a").first.click()
        return caught.value

    def well(self) -> None:
        """The page has no problem to tell."""
        expect(self.page.locator(".problem .MuiAlert-message")).to_be_hidden()


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.stem)
def story(
    request: pytest.FixtureRequest,
    browser: Browser,
    server: Server,
    complaints: list[str],
    shared: Path,
) -> Iterator[Story]:
    context = browser.new_context(viewport={"width": 1366, "height": 900}, accept_downloads=True)
    page = context.new_page()
    listen(page, complaints)
    visit(page, server)
    yield Story(page, server, request.param, shared)
    context.close()


def test_it_is_opened_by_its_path(story: Story):
    page, case = story.page, story.case
    page.get_by_role("button", name="File", exact=True).click()
    enter(page, "path", story.path)
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
    page = story.page
    before = rows(page).count()
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
    plain = story.runs[0]
    error = cainr_core.open(plain.cainr_path).values() - story.field.values
    rmse = float(np.sqrt(np.mean(np.square(error, dtype=np.float64))))
    assert plain.metrics.rmse == pytest.approx(rmse, rel=1e-4)
    expect(rows(story.page).first).to_contain_text(f"{plain.metrics.psnr:.2f}")
    of_time = float(np.sqrt(np.mean(np.square(error[0], dtype=np.float64))))
    expect(story.page.locator(".map-error-a")).to_contain_text(
        f"RMSE of this time {three(of_time)}"
    )


@pytest.mark.parametrize("mode", ["Swipe", "Flicker", "Difference", "Relative"])
def test_its_runs_are_compared(story: Story, mode: str):
    story.page.get_by_role("button", name=mode, exact=True).click()
    name = "left" if mode in ("Swipe", "Flicker") else "difference"
    story.page.wait_for_function(
        "(name) => { const d = Bokeh.documents[0].get_model_by_name('large')?.data; "
        "const image = d && (d.get ? d.get(name) : d[name])[0]; return image?.some(isFinite) }",
        arg=name, polling=200,
    )  # fmt: skip
    story.take(mode.lower())
    story.well()


def test_a_part_of_it_is_seen_cell_by_cell_while_time_goes_on(story: Story):
    page = story.page
    page.get_by_role("button", name="Side by side", exact=True).click()
    select(page, "region", story.case.region)
    page.wait_for_function(_NEAR, polling=200)
    before = column(page, "original")["mean"]
    slider = page.locator(".player input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_function(f"(mean) => ({COLUMN})('original').mean != mean", arg=before)
    page.wait_for_function(f"() => ({MISMATCH})() < 1e-3", polling=200)
    expect(page.locator(".map-error-a")).to_contain_text("RMSE of this part")
    story.take("near")
    page.locator(".whole-globe button").click()
    expect(page.locator(".map-error-a")).to_contain_text("RMSE of this time")


@pytest.mark.parametrize("scale", ["Symmetric", "Percentile", "Shared"])
def test_its_colours_are_scaled(story: Story, scale: str):
    page = story.page
    bar = page.locator(".map-original .bar")
    before = bar.inner_text()
    page.get_by_role("button", name=scale, exact=True).click()
    expect(bar).not_to_have_text(before, use_inner_text=True)


def test_a_place_of_it_is_seen_over_time(story: Story):
    page = story.page
    canvas = page.locator(".map-original .bk-Canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + 0.3 * box["height"])
    story.holds("place-values", 3)  # the original and two runs
    story.holds("place-errors", 2)
    expect(page.locator(".look-place .told")).to_contain_text("the cell at")
    story.take("place")


@pytest.mark.parametrize(
    ("look", "source", "least"),
    [
        ("Zonal mean", "zonal", 3),
        ("Errors", "errors", 2),
        ("RMSE over time", "rmse", 2),
        ("RMSE over time", "rmse-maps", 100),
        ("Spectrum", "spectrum", 3),
        ("Trade-off", "trade-off", 2),
    ],
)
def test_it_is_looked_at_closer(story: Story, look: str, source: str, least: int):
    story.look(look)
    story.holds(source, least)
    story.page.locator(".closer").scroll_into_view_if_needed()
    story.take(source)
    story.well()


def test_it_is_judged_for_analysis(story: Story):
    story.look("Analysis")
    verdicts = story.page.locator(".look-analysis .verdict:visible")
    expect(verdicts.first).to_be_visible()
    assert verdicts.count() >= 2 * 6
    expect(story.page.locator(".look-analysis")).to_contain_text("Pearson")
    story.take("analysis")


def test_its_runs_are_seen_as_they_learned(story: Story):
    page = story.page
    now, slider = column(page, "a")["mean"], page.locator(".scrubber input[type=range]")
    slider.focus()
    slider.press("Home")
    page.wait_for_function(f"(mean) => ({COLUMN})('a').mean != mean", arg=now)
    assert page.evaluate(MISMATCH) < 1e-3
    slider.press("End")
    page.wait_for_function(f"(mean) => ({COLUMN})('a').mean == mean", arg=now)


def test_a_link_shows_it_to_others(story: Story, browser: Browser, complaints: list[str]):
    here = story.page
    here.wait_for_function(_STATE)
    here.locator(".share button").click()
    link = here.locator(".shown-link input").input_value()
    here.keyboard.press("Escape")
    context = browser.new_context(viewport={"width": 1366, "height": 900}, color_scheme="dark")
    page = context.new_page()
    listen(page, complaints)
    page.goto(link)
    expect(page.locator(".map-gain")).to_be_visible()
    page.wait_for_function(f"() => ({COLUMN})('gain').n > 0", polling=200)
    for name in ("original", "a", "b"):
        assert column(page, name) == column(here, name)
    expect(page.get_by_text(f"{story.case.file}, ").first).to_be_visible()
    expect(page.locator("img[alt^='Map of']")).to_have_count(5)  # all else is there, too
    page.wait_for_timeout(1000)
    page.screenshot(path=PICTURES / f"{story.case.stem}-dark.png")
    context.close()


def test_what_is_kept_of_it_opens_elsewhere(story: Story, tmp_path: Path):
    page, field = story.page, story.field
    pick(page, 1)
    expect(page.locator(".map-gain")).to_be_hidden()
    for button, name in (("cainr", "a.cainr"), ("netcdf", "a.nc"), ("report", "a.html")):
        story.download(button).save_as(tmp_path / name)
    with xr.open_dataset(tmp_path / "a.cainr", engine="cainr") as kept:
        values = kept[story.case.variable].values
    with xr.open_dataset(tmp_path / "a.nc") as plain:
        np.testing.assert_array_equal(plain[story.case.variable].values, values)
        again = plain[story.case.variable]
        assert again.dims == tuple(field.dims)
    assert f"{story.runs[0].metrics.psnr:.2f}" in (tmp_path / "a.html").read_text("utf-8")
    page.locator(".menu-picture button").first.click()
    with page.expect_download() as printed:
        page.get_by_role("menuitem", name="PDF").click()
    assert re.fullmatch(rf"{story.case.variable}_.*\.pdf", printed.value.suggested_filename)
    story.well()


def test_nobody_complained(complaints: list[str]):
    assert complaints == []
