"""The options of the command line, and how their words become choices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import param
import typer

from cainr_core.choices import DataChoice
from cainr_core.data.choices import BUILTIN_CONTEXTS
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import RECIPES, Recipe
from cainr_core.model.architecture import PRESETS, Architecture

NETWORKS = Architecture.param.network.objects


def option(choice: param.Parameter, *names: str, default: str = "", **more: Any) -> Any:
    """An option that takes its help and bounds from where the choice is declared."""
    low, high = getattr(choice, "bounds", None) or (None, None)
    default = f" [default: {default}]" if default else ""
    return typer.Option(*names, help=f"{choice.doc}{default}", min=low, max=high, **more)


# --- what is read and written ------------------------------------------------------------

Input = Annotated[
    str,
    typer.Argument(
        metavar="INPUT",
        help="A NetCDF file or Zarr store, or 'sample': 30 days that come with cainr.",
    ),
]
Original = Annotated[str, typer.Argument(metavar="ORIGINAL", help="What the file was made from.")]
File = Annotated[Path, typer.Argument(metavar="IN.cainr", help="A .cainr file.")]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="OUT.cainr", help="The new file.")]
OutputNetCDF = Annotated[
    Path, typer.Option("-o", "--output", metavar="OUT.nc", help="The new file.")
]
Variable = Annotated[str, option(DataChoice.param.variable, "-v", "--variable", metavar="VAR")]
OriginalVariable = Annotated[
    str,
    typer.Option(
        "-v",
        "--variable",
        metavar="VAR",
        help="Variable of ORIGINAL, by default as the file names it.",
    ),
]
Times = Annotated[str, option(DataChoice.param.time, "--time", metavar="START:STOP")]
OriginalTimes = Annotated[
    str,
    typer.Option(
        "--time", metavar="START:STOP", help="Times of ORIGINAL, by default all that both have."
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="NAME=VALUE",
        help="One level or member of a further dimension, such as lev=850 (repeatable).",
    ),
]
Region = Annotated[str, option(DataChoice.param.region, "--region", metavar="LAT:LAT,LON:LON")]
Thin = Annotated[int, option(DataChoice.param.thin, "--thin", metavar="N")]
Places = Annotated[
    list[Path] | None,
    typer.Option(
        "--context",
        metavar="PATH",
        help="Where a context that the file refers to is found: a folder or file (repeatable).",
    ),
]
Analysis = Annotated[
    bool,
    typer.Option("--analysis", help="Ask whether the file is fit for later analysis."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]

# --- how to fit ------------------------------------------------------------------------------

Contexts = Annotated[
    list[str] | None,
    typer.Option(
        "--context",
        metavar="NAME_OR_FILE",
        help=f"What the network is told besides place and time (repeatable): "
        f"{', '.join(BUILTIN_CONTEXTS)}, or FILE.nc:VAR. Its quality can be lowered: "
        "topography@resolution=4,bits=8; @embedded puts it into the file.",
    ),
]
ArchitectureName = Annotated[
    str,
    typer.Option(
        "--architecture",
        metavar="NAME",
        help=f"A network ({', '.join(NETWORKS)}) or a preset ({', '.join(PRESETS)}).",
    ),
]
Depth = Annotated[
    int | None, option(Architecture.param.depth, "--depth", default="that of --architecture")
]
Width = Annotated[
    int | None, option(Architecture.param.width, "--width", default="that of --architecture")
]
Ratio = Annotated[
    float | None,
    typer.Option("--ratio", min=1, help="Compression ratio to reach; it chooses the width."),
]
Bytes = Annotated[
    int | None,
    typer.Option("--bytes", min=1, help="Most bytes of the file; it chooses the width."),
]
RecipeName = Annotated[
    str, typer.Option("--recipe", metavar="NAME", help=f"How to learn: {', '.join(RECIPES)}.")
]
Steps = Annotated[int | None, option(Recipe.param.steps, "--steps", default="that of --recipe")]
Seed = Annotated[int | None, option(Recipe.param.seed, "--seed", default="that of --recipe")]
Device = Annotated[
    Literal["auto", "cpu", "cuda"],
    typer.Option("--device", help="Where to learn; auto: CUDA if there is one."),
]


# --- from words to choices ----------------------------------------------------------------------


def source_path(text: str) -> str:
    """A path; "" for the bundled sample."""
    return "" if text == "sample" and not Path(text).exists() else text


def data_of(
    source: str, variable: str, time: str, select: Sequence[str] | None, region: str, thin: int
) -> DataChoice:
    """The part of a file that was asked for."""
    return DataChoice(
        path=source_path(source),
        variable=variable,
        time=time,
        select=selection_of(select),
        region=region,
        thin=thin,
    )


def architecture_of(name: str, **sizes: int | None) -> Architecture:
    """The network or preset of that name, with the sizes that are given."""
    presets = {**{network: {"network": network} for network in NETWORKS}, **PRESETS}
    return Architecture(**{**_preset("architecture", name, presets), **_given(sizes)})


def recipe_of(name: str, **changes: int | None) -> Recipe:
    """The recipe of that name, with the changes that are given."""
    return Recipe(**{**_preset("recipe", name, RECIPES), **_given(changes)})


def selection_of(pairs: Sequence[str] | None) -> dict[str, str]:
    """{"lev": "850"} from ["lev=850"]; CainrError where a pair is none."""
    split = [pair.partition("=") for pair in pairs or ()]
    if not all(name and equals and value for name, equals, value in split):
        raise CainrError("Write --select as NAME=VALUE, such as --select lev=850.")
    return {name: value for name, _, value in split}


def _given(values: dict[str, int | None]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _preset(kind: str, name: str, presets: dict[str, dict[str, object]]) -> dict[str, Any]:
    if name not in presets:
        raise CainrError(f"There is no {kind} '{name}': choose one of {', '.join(presets)}.")
    return presets[name]
