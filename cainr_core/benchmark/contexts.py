"""cainr benchmark contexts: what each context is worth, at equal bytes and against its cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from itertools import pairwise
from typing import TYPE_CHECKING

from cainr_core import options
from cainr_core.benchmark.asked import Asked, Folder, Sizes
from cainr_core.benchmark.networks import codec_of, measure
from cainr_core.choices import values_of
from cainr_core.errors import CainrError
from cainr_core.files import atomic_write

if TYPE_CHECKING:
    from cainr_core.data.contexts import Context
    from cainr_core.evaluate.worth import Cost, Worth

NAME = "contexts"
ROW = "{:>11} {:>10} {:>10} {:>10} {:>11} {:>15} {:>13}  {}"


def contexts(
    source: options.Input,
    output: Folder,
    variable: options.Variable = "",
    context: options.Contexts = None,
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
    """Measure what each context is worth: the same fit with it alone against none, and with all
    contexts against all but it.

    Both files are compared at equal bytes, whole files counted, in dB; and at equal PSNR, in bytes
    that the context saves, against what it costs itself: the entry that names it where it is
    referenced, its values where it is embedded. Written into DIR: the table as CSV and JSON, and a
    figure as PNG and SVG. Fits are kept as those of rate-distortion: what DIR holds already is not
    measured again, by either command.

    \b
    Example:
      cainr benchmark contexts ts.nc -v TS --context topography --context climatology \\
        --architecture latent --bytes 10000,30000,100000 -o results
    """
    from cainr_core.evaluate.rate_distortion import names_of, sets_of
    from cainr_core.evaluate.worth import BESIDE, pairs, worth

    if not context:
        raise CainrError("Name the contexts to measure, such as --context topography.")
    asked = Asked.of(
        source, output, variable, context, size, architecture, depth, recipe, steps, time, select,
        region, thin, device, seed,
    )  # fmt: skip
    measure(asked, sets_of(asked.contexts, all_but_each=True))
    names = names_of(asked.contexts)
    by_name = {names[one.digest]: one for one in asked.contexts}
    codec = codec_of(asked.network)
    table: list[Worth] = []
    for pair in pairs(list(by_name)):
        one = by_name[pair.context]
        others = [other for other in asked.contexts if pair.beside == BESIDE and other is not one]
        without, with_it = (
            asked.report.of_fit(codec, on, asked.words) for on in (pair.without, pair.with_it)
        )
        table += worth(pair, _cost(asked, one, others), without, with_it)
    if not table:
        reasons = {one["reason"] for one in asked.report.unreached if one["codec"] == codec}
        raise CainrError(" ".join(["No size was reached with and without a context.", *reasons]))
    _finish(asked, f"{codec}, {asked.words}", table)


# --- what is measured ------------------------------------------------------------------


def _cost(asked: Asked, context: Context, others: Sequence[Context]) -> Cost:
    """Of a context beside these others, as files without latents and weights tell."""
    from cainr_core.codec.codec import Parts
    from cainr_core.data.contexts import ContextChoice, bytes_besides, load_context
    from cainr_core.evaluate.worth import Cost

    def overhead(*more: Context) -> int:
        return Parts.of(asked.field, [*others, *more], asked.network).overhead()

    def kept(embedded: bool) -> Context:
        choice = ContextChoice(**{**values_of(context.choice), "embedded": embedded})
        return load_context(choice, asked.field)

    base, referenced = overhead(), kept(embedded=False)
    return Cost(
        taken=overhead(context) - base,
        referenced=overhead(referenced) - base,
        embedded=overhead(kept(embedded=True)) - base,
        besides=sum(bytes_besides([*others, referenced])) - sum(bytes_besides(others)),
    )


# --- from results to words and files -----------------------------------------------------


def _finish(asked: Asked, fit: str, table: Sequence[Worth]) -> None:
    from cainr_core.evaluate.report import write_csv
    from cainr_core.evaluate.worth import Worth
    from cainr_core.evaluate.worth_figure import draw

    stem = asked.report.path.with_name(NAME)
    rows = [asdict(line) for line in table]
    told = {"field": asked.report.about, "fit": fit, "rows": rows}
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    atomic_write(stem.with_suffix(".json"), text.encode())
    write_csv(stem.with_suffix(".csv"), [one.name for one in fields(Worth)], rows)
    draw(table, asked.report.about, fit, stem)
    print(fit)
    for start, end in pairwise([*_starts(table), len(table)]):
        _show(table[start:end])
    print(f"{len(table)} lines in {stem.with_suffix('.csv')}")


def _starts(table: Sequence[Worth]) -> list[int]:
    """Where a context, or what is beside it, begins."""
    keys = [(line.context, line.beside) for line in table]
    return [at for at, key in enumerate(keys) if at == 0 or key != keys[at - 1]]


def _show(lines: Sequence[Worth]) -> None:
    """One context: its costs, and a line for each size."""
    first = lines[0]
    rate = "" if first.bd_rate_percent is None else f"; {first.bd_rate_percent:+.1f} % bytes"
    print(
        f"\n{first.context}, {first.beside}{rate}; costs {first.cost_referenced:,} bytes "
        f"referenced, {first.cost_embedded:,} embedded; {first.context_bytes:,} besides"
    )
    print(
        ROW.format(
            "bytes", "without", "with", "gained", "saved", "net referenced", "net embedded", "so it"
        )
    )
    for line in lines:
        print(
            ROW.format(
                f"{line.bytes:,}",
                f"{line.psnr_without:.2f} dB",
                f"{line.psnr_with:.2f} dB",
                f"{line.gain_db:+.2f} dB",
                *map(_bytes, (line.bytes_saved, line.net_referenced, line.net_embedded)),
                line.verdict,
            )
        )


def _bytes(value: float | None) -> str:
    return "-" if value is None else f"{value:+,.0f}"
