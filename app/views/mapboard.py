"""The middle of the page: maps side by side or one large one, the time, and the projection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from app import shared
from app.controls.form import widget
from app.views.cards import NARROW, OPEN, card, side_by_side, stack
from app.views.comparebar import CompareBar
from app.views.largemap import LargeMap
from app.views.mapcard import FieldHead
from app.views.mapfiles import map_files
from app.views.maps import Geography
from app.views.overlay import HIGHEST
from app.views.panels import Look, Sheet, of_pair, of_runs
from app.views.player import Player
from app.views.pointing import Pointing
from app.views.projections import PROJECTIONS, Picture, detail, picture
from app.views.regions import named
from app.views.scales import Scales
from app.views.scrubber import Scrubber
from app.views.shown import FitSource, RunSource, Shown, Source, colours
from app.views.sidebyside import SideBySide
from app.views.zooming import BELOW, RegionChoice, Zooming
from app.workbench import FIT, Workbench
from cainr_core.choices import values_of
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.runs import Run

PLAY_EVERY = 350  # ms between two time steps
PHONE = 480  # px of the screen, up to which no four choices are in a line
_FREE = {"min-height": "0"}  # a page takes no style away of which it hears nothing
ROOM = f"calc(min({HIGHEST}, 45vw) + 110px)"  # of a large map with its choices and colours
UNLIKE = (
    "These two runs are of different data, so their maps cannot stand side by side; the curves can."
)
AROUND = 0.15  # of the width seen, drawn finely on each side of it


class MapBoard:
    """Draws what the workbench looks at; every figure is computed on the native cells."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.geography = Geography()
        self.colours = Scales(workbench)
        self.scales = self.colours.now  # those of the moment
        self.six = SideBySide(self.geography, self.colours)
        self.maps, self.cards = self.six.maps, self.six.cards
        self.large: LargeMap | None = None  # made when it is first wanted
        self.shown = Shown(None)
        self._fit: FitSource | None = None
        self._run_sources: dict[str, RunSource] = {}
        self._placed: tuple[object, ...] = ()  # the map that is seen
        self._asked = 0  # for a finer picture of what is zoomed in on

        self.title = FieldHead()
        self.player = Player(
            options={"–": 0}, value=0, variant="minimal", interval=PLAY_EVERY, loop_policy="loop",
            width=None, sizing_mode="stretch_width", margin=(6, 12), label="Time",
            css_classes=["player"],
        )  # fmt: skip
        self.projection = widget(workbench.param.projection, margin=BELOW)
        self.centre = widget(workbench.param.centre, step=30, margin=BELOW)
        self.zooming = Zooming(workbench, self.geography, shared.held(self._near))
        self.regions = RegionChoice(workbench, self.geography)
        where = side_by_side(
            side_by_side(self.projection, self.centre, shares="13 11", narrow=0),
            side_by_side(self.regions.choice, self.regions.back, shares="13 3", narrow=0),
            shares="24 15",
            narrow=PHONE,
            rows=0,
        )
        scrubber = Scrubber(workbench, NARROW).view
        self.stage = stack(self.six.view, css_class="boards")
        narrow = shared.is_narrow()
        self.files = map_files(workbench, self.sheet)
        bar = CompareBar(workbench, self.files.view, apart=narrow)
        if narrow:
            # The maps come before what is chosen of them, which would fill the screen; but not
            # before the modes, which give them another height.
            self.view = stack(
                card(self.title, bar.modes, self.player), self.stage,
                card(scrubber, where, bar.view, css=OPEN),
            )  # fmt: skip
        else:
            head = side_by_side(
                self.title, where, shares="1 1", narrow=NARROW, styles={"align-items": "center"}
            )
            when = side_by_side(
                self.player, scrubber, shares="9 17", narrow=NARROW, rows=0,
                styles={"align-items": "center"},
            )  # fmt: skip
            self.view = stack(card(head, when, bar.view, css=OPEN), self.stage)
        self.player.param.watch(lambda event: workbench.look_at(event.new), "value")
        self._watch(self._look, ["field", "job", "fitted", "picked", "runs"])
        self._watch(self._snapshot, ["snapshot"])
        self._watch(self._step_to, ["time"])
        self._watch(self._scrub, ["step"])
        self._watch(self._draw, ["left", "right", "palette", "contrast"])
        self._watch(self._draw, ["low", "high", "reach"])
        self._watch(self._rescale, ["scale"])
        self._watch(self._turn, ["mode"])
        self._watch(self._entitle, ["region"])
        self._watch(self._place, ["projection", "centre"])
        self._look()

    def _watch(self, turn: Callable[[], None], names: list[str]) -> None:
        self.workbench.param.watch(shared.held(lambda *events: turn()), names)

    # ------------------------------------------------------------------ what is shown

    def _look(self) -> None:
        """Decide what to show, then place and draw it."""
        bench = self.workbench
        runs = bench.picked_runs
        if FIT in bench.picked or not runs:  # what is looked at beside a fit is of its data
            self._show(Shown(bench.field, self._sources(bench.picked, bench.field)))
            return
        named = [run.choices.data for run in runs]
        at_hand = [field for field in map(shared.opened, named) if field is not None]
        if len(at_hand) == len(named):
            self._show_runs(runs, at_hand)
            return
        shared.background(
            lambda: [shared.open_choice(choice) for choice in named],
            lambda fields: self._show_runs(runs, fields),
            bench.report,
        )

    def _show_runs(self, runs: list[Run], fields: list[Field]) -> None:
        if [run.id for run in runs] != self.workbench.picked:
            return  # another pick has overtaken this one, be it of one run more
        # by what was chosen: two threads that read the same data have a field each
        data = values_of(runs[0].choices.data)
        alike = [run for run in runs if values_of(run.choices.data) == data]
        if runs[1:2] and runs[1] not in alike:
            self.workbench.problem = UNLIKE
        elif self.workbench.problem == UNLIKE:
            self.workbench.problem = ""
        self._show(Shown(fields[0], self._sources([run.id for run in alike], fields[0])))

    def _sources(self, ids: Sequence[str], field: Field | None) -> tuple[Source, ...]:
        """What is looked at, as far as it is there."""
        bench, steps = self.workbench, 0 if field is None else len(field.time)
        if FIT in ids and (self._fit is None or self._fit.job is not bench.job):
            self._fit = FitSource(bench.job, colours(bench)[FIT])
        there: dict[str, Source] = {} if self._fit is None else {FIT: self._fit}
        runs = (run for run in map(bench.run, ids) if run is not None)
        there |= {run.id: self._source(run, steps) for run in runs}
        return tuple(there[id] for id in ids if id in there)

    def _source(self, run: Run, steps: int) -> RunSource:
        bench = self.workbench
        source = self._run_sources.get(run.id)
        if source is None:
            source = RunSource(run, steps, self._arrived, bench.report)
            self._run_sources[run.id] = source
            if bench.fitted is not None and bench.fitted.id == run.id:
                source.meanwhile = self._fit  # its last frames, until the file is decoded
        source.title, source.colour, source.step = run.name, colours(bench)[run.id], bench.step
        return source

    def _show(self, shown: Shown) -> None:
        new_field = shown.field is not self.shown.field
        if shown.sources != self.shown.sources:
            self.colours.forget_differences()
        if new_field and shown.field is not None:
            self.regions.face(shown.field.grid)  # while the maps are still of the one before
        self.shown = shown
        if shown.field is None:
            return
        if new_field:
            self._take_field(shown.field)
        self._entitle()
        for board in (self.six, self.large):
            if board is not None:
                board.take(shown)
        self._turn()

    def _entitle(self) -> None:
        """Name the field over the maps."""
        if self.shown.field is not None:
            opened = values_of(self.workbench.choices.data)
            runs = [source.run for source in self.shown.sources if isinstance(source, RunSource)]
            of_others = any(values_of(run.choices.data) != opened for run in runs)
            self.title.tell(self.shown.field, of_others, named(self.workbench.region))

    def _take_field(self, field: Field) -> None:
        texts = {field.time.label(i): i for i in range(len(field.time))}
        if len(texts) < len(field.time):  # the same text twice: number them
            texts = {f"{field.time.label(i)} ({i})": i for i in range(len(field.time))}
        time = self.workbench.time if self.workbench.time < len(field.time) else 0
        self.player.param.update(options=texts, value=time, disabled=len(texts) < 2)
        self.workbench.time = time
        self.colours.take_field(field)

    def sheet(self) -> tuple[Sheet, Look]:
        """What the maps show and how, for pictures of them; not a fit under way. CainrError where
        no field is open."""
        bench, field = self.workbench, self.shown.field
        if field is None:
            raise CainrError("There is no field yet of which to make a picture.")
        runs = [run for run in map(self._run, self.shown.sources) if run is not None]
        data = runs[0].choices.data if runs else bench.choices.data
        look = Look(
            bench.projection,
            bench.centre,
            dict(self.scales),
            seen=self.zooming.window,
            part=named(bench.region),
        )
        pair = None if bench.mode == "side" else self.shown.pair(bench.left, bench.right)
        if pair is None or any(source is self._fit for source in pair):
            return of_runs(field, data, runs, bench.step), look
        first, second = map(self._run, pair)
        letters = "".join(map(self.shown.letter, pair))
        return of_pair(field, data, (first, second), bench.mode, bench.step, letters), look

    def _run(self, source: Source) -> Run | None:
        """The run of a source, as it is called now."""
        if not isinstance(source, RunSource):
            return None
        return self.workbench.run(source.run.id) or source.run

    # ------------------------------------------------------------------ drawing

    @property
    def _board(self) -> SideBySide | LargeMap:
        """What is seen: many maps or one."""
        if self.workbench.mode == "side":
            return self.six
        if self.large is None:
            self.large = LargeMap(self.workbench, self.geography, self.colours)
            # which a page that opens with it tells before changes reach it
            self.large.overlay.param.watch(lambda event: shared.later(self._measured, 0), "pixels")
            Pointing(self.workbench, self.large.maps)
            self.large.take(self.shown)
            # until it is drawn its place is kept, so that what is below does not come up
            self.stage.styles = {"min-height": ROOM}
            self.stage.append(self.large.view)
        return self.large

    def _measured(self) -> None:
        """The large map is there, and as wide as it is told."""
        self.stage.styles = _FREE
        self._place()

    def _turn(self) -> None:
        """Show many maps or one, as the mode says."""
        seen = self._board
        if seen is self.six:
            self.stage.styles = _FREE
        self.six.view.visible = seen is self.six
        if self.large is not None:
            self.large.view.visible = seen is self.large
        self._place()

    def _place(self) -> None:
        """Put the present grid into the present projection."""
        field, bench, board = self.shown.field, self.workbench, self._board
        if field is None:
            return
        key = (id(field), bench.projection, bench.centre)
        view = self._view(field)
        if key != self._placed:
            self.geography.show(bench.projection, bench.centre, view)
            self.zooming.apply()
            self._placed = key
        if board.maps.whole.picture is not view:
            board.maps.zoom(None)
            board.place(view, PROJECTIONS[bench.projection].aspect)
        if self.zooming.window is not None:
            self._draw()  # coarsely, until the part is there
        self._near()

    def _view(self, field: Field) -> Picture:
        """The whole of the present map, as finely as the screen shows it."""
        bench = self.workbench
        return picture(field.grid, bench.projection, bench.centre, self._board.pixels)

    def _is_placed(self) -> bool:
        field = self.shown.field
        return field is None or self._board.maps.whole.picture is self._view(field)

    def _step_to(self) -> None:
        """Show another time step, whoever has asked for it."""
        time = self.workbench.time
        if time in self.player.options.values():
            self.player.value = time
        if self._is_placed():
            self._draw()
        else:  # as wide as the page has turned out to be
            self._place()

    def _near(self) -> None:
        """Draw what is zoomed in on as finely as the screen shows it."""
        field, bench, board = self.shown.field, self.workbench, self._board
        part = self.zooming.window
        self._asked += 1
        asked = self._asked
        if field is None or part is None:
            board.maps.zoom(None)
            self._draw()  # figures and percentiles are of all cells again
            return
        part = part.padded(AROUND).within(self.geography.whole)
        columns = round(board.pixels * part.width / self.geography.seen.width)

        def take(view: Picture) -> None:
            if asked == self._asked:  # else another part, map or mode has overtaken this one
                board.maps.zoom(view)
                self._draw()

        work = partial(detail, field.grid, bench.projection, bench.centre, part, columns)
        shared.background(work, take, bench.report)

    def _rescale(self) -> None:
        if self.workbench.scale == "locked":
            self.colours.lock()
        self._draw()

    def _scrub(self) -> None:
        """Show the runs at another step of their fits."""
        for source in self._run_sources.values():
            source.step = self.workbench.step
        self._draw(original=False)

    def _arrived(self, time: int) -> None:
        if time == self.workbench.time:
            self._draw(original=False)

    def _snapshot(self) -> None:
        if self._fit is not None:
            self._fit.take(self.workbench.snapshot)
        if self._fit in self.shown.sources:
            self._draw(original=False)

    def _draw(self, original: bool = True) -> None:
        """Draw the present time step, with the original or what has come besides."""
        if self.shown.field is not None:
            time = min(self.workbench.time, len(self.shown.field.time) - 1)
            self._board.draw(time, original)
            bench = self.workbench
            if bench.scale == "locked" and bench.reach is None and FIT not in bench.picked:
                self.colours.lock_errors()  # the first to be seen; those of a fit still shrink
