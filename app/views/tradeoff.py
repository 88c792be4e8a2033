"""The trade-off: PSNR over compression of every run in the library, beside other codecs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewable

from app import shared
from app.codecs import Standing, codecs
from app.controls.form import buttons, widget
from app.settings import settings
from app.style import SMALL
from app.views.cards import beside, side_by_side, stack
from app.views.colours import kind_colours
from app.views.lineplot import Chart
from app.views.look import Look
from app.views.rateplot import (
    DASHED,
    DEFINITIONS,
    GREY,
    LOOKED_AT,
    ON,
    RING_COLOUR,
    SAME,
    Definition,
    Front,
    Other,
    Point,
    RatePlot,
    point_of,
)
from app.views.selected import Selected
from app.views.ways import to_the_maps
from app.words import about_duration
from cainr_core.choices import DataChoice, values_of
from cainr_core.data.fields import Field
from cainr_core.evaluate.baselines import CODECS
from cainr_core.evaluate.rate_distortion import ANOMALY, Row
from cainr_core.evaluate.report import describe
from cainr_core.evaluate.tradeoff import curves, pareto
from cainr_core.runs import contexts_title, network_kind, network_title
from cainr_core.sweep.lines import Line

HEIGHT, NARROW = 400, 900  # px
FRONT = "#1a7a9c"  # of the line along the best runs; stronger than other codecs
# Other codecs: pale, so that the runs stand out, and told apart by their marks as well.
MARKS = {
    "sperr": ("circle", "●", "#6f7b84"),  # the strongest, with which others are compared
    "sz3": ("square", "■", "#b08856"),
    "zfp": ("triangle", "▲", "#7a83b8"),
    "jpeg2000": ("diamond", "◆", "#4e9dbd"),
    "bitround": ("inverted_triangle", "▼", "#b57386"),
    "ebcc": ("cross", "✚", "#7d9a4a"),
}
TOLD = (
    "Every run of these data in the library. Click a point to open the run, another one to "
    "compare it as B; the table of runs does the same by keyboard."
)
_CSS = """
.key { font-size: .8rem; line-height: 1.35; display: flex; flex-flow: column; gap: 5px; }
.key div { overflow-wrap: anywhere; }
.key i { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 8px;
  background: var(--line); }
.key .front i { width: 16px; height: 2px; border-radius: 0; vertical-align: middle; }
.key .dashed i { background: repeating-linear-gradient(90deg, var(--line) 0 5px,
  transparent 5px 8px); }
.key .ring { background: none; border: 2.5px solid var(--line); margin: 0 6px -3px -2px; }
.key b { display: inline-block; width: 14px; margin-right: 4px; font-weight: 400;
  color: var(--line); }
@media (max-width: 900px) { .key { flex-flow: row wrap; gap: 3px 14px; } }
.progress { font-size: .8rem; opacity: .8; }
"""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What is drawn: points with their colours by name, where the best of them
    stand, and the rows of other codecs."""

    by: Definition
    points: list[Point]
    best: list[tuple[float, float]]
    colours: dict[str, str]
    curves: dict[tuple[str, str], list[Row]]
    field: Field
    digest: str


