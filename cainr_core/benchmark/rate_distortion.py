"""cainr benchmark rate-distortion: quality at given sizes, of networks and other codecs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cainr_core import options, terminal
from cainr_core.benchmark.asked import Asked, Folder, Sizes, listed
from cainr_core.benchmark.classical import BASELINES, base_of, measure_codecs
from cainr_core.benchmark.networks import CAINR, measure
from cainr_core.errors import CainrError

if TYPE_CHECKING:
    from cainr_core.evaluate.report import Report


def rate_distortion(
    source: options.Input,
    output: Folder,
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
    size: Sizes = None,
    architecture: options.ArchitectureName = "default",
    depth: options.Depth = None,
    recipe: options.RecipeName = "default",
    steps: options.Steps = None,
    time: options.Times = "",
    select: options.Select = None,
    region: options.Region = "",
    thin: options.Thin = 1,
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
    from cainr_core.evaluate.rate_distortion import sets_of

    chosen = chosen_codecs(codecs)
    asked = Asked.of(
        source, output, variable, context, size, architecture, depth, recipe, steps, time, select,
        region, thin, device, seed,
    )  # fmt: skip
    names = [name for name in chosen if name != CAINR]
    if names:
        base = base_of(asked.field, asked.contexts)

        def tell(done: int, total: int, words: str = "") -> None:
            terminal.note(words)

        measure_codecs(asked.report, asked.field, base, asked.sizes, names, tell)
    if CAINR in chosen:
        measure(asked, sets_of(asked.contexts))
    _finish(asked.report)


# --- from words to choices, and from results to words ------------------------------------


def chosen_codecs(given: Sequence[str] | None) -> list[str]:
    """Names of codecs from --codecs, all by default; CainrError where there is no such codec."""
    known = (*BASELINES, CAINR)
    names = listed(given) or list(known)
    for name in names:
        if name not in known:
            raise CainrError(f"There is no codec '{name}': choose of {', '.join(known)}.")
    return [name for name in known if name in names]  # the reference first


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
