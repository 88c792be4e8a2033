"""What every benchmark is asked for: a field, contexts, sizes, a network, and where to write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cainr_core import options
from cainr_core.errors import CainrError
from cainr_core.files import writable
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture

if TYPE_CHECKING:
    from cainr_core.data.contexts import Context
    from cainr_core.data.fields import Field
    from cainr_core.evaluate.report import Report

NAME = "rate_distortion"
DEFAULT_RATIOS = (4000, 2200, 1200, 660, 360, 200, 110, 60)

Folder = Annotated[
    Path, typer.Option("-o", "--output", metavar="DIR", help="The folder of the results.")
]
Sizes = Annotated[
    list[str] | None,
    typer.Option(
        "--bytes",
        metavar="N",
        help="Sizes of files to measure at (repeatable, or with commas). "
        "[default: eight, ratios from 4000 to 60]",
    ),
]


@dataclass(frozen=True, eq=False)
class Asked:
    """A benchmark, ready to measure.

    sizes: bytes of whole files, ascending. words: the choices that tell one fit from another of the
    same kind of network and size. report: what its folder holds already, and what is added.
    """

    field: Field
    contexts: Sequence[Context]
    sizes: Sequence[int]
    network: Architecture
    recipe: Recipe
    words: str
    device: str
    report: Report

    @classmethod
    def of(
        cls,
        source: str,
        output: Path,
        variable: str,
        context: Sequence[str] | None,
        size: Sequence[str] | None,
        architecture: str,
        depth: int | None,
        recipe: str,
        steps: int | None,
        time: str,
        select: Sequence[str] | None,
        region: str,
        thin: int,
        device: str,
        seed: int | None,
    ) -> Asked:
        """From the words of the command line; CainrError where they cannot be used."""
        from cainr_core.compression import open_data
        from cainr_core.data.contexts import load_context
        from cainr_core.evaluate.report import Report

        network = options.architecture_of(architecture, depth=depth)
        how = options.recipe_of(recipe, steps=steps, seed=seed)
        given = sizes_of(size)
        field = open_data(options.data_of(source, variable, time, select, region, thin))
        loaded = [load_context(spec, field) for spec in context or ()]
        output.mkdir(parents=True, exist_ok=True)
        return cls(
            field=field,
            contexts=loaded,
            sizes=given or sorted(field.original_bytes // ratio for ratio in DEFAULT_RATIOS),
            network=network,
            recipe=how,
            words=f"depth {network.depth}, {recipe} recipe, {how.steps} steps",
            device=device,
            report=Report(writable(output / f"{NAME}.json"), field),
        )


def sizes_of(given: Sequence[str] | None) -> list[int]:
    """Whole numbers, ascending, each once; CainrError where a word is none."""
    words = listed(given)
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise CainrError("Write --bytes as whole numbers, such as --bytes 10000,30000.")
    return sorted({int(word) for word in words})


def listed(given: Sequence[str] | None) -> list[str]:
    """The words of an option that is repeatable and takes commas."""
    return [word for part in given or () for word in part.replace(",", " ").split()]
