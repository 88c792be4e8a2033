"""What tests of the dashboard share: finished runs, and a server with a page in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cainr_core.choices import Choices, DataChoice
from cainr_core.data.contexts import ContextChoice
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.runs import Library

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from app.views.closer import Closer
    from app.workbench import Workbench
    from tests.app.browser import Server


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Two brief fits of four days of the sample, with climatology and without; not to be changed:
    a test that changes runs copies the folder."""
    from cainr_core.compression import compress, open_data

    library = Library(tmp_path_factory.mktemp("finished") / "runs")
    data = DataChoice(time="0:4")
    architecture, recipe = Architecture(depth=2, width=16), Recipe(steps=60)
    for sources in ([], ["climatology"]):
        contexts = [ContextChoice.parse(source) for source in sources]
        fitted = compress(open_data(data), contexts, architecture, recipe)
        library.add(Choices(data, contexts, architecture, recipe), fitted)
    return library


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the library that is served: empty, unless a file says otherwise."""
    return tmp_path_factory.mktemp("library") / "runs"


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory, finished: Library) -> Path:
    """A copy of the two finished runs, to be served."""
    return shutil.copytree(finished.root, tmp_path_factory.mktemp("two") / "runs")


@pytest.fixture(scope="module")
def server(runs: Path) -> Iterator[Server]:
    """The dashboard, served for the tests of one file."""
    from tests.app.browser import Server

    server = Server(runs)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What the browser's console, failed requests and foreign addresses had to say."""
    return []


@pytest.fixture(scope="module")
def dashboard(browser: Browser, server: Server, complaints: list[str]) -> Iterator[Page]:
    """A page that the tests of one file share, in their order."""
    from tests.app.browser import listen, visit

    context = browser.new_context(viewport={"width": 1366, "height": 900}, accept_downloads=True)
    page = context.new_page()
    listen(page, complaints)
    visit(page, server)
    yield page
    context.close()


@pytest.fixture
def bench(finished: Library, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """A workbench with four days of the sample open, on the two finished runs."""
    from app import shared
    from app.workbench import Workbench

    monkeypatch.setattr(shared, "kept_runs", lambda: finished)
    bench = Workbench()
    bench.data.time = "0:4"
    bench.open_data()
    bench.list_runs()
    return bench


@pytest.fixture
def closer(bench: Workbench) -> Closer:
    """The card of closer looks, open on a page that is not there."""
    from app.views.closer import Closer

    closer = Closer(bench)
    closer.open()
    return closer
