"""The middle of the page: maps side by side, the time, and the projection."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import panel as pn
import panel_material_ui as pmui
from numpy.typing import NDArray

from app import shared
from app.controls.form import widget
from app.views.cards import GAP, card, side_by_side, stack
from app.views.colours import DIVERGING, GAIN, SEQUENTIAL, Scale, sequential, symmetric
from app.views.mapcard import FieldHead, MapCard
from app.views.maps import Geography, MapSet, Plate
from app.views.projections import PROJECTIONS, picture
from app.views.scrubber import Scrubber
from app.views.shown import FitSource, Held, RunSource, Shown, Source, colours
from app.words import three
from app.workbench import Workbench
from cainr_core.data.fields import Field
from cainr_core.runs import Run

NARROW = 900  # px of the screen, up to which maps stand one below the other
PLAY_EVERY = 350  # ms between two time steps
DIFFERENCE = "reconstruction minus original"
ROWS = (
    (
        Plate("original", "Original", SEQUENTIAL),
        Plate("a", "Reconstruction", SEQUENTIAL),
        Plate("error_a", "Error", DIVERGING, DIFFERENCE),
    ),
    (
        Plate("gain", "Gain of B over A", GAIN, "how much smaller the error of B is"),
        Plate("b", "B", SEQUENTIAL),
        Plate("error_b", "Error of B", DIVERGING, DIFFERENCE),
    ),
)


class MapBoard:
    """Draws what the workbench looks at; every figure is computed on the native cells."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.geography = Geography()
        self.maps = MapSet(ROWS[0] + ROWS[1], self.geography)
        self.cards: dict[str, MapCard] = {}
        self.shown = Shown(None)
        self.scales: dict[str, Scale] = {}  # those of the moment
        self._fit: FitSource | None = None
        self._run_sources: dict[str, RunSource] = {}
        self._placed: tuple[object, ...] = ()
        self._names: dict[str, str] = {}  # of the maps, as the hover box has them
        self._held: dict[str, Held] = {}  # what each reconstruction showed last

        self.title = FieldHead()
        self.player = pmui.DiscretePlayer(
            options={"–": 0}, value=0, variant="minimal", interval=PLAY_EVERY, loop_policy="loop",
            width=None, sizing_mode="stretch_width", margin=(6, 12), label="Time",
            css_classes=["player"],
        )  # fmt: skip
        small = {"label": "", "margin": (6, 6), "description": ""}
        self.projection = widget(workbench.param.projection, **(small | {"label": "Projection"}))
        self.centre = widget(workbench.param.centre, **(small | {"label": "Centre"}))
        # The second row is there from the start: adding figures to a page later makes Bokeh
        # measure some before they are ready, and complain.
        first, second = (self._row(plates) for plates in ROWS)
        self.second = stack(second, visible=False)
        self.head = card(
            side_by_side(
                self.title,
                self.player,
                side_by_side(self.projection, self.centre, shares="5 3", narrow=0),
                shares="5 4 4",
                narrow=NARROW,
                styles={"align-items": "center"},
            ),
            Scrubber(workbench, NARROW).view,
        )
        self.view = stack(self.head, first, self.second)
        self.player.param.watch(lambda event: workbench.look_at(event.new), "value")
        self._watch(self._look, ["field", "job", "fitted", "picked", "following", "runs"])
        self._watch(self._snapshot, ["snapshot"])
        self._watch(self._turn, ["time"])
        self._watch(self._scrub, ["step"])
        self._watch(self._place, ["projection", "centre"])
        self._look()

    def _watch(self, turn: Callable[[], None], names: list[str]) -> None:
        self.workbench.param.watch(shared.held(lambda *events: turn()), names)

    # ------------------------------------------------------------------ what is shown

    def _look(self) -> None:
        """Decide what to show, then place and draw it."""
        bench = self.workbench
        picks = [] if bench.following else bench.picked[:2]
        runs = [run for run in map(bench.run, picks) if run is not None]
        if runs:
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
            return
        if bench.job is None or bench.fitted is not None or bench.job_field is not bench.field:
            self._show(Shown(bench.field))
            return
        if self._fit is None or self._fit.job is not bench.job:
            self._fit = FitSource(bench.job, colours(bench)[None])
        self._show(Shown(bench.field, (self._fit,)))

    def _show_runs(self, runs: list[Run], fields: list[Field]) -> None:
        if [run.id for run in runs] != self.workbench.picked[: len(runs)]:
            return  # another pick has overtaken this one
        if len(runs) == 2 and fields[0] is not fields[1]:
            self.workbench.problem = (
                "These two runs are of different data, so their maps cannot stand side by side; "
                "the curves can."
            )
            runs, fields = runs[:1], fields[:1]
        steps = len(fields[0].time)
        self._show(Shown(fields[0], tuple(self._source(run, steps) for run in runs)))

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
        if shown.sources != self.shown.sources:  # what they show decides, not what was before
            self.scales.pop("error", None)
            self.scales.pop("gain", None)
        self.shown = shown
        if shown.field is None:
            return
        if new_field:
            self._take_field(shown.field)
        self.second.visible = shown.comparing
        self._name()
        self._place()

    def _take_field(self, field: Field) -> None:
        texts = {field.time.label(i): i for i in range(len(field.time))}
        if len(texts) < len(field.time):  # the same text twice: number them
            texts = {f"{field.time.label(i)} ({i})": i for i in range(len(field.time))}
        time = self.workbench.time if self.workbench.time < len(field.time) else 0
        self.player.param.update(options=texts, value=time, disabled=len(texts) < 2)
        self.workbench.time = time
        self.scales.clear()
        self.scales["original"] = sequential(field.lo, field.hi)
        self.title.tell(field)

    # ------------------------------------------------------------------ drawing

    def _row(self, plates: tuple[Plate, ...]) -> pn.Column:
        """Maps side by side, on a narrow screen one below the other."""
        for plate in plates:
            plot = self.maps.figures[plate.column]
            self.cards[plate.column] = MapCard(
                plate.title, plot, f"map-{plate.column.replace('_', '-')}", plate.hint
            )
        return side_by_side(
            *(self.cards[plate.column].view for plate in plates),
            shares="1 1 1",
            narrow=NARROW,
            margin=(0, 0, GAP, 0),
        )

    def _place(self) -> None:
        """Put the present grid into the present projection."""
        field, bench = self.shown.field, self.workbench
        if field is None:
            return
        key = (id(field), bench.projection, bench.centre)
        if key != self._placed:
            view = picture(field.grid, bench.projection, bench.centre)
            self.geography.show(bench.projection, bench.centre, view)
            self.maps.place(view, PROJECTIONS[bench.projection].aspect)
            self._placed = key
        self._draw()

    def _turn(self) -> None:
        """Show another time step, whoever has asked for it."""
        time = self.workbench.time
        if time in self.player.options.values():
            self.player.value = time
        self._draw()

    def _name(self) -> None:
        """Headings call the runs by their names, and so does the hover box when it is drawn."""
        titles = {"original": "Original"}
        for letter, source in zip("ab", self.shown.sources, strict=False):
            named = f"{letter.upper()}: {source.title}" if self.shown.comparing else source.title
            error = f"Error of {letter.upper()}" if self.shown.comparing else "Error"
            titles |= {letter: named, f"error_{letter}": error}
            self.cards[letter].title(named, source.colour)
            self.cards[f"error_{letter}"].title(error, source.colour)
        if not self.shown.sources:
            self.cards["a"].title("Reconstruction")
            self.cards["error_a"].title("Error")
        if self.shown.comparing:
            titles["gain"] = "Gain of B over A"
        self._names = titles

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

    def _at_hand(self, letter: str, source: Source, time: int) -> Held | None:
        """The values of a time step; until they are there, those of the step shown before."""
        values = source.values(time)
        if values is not None:
            self._held[letter] = Held(source, time, values)
        held = self._held.get(letter)
        return held if held is not None and held.source is source else None

    def _draw(self, original: bool = True) -> None:
        """Draw the present time step; each error is that of the step whose values are drawn."""
        field, sources = self.shown.field, self.shown.sources
        if field is None:
            return
        time = min(self.workbench.time, len(field.time) - 1)
        truth = field.values.reshape(len(field.time), -1)
        values: dict[str, NDArray | None] = {"original": truth[time]} if original else {}
        late: dict[str, str] = {}  # maps that still show another time step, and which
        for letter, source in zip("ab", sources or (None,), strict=False):
            held = self._at_hand(letter, source, time) if source is not None else None
            values[letter] = None if held is None else held.values
            values[f"error_{letter}"] = None if held is None else held.values - truth[held.time]
            if held is not None and held.time != time:
                late |= dict.fromkeys((letter, f"error_{letter}"), field.time.label(held.time))
        if self.shown.comparing:
            a, b = values["error_a"], values["error_b"]
            values["gain"] = None
            if a is not None and b is not None and not late:
                values["gain"] = np.abs(a) - np.abs(b)
        self._colour(values)
        self.maps.draw(values)
        self.maps.fade(late)
        read = {column: name for column, name in self._names.items() if column not in late}
        self.maps.name(read, field.units)
        self._tell(truth[time], values, late)

    def _colour(self, values: dict[str, NDArray | None]) -> None:
        scales = dict.fromkeys(("original", "a", "b"), self.scales["original"])
        errors = [values.get(name) for name in ("error_a", "error_b")]
        together = np.concatenate([e for e in errors if e is not None] or [np.empty(0)])
        self.scales["error"] = symmetric(together, self.scales.get("error"))
        scales["error_a"] = scales["error_b"] = self.scales["error"]
        gain = values.get("gain")
        self.scales["gain"] = symmetric(
            np.empty(0) if gain is None else gain, self.scales.get("gain"), GAIN
        )
        scales["gain"] = self.scales["gain"]
        self.maps.colour({column: scales[column] for column in self.maps.mappers})
        unit = self.shown.field.units if self.shown.field else ""
        for column, each in self.cards.items():
            each.colour(scales[column], unit, scales[column].exceeded(values.get(column)))

    def _tell(
        self, truth: NDArray, values: dict[str, NDArray | None], late: dict[str, str]
    ) -> None:
        """Figures of this time step beside the titles, on native cells."""
        cards, field = self.cards, self.shown.field
        unit = field.units if field else ""
        # the table has the error of all steps
        rmse_of = "RMSE of this time" if field and len(field.time) > 1 else "RMSE"
        cards["original"].tell(f"{three(np.nanmin(truth))} to {three(np.nanmax(truth))} {unit}")
        for letter, _ in zip("ab", self.shown.sources, strict=False):
            error = values[f"error_{letter}"]
            rmse = "…"
            if error is not None:
                rmse = f"{rmse_of} {three(float(np.sqrt(np.nanmean(error**2))))} {unit}"
            still = f"still {late[letter]}" if letter in late else ""
            cards[letter].tell(still)
            cards[f"error_{letter}"].tell(still or rmse)
        if not self.shown.sources:
            cards["a"].tell("press Fit to learn this field")
            cards["error_a"].tell("")
        if self.shown.comparing:
            gain = values["gain"]
            cards["gain"].tell(
                "…" if gain is None else f"B closer in {np.nanmean(gain > 0):.0%} of the cells"
            )
