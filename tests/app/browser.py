"""The dashboard in a headless Chromium: a server of its own, and what a person does on its page.

What the maps show is read from their data source, "maps".
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, expect

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 90_000  # ms: two busy cores
expect.set_options(timeout=PATIENCE)

# Finite values, their extremes and their sum, of a column of the maps.
COLUMN = """(name) => {
  const found = Bokeh.documents[0].get_model_by_name("maps")?.data
  if (!found) return {n: 0}  // Bokeh is just taking in a message
  const image = (found.get ? found.get(name) : found[name])[0]
  let [n, low, high, sum] = [0, Infinity, -Infinity, 0]
  for (const v of image) if (isFinite(v)) {
    n++; sum += v; low = Math.min(low, v); high = Math.max(high, v)
  }
  return {n, low, high, mean: n ? sum / n : NaN, size: image.length}
}"""
# The largest difference between the error shown and reconstruction minus original.
MISMATCH = """() => {
  const found = Bokeh.documents[0].get_model_by_name("maps").data
  const column = (name) => (found.get ? found.get(name) : found[name])[0]
  const [o, a, e] = ["original", "a", "error_a"].map(column)
  let worst = 0
  for (let i = 0; i < o.length; i++) if (isFinite(a[i]))
    worst = Math.max(worst, Math.abs(a[i] - o[i] - e[i]))
  return worst
}"""
POINTS = """(name) => {
  const found = Bokeh.documents[0].get_model_by_name(name)?.data
  if (!found) return 0
  return (found.get ? found.get("psnr") : found.psnr).length
}"""

# How many lines, points or finite cells a data source holds.
_HELD = """(name) => {
  const found = Bokeh.documents[0]?.get_model_by_name(name)?.data
  if (!found) return 0
  const of = (name) => found.get ? found.get(name) : found[name]
  return (of("xs") ?? of("run") ?? of("a")?.[0]?.filter(isFinite) ?? []).length
}"""
# Where a point of a data source is on the screen.
_PLACE = """([name, number]) => {
  const source = Bokeh.documents[0].get_model_by_name(name)
  const find = (view) => {
    if (view.model.type == "Figure" && view.model.renderers.some((r) => r.data_source === source))
      return view
    for (const child of view.child_views ?? []) {
      const found = find(child)
      if (found) return found
    }
  }
  let plot
  for (const root of Object.values(Bokeh.index)) plot ??= find(root)
  const at = (name) => (source.data.get ? source.data.get(name) : source.data[name])[number]
  const box = plot.el.getBoundingClientRect()
  return [
    box.x + plot.frame.x_scale.compute(at("x")), box.y + plot.frame.y_scale.compute(at("y")),
  ]
}"""
# The closer looks by the titles of their tabs, and the data sources of their plots.
LOOKS = {
    "Zonal mean": ["zonal"],
    "Place": ["place-values", "place-errors"],
    "Errors": ["errors"],
    "RMSE over time": ["rmse-maps", "rmse"],
    "Spectrum": ["spectrum"],
    "Analysis": [],
    "Trade-off": ["trade-off"],
}


class Server:
    """`panel serve app` as a process of its own, on a library of its own."""

    def __init__(self, runs: Path, *options: str) -> None:
        """`options`: more of those that Panel takes."""
        self.runs, self.options = runs, options
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}/app"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        env = {k: v for k, v in os.environ.items() if k != "CAINR_SCHEDULER"}
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "panel",
                "serve",
                "app",
                "--port",
                str(self.port),
                *self.options,
            ],
            cwd=REPOSITORY,
            env={**env, "CAINR_RUNS": str(self.runs)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://localhost:{self.port}/favicon.ico", timeout=1)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def listen(page: Page, complaints: list[str]) -> None:
    def foreign(url: str) -> bool:
        return not re.match(r"(https?|ws)://localhost[:/]|data:|blob:", url)

    page.set_default_timeout(PATIENCE)

    def bad(message: ConsoleMessage) -> bool:
        return message.type == "error" or "inconsistent lengths" in message.text

    page.on("console", lambda m: complaints.append(m.text) if bad(m) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda r: complaints.append(r.url) if foreign(r.url) else None)
    page.on("response", lambda r: complaints.append(r.url) if r.status >= 400 else None)


def visit(page: Page, server: Server, drawer: bool = True) -> None:
    """Open the page and wait for its first picture; `drawer`: whether the choices stay open."""
    page.goto(server.url)
    page.wait_for_function("() => window.Bokeh && Bokeh.documents.length > 0")
    page.wait_for_function("() => Bokeh.documents[0].get_model_by_name('maps') != null")
    page.wait_for_function(f"() => ({COLUMN})('original').n > 0")
    page.locator(".map-original .bk-Canvas").wait_for()
    if drawer:
        expect(page.locator("img[alt^='Map of']")).to_have_count(5)


def column(page: Page, name: str) -> dict[str, Any]:
    return page.evaluate(COLUMN, name)


def points(page: Page, curve: str) -> int:
    return page.evaluate(POINTS, curve)


def holds(page: Page, source: str, least: int = 1) -> None:
    """Wait until a data source holds so much; by the clock, as a busy browser paints late."""
    page.wait_for_function(
        f"([name, least]) => ({_HELD})(name) >= least", arg=[source, least], polling=200
    )


def click_at(page: Page, source: str, number: int) -> None:
    """Click a point of a plot."""
    page.mouse.click(*page.evaluate(_PLACE, [source, number]))


def look(page: Page, title: str) -> None:
    """Turn to a closer look."""
    page.get_by_role("tab", name=title, exact=True).click()


def enter(page: Page, choice: str, value: object) -> None:
    """Type a value into the field of a choice."""
    field = page.locator(f".choice-{choice} input").first
    field.click()
    field.press("Control+a")
    field.press_sequentially(str(value))
    field.press("Enter")


def select(page: Page, choice: str, title: str) -> None:
    page.locator(f".choice-{choice} [role=combobox]").click()
    page.locator(".MuiMenuItem-root", has_text=title).first.click()


def tick(page: Page, context: str) -> None:
    page.locator(f".context-{context} input").first.click()


def rows(page: Page) -> Any:
    return page.locator(".runs-table .tabulator-row")


def ticks(page: Page) -> Any:
    return page.locator(".runs-table .tabulator-row input[type=checkbox]:checked")


def pick(page: Page, row: int) -> None:
    rows(page).nth(row).locator("input[type=checkbox]").click()


def rests_below_the_maps(page: Page, maps: str) -> None:
    """Wait until the curves stand right below the last row of maps."""
    upper, lower = page.locator(maps).first, page.locator(".curves").first
    for _ in range(20):
        above, below = upper.bounding_box(), lower.bounding_box()
        between = below["y"] - above["y"] - above["height"] if above and below else -1.0
        if 0 <= between < 40:  # px
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{between} px lie between the maps and the curves")


def fit(page: Page) -> None:
    """Start a fit and wait until it is under way."""
    page.locator(".fit button").click()
    expect(page.locator(".cancel button")).to_be_visible()


def finish(page: Page, runs: int) -> None:
    """Wait until the fit is over and its run is in the table."""
    expect(page.locator(".fit button")).to_be_visible()
    expect(rows(page)).to_have_count(runs)
