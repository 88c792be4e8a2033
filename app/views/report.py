"""The report of a run: choices, curve, maps, figures and checks in one HTML file that needs nothing
else."""

from __future__ import annotations

import io
from base64 import b64encode
from html import escape

from app import decoding, shared
from app.uploads import without_folders
from app.views import panels, prints
from app.views.analysis import CSS, Checked, table
from app.views.curves import TAIL
from app.words import about, data_of, duration, signed, size_of, summary, three
from cainr_core import __version__
from cainr_core.data.fields import Field
from cainr_core.runs import Run

COLOUR = "#1a7a9c"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ --panel-surface-color: #ffffff; --panel-on-surface-color: #14181c;
  --panel-primary-color: #1a7a9c; --runs: 1; }}
body {{ max-width: 1000px; margin: 24px auto; padding: 0 16px; color: #14181c; background: #ffffff;
  font: 15px/1.5 Roboto, "Helvetica Neue", Arial, sans-serif; }}
h1 {{ font-size: 1.5rem; margin: 0; }} h2 {{ font-size: 1.1rem; margin: 32px 0 8px; }}
.under {{ opacity: .75; margin: 2px 0 0; }}
img, svg {{ max-width: 100%; height: auto; }}
table.figures {{ border-collapse: collapse; }}
.figures td {{ padding: 3px 20px 3px 0; vertical-align: baseline; }}
.figures td + td {{ font-variant-numeric: tabular-nums; white-space: nowrap; }}
.figures td + td + td {{ white-space: normal; opacity: .75; }}
pre {{ padding: 10px 14px; background: #f2f4f6; border-radius: 6px; white-space: pre-wrap;
  overflow-wrap: anywhere; font: .8rem/1.5 ui-monospace, Menlo, Consolas, monospace; }}
.answers {{ container-type: inline-size; }}
{css}
</style></head><body>
<h1>{title}</h1>
<p class="under">{under}</p>
<h2>Figures</h2>
<table class="figures">{figures}</table>
<h2>Maps</h2>
<img alt="Original, reconstruction and error on maps" src="data:image/png;base64,{maps}">
<h2>Curve</h2>
{curve}
<h2>Fit for analysis?</h2>
<div class="answers">{checks}</div>
<h2>Choices</h2>
<p>{choices}</p>
<pre>{python}</pre>
<pre>{shell}</pre>
<p class="under">Made by cainr {version} from the decoded file.</p>
</body></html>
"""


def html(run: Run, time: int, look: panels.Look) -> bytes:
    """The report; its maps are of a time step, in the projection and the colours of the page."""
    field = shared.open_choice(run.choices.data)
    checked = Checked(run.name, COLOUR, decoding.checks(run))
    maps = prints.maps(panels.of_run(run), time, look, "png")
    page = _PAGE.format(
        title=escape(run.name),
        under=escape(f"{about(field)}; {_times(field)}; fitted {run.created:%Y-%m-%d %H:%M} UTC"),
        figures="".join(_figure(*one) for one in _figures(run, field)),
        maps=b64encode(maps).decode(),
        curve=_curve(run),
        checks=table([checked], opened=True),
        choices=escape(f"{data_of(run.choices.data)}: {summary(run.choices)}.{_stopped(run)}"),
        python=escape(without_folders(run.choices.to_python())),
        shell=escape(without_folders(run.choices.to_command())),
        css=CSS,
        version=__version__,
    )
    return page.encode()


def _stopped(run: Run) -> str:
    """That these choices, fitted again, give another file."""
    if not run.stopped:
        return ""
    return f" It was stopped at step {run.end.step:,}: the lines below would take all steps."


def _figures(run: Run, field: Field) -> list[tuple[str, str, str]]:
    """Names, values and meanings."""
    measures, units = run.metrics, field.units
    return [
        ("PSNR", f"{measures.psnr:.2f} dB", "20 log10((max − min of the original) / RMSE)"),
        ("PSNR of the paper", f"{measures.psnr_paper:.2f} dB", "20 log10(max / RMSE)"),
        ("RMSE", f"{three(measures.rmse)} {units}", "over all cells and times"),
        ("RMSE, weighted", f"{three(measures.rmse_weighted)} {units}", "by the areas of the cells"),
        ("Largest error", f"{three(measures.max_abs_error)} {units}", "absolute"),
        ("Bias", f"{signed(measures.bias)} {units}", "mean of reconstruction − original"),
        ("File", f"{measures.file_bytes:,} bytes", "everything in it"),
        ("Context", size_of(measures.context_bytes), "what a reader must have besides"),
        (
            *("Compression ratio", f"{measures.compression_ratio:,.1f}"),
            "bytes of the original at its own type over those of the file",
        ),
        ("Bits a value", f"{measures.bits_per_value:.3g}", "of the file"),
        ("Weights", f"{measures.weights:,}", "and biases of the network"),
        ("Fit", duration(round(run.seconds)), "spent learning"),
    ]


def _figure(name: str, value: str, meaning: str) -> str:
    return f"<tr><td>{name}</td><td>{escape(value)}</td><td>{meaning}</td></tr>"


def _times(field: Field) -> str:
    count = len(field.time)
    if count == 1:
        return field.time.label(0)
    return f"{count} times from {field.time.label(0)} to {field.time.label(count - 1)}"


def _curve(run: Run) -> str:
    """PSNR over steps as SVG to stand in a page."""
    from matplotlib.ticker import StrMethodFormatter

    from cainr_core.evaluate.drawing import new_figure

    figure = new_figure(7, 2.8)
    axes = figure.add_subplot()
    axes.plot(run.curve.step, run.curve.psnr, color=COLOUR)
    axes.set(xlabel="step", ylabel="PSNR (dB)")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    if run.curve.step[-1] > run.choices.recipe.steps:
        axes.axvline(run.choices.recipe.steps, color=COLOUR, ls=":", label=TAIL)
        axes.legend(frameon=False, fontsize=8, loc="lower right")
    axes.grid(color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    text = drawn.getvalue()
    return text[text.index("<svg") :]  # without what only a file of its own begins with
