"""cainr sweep: many networks on one field."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cainr_core import options, terminal
from cainr_core.errors import CainrError
from cainr_core.files import writable
from cainr_core.runs import Library, network_title
from cainr_core.sweep.choice import SweepChoice
from cainr_core.sweep.grid import (
    BOTH,
    NO_CONTEXT,
    SWEEPS,
    Sweep,
    called,
    context_sets,
    degrees,
    numbers,
)

if TYPE_CHECKING:
    from cainr_core.sweep.lines import Line

DEFAULTS = {
    "recipe": "default",
    "architecture": "default",
    "depth": "5",
    "width": "48",
    "context": NO_CONTEXT,
    "resolution": "",
}
HOURS, MINUTES = 3600, 60
TABLE = "{:<28} {:>8} {:>8} {:>10} {:>9} {:>9} {:>10}"


def sweep_command(
    source: options.Input,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="A library of runs (new, or of a sweep to go on with), and where the report goes.",
        ),
    ],
    preset: Annotated[
        str,
        typer.Option("--preset", metavar="NAME", help=f"What is not given: {', '.join(SWEEPS)}."),
    ] = "",
    variable: options.Variable = "",
    depth: Annotated[
        str, options.option(SweepChoice.param.depth, metavar="FIRST:LAST[:STEP]", default="5")
    ] = "",
    width: Annotated[
        str, options.option(SweepChoice.param.width, metavar="FIRST:LAST[:STEP]", default="48")
    ] = "",
    context: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            metavar="SET,...",
            help=f"Sets of contexts, by commas or repeated: {NO_CONTEXT}, one, several joined by "
            f"+, or {BOTH}, which is topography+climatology. [default: {NO_CONTEXT}]",
        ),
    ] = None,
    resolution: Annotated[
        str, options.option(SweepChoice.param.resolution, metavar="DEGREES,...")
    ] = "",
    architecture: Annotated[
        str, typer.Option(metavar="NAME", help="As for cainr compress. [default: default]")
    ] = "",
    recipe: options.RecipeName = "",
    steps: options.Steps = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds-per-fit",
            min=0.1,
            metavar="S",
            help="About how long each network learns, in place of --steps.",
        ),
    ] = None,
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="A dask scheduler on whose workers fits run.")
    ] = "",
    time: options.Times = "",
    select: options.Select = None,
    region: options.Region = "",
    thin: options.Thin = 1,
    device: options.Device = "auto",
    seed: options.Seed = None,
    keep_history: Annotated[
        bool,
        typer.Option(
            "--history/--no-history",
            help="Keep states on the way of each fit, on which the dashboard's training step looks "
            "back.",
        ),
    ] = True,
    as_json: options.Json = False,
) -> None:
    """Fit a field with many networks, keep each as a run, and say which is best at which size.

    Stopped, it goes on where it was when the same line is given again: a fit whose choices DIR
    holds already is not made anew. The report is a table of all fits (sweep.csv), one of the best
    (sweep_best.csv), both as JSON, and a figure (sweep.png, sweep.svg); with --resolution also what
    the quality of a context is worth (sweep_quality). CAINR_RUNS=DIR makes the
    dashboard show the runs.

    \b
    Examples:
      cainr sweep ts.nc -v TS --depth 5:14 --width 5:70:5 --context none,topography,both -o sweep
      cainr sweep ts.nc -v TS --preset paper --seconds-per-fit 5 -o paper
    """
    from cainr_core.sweep import report
    from cainr_core.sweep.lines import best_of, lines_of
    from cainr_core.sweep.running import runs_of, sweep

    if steps is not None and seconds is not None:
        raise CainrError("Give --steps or --seconds-per-fit, not both.")
    if preset and preset not in SWEEPS:
        raise CainrError(f"There is no sweep '{preset}': choose one of {', '.join(SWEEPS)}.")
    base = {**DEFAULTS, **SWEEPS.get(preset, {})}
    wanted = Sweep(
        data=options.data_of(source, variable, time, select, region, thin),
        depths=numbers(depth or base["depth"], "--depth"),
        widths=numbers(width or base["width"], "--width"),
        contexts=context_sets(context or [base["context"]]),
        resolutions=degrees(resolution or base["resolution"]),
        architecture=options.architecture_of(architecture or base["architecture"]),
        recipe=options.recipe_of(recipe or base["recipe"], steps=steps, seed=seed),
        seconds=seconds,
        device=device,
        keep_history=keep_history,
    )
    total = len(wanted.fits())
    output.mkdir(parents=True, exist_ok=True)
    writable(output / f"{report.NAME}.csv")
    library, problems = Library(output), 0
    with terminal.progress("Fitting", quiet=as_json) as tell:
        for fit in sweep(wanted, library, scheduler or None):
            tell(fit.number, fit.total, f"{in_words(fit.seconds_left)} left")
            if fit.problem:
                problems += 1
                name = network_title(fit.choices.architecture)
                terminal.note(f"{name}, {called(fit.choices.contexts)}: {fit.problem}")
    runs = runs_of(wanted, library)
    if not runs:
        raise CainrError("No fit succeeded: see the lines above.")
    paths = report.write(wanted, runs, output)
    best = best_of(lines_of(wanted, runs))
    if as_json:
        told = {"fits": total, "failed": problems, "files": [str(path) for path in paths]}
        terminal.show_json({**told, "best": [line.__dict__ for line in best]})
    else:
        _show(best)
        print(f"{len(runs)} of {total} fits in {output}; {report.NAME}.csv, .png and .svg beside.")


def _show(best: list[Line]) -> None:
    head = ("contexts", "network", "steps", "bytes", "ratio", "PSNR", "RMSE")
    print(TABLE.format(*head))
    for line in best:
        row = (
            line.contexts, f"{line.depth} × {line.width}", f"{line.steps:,}",
            f"{line.file_bytes:,}",
            f"{line.compression_ratio:,.0f}", f"{line.psnr:.2f} dB",
            f"{line.rmse:.4g} {line.units}",
        )  # fmt: skip
        print(TABLE.format(*row))


def in_words(seconds: float) -> str:
    """5 s, 3 min, 2 h 10 min."""
    if seconds < MINUTES:
        return f"{seconds:.0f} s"
    if seconds < HOURS:
        return f"{seconds / MINUTES:.0f} min"
    hours, rest = divmod(round(seconds / MINUTES), 60)
    return f"{hours} h {rest} min"
