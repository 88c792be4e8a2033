"""The command line: cainr compress, decompress, info, evaluate, sweep, advise, benchmark."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cainr_core import __version__, advise, benchmark, options, terminal
from cainr_core.choices import Choices, Target
from cainr_core.data.choices import ContextChoice
from cainr_core.data.samples import SAMPLE, sample_path
from cainr_core.errors import CainrError
from cainr_core.files import atomic_write, writable
from cainr_core.sweep.command import sweep_command

BAD_INPUT, INTERRUPTED = 2, 130
COLOURS = {"pass": "green", "near": "yellow", "fail": "red", "not asked": "dim"}

app = typer.Typer(
    name="cainr",
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(benchmark.app)


@app.callback(invoke_without_command=True)
def cainr(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Compress climate fields into the weights of small networks that know their context.

    Bad input ends with exit code 2 and one line on standard error; an output file appears, or
    replaces an older one, only when it is complete.
    """
    if version:
        print(f"cainr {__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


@app.command(short_help="Overfit a network to a field and keep it as a small file.")
def compress(
    source: options.Input,
    output: options.Output,
    variable: options.Variable = "",
    context: options.Contexts = None,
    architecture: options.ArchitectureName = "default",
    depth: options.Depth = None,
    width: options.Width = None,
    ratio: options.Ratio = None,
    size: options.Bytes = None,
    recipe: options.RecipeName = "default",
    steps: options.Steps = None,
    time: options.Times = "",
    select: options.Select = None,
    region: options.Region = "",
    thin: options.Thin = 1,
    device: options.Device = "auto",
    seed: options.Seed = None,
    as_json: options.Json = False,
) -> None:
    """Overfit a network to a field and keep its weights as one small file.

    \b
    Examples:
      cainr compress ts.nc -v TS -o ts.cainr --context topography --context climatology
      cainr compress ts.nc -v TS -o ts.cainr --context FILE.nc:PHIS@embedded --ratio 200
      cainr compress sample -o paper.cainr --architecture paper --recipe paper --device cuda
    """
    writable(output)
    if ratio is not None and size is not None:
        raise CainrError("Give --ratio or --bytes, not both.")
    target = Target()
    if ratio is not None or size is not None:
        if width is not None:
            raise CainrError("Give --width, or a budget that chooses it, not both.")
        target = Target(kind="ratio" if size is None else "bytes", value=ratio or size)
    choices = Choices(
        data=options.data_of(source, variable, time, select, region, thin),
        contexts=[ContextChoice.parse(spec) for spec in context or ()],
        architecture=options.architecture_of(architecture, depth=depth, width=width),
        recipe=options.recipe_of(recipe, steps=steps, seed=seed),
        target=target,
        device=device,
    )
    _compress(choices, output, as_json)


def _compress(choices: Choices, output: Path, as_json: bool) -> None:
    from cainr_core.compression import compress as run
    from cainr_core.compression import open_data
    from cainr_core.fit.progress import Progress

    field = open_data(choices.data)
    with terminal.progress("Fitting", quiet=as_json) as tell:

        def on_progress(now: Progress) -> None:
            tell(now.step, now.steps, terminal.fit_words(now))
            if now.message and not as_json:
                terminal.note(now.message)

        result = run(
            field,
            choices.contexts,
            choices.architecture,
            choices.recipe,
            choices.target,
            choices.device,
            on_progress,
        )
    result.save(output)
    if as_json:
        terminal.show_json(
            {
                "output": str(output),
                **result.metrics.to_dict(),
                "seconds": result.seconds,
                "choices": {
                    **choices.to_dict(),
                    "architecture": result.plan.architecture.choices(),
                },
            }
        )
    else:
        print(f"{output}: {_cost(result.metrics)}; {_quality(result.metrics, field.units)}")


@app.command(short_help="Write the field of a file as NetCDF.")
def decompress(
    source: options.File,
    output: options.OutputNetCDF,
    context: options.Places = None,
    as_json: options.Json = False,
) -> None:
    """Write the field of a file as NetCDF, with coordinates, calendar and attributes as they were.

    \b
    Example:
      cainr decompress ts.cainr -o ts.nc
    """
    from cainr_core.codec.reconstruction import read
    from cainr_core.evaluate.comparison import values_of

    writable(output)
    reconstruction = read(source, context or ())
    dataset = reconstruction.to_dataset()
    with terminal.progress("Evaluating", quiet=as_json) as tell:
        values = values_of(reconstruction, on_progress=tell)
    dataset[reconstruction.name] = dataset[reconstruction.name].copy(data=values)
    atomic_write(output, lambda path: dataset.to_netcdf(path, engine="netcdf4"))
    size = output.stat().st_size
    if as_json:
        terminal.show_json(
            {
                "output": str(output),
                "variable": reconstruction.name,
                "shape": reconstruction.shape,
                "bytes": size,
            }
        )
    else:
        shape = " x ".join(map(str, reconstruction.shape))
        print(f"{output}: {reconstruction.name}, {shape}, {size:,} bytes")


@app.command(short_help="Tell what a file holds and what it costs.")
def info(source: options.File, as_json: options.Json = False) -> None:
    """Tell what a file holds and what it costs; nothing is evaluated.

    \b
    Example:
      cainr info ts.cainr
    """
    from cainr_core.codec.reconstruction import read

    told = read(source).info()
    if as_json:
        terminal.show_json(told)
        return
    contexts = [
        f"{one['title']} ({'embedded' if one['embedded'] else 'referenced ' + one['digest'][:8]})"
        for one in told["contexts"]
    ]
    network = ", ".join(f"{name} {value}" for name, value in told["architecture"].items())
    words = {
        **told,
        "dims": ", ".join(told["dims"]),
        "shape": " x ".join(map(str, told["shape"])),
        "contexts": "; ".join(contexts) or "none",
        "architecture": network,
    }
    terminal.show_table({name.replace("_", " "): _plain(value) for name, value in words.items()})


@app.command(short_help="Compare a file with its original.")
def evaluate(
    source: options.File,
    original: options.Original,
    variable: options.OriginalVariable = "",
    time: options.OriginalTimes = "",
    select: options.Select = None,
    context: options.Places = None,
    analysis: options.Analysis = False,
    as_json: options.Json = False,
) -> None:
    """Compare a file with its original: errors in the field's units, PSNR in dB, sizes in bytes.

    psnr takes max - min of the original as peak; psnr_paper, as the CA-INR paper does, the
    maximum. compression_ratio is original bytes over file bytes; compression_gain_paper is 8 bytes
    a value over 4 bytes a weight.

    --analysis also asks whether the file is fit for later analysis: five checks as ldcpy defines
    them, at the worst time, then the errors of means, percentiles, seasonal cycle, trends and lag-1
    autocorrelation. Their unit σ is the field's natural variability, season and drift removed, or
    the standard error that it leaves; up to 0.1 σ pass, up to 0.3 σ are near.

    \b
    Examples:
      cainr evaluate ts.cainr ts.nc --time 0:30 --json
      cainr evaluate ts.cainr ts.nc --analysis
    """
    from cainr_core.codec.reconstruction import read
    from cainr_core.evaluate.analysis import analyse
    from cainr_core.evaluate.checks import tally
    from cainr_core.evaluate.comparison import matched, measured
    from cainr_core.evaluate.metrics import in_units

    reconstruction = read(source, context or ())
    with terminal.progress("Evaluating", quiet=True) as tell:
        field, values = matched(
            reconstruction,
            options.source_path(original) or sample_path(SAMPLE),
            variable or None,
            time=time or None,
            select=options.selection_of(select),
            on_progress=tell,
        )
    told = {**measured(reconstruction, field, values).to_dict(), "times": len(values)}
    checks = []
    if analysis:
        with terminal.progress("Analysing", quiet=True) as tell:
            checks = analyse(field, values, tell)
    if as_json:
        answers = {"analysis": [check.to_dict() for check in checks]} if analysis else {}
        terminal.show_json({**told, **answers})
        return
    units = in_units(field.units)
    terminal.show_table(
        {name: f"{_plain(value)} {units.get(name, '')}".rstrip() for name, value in told.items()}
    )
    if analysis:
        print()
        heading = ("Fit for analysis?", "", "value", "limit", "")
        terminal.show_rows(heading, _answers(checks), COLOURS)
        print(f"\n{tally(checks)}")


app.command("sweep", short_help="Fit many networks, and say which is best at which size.")(
    sweep_command
)
app.command(short_help="Say which codec to use for a field.")(advise.advise)


# --- from results to words ----------------------------------------------------------


def _answers(checks: Sequence[Any]) -> list[tuple[str, ...]]:
    return [
        (
            *(check.title, check.verdict),
            f"{check.figure} {check.unit}".rstrip() if check.figure else "",
            f"{check.threshold} {check.unit}".rstrip(),
            check.sentence,
        )
        for check in checks
    ]


def _plain(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _cost(metrics: Any) -> str:
    return f"{metrics.file_bytes:,} bytes, ratio {metrics.compression_ratio:.1f}"


def _quality(metrics: Any, units: str) -> str:
    return f"PSNR {metrics.psnr:.2f} dB, RMSE {metrics.rmse:.4g} {units}".rstrip()


# --- the process ----------------------------------------------------------------------


def main() -> None:
    """Run the command line; every failure that a person can mend is one line and exit code 2."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries say of each other is no help here
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        code = app(standalone_mode=False)
    except (CainrError, typer.TyperException) as error:
        terminal.fail(error.format_message() if isinstance(error, typer.TyperException) else error)
        code = BAD_INPUT
    except BrokenPipeError:
        os._exit(1)  # whoever read our output has left; nothing more can be said
    except OSError as error:
        reason = error.strerror or str(error)
        terminal.fail(f"{error.filename}: {reason}" if error.filename else reason)
        code = BAD_INPUT
    except MemoryError:
        terminal.fail("There is not enough memory; choose fewer times with --time.")
        code = BAD_INPUT
    if code == INTERRUPTED:
        terminal.fail("stopped; nothing was written")
    sys.exit(code or 0)
