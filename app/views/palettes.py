"""Colour maps to choose from: even in perceptual steps, and legible to colour-blind readers.

At every so many steps, as the packages that hold them take half a second and more to import.
"""

from __future__ import annotations

from collections.abc import Iterable

from bokeh.palettes import Cividis256, PuOr11, Viridis256, interp_palette

# Kovesi's scales (CET-L20, -D1A, -D2; CC-BY).
SEQUENTIAL = interp_palette(
    (
        "#303030", "#3e3765", "#434195", "#3e50bc", "#3466c7", "#2183a1", "#419a75",
        "#79a74e", "#aeb127", "#e4b613", "#fac613", "#fede10", "#f8f809",
    ), 256,
)  # fmt: skip
DIVERGING = interp_palette(
    (
        "#172971", "#1e40b0", "#415be0", "#777df3", "#a3a0fc", "#cbc6f7", "#eee2e6",
        "#fcbcae", "#fa8a75", "#e85b46", "#cd271e", "#9c010a", "#660702",
    ), 256,
)  # fmt: skip
# Green where the second run is closer, purple where it is not.
GAIN = interp_palette(
    (
        "#b759e4", "#c373e6", "#ce8ee9", "#d7a6eb", "#e0beed", "#e8d6ef", "#ebeaeb",
        "#d3e1ca", "#b7d2a7", "#9bc484", "#7cb460", "#5da53d", "#38960e",
    ), 256,
)  # fmt: skip
# Crameri's scales (batlow, vik; MIT).
_BATLOW = interp_palette(
    (
        "#011959", "#0d315d", "#114360", "#165262", "#226061", "#356a59", "#4d734d", "#667a3f",
        "#818232", "#a08a2b", "#bf9035", "#db954c", "#f29d6c", "#fca891", "#fdb4b4", "#fcc0d6",
        "#faccfa",
    ), 256,
)  # fmt: skip
_VIK = interp_palette(
    (
        "#001261", "#022b71", "#034481", "#0c5e92", "#2f7ca6", "#609dbc", "#92bdd2", "#c5dbe5",
        "#ece5e1", "#e9cbb9", "#dcab8f", "#cf8e68", "#c37243", "#b3531f", "#932e06", "#741506",
        "#590008",
    ), 256,
)  # fmt: skip

OF_VALUES = {
    "CET-L20": tuple(SEQUENTIAL),
    "Viridis": Viridis256,
    "Cividis": Cividis256,
    "Batlow": tuple(_BATLOW),
}
OF_DIFFERENCES = {
    "CET-D1A": tuple(DIVERGING),
    "Vik": tuple(_VIK),
    "Purple, orange": tuple(reversed(interp_palette(PuOr11, 256))),
}
_COLOURS = {
    "CET-L20": "blue to yellow",
    "Viridis": "purple to yellow",
    "Cividis": "blue to yellow",
    "Batlow": "blue to pink",
    "CET-D1A": "blue, red",
    "Vik": "blue, brown",
}


def titled(names: Iterable[str]) -> dict[str, str]:
    """Names of colour maps by what they are called in the page: with their colours."""
    words = {name: _COLOURS.get(name, "") for name in names}
    return {f"{name}: {word}" if word else name: name for name, word in words.items()}
