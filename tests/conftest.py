"""What the tests share: the real data, the browser, and which tests a machine can run."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from cainr_core.data.fields import Field

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared" / "data"

# Every file of the shared folder that holds a field, with its variable.
SHARED_FIELDS = [
    ("cesm1_ts_daily.nc", "TS"),
    ("e3sm_trefht_monthly_2012_2013.nc", "TREFHT"),
    ("e3sm_trefht_monthly_1850.nc", "TREFHT"),
    ("e3sm_ne30pg2_trefht_annual.nc", "TREFHT"),
    ("ecmwf_t2m_025.nc", "t2m"),
]

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
settings.register_profile("cainr", deadline=None)  # tests assert no times
settings.load_profile("cainr")
# Started in the background by a shell, all that tests start would be deaf to Ctrl+C.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
BROWSER_REQUIRED = os.environ.get("CAINR_REQUIRE_BROWSER") == "1"


# --- data --------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files beside the checkout; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no {SHARED.relative_to(REPOSITORY.parent)} beside the checkout")
    return SHARED


@pytest.fixture(scope="session", params=SHARED_FIELDS, ids=lambda case: Path(case[0]).stem)
def shared_field(request: pytest.FixtureRequest, shared: Path) -> tuple[Path, str]:
    """(path, variable), once for every shared file that holds a field."""
    name, variable = request.param
    return shared / name, variable


@pytest.fixture(scope="session")
def sample() -> Field:
    """The bundled sample: TS, 30 days, 192 x 288 cells."""
    from cainr_core.data.sources import open_sample

    return open_sample()


@pytest.fixture(scope="module")
def small_lessons() -> Iterator[None]:
    """Entropy models learn from fewer latents at a time: worse ones, in half the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cainr_core.fit.latents.BATCH", 1 << 11)
        yield


# --- the browser, and what a machine can run -------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """pytest-playwright drives the Chromium that the machine has, not one it downloads."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_FLAGS}


@pytest.fixture(autouse=True)
def drawn_alike() -> None:
    """What a test draws at random does not depend on the tests that ran before it."""
    if torch := sys.modules.get("torch"):  # collecting the tests must not load it
        torch.manual_seed(0)


class Shares(LoadScopeScheduling):
    """Of processes side by side, one has the browser, and no file is parted."""

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if "chromium" in nodeid else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Shares:
    """In the order of the files: the browser, which takes longest, is among the first."""
    config.option.loadscopereorder = False
    return Shares(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None and not BROWSER_REQUIRED:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu"):
        import torch  # here, not above: collecting the tests must not load it

        if not torch.cuda.is_available():
            pytest.skip("no CUDA device")
    if item.get_closest_marker("browser") and CHROMIUM is None:
        pytest.fail("CAINR_REQUIRE_BROWSER=1, and there is no Chromium on this machine")


class BrowserTests:
    """With CAINR_REQUIRE_BROWSER=1 a run that skipped a browser test, or ran none, fails."""

    def __init__(self) -> None:
        self.ran = 0
        self.skipped = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "browser" in report.keywords:
            self.skipped += report.skipped
            self.ran += report.when == "call" and not report.skipped

    @property
    def complaint(self) -> str | None:
        if self.skipped:
            return f"CAINR_REQUIRE_BROWSER=1, but {self.skipped} browser tests were skipped"
        return None if self.ran else "CAINR_REQUIRE_BROWSER=1, but no browser test ran"

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        if self.complaint and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return (yield)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.complaint:
            terminalreporter.write_line(self.complaint, red=True)


def pytest_configure(config: pytest.Config) -> None:
    beside = hasattr(config, "workerinput")  # the process that hands out the tests counts them
    if BROWSER_REQUIRED and not config.option.collectonly and not beside:
        config.pluginmanager.register(BrowserTests(), "cainr-browser-tests")
