"""A few figures in a line, each over what it means, and a sentence below."""

from __future__ import annotations

from collections.abc import Mapping

_FIGURE = (
    '<div class="figure"><div class="value">{value}</div><div class="label">{label}</div></div>'
)
FIGURES = """
:host { container-type: inline-size; }
.figures { display: flex; gap: 4px 28px; flex-wrap: wrap; align-items: baseline; }
.figure .value { font-size: 1.05rem; font-weight: 600; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
.figure .label { font-size: .72rem; opacity: .7; white-space: nowrap; }
.message { font-size: .8rem; opacity: .85; margin-top: 2px; height: 1.3em; line-height: 1.3em;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.figures:empty + .message { height: auto; white-space: normal; }
@media (max-width: 900px) {
  .message { height: auto; white-space: normal; }
  .figure:only-child .value { white-space: normal; }
}
"""
# Of a progress bar. It does not glide: that would have a browser without a GPU paint all the time.
GOING = {"& .MuiLinearProgress-bar": {"transition": "none"}}
IDLE = {"visibility": "hidden"}  # it keeps its place, so that nothing jumps


def row(values: Mapping[str, str], message: str = "") -> str:
    """HTML of values by what they mean, and of a message that is HTML itself."""
    html = "".join(_FIGURE.format(value=value, label=label) for label, value in values.items())
    return f'<div class="figures">{html}</div><div class="message">{message}</div>'
