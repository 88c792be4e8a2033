"""The script that is served: light to import, and never an endless spinner."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import app.page
from app.trouble import sentence

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_server_needs_no_torch_to_show_a_page():
    told = "import sys, app.page; print([m for m in ('torch', 'distributed') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_page_that_cannot_be_built_says_so(monkeypatch: pytest.MonkeyPatch):
    def fail() -> None:
        raise RuntimeError("the sample is missing")

    monkeypatch.setattr(app.page, "build", fail)
    page = runpy.run_path(str(REPOSITORY / "app" / "main.py"))["page"]
    assert "the sample is missing" in page.main[0].object


def test_an_exception_without_words_is_named():
    assert "KeyError" in sentence(KeyError()).main[0].object
