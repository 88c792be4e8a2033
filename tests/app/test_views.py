"""What the views show of a fit and of runs, as models without a page."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import holoviews as hv
import numpy as np
import pytest
from bokeh.models import Image as ImageGlyph
from PIL import Image

from app import decoding, shared
from app.views import prints
from app.views.curves import TAIL, Curves
from app.views.fitbar import FitBar
from app.views.mapboard import MapBoard
from app.views.maps import FAINT
from app.views.runcolumns import COLUMNS
from app.views.runs import MANY, RunTable
from app.views.shown import colours
from app.views.sidebyside import USUAL
from app.views.thumbnails import thumbnail
from app.words import data_of
from app.workbench import FIT, Workbench
from cainr_core.choices import Choices, DataChoice
from cainr_core.curves import Curve
from cainr_core.data.choices import ContextChoice
from cainr_core.evaluate.metrics import Metrics
from cainr_core.fit.progress import Progress
from cainr_core.fit.recipe import Recipe
from cainr_core.history import Moment
from cainr_core.model.architecture import Architecture
from cainr_core.queue import Place
from cainr_core.runs import Library
from tests import small
from tests.app.test_workbench import CURVE, METRICS


@pytest.fixture
def bench() -> Workbench:
    bench = Workbench()
    bench.open_data()
    return bench


class FakeJob:
    """A fit that is under way."""

    id, state, choices = "one", "running", Choices(recipe=Recipe(steps=300))
    latest, cancelling, fruitless = None, False, False

    def cancel(self) -> None:
        self.cancelling = True

    def look_at(self, time: int) -> None:
        """Nothing comes of it."""


def follow(bench: Workbench) -> None:
    bench.ended = False
    bench.param.update(job=FakeJob(), job_field=bench.field, picked=[FIT, *bench.picked])


def news(step: int = 10, frame: object = None, message: str = "") -> SimpleNamespace:
    progress = Progress(step, 345, 0.1, 20.0, 1.0, 1000.0, 1e-3, message or None)
    curve = SimpleNamespace(step=[], psnr=[], seconds=[])
    return SimpleNamespace(progress=progress, curve=curve, frame=frame, message=message, place=None)


@pytest.mark.parametrize(
    ("step", "steps", "rounding"), [(10, "10", "0"), (300, "300", "0"), (320, "300", "20")]
)
def test_steps_of_the_tail_are_counted_apart(
    bench: Workbench, step: int, steps: str, rounding: str
):
    bar = FitBar(bench)
    follow(bench)
    bench.snapshot = news(step)
    html = bar.figures.object
    assert f'>{steps}</div><div class="label">of 300 steps<' in html
    assert f'>{rounding}</div><div class="label">of 45 for rounding<' in html


@pytest.mark.parametrize(
    ("step", "message", "told"),
    [(0, "Choosing latents.", "Choosing latents …"), (345, "Writing.", "Writing the file …")],
)
def test_what_takes_no_steps_is_a_phase_without_figures(
    bench: Workbench, step: int, message: str, told: str
):
    bar = FitBar(bench)
    follow(bench)
    bench.snapshot = news(10)
    assert 0 < bar.bar.value < 5
    bench.snapshot = news(340)
    assert bar.bar.value == 99
    bench.snapshot = news(step, message=message)
    assert bar.bar.value == (99 if step else 0)
    assert told in bar.figures.object
    assert "to the end" not in bar.figures.object


def test_a_place_in_the_line_is_told_with_the_time_to_wait(bench: Workbench):
    bar = FitBar(bench)
    follow(bench)
    bench.snapshot = SimpleNamespace(**vars(news(0)) | {"place": Place(2, 71.0)})
    assert '>2</div><div class="label">fits before yours<' in bar.figures.object
    assert ">≈ 1 min 20 s</div>" in bar.figures.object
    bench.snapshot = SimpleNamespace(**vars(news(0)) | {"place": Place(1)})
    assert '>1</div><div class="label">fit before yours<' in bar.figures.object
    assert "≈" not in bar.figures.object
    bar.cancel.clicks += 1
    assert "Stopping" in bar.figures.object


def test_a_cancel_says_what_happens_instead(bench: Workbench):
    bar = FitBar(bench)
    follow(bench)
    bench.snapshot = news(170)
    bar.cancel.clicks += 1
    assert "Keeping what 170 steps have learned" in bar.figures.object
    assert "to the end" not in bar.figures.object


def test_figures_and_percentiles_are_of_the_part_that_is_seen(bench: Workbench):
    board = MapBoard(bench)
    follow(bench)
    error = np.where(bench.field.grid.lat > 0, 3.0, 1.0)[:, np.newaxis]  # K
    bench.snapshot = news(frame=(0, bench.field.values[0] + error.astype(np.float32)))
    assert "RMSE of this time 2.2" in board.cards["error_a"].head.object
    bench.scale = "percentile"
    whole = dict(board.colours.now)
    bench.region = [50.0, 10.0, 40.0]
    assert "RMSE of this part 3.00 K" in board.cards["error_a"].head.object
    part = board.colours.now["original"]
    assert whole["original"].high - whole["original"].low > 1.5 * (part.high - part.low)
    bench.region = []
    assert "RMSE of this time 2.2" in board.cards["error_a"].head.object
    assert board.colours.now["original"] == whole["original"]


def test_a_map_of_another_time_is_kept_faint_and_marked(bench: Workbench):
    board = MapBoard(bench)
    follow(bench)
    truth = bench.field.values
    bench.snapshot = news(frame=(0, truth[0] + 1))
    assert alphas(board) == {"original": 1.0, "a": 1.0, "error_a": 1.0}
    assert "RMSE of this time 1.00 K" in board.cards["error_a"].head.object
    bench.look_at(3)
    assert alphas(board) == {"original": 1.0, "a": FAINT, "error_a": FAINT}
    for card in ("a", "error_a"):
        assert f"still {bench.field.time.label(0)}" in board.cards[card].head.object
    # the error is that of the step whose reconstruction is shown
    assert np.nanmax(np.abs(board.maps.source.data["error_a"][0] - 1)) < 1e-3
    assert "@a{" not in hover(board)
    bench.snapshot = news(frame=(3, truth[3] + 2))
    assert alphas(board) == {"original": 1.0, "a": 1.0, "error_a": 1.0}
    assert np.nanmax(np.abs(board.maps.source.data["error_a"][0] - 2)) < 1e-3
    assert "@a{" in hover(board)


def alphas(board: MapBoard) -> dict[str, float]:
    shown = {name: board.maps.figures[name].renderers for name in ("original", "a", "error_a")}
    return {
        name: renderer.glyph.global_alpha
        for name, renderers in shown.items()
        for renderer in renderers
        if isinstance(renderer.glyph, ImageGlyph)
    }


def hover(board: MapBoard) -> str:
    (tool,) = (t for t in board.maps.figures["a"].tools if type(t).__name__ == "HoverTool")
    return tool.tooltips


def test_the_data_of_a_run_in_short():
    def named(**data: object) -> str:
        return data_of(DataChoice(**data))

    assert named() == "sample"
    assert named(path="/far/away/ts_daily.nc", variable="TS") == "ts_daily TS"
    assert named(path="/far/away/store.zarr") == "store"
    assert named(region="0:90,0:20", thin=4) == "sample 0:90,0:20, thinned by 4"


def test_every_column_is_explained_and_some_always_stay(bench: Workbench):
    table = RunTable(bench, MapBoard(bench).sheet).table
    assert set(table.header_tooltips) == set(COLUMNS)
    assert [name for name, column in COLUMNS.items() if not column.rank] == [
        *("mark", "name", "ratio", "psnr")
    ]
    columns = {c.get("field"): c for c in table.get_root().configuration["columns"]}
    assert columns["ratio"]["tooltip"]
    assert not columns["name"]["tooltip"]  # else Tabulator takes what a run is called for HTML
    assert 'title="<%- value %>"' in table.formatters["name"].template
    assert "<%=" not in table.formatters["name"].template
    assert "tooltip" not in columns[None]  # the column of ticks


def test_among_many_runs_some_are_found_by_words(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    library = Library(tmp_path)
    monkeypatch.setattr(shared, "kept_runs", lambda: library)
    fitted = SimpleNamespace(
        data=b"x" * METRICS.file_bytes, metrics=METRICS, curve=CURVE, seconds=3.0, history=()
    )
    table = RunTable(bench, MapBoard(bench).sheet)
    for width in range(4, 4 + MANY + 1):
        assert not table.find.visible
        spec = "topography" if width % 2 else "climatology"
        contexts = [ContextChoice.parse(spec)]
        library.add(Choices(contexts=contexts, architecture=Architecture(width=width)), fitted)
        bench.list_runs()
    assert table.find.visible
    table.table.selection = [0]
    table.find.value = "topo 5x7"
    assert list(table.table.value["network"]) == ["SIREN 5 × 7"]
    assert len(bench.picked) == 1  # what is hidden stays picked
    table.table.selection = [0]
    assert len(bench.picked) == 2
    table.find.value = "nowhere"
    assert table.table.value.empty
    table.find.value = ""
    assert len(table.table.value) == MANY + 1
    assert len(table.table.selection) == 2


def test_data_that_are_named_and_not_open_are_told_at_once(bench: Workbench):
    bar = FitBar(bench)
    assert "press Open to change that" not in bar.figures.object
    bench.data.path = "another.nc"
    assert "press Open to change that" in bar.figures.object
    bench.problem = "There is no such file."
    assert "press Open to change that" not in bar.figures.object
    assert "Fit still takes" in bar.figures.object
    bench.data.path = ""
    assert "press Open to change that" not in bar.figures.object


def test_a_file_is_fetched_again_and_again(bench: Workbench, tmp_path: Path):
    runs = RunTable(bench, MapBoard(bench).sheet)
    run = SimpleNamespace(name="my run", cainr_path=tmp_path / "field.cainr")
    run.cainr_path.write_bytes(b"bytes")
    runs._chosen = lambda: run
    sent = []
    runs.cainr.param.watch(lambda event: sent.append(event.new), "data")
    for _ in range(2):
        runs.cainr._clicks += 1
    first, second = sent
    assert first != second  # or the second would be no news to the browser
    for data in sent:
        assert data.startswith("data:application/octet-stream;")
        assert b64decode(data.split(",")[1]) == b"bytes"
    assert runs.cainr.filename == "my_run.cainr"
    assert not runs.cainr.loading


def test_a_file_that_cannot_be_made_is_told(bench: Workbench, tmp_path: Path):
    runs = RunTable(bench, MapBoard(bench).sheet)
    runs._chosen = lambda: SimpleNamespace(name="gone", cainr_path=tmp_path / "gone.cainr")
    runs.cainr._clicks += 1
    assert bench.problem
    assert not runs.cainr.loading


def kept(id: str, name: str = "a run", steps: int = 340) -> SimpleNamespace:
    """What a view needs of a run."""
    curve = Curve(*(np.array([1.0, steps]) for _ in range(4)))
    metrics = Metrics(30.0, 39.0, 2.0, 2.0, 9.0, 0.1, 4, 0, 500.0, 0.04, 300.0, 9000)
    end = Moment(steps, metrics.psnr, metrics.file_bytes, b"")
    return SimpleNamespace(
        id=id, name=name, choices=Choices(), metrics=metrics, curve=curve, seconds=1.0,
        history=(), end=end, at=lambda step: end, units="K",
    )  # fmt: skip


def test_a_fit_is_seen_beside_what_was_picked_before(bench: Workbench):
    board, table, curves = MapBoard(bench), RunTable(bench, dict), Curves(bench)
    curves.view.get_root()
    run, truth = kept("before"), bench.field.values
    decoded = (truth[0] + 2).ravel()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "frame", lambda run, time, step=None: decoded)
        bench.param.update(runs=[run], picked=[run.id])
        follow(bench)
        bench.snapshot = news(frame=(0, truth[0] + 1))
        heads = {name: card.head.object for name, card in board.cards.items()}
        assert "A: This fit" in heads["a"]
        assert "B: a run" in heads["b"]
        assert "RMSE of this time 1.00 K" in heads["error_a"]
        assert "RMSE of this time 2.00 K" in heads["error_b"]
        assert "B closer in 0% of all cells" in heads["gain"]
        data = board.maps.source.data
        before = {name: data[name][0] for name in ("original", "a", "b", "error_b", "gain")}
        bench.snapshot = news(frame=(0, truth[0] + 3))
        same = {name for name, image in before.items() if data[name][0] is image}
        assert same == {"original", "b", "error_b"}  # is not sent again
        assert "B closer in 100% of all cells" in board.cards["gain"].head.object
        assert table.view.styles["--letter-before"] == '"B"'
        assert "those of B" in table.head.object
        assert "A: this fit" in curves.key.object
        assert "B: a run" in curves.key.object
        bench.mode = "swipe"
        panels = board.sheet()[0].panels  # pictures are of runs
        assert [panel.title for panel in panels][:1] == ["Original"]
        assert len(panels) == 3


def test_a_run_keeps_its_colour(bench: Workbench):
    first, second = kept("colour-1"), kept("colour-2")
    bench.param.update(runs=[first], picked=["colour-1"])
    before = colours(bench)["colour-1"]
    follow(bench)
    of_fit = colours(bench)[FIT]
    assert of_fit != before
    bench.param.update(runs=[second, first], fitted=second, picked=["colour-2", "colour-1"])
    assert colours(bench) == {"colour-2": of_fit, "colour-1": before}
    bench.param.update(runs=[second], picked=["colour-2"])
    assert colours(bench) == {"colour-2": of_fit}


def test_runs_seen_together_differ_in_colour(bench: Workbench):
    runs = [kept(f"many-{number}") for number in range(20)]
    bench.param.update(runs=runs, picked=[run.id for run in runs[::8]])
    assert len(set(colours(bench).values())) == 3


def test_the_key_of_the_curves_follows_a_rename(bench: Workbench):
    curves = Curves(bench)
    run = kept("renamed")
    follow(bench)
    bench.param.update(runs=[run], fitted=run, picked=[run.id])
    assert "a run" in curves.key.object
    bench.runs = [kept("renamed", "another name")]
    assert "another name" in curves.key.object
    assert "a run" not in curves.key.object


def test_the_axis_ends_where_a_stopped_fit_ended(bench: Workbench):
    curves, run = Curves(bench), kept("stopped", steps=340)
    plot = hv.renderer("bokeh").get_plot(curves.view[2].object).state
    follow(bench)
    bench.snapshot = news(step=340)
    bench.snapshot.curve = run.curve
    bench.param.trigger("snapshot")
    assert plot.x_range.end > 340
    bench.param.update(runs=[run], fitted=run, picked=[run.id])
    bench.ended = True
    assert plot.x_range.end == pytest.approx(1.02 * 340)


def test_an_empty_chart_is_as_long_as_the_next_fit(bench: Workbench):
    curves = Curves(bench)
    curves.view.get_root()
    for steps in (900, 5_000):
        bench.recipe.steps = steps
        assert steps <= curves._plot.handles["x_range"].end < 1.1 * steps


def test_where_weights_begin_to_be_rounded_is_marked(bench: Workbench):
    curves = Curves(bench)
    hv.renderer("bokeh").get_plot(curves.view[2].object)
    stopped, whole = kept("before", steps=3000), kept("after", steps=4600)  # of 4000
    bench.param.update(runs=[stopped, whole], picked=[stopped.id])
    assert curves.tails.data["x"] == []
    assert TAIL not in curves.key.object
    bench.picked = [stopped.id, whole.id]
    assert curves.tails.data["x"] == [whole.choices.recipe.steps]
    assert curves.tails.data["colour"] == [colours(bench)[whole.id]]
    assert TAIL in curves.key.object
    curves.axis.value = "Seconds"
    assert curves.tails.data["x"][0] == pytest.approx(4000)  # each step took a second


def test_maps_are_as_fine_as_the_page_shows_them(bench: Workbench):
    board = MapBoard(bench)
    assert board.maps.whole.picture.index.shape[1] == USUAL
    board.six._laid_out("error_a", "inner_width", 0, 500)
    bench.look_at(1)
    assert board.maps.whole.picture.index.shape[1] == round(1.7 * 288)  # not finer than cells ask
    board.six._laid_out("error_a", "inner_width", 500, 250)
    bench.look_at(2)
    assert board.maps.whole.picture.index.shape[1] == 300
    kept_picture = board.maps.whole.picture
    bench.look_at(3)
    assert board.maps.whole.picture is kept_picture


def test_other_data_take_what_was_told_of_the_last_fit_away(bench: Workbench):
    bar, run = FitBar(bench), kept("told")
    follow(bench)
    bench.param.update(runs=[run], fitted=run, picked=[run.id], ended=True)
    assert "Last fit, <b>a run</b>" in bar.figures.object
    bench.data.time = "0:3"
    bench.open_data()
    assert "Last fit" not in bar.figures.object


def test_a_field_of_fewer_times_starts_at_its_first(bench: Workbench):
    board = MapBoard(bench)
    bench.look_at(20)
    bench.data.time = "0:3"
    bench.open_data()
    assert (bench.time, board.player.value) == (0, 0)


def test_table_and_buttons_are_of_the_runs_picked(bench: Workbench):
    table = RunTable(bench, MapBoard(bench).sheet)
    assert table.cainr.disabled
    runs = [kept("new", "new one"), kept("old")]
    bench.param.update(runs=runs, picked=["new"])
    assert table.table.selection == [0]
    assert not table.cainr.disabled
    bench.pick(["new", "old"])
    assert table.table.selection == [0, 1]
    assert "Files: those of A." in table.head.object
    assert table.delete.label == "Delete 2"
    styles = table.view.styles
    assert (styles["--letter-new"], styles["--letter-old"]) == ('"A"', '"B"')
    bench.pick(["old"])
    styles = table.view.styles
    assert (styles["--letter-new"], styles["--letter-old"]) == (None, '"A"')
    assert styles["--colour-old"] == colours(bench)["old"]
    bench.pick(["old", "new"])
    assert table.view.styles["--letter-new"] == '"B"'
    assert table._chosen() is runs[1]  # A


def test_a_title_from_a_file_stays_in_its_attribute():
    hostile = replace(small.context("topography"), title='"><script>')
    assert 'alt="Map of &quot;&gt;&lt;script&gt;"' in thumbnail(hostile)


@pytest.mark.parametrize("projection", ["robinson", "south"])
def test_a_picture_has_the_size_for_print_and_the_colours_of_the_page(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, projection: str
):
    board, drawn = MapBoard(bench), []
    values = bench.field.values[2] + 1
    for name in ("decode", "frame"):
        monkeypatch.setattr(decoding, name, lambda run, time, step=None: values.ravel())
    plain = prints._map
    monkeypatch.setattr(prints, "_map", lambda *told: (drawn.append(told[-1]), plain(*told))[1])
    bench.param.update(
        runs=[kept("printed", r"my $\frac$ run")],
        picked=["printed"],
        projection=projection,
    )
    bench.look_at(2)
    board.files._chosen("PNG")
    saved = json.loads(board.files._saved.value)
    assert saved["name"] == "TS_my_frac_run_1920-01-03.png"
    image = Image.open(io.BytesIO(b64decode(saved["data"])))
    assert image.width == 3 * prints.PANEL * 300
    assert drawn == [board.scales[n] for n in ("original", "original", "error")]


def test_another_projection_is_never_blank_meanwhile(bench: Workbench):
    board, sent = MapBoard(bench), []
    source = board.maps.source
    source.on_change("data", lambda name, old, new: sent.append(np.isfinite(new["original"][0])))
    bench.projection = "south"
    assert len(sent) == 1
    assert sent[0].any()


def test_a_pick_that_was_overtaken_by_one_run_more_is_not_shown(
    bench: Workbench, finished: Library, monkeypatch: pytest.MonkeyPatch
):
    """The data of the first pick are still being read when the second run is picked."""
    monkeypatch.setattr(shared, "kept_runs", lambda: finished)
    bench.list_runs()
    board, waiting = MapBoard(bench), []
    plain = shared.background
    monkeypatch.setattr(shared, "opened", lambda choice: None)
    monkeypatch.setattr(shared, "background", lambda *turn, **how: waiting.append(turn))
    a, b = bench.runs[:2]
    bench.pick([a.id])
    bench.pick([a.id, b.id])
    opening = [turn for turn in waiting if "MapBoard._look" in turn[0].__qualname__]
    assert len(opening) > 1
    monkeypatch.setattr(shared, "background", plain)
    for work, take, _ in reversed(opening):
        take(work())
    assert [source.key for source in board.shown.sources] == [a.id, b.id]
