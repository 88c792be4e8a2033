"""Who looks at a page, and that nobody sees what another does."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace

import panel as pn
import pytest

from app import settings, shared, visitors
from app.sweeping import Sweeping
from app.sweeps import Standing, Sweeps
from app.visitors import BROWSERS, GUESTS, GUESTS_KEPT, USERS, Guests, Visitor, visitor
from app.workbench import GONE, Workbench
from cainr_core.errors import CainrError
from cainr_core.runs import Library
from cainr_core.sweep import Sweep
from tests import small
from tests.app.test_workbench import FakeJob, fitted, settle
from tests.app.test_workbench import job as job
from tests.app.test_workbench import library as library


def arrive(
    monkeypatch: pytest.MonkeyPatch, user: str | None = None, token: str | None = None
) -> Visitor:
    cookies = {} if token is None else {visitors.COOKIE: token}
    monkeypatch.setattr(visitors, "pn", SimpleNamespace(state=SimpleNamespace(
        user=user, cookies=cookies
    )))  # fmt: skip
    return visitor()


def test_all_use_one_library_where_nothing_else_is_wished(monkeypatch: pytest.MonkeyPatch):
    first, second = (arrive(monkeypatch) for _ in range(2))
    assert first.room == second.room == ""
    assert first.person != second.person


def test_a_reload_finds_the_same_visitor(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings.settings, "kiosk", True)
    first = arrive(monkeypatch)
    assert arrive(monkeypatch, token=first.token) == first
    assert first.token in visitors.remember(first.token)
    assert first.token not in first.room
    assert first.room.startswith(GUESTS)
    assert arrive(monkeypatch).room != first.room
    for forged in ("../../etc", "x" * 32, first.token.upper() + "0"):
        assert arrive(monkeypatch, token=forged).token != forged


def test_each_browser_has_a_library_where_they_are_kept_apart(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings.settings, "apart", True)
    first, second = (arrive(monkeypatch) for _ in range(2))
    assert first.room != second.room
    assert arrive(monkeypatch, token=first.token) == first
    assert first.room.startswith(BROWSERS)  # which nobody tidies
    assert "max-age" in visitors.remember(first.token)


def test_who_signs_in_has_a_library_of_theirs(monkeypatch: pytest.MonkeyPatch):
    names = ["ada", "Ada", "../ada", "a" * 300, "ada@example.org", "艾达"]
    rooms = [arrive(monkeypatch, user).room for user in names]
    assert len(set(rooms)) == len(names)
    for room in rooms:
        assert room.startswith(f"{USERS}/")
        assert room.count("/") == 1
        assert ".." not in room
    assert arrive(monkeypatch, "ada").room == rooms[0]
    guests = [arrive(monkeypatch, "guest").room for _ in range(2)]
    assert guests[0] != guests[1]


def page(room: str = "") -> Workbench:
    bench = Workbench(Visitor(room=room))
    bench.open_data()
    return bench


def test_nobody_sees_what_another_does(job: list[FakeJob], library: Library):
    mine, other = (page(f"{USERS}/{name}-{os.getpid()}") for name in ("ada", "bob"))
    common = page()
    run = fitted(mine, job)
    assert [found.id for found in mine.library.list()] == [run]
    settle(other, lambda bench: bench._seen_runs == shared.fits.version)
    settle(common, lambda bench: bench._seen_runs == shared.fits.version)
    assert other.runs == common.runs == other.picked == []
    for change in (other.library.delete, other.library.get):
        with pytest.raises(CainrError, match="no run"):
            change(run)
    other.rejoin(job[0].id)
    common.rejoin(job[0].id)
    assert other.job is common.job is None
    assert other.problem == GONE
    again = page(mine.visitor.room)
    again.rejoin(job[0].id)
    assert again.job is job[0]


def test_runs_of_all_are_looked_at_and_not_changed(job: list[FakeJob], library: Library):
    run = fitted(page(), job)
    mine = page(f"{USERS}/eve-{os.getpid()}")
    mine.list_runs()
    assert [found.id for found in mine.runs] == [run]
    mine.delete([run])
    assert "belongs to all" in mine.problem
    mine.rename(run, "mine")
    assert "belongs to all" in mine.problem
    assert library.get(run).name != "mine"


def test_a_file_that_somebody_sent_is_not_opened_by_others(
    job: list[FakeJob], library: Library, tmp_path: Path
):
    small.dataset().to_netcdf(tmp_path / "mine.nc")
    mine, other = page(), page()
    mine.uploads.begin()
    mine.uploads.take("mine.nc", 1, 1, (tmp_path / "mine.nc").read_bytes())
    mine.data.param.update(path=str(mine.uploads.finish()), variable="tas")
    mine.open_data()
    run = fitted(mine, job)
    other.list_runs()
    assert mine.run(run).choices.data.path == mine.data.path
    seen = other.run(run).choices.data
    with pytest.raises(CainrError, match=r"'mine.nc' was sent in another session"):
        shared.open_choice(seen)
    mine.uploads.close()


def test_a_sweep_is_seen_from_its_room_alone(
    library: Library, job: list[FakeJob], monkeypatch: pytest.MonkeyPatch
):
    server = Sweeps()
    monkeypatch.setattr("app.sweeping.sweeps", server)
    rooms = [f"{USERS}/{name}-{os.getpid()}" for name in ("ada", "bob")]
    wanted = Sweep(data=page().choices.data, depths=[1], widths=[5], contexts=[()])
    server._set(Standing(wanted, 1, rooms[0]))
    mine, other = (Sweeping(page(room)) for room in rooms)
    assert mine.under_way
    assert other.standing is None
    other.cancel()
    assert server.standing.state == "running"
    with pytest.raises(CainrError, match="under way"):
        server.start(wanted, rooms[1])
    mine.cancel()
    assert server.standing.state == "stopping"


def test_the_library_of_a_guest_goes_an_hour_after_they_left(tmp_path: Path):
    guests, stays, goes = Guests(), Visitor(room=f"{GUESTS}/a"), Visitor(room=f"{GUESTS}/b")
    for guest in (stays, goes):
        (tmp_path / guest.room).mkdir(parents=True)
        guests.enter(guest, tmp_path)
    guests.enter(stays, tmp_path)  # in another tab
    for guest in (stays, goes):
        guests.leave(guest, tmp_path)
    assert (tmp_path / goes.room).is_dir()
    long_ago = time.time() - GUESTS_KEPT - 1
    for guest in (stays, goes):
        os.utime(tmp_path / guest.room, (long_ago, long_ago))
    guests.enter(Visitor(), tmp_path)
    assert (tmp_path / stays.room).is_dir()
    assert not (tmp_path / goes.room).exists()


def test_a_page_without_cookies_has_a_visitor():
    assert pn.state.user is None
    assert visitor().room == ""
