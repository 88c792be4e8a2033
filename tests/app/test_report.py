"""The report of a run: everything in one file, and nothing from elsewhere."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from html import escape

import pytest

from app import shared
from app.views import report
from app.views.curves import TAIL
from app.views.mapboard import MapBoard
from app.views.panels import Look
from app.views.runs import RunTable
from app.workbench import Workbench
from cainr_core.evaluate.checks import QUESTIONS
from cainr_core.runs import Library


@pytest.fixture
def bench(finished: Library, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.setattr(shared, "kept_runs", lambda: finished)
    bench = Workbench()
    bench.data.time = "0:4"
    bench.open_data()
    bench.list_runs()
    return bench


def test_a_report_holds_all_of_a_run(bench: Workbench):
    table = RunTable(bench, MapBoard(bench).sheet)
    assert table.report.disabled
    run = bench.runs[0]
    bench.pick([run.id])
    assert not table.report.disabled
    table.report._clicks += 1
    assert table.report.filename.endswith(".html")
    page = b64decode(table.report.data.partition(",")[2]).decode()
    assert page.count("<details open>") == len(QUESTIONS)
    for text in (
        f"{run.metrics.psnr:.2f} dB",
        f"{run.metrics.file_bytes:,} bytes",
        escape(run.choices.to_python()),
        escape(run.choices.to_command()),
        "4 times from 1920-01-01 to 1920-01-04",
    ):
        assert text in page
    assert "<svg" in page
    assert TAIL in page
    assert "<?xml" not in page
    image = re.search(r'src="data:image/png;base64,([^"]+)"', page)
    assert b64decode(image[1]).startswith(b"\x89PNG")
    addresses = re.findall(r'(?:src|href)="(?!data:|#)([^"]*)"|url\((?!#)([^)]*)\)|@import', page)
    assert not addresses
    assert "<script" not in page


def test_a_name_is_text(bench: Workbench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(report.prints, "maps", lambda *told: b"")
    run = replace(bench.runs[0], name="<script>{} & co")
    page = report.html(run, 0, Look("robinson", 0)).decode()
    assert "<script" not in page
    assert "<h1>&lt;script&gt;{} &amp; co</h1>" in page