class TradeOff(Look):
    """Compression across, PSNR up."""

    title = "Trade-off"
    told = TOLD
    after = ("axes", "colour_by", "all_data")

    def body(self) -> Viewable:
        bench = self.workbench
        self._data: DataChoice | None = None
        self._field: Field | None = None
        self._digest, self._colours = "", dict[str, str]()
        self._version = codecs.version
        self.plot = RatePlot("trade-off", bench.look_also, HEIGHT)
        small = {"size": "small", "variant": "outlined", "margin": SMALL, "visible": False}
        self.run = pmui.Button(
            label="Run other codecs", icon="play_arrow", css_classes=["codecs-run"],
            description="SPERR, SZ3, ZFP, JPEG 2000, BitRound with Zstandard and EBCC, on this "
            "field and on its anomaly from the climatology; some minutes in the background.",
            **small,
        )  # fmt: skip
        self.stop = pmui.Button(
            label="Stop", icon="stop", color="error", css_classes=["codecs-stop"], **small
        )
        self.progress = pn.pane.HTML(  # its line is kept, so that nothing jumps
            "", stylesheets=[_CSS], margin=(0, 8), height=18, sizing_mode="stretch_width"
        )
        self.key = pn.pane.HTML(
            "", stylesheets=[_CSS], sizing_mode="stretch_width", margin=(4, 8), min_width=0
        )
        self.run.on_click(shared.held(lambda event: self._start()))
        self.stop.on_click(shared.held(lambda event: codecs.stop()))
        choices = beside(
            buttons(bench.param.axes), buttons(bench.param.colour_by),
            widget(bench.param.all_data, sizing_mode=None), to_the_maps(bench),
            self.run, self.stop,
        )  # fmt: skip
        figure = pn.pane.Bokeh(self.plot.figure, sizing_mode="stretch_width", height=HEIGHT)
        self._tell_codecs()
        return stack(
            choices,
            self.progress,
            side_by_side(figure, self.key, shares="4 1", narrow=NARROW, css_class="trade-off-plot"),
        )

    def work(self, chosen: Selected) -> Callable[[], Any]:
        bench = self.workbench
        by, by_network = DEFINITIONS[bench.axes], bench.colour_by == "networks"
        self._data, wanted = chosen.data, values_of(chosen.data)
        runs = [
            run for run in bench.runs if bench.all_data or values_of(run.choices.data) == wanted
        ]

        def compute() -> Drawn:
            field = chosen.field()
            lines = [(run, Line.of(run)) for run in runs]
            sets = [contexts_title(run.choices.contexts) for run in runs]
            kinds = [network_kind(run.choices.architecture) for run in runs]
            names = kinds if by_network else sets
            of_kinds = kind_colours(sorted(set(names)))
            points = [
                point_of(
                    line,
                    by,
                    of_kinds[name],
                    told,
                    network_title(run.choices.architecture),
                    run.name,
                )
                for (run, line), name, told in zip(lines, names, sets, strict=True)
            ]
            best = pareto([(one.x, one.y) for one in points], lambda place: place)
            found = curves(codecs.rows(field), lambda row: _place(row, by, field))
            return Drawn(by, points, best, of_kinds, found, field, describe(field)["digest"])

        return compute

    def draw(self, result: Drawn) -> None:
        self._field, self._digest, self._colours = result.field, result.digest, result.colours
        fronts, others = [Front(result.best, FRONT, 2.4)], []
        for (codec, on), rows in result.curves.items():
            mark, _, colour = MARKS[codec]
            dash = DASHED if on == ANOMALY else "solid"
            places = [_place(row, result.by, result.field) for row in rows]
            fronts.append(Front(places, colour, 1.8 if codec == "sperr" else 1.4, dash))
            name = f"{CODECS[codec].title}{ON}{on}"
            others += [
                Other(x, y, colour, mark, name, row.bytes)
                for (x, y), row in zip(places, rows, strict=True)
            ]
        self.plot.draw(result.by, result.points, fronts, others)
        self._mark(result.by)
        html = _key(result)
        if html != self.key.object:
            self.key.object = html
        self._tell_codecs()

    def _mark(self, by: Definition) -> None:
        """Ring the runs picked, each in the state that the maps show; on the paper's axes with the
        maximum that the end has, which is the field's own but for a fraction of an error."""
        bench, moved = self.workbench, {}
        for run in bench.picked_runs:
            moment, measures = run.at(bench.step), run.metrics
            if moment.step == run.end.step:
                continue
            if by is DEFINITIONS["Files"]:
                ratio = measures.compression_ratio * measures.file_bytes / moment.file_bytes
                moved[run.id] = ratio, moment.psnr
            else:
                flattered = measures.psnr_paper - measures.psnr
                moved[run.id] = measures.compression_gain_paper, moment.psnr + flattered
        self.plot.mark(bench.picked, moved)

    def charts(self) -> list[Chart]:
        """The plot, for print."""
        names = {colour: name for name, colour in self._colours.items()}
        return [self.plot.chart(names, "Pareto front of the runs")]

    # ------------------------------------------------------------------ other codecs

    def poll(self) -> None:
        """Take what the codecs have measured; called a few times a second."""
        super().poll()
        if self._seen and self._version != codecs.version:
            self._version = codecs.version
            self._tell_codecs()
            self.refresh()

    def _start(self) -> None:
        data, field = self._data, self._field
        if data is not None and field is not None:
            shared.background(
                lambda: codecs.start(data, field), lambda _: self.poll(), self.workbench.report
            )

    def _tell_codecs(self) -> None:
        now = codecs.standing
        self.run.visible = settings.sweeps_allowed and not codecs.running
        self.stop.visible = settings.sweeps_allowed and codecs.running
        html = ""
        if now is not None and (codecs.running or now.digest == self._digest):
            html = f'<div class="progress" role="status">{escape(_words(now, self._digest))}</div>'
        if html != self.progress.object:
            self.progress.object = html


def _place(row: Row, by: Definition, field: Field) -> tuple[float, float]:
    """Compression and quality of a codec. As the paper counts, a value has 64 bits; the stream is
    taken for what it is, as codecs have no weights."""
    if by.across == "compression_ratio":
        return row.ratio, row.psnr
    return 8 * field.values.size / row.bytes, row.psnr_paper or float("nan")


def _words(now: Standing, digest: str) -> str:
    """How far the codecs are; `digest`: of the field that is looked at."""
    if now.state == "running":
        words = now.words.replace("bpp", "bits per value")  # the name of a mode
        part = f"{now.done} of {now.total}, {words}" if now.total else "reading the field"
        left = now.seconds_left
        end = f", about {about_duration(left)} to the end" if left is not None else ""
        return f"Codecs{'' if now.digest == digest else ' on other data'}: {part}{end}"
    return {"done": "Codecs: done.", "stopped": "Codecs: stopped; what was measured is kept."}.get(
        now.state, now.problem
    )


def _key(drawn: Drawn) -> str:
    told = [
        f'<div><i style="--line:{colour}"></i>{escape(name)}</div>'
        for name, colour in drawn.colours.items()
    ]
    if len(drawn.best) > 1:
        line = f'<i style="--line:{FRONT}"></i>'
        told.append(f'<div class="front">{line}Pareto front of the runs</div>')
    if drawn.points:
        ring = f'<i class="ring" style="--line:{RING_COLOUR}"></i>'
        told.append(f"<div>{ring}{LOOKED_AT}</div>")
    else:
        told.append("<div>No runs of these data yet.</div>")
    found = {codec for codec, rows in drawn.curves if rows}
    for codec, (_, mark, colour) in MARKS.items():
        if codec in found:
            told.append(f'<div><b style="--line:{colour}">{mark}</b>{CODECS[codec].title}</div>')
    if any(on == ANOMALY for _, on in drawn.curves):
        told.append(f'<div class="front dashed"><i style="--line:{GREY}"></i>{SAME}</div>')
    return f'<div class="key">{"".join(told)}</div>'
