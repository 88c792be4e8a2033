"""A run over its time steps as a moving picture."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from PIL import Image

from app.views import animation
from app.views.animation import MOST_FRAMES, shown
from app.views.filemenu import Stopped
from app.views.panels import Look, of_run
from cainr_core.errors import CainrError
from cainr_core.runs import Library, Run

LOOK = Look("robinson", 0, {})


@pytest.fixture
def run(finished: Library, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(animation, "DPI", 30)
    return finished.list()[1]


def test_a_gif_has_a_frame_for_each_time(run: Run):
    told: list[tuple[int, int]] = []
    made = animation.animation(of_run(run), LOOK, "gif", lambda done, of: told.append((done, of)))
    image = Image.open(io.BytesIO(made))
    assert image.n_frames == 4
    assert run.name.split(" ")[0].encode("ascii", "replace") in image.info["comment"]
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_an_mp4_has_a_frame_for_each_time(run: Run, tmp_path: Path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    path = tmp_path / "a.mp4"
    path.write_bytes(animation.animation(of_run(run), LOOK, "mp4", lambda done, of: None))
    frames, seconds = ffmpeg.count_frames_and_secs(str(path))
    assert frames == 4
    assert seconds == pytest.approx(4 / animation.MP4_RATE, abs=0.2)


def test_it_stops_when_nobody_wants_it(run: Run):
    def told(done: int, of: int) -> None:
        if done == 2:
            raise Stopped

    for kind in ("gif", "mp4"):
        with pytest.raises(Stopped):
            animation.animation(of_run(run), LOOK, kind, told)


def test_without_its_package_mp4_gets_a_sentence(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(CainrError, match="GIF does not"):
        animation.animation(of_run(run), LOOK, "mp4", lambda done, of: None)


def test_long_fields_are_thinned():
    assert list(shown(3)) == [0, 1, 2]
    assert len(shown(10 * MOST_FRAMES + 1)) <= MOST_FRAMES
    assert shown(MOST_FRAMES + 1).step == 2
