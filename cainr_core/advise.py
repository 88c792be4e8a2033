"""cainr advise: which codec to use for a field, measured on the field itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cainr_core import options, terminal
from cainr_core.benchmark.asked import listed
from cainr_core.benchmark.classical import BASELINES
from cainr_core.benchmark.networks import CAINR
from cainr_core.benchmark.rate_distortion import chosen_codecs
from cainr_core.choices import Choices, Target
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe

if TYPE_CHECKING:
    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field
    from cainr_core.evaluate.advice import Advice
    from cainr_core.evaluate.goal import Goal
    from cainr_core.evaluate.rate_distortion import Row

STEPS = 500  # of a brief fit
NETWORKS = ("latent", "siren")
WITHOUT = "none"


def advise(
    source: options.Input,
    variable: options.Variable = "",
    max_rmse: Annotated[
        float | None,
        typer.Option(
            "--max-rmse",
            metavar="X",
            help="The largest RMSE that will do, in the units of the field: who takes the fewest "
            "bytes?",
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            "--bytes", metavar="N", help="The most bytes to spend: whose RMSE is the least?"
        ),
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            metavar="NAME_OR_FILE",
            help="What the networks are told and, if in the units of the field, what the anomaly "
            "is from (repeatable), as for cainr compress; 'none' for none. [default: topography "
            "and, where units are K, climatology]",
        ),
    ] = None,
    codecs: Annotated[
        list[str] | None,
        typer.Option(
            "--codecs",
            metavar="NAME",
            help=f"What to measure (repeatable, or with commas): {', '.join(BASELINES)}, {CAINR}. "
            "[default: all]",
        ),
    ] = None,
    architecture: Annotated[
        list[str] | None,
        typer.Option(
            "--architecture",
            metavar="NAME",
            help=f"Networks to fit, as for cainr compress (repeatable, or with commas). "
            f"[default: {', '.join(NETWORKS)}]",
        ),
    ] = None,
    steps: Annotated[int, options.option(Recipe.param.steps, "--steps")] = STEPS,
    time: options.Times = "",
    select: options.Select = None,
    region: options.Region = "",
    thin: options.Thin = 1,
    device: options.Device = "auto",
    seed: Annotated[int, options.option(Recipe.param.seed, "--seed")] = 0,
    as_json: options.Json = False,
) -> None:
    """Say which codec to use for a field, also when that is not cainr.

    Each codec is run in all its modes, on the field and on its anomaly from a climatology among
    the contexts, and networks are fitted briefly. With --bytes each is given that many at most, and
    the least RMSE wins; with --max-rmse each is set to just keep the bound, and the fewest bytes
    win. Every figure is of decoded values and whole streams; a .cainr file holds coordinates, times
    and attributes besides, which tells on the columns of an unstructured grid.

    A table, one sentence of advice, and what else to know: a context that a reader must have, a
    difference that a longer fit may turn, a field that nothing compresses well. Nothing is written.
    Large fields take minutes: fewer codecs, fewer times and --device cuda are quicker.

    \b
    Examples:
      cainr advise ts.nc -v TS --max-rmse 0.5
      cainr advise tas.nc -v tas --bytes 20000 --context topography --context months.nc:tas
      cainr advise ts.nc -v TS --bytes 20000 --codecs sperr,sz3,cainr --time 0:30 --json
    """
    from cainr_core.adviser import Adviser
    from cainr_core.compression import open_data
    from cainr_core.evaluate.baselines import CODECS

    goal = _goal(max_rmse, size)
    names = chosen_codecs(codecs)
    networks = {
        name: options.architecture_of(name) for name in listed(architecture) or list(NETWORKS)
    }
    recipe = options.recipe_of("default", steps=steps, seed=seed)
    data = options.data_of(source, variable, time, select, region, thin)
    field = open_data(data)
    contexts = _contexts(field, context)
    adviser = Adviser(goal, field, contexts, recipe, device, quiet=as_json)
    for name in names:
        if name != CAINR:
            adviser.run_codec(CODECS[name])
    for name, network in networks.items() if CAINR in names else ():
        adviser.run_network(name, network)
    advice = adviser.advice()
    command = ""
    if advice.use and advice.use.codec.startswith(CAINR):
        command = Choices(
            data,
            [one.choice for one in contexts],
            networks[advice.use.codec.removeprefix(f"{CAINR} ")],
            Recipe(seed=recipe.seed),
            Target(kind="bytes", value=advice.use.wanted),
            device,
        ).to_command()
    show = _show_json if as_json else _show
    show(goal, field, advice, adviser.skipped, command)


# --- from words to choices ----------------------------------------------------------------


def _goal(max_rmse: float | None, size: int | None) -> Goal:
    from cainr_core.evaluate.goal import Goal

    if (max_rmse is None) == (size is None):
        raise CainrError("Give one of --max-rmse and --bytes.")
    if size is not None:
        if size < 1:
            raise CainrError("--bytes should be 1 or more.")
        return Goal("bytes", size)
    assert max_rmse is not None
    if not (math.isfinite(max_rmse) and max_rmse > 0):
        raise CainrError("--max-rmse should be a number above 0.")
    return Goal("rmse", max_rmse)


def _contexts(field: Field, specs: Sequence[str] | None) -> list[Context]:
    from cainr_core.data.contexts import load_context

    if specs is None:
        specs = ["topography", "climatology"] if field.units == "K" else ["topography"]
    return [load_context(spec, field) for spec in specs if spec != WITHOUT]


# --- from advice to words -------------------------------------------------------------------


def _show(goal: Goal, field: Field, advice: Advice, skipped: dict[str, str], command: str) -> None:
    from cainr_core.evaluate.advice import named

    print(_table(advice.rows, goal, field.units))
    print(f"\n{advice.sentence}")
    for note in advice.notes:
        print(note)
    measured = {named(row) for row in advice.rows}
    for name, reason in skipped.items():
        print(f"Not measured{' in all ways' if name in measured else ''}, {name}: {reason}")
    if command:
        print(f"\n{command}")


def _show_json(
    goal: Goal, field: Field, advice: Advice, skipped: dict[str, str], command: str
) -> None:
    from cainr_core.evaluate.report import describe, machine

    def plain(row: Row) -> dict[str, Any]:
        told = asdict(row)
        del told["machine"]  # an index into the machines of a report
        return {**told, "holds": goal.holds(row)}

    terminal.show_json(
        {
            "goal": asdict(goal),
            "field": describe(field),
            "machine": machine(),
            "rows": [plain(row) for row in advice.rows],
            "use": plain(advice.use) if advice.use else None,
            "advice": advice.sentence,
            "notes": advice.notes,
            "skipped": skipped,
            "command": command or None,
        }
    )


def _table(rows: Sequence[Row], goal: Goal, units: str) -> str:
    """A heading and the rows, in columns; numbers to the right."""
    from cainr_core.evaluate.advice import named
    from cainr_core.evaluate.rate_distortion import ANOMALY, FIELD, NO_CONTEXT

    unit = f" [{units}]" if units else ""
    heading = ("codec", "on", "bytes", "ratio", f"RMSE{unit}", f"max error{unit}")
    lines = [(*heading, "encode [s]", "decode [s]", "context bytes", "setting")]
    for row in rows:
        given = row.on if row.on in (FIELD, ANOMALY, NO_CONTEXT) else "contexts"
        missed = "" if goal.holds(row) else "; misses the goal"
        lines.append(
            (
                *(named(row), given, f"{row.bytes:,}", f"{row.ratio:.1f}"),
                *(f"{row.rmse:.4g}", f"{row.max_abs_error:.4g}"),
                *(f"{row.encode_s:.2f}", f"{row.decode_s:.2f}", f"{row.context_bytes:,}"),
                f"{row.mode}: {row.setting}{missed}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    words = (0, 1, len(widths) - 1)
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place in words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
