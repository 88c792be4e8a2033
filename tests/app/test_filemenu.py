"""The menu of files: made, delivered, refused with a sentence, stopped."""

from __future__ import annotations

import json
from base64 import b64decode

from app.views import filemenu
from app.views.filemenu import FileMenu, Stopped, Told


def menu(make, **options) -> tuple[FileMenu, list[Exception]]:
    problems: list[Exception] = []
    choose = lambda kind: (f"a.{kind}", make)  # noqa: E731
    return FileMenu(["png", "gif"], choose, problems.append, **options), problems


def test_what_is_chosen_is_made_and_delivered_each_time():
    made, problems = menu(lambda told: b"data")
    made._chosen({"label": "png"})
    first = made._saved.value
    assert json.loads(first)["name"] == "a.png"
    assert b64decode(json.loads(first)["data"]) == b"data"
    made._chosen({"label": "png"})
    assert made._saved.value != first  # the browser hears of the same file once more
    assert not problems
    assert not made.menu.loading


def test_a_problem_is_told_and_the_menu_is_there_again():
    def fail(told: Told) -> bytes:
        raise ValueError("bad")

    made, problems = menu(fail)
    made._chosen({"label": "png"})
    assert [str(problem) for problem in problems] == ["bad"]
    assert not made.menu.disabled


def test_a_file_that_is_stopped_is_no_problem():
    def make(told: Told) -> bytes:
        assert made.chip.visible
        told(1, 3)
        made._stopped(None)
        told(2, 3)
        raise AssertionError("it goes on")

    made, problems = menu(make, long=["gif"])
    made._chosen({"label": "gif"})
    assert problems == []
    assert made._saved.value == ""
    assert not made.chip.visible
    assert Stopped is not None


def test_a_file_larger_than_a_message_is_refused(monkeypatch):
    monkeypatch.setattr(filemenu, "MOST_BYTES", 3)
    made, problems = menu(lambda told: b"data")
    made._chosen({"label": "png"})
    assert "more than a page is sent" in str(problems[0])
    assert made._saved.value == ""
