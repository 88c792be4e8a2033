"""cainr benchmark: networks and other codecs on the same field, measured alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cainr_core import options, terminal
from cainr_core.choices import DataChoice
from cainr_core.errors import CainrError
from cainr_core.files import writable

if TYPE_CHECKING:
    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field
    from cainr_core.evaluate.report import Report
    from cainr_core.fit.recipe import Recipe
    from cainr_core.model.architecture import Architecture

CAINR = "cainr"
BASELINES = ("sperr", "sz3", "zfp", "jpeg2000", "bitround", "ebcc")
NAME = "rate_distortion"
DEFAULT_RATIOS = (4000, 2200, 1200, 660, 360, 200, 110, 60)

app = typer.Typer(
    name="benchmark",
    help="Compare with other codecs.",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.callback()
def benchmark() -> None:
    """Compare with other codecs, on real bytes; they come with pip install 'cainr[codecs]'."""


@app.command("rate-distortion", short_help="Quality at given sizes, of networks and other codecs.")
def rate_distortion(
    source: options.Input,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="The folder of the results.")
    ],
    variable: options.Variable = "",
    context: options.Contexts = None,
    codecs: Annotated[
        list[str] | None,
        typer.Option(
            "--codecs",
            metavar="NAME",
            help=f"What to measure (repeatable, or with commas): {CAINR}, {', '.join(BASELINES)}. "
            "[default: all]",
        ),
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(
            "--bytes",
            metavar="N",
            help="Sizes of files to measure at (repeatable, or with commas). "
            "[default: eight, ratios from 4000 to 60]",
        ),
    ] = None,
    architecture: options.ArchitectureName = "default",
    depth: options.Depth = None,
    recipe: options.RecipeName = "default",
    steps: options.Steps = None,
    time: options.Times = "",
    select: options.Select = None,
    device: options.Device = "auto",
    seed: options.Seed = None,
) -> None:
    """Measure quality at given sizes: networks with no context, each alone and all, and other
    codecs on the field and on its anomaly.

    The anomaly is the field less that context in its units which leaves the least of it; where no
    such context is given, and the units are K, less the climatology that comes with cainr. Written
    into DIR: every measurement as JSON and CSV, the summary with the Bjøntegaard rate differences
    against SPERR, and a figure as PNG and SVG. What DIR holds already is not measured again.

    \b
    Example:
      cainr benchmark rate-distortion ts.nc -v TS --context topography --context climatology \\
        --codecs cainr,sperr --bytes 10000,30000,100000 -o results
    """
    from cainr_core.compression import open_data
    from cainr_core.data.contexts import load_context
    from cainr_core.evaluate.report import Report

    chosen = chosen_codecs(codecs)
    network = options.architecture_of(architecture, depth=depth)
    how = options.recipe_of(recipe, steps=steps, seed=seed)
    path, selection = options.source_path(source), options.selection_of(select)
    field = open_data(DataChoice(path=path, variable=variable, time=time, select=selection))
    sizes = _sizes(size) or sorted(field.original_bytes // ratio for ratio in DEFAULT_RATIOS)
    contexts = [load_context(spec, field) for spec in context or ()]
    output.mkdir(parents=True, exist_ok=True)
    report = Report(writable(output / f"{NAME}.json"), field)
    _classical(report, field, contexts, [name for name in chosen if name != CAINR], sizes)
    if CAINR in chosen:
        words = f"depth {network.depth}, {recipe} recipe, {how.steps} steps"
        _networks(report, field, contexts, network, how, words, sizes, device)
    _finish(report)


# --- what is measured ------------------------------------------------------------------


def _classical(
    report: Report,
    field: Field,
    contexts: Sequence[Context],
    names: Sequence[str],
    sizes: Sequence[int],
) -> None:
    from cainr_core.data.contexts import load_context
    from cainr_core.evaluate.baselines import CODECS
    from cainr_core.evaluate.baselines.anomaly import nearest_context
    from cainr_core.evaluate.rate_distortion import measure_codec, tasks, wanted_by

    if not names:
        return
    base = nearest_context(field, contexts)
    if base is None and field.units == "K":
        base = load_context("climatology", field)
    chosen = tasks(field, base)
    for name in names:
        codec = CODECS[name]
        for task in chosen:
            for mode in codec.modes:
                asked = [
                    size
                    for size in wanted_by(mode, sizes)
                    if not report.has(name, task.on, mode.name, size)
                ]
                if not asked:
                    continue
                terminal.note(f"{codec.title} on the {task.on}: {mode.name}")

                def unreached(
                    size: int, reason: str, where: tuple[str, str, str] = (name, task.on, mode.name)
                ) -> None:
                    report.add_unreached(*where, size, reason)

                for row in measure_codec(
                    task, codec, mode, asked, unreached, report.reference_psnr(name)
                ):
                    report.add(row)
                report.save()


def _networks(
    report: Report,
    field: Field,
    contexts: Sequence[Context],
    architecture: Architecture,
    recipe: Recipe,
    words: str,
    sizes: Sequence[int],
    device: str,
) -> None:
    """One curve for each set of contexts: none, each alone, all.

    `words`: the choices that tell one fit from another of the same network and size.
    """
    from cainr_core.adviser import NO_CONTEXT, measure_fit

    codec = f"{CAINR} {architecture.network}"
    sets: list[list[Context]] = [[], *([one] for one in contexts)]
    if len(contexts) > 1:
        sets.append(list(contexts))
    for chosen in sets:
        on = " + ".join(one.title for one in chosen) or NO_CONTEXT
        for size in sizes:
            if report.has(codec, on, words, size):
                continue
            with terminal.progress(f"{on}, {size:,} bytes") as tell:
                try:
                    row = measure_fit(
                        codec, field, chosen, architecture, recipe, size, device, words,
                        terminal.of_fit(tell),
                    )  # fmt: skip
                except CainrError as error:  # the smallest network is larger, say
                    report.add_unreached(codec, on, words, size, str(error))
                    report.save()
                    continue
            report.add(row)
            report.save()


# --- from words to choices, and from results to words ------------------------------------


def chosen_codecs(given: Sequence[str] | None) -> list[str]:
    """Names of codecs from --codecs, all by default; CainrError where there is no such codec."""
    known = (*BASELINES, CAINR)
    names = listed(given) or list(known)
    for name in names:
        if name not in known:
            raise CainrError(f"There is no codec '{name}': choose of {', '.join(known)}.")
    return [name for name in known if name in names]  # the reference first


def _sizes(given: Sequence[str] | None) -> list[int]:
    sizes = listed(given)
    if not all(size.isdecimal() and int(size) > 0 for size in sizes):
        raise CainrError("Write --bytes as whole numbers, such as --bytes 10000,30000.")
    return sorted({int(size) for size in sizes})


def listed(given: Sequence[str] | None) -> list[str]:
    """The words of an option that is repeatable and takes commas."""
    return [word for part in given or () for word in part.replace(",", " ").split()]


def _finish(report: Report) -> None:
    from cainr_core.evaluate.figure import draw

    report.save()
    draw(report, report.path.with_suffix(""))
    for one in report.comparisons():
        told = one.difference
        words = "no PSNR that both reach"
        if told is not None:
            words = (
                f"{told.mean:+.1f} % bytes (between {told.least:+.1f} and {told.most:+.1f}), "
                f"PSNR {told.psnr_from:.1f} to {told.psnr_to:.1f} dB"
            )
        print(f"{one.codec} on {one.on}, against SPERR on the {one.against}: {words}")
    print(f"{len(report.rows)} measurements in {report.path.parent}")
