"""What a visitor of the dashboard waits for, measured in a headless Chromium. One command.

    python benchmarks/dashboard.py [--repeats 3] [--file FILE] [--json OUT]

Each repeat starts a server anew and measures: seconds from the start of `panel serve app` to the
first picture of the original; from pressing Fit with the default choices (topography and
climatology) to the first reconstruction and to 30 dB; and milliseconds from asking for another time
step, and for another run, to the picture drawn from it, on a page at rest. Medians, with the least
and greatest.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median

from playwright.sync_api import Locator, Page, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[1]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MOST = 180_000  # ms that anything may take
TIME_STEPS = 14  # twice within the 30 days
FILE_STEPS = 4  # of a file of unknown length
LOOKS = 4  # at the run again
REST = 6  # s until a page has come to rest: opening is a figure of its own

# Whether a column of the maps' data source holds a picture.
DRAWN = """(name) => {
  const found = window.Bokeh?.documents[0]?.get_model_by_name("maps")?.data
  if (!found) return false
  const image = (found.get ? found.get(name) : found[name])?.[0]
  return image != null && image.some((v) => isFinite(v))
}"""
# Watches a column of the maps; resolves to the milliseconds from the next key or click to the frame
# after the change that it made.
WATCH = """(column) => { window.redrawn = new Promise((resolve, reject) => {
  const read = () => {
    const data = Bokeh.documents[0].get_model_by_name("maps")?.data
    return data ? (data.get ? data.get(column) : data[column])[0] : null
  }
  const before = read()
  let begun = null
  for (const event of ["keydown", "click"])
    document.addEventListener(event, () => { begun ??= performance.now() }, {capture: true})
  const look = () => {
    const now = read()
    if (begun !== null && now && now !== before && now.some((v) => isFinite(v)))
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begun)))
    else if (begun !== null && performance.now() - begun > 60000) reject("nothing was drawn")
    else setTimeout(look, 2)
  }
  look()
}) }"""
PSNR = """(least) => {
  const found = Bokeh.documents[0].get_model_by_name("curve-fit")?.data
  if (!found) return false
  return [...(found.get ? found.get("psnr") : found.psnr)].some((v) => v >= least)
}"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def visit(page: Page, url: str) -> None:
    """Open a page anew and wait for its maps and for the pictures of contexts."""
    page.goto(url)
    page.wait_for_function(f"() => ({DRAWN})('original')", timeout=MOST, polling=20)
    page.locator("img[alt^='Map of']").nth(4).wait_for(timeout=MOST)


def fit(page: Page) -> tuple[float, float]:
    """Seconds from pressing Fit to the first reconstruction and to 30 dB; then it is cancelled."""
    started = time.perf_counter()
    page.locator(".fit button").click()
    page.wait_for_function(f"() => ({DRAWN})('a')", timeout=MOST, polling=20)
    first = time.perf_counter() - started
    page.wait_for_function(PSNR, arg=30, timeout=MOST, polling=50)
    reached = time.perf_counter() - started
    page.locator(".cancel button").click()
    page.locator(".fit button").wait_for(timeout=MOST)
    return first, reached


def redraws(page: Page, column: str, steps: int = TIME_STEPS) -> list[float]:
    """Milliseconds that each of some steps of the time slider takes to be drawn."""
    time.sleep(REST)
    found = []
    slider = page.locator(".player input[type=range]").first
    for _ in range(steps):
        slider.focus()
        page.evaluate(WATCH, column)
        slider.press("ArrowRight")
        found.append(float(page.evaluate("() => window.redrawn")))
        time.sleep(0.3)
    return found


def redraws_of_file(page: Page, url: str, path: Path) -> list[float]:
    """Milliseconds of steps in time of another file, opened by its path."""
    visit(page, url)
    page.get_by_role("button", name="File", exact=True).click()
    field = page.locator(".choice-path input").first
    field.fill(str(path))
    field.press("Enter")
    button = page.get_by_role("button", name="Open", exact=True)
    button.wait_for(timeout=MOST)
    page.evaluate(WATCH, "original")
    button.click()
    page.evaluate("() => window.redrawn")
    return redraws(page, "original", FILE_STEPS)


def look_at_run(page: Page, tick: Locator) -> float:
    """Milliseconds from ticking a run to the picture decoded from its file."""
    page.evaluate(WATCH, "a")
    tick.click()
    return float(page.evaluate("() => window.redrawn"))


def measure(page: Page, url: str, started: float, other: Path | None) -> dict[str, list[float]]:
    """All figures of one server and one page; `other`: a file that is looked at besides."""
    for _ in range(600):
        try:
            page.goto(url)
            break
        except Exception:
            time.sleep(0.05)
    page.wait_for_function(f"() => ({DRAWN})('original')", timeout=MOST, polling=20)
    page.locator(".map-original canvas").first.wait_for(timeout=MOST)
    found = {"first_picture_s": [time.perf_counter() - started]}
    page.locator("img[alt^='Map of']").nth(4).wait_for(timeout=MOST)
    found["redraw_time_ms"] = redraws(page, "original")
    for name in ("topography", "climatology"):
        page.locator(f".context-{name} input").first.click()
    first, reached = fit(page)
    found |= {"first_reconstruction_s": [first], "to_30_dB_s": [reached]}
    # A page of its own, as the fit is in the address of the first and its run picked there.
    visit(page, url)
    tick = page.locator(".runs-table .tabulator-row").first.locator("input[type=checkbox]")
    tick.wait_for(timeout=MOST)
    time.sleep(3)
    found["first_look_at_run_ms"] = [look_at_run(page, tick)]
    found["redraw_run_ms"] = []
    for _ in range(LOOKS):
        time.sleep(1)
        tick.click()
        page.wait_for_function(f"() => !({DRAWN})('a')", timeout=MOST)
        time.sleep(1)
        found["redraw_run_ms"].append(look_at_run(page, tick))
    found["redraw_time_of_run_ms"] = redraws(page, "a")
    if other is not None:
        found["redraw_time_of_file_ms"] = redraws_of_file(page, url, other)
    return found


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--file", type=Path, help="a file whose steps in time are drawn besides")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    collected: dict[str, list[float]] = {}
    with sync_playwright() as player:
        for _ in range(options.repeats):
            browser = player.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": 1366, "height": 900})
            port = free_port()
            with tempfile.TemporaryDirectory() as runs:
                started = time.perf_counter()
                server = subprocess.Popen(
                    [sys.executable, "-m", "panel", "serve", "app", "--port", str(port)],
                    cwd=REPOSITORY,
                    env={**os.environ, "CAINR_RUNS": runs},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                try:
                    found = measure(page, f"http://localhost:{port}/app", started, options.file)
                finally:
                    browser.close()
                    server.terminate()
                    server.wait()
            for key, values in found.items():
                collected.setdefault(key, []).extend(values)
    figures = {
        key: {"median": median(values), "least": min(values), "greatest": max(values)}
        for key, values in collected.items()
    }
    report = {
        "date": date.today().isoformat(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[2],
        "repeats": options.repeats,
        "figures": figures,
    }
    print(json.dumps(report, indent=1))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
