"""Numbers and choices as a person reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cainr_core.runs import contexts_title, network_title

if TYPE_CHECKING:
    from cainr_core.choices import Choices, DataChoice
    from cainr_core.data.choices import ContextChoice
    from cainr_core.data.fields import Field
    from cainr_core.model.architecture import Architecture
    from cainr_core.runs import Run


def size_of(n_bytes: float) -> str:
    """Bytes in decimal units with three digits: 12.9 kB."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= scale:
            return f"{three(n_bytes / scale)} {unit}"
    return f"{n_bytes:.0f} B"


def three(value: float) -> str:
    """A number with three significant digits, without an exponent."""
    if not math.isfinite(value) or value == 0:
        return "0" if value == 0 else "∞" if value > 0 else "–"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def signed(value: float) -> str:
    """The same of a number that may be negative, with a minus sign in place of the hyphen."""
    return three(value).replace("-", "\N{MINUS SIGN}")


def duration(seconds: float) -> str:
    """Seconds as 45 s, 3 min 20 s or 2 h 5 min."""
    whole = math.ceil(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def about_duration(seconds: float) -> str:
    """The same of a guess, which moves in steps: 5 s, 10 s, 1 min 20 s, 7 min."""
    step = 5 if seconds < 60 else 10 if seconds < 300 else 60
    whole = max(5, math.ceil(seconds / step) * step)
    return duration(whole).replace(" 0 s", "").replace(" 0 min", "")


def summary(choices: Choices, architecture: Architecture | None = None) -> str:
    """What is learned with what: SIREN 5 × 48 with topography, 300 steps and 45 for rounding."""
    contexts = " and ".join(_within(context.title) for context in choices.contexts)
    rounding = choices.recipe.tail_steps
    return (
        f"{network_title(architecture or choices.architecture)} with {contexts or 'no context'}, "
        f"{choices.recipe.steps:,} steps{f' and {rounding:,} for rounding' if rounding else ''}"
    )


def _within(title: str) -> str:
    """A title within a sentence: its first letter is small, unless it begins a name as PHIS."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def contexts_of(run: Run) -> str:
    """The contexts of a run in short, or none: topo, clim."""
    return ", ".join(map(_in_short, run.choices.contexts)) or "none"


def _in_short(context: ContextChoice) -> str:
    words = contexts_title([context])
    if not context.is_builtin:
        return words
    words = words.replace("topography", "topo").replace("climatology", "clim")
    return words.replace("insolation", "sun")


def plain(text: str) -> str:
    """A text for where Markdown and HTML are understood, so that it is shown as it is: file names,
    units and sentences about them come from anywhere. `bad.nc` would become a link."""
    meant = r"[^\w\s.,;:'()/%-]|_|\.(?=[^\W\d])|:(?=/)"
    return re.sub(meant, lambda found: f"&#{ord(found[0])};", text)


def data_of(data: DataChoice) -> str:
    """Data in short: sample, or file and variable, and which part of them."""
    named = [Path(data.path).stem, data.variable] if data.path else ["sample"]
    return " ".join(filter(None, [*named, data.part]))


def shape_of(shape: Iterable[int]) -> str:
    """A shape: 6 × 21,600."""
    return " × ".join(f"{size:,}" for size in shape)


def about(field: Field) -> str:
    """Name, meaning and unit of a field."""
    meaning = str(field.attrs.get("long_name") or field.attrs.get("standard_name") or "")
    unit = f" ({field.units})" if field.units else ""
    return f"{field.name}{': ' + meaning if meaning and meaning != field.name else ''}{unit}"


def degrees(lat: float, lon: float) -> str:
    """A place: 47.60°N 8.80°E."""
    east = (lon + 180) % 360 - 180
    return f"{abs(lat):.2f}°{'N' if lat >= 0 else 'S'} {abs(east):.2f}°{'E' if east >= 0 else 'W'}"
