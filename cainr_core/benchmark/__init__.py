"""cainr benchmark: networks and other codecs on the same field, measured alike."""

from __future__ import annotations

import typer

from cainr_core.benchmark.contexts import contexts
from cainr_core.benchmark.rate_distortion import rate_distortion

app = typer.Typer(
    name="benchmark",
    help="Compare with other codecs, and contexts with none.",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.callback()
def benchmark() -> None:
    """Compare on real bytes; other codecs come with pip install 'cainr[codecs]'."""


app.command("rate-distortion", short_help="Quality at given sizes, of networks and other codecs.")(
    rate_distortion
)
app.command("contexts", short_help="What each context is worth: the same fit with and without it.")(
    contexts
)
