"""Small maps of contexts, drawn on the server as pictures in the page."""

from __future__ import annotations

import base64
import io
from html import escape

import numpy as np
from PIL import Image

from app.views.palettes import SEQUENTIAL
from cainr_core.data.contexts import Context
from cainr_core.data.times import TimeAxis

WIDTH, HEIGHT = 168, 84  # twice what is shown, for dense screens
SHOWN_DAY = 15.5  # of January: a monthly context is drawn as it is then

EMPTY = (
    '<div style="width:84px;height:42px;border-radius:4px;background:currentColor;opacity:.08">'
    "</div>"
)
_PALETTE = np.array(
    [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in SEQUENTIAL], np.uint8
)


def thumbnail(context: Context) -> str:
    """A plate carrée map of a context, lightest where it is largest, as an HTML image."""
    lat = 90 - (np.arange(HEIGHT) + 0.5) * 180 / HEIGHT
    lon = -180 + (np.arange(WIDTH) + 0.5) * 360 / WIDTH
    rows, columns = np.meshgrid(lat, lon, indexing="ij")
    days = np.array([SHOWN_DAY]) if context.days is None else context.days[:1]
    time = TimeAxis.of_days(days, context.calendar)
    values = context.sample(rows.ravel(), columns.ravel(), time).at(0).reshape(HEIGHT, WIDTH)
    low, high = np.nanquantile(values, [0.01, 0.99])
    scaled = np.clip((values - low) / max(float(high - low), 1e-12), 0, 1)
    image = Image.fromarray(_PALETTE[(np.nan_to_num(scaled) * 255).astype(np.uint8)])
    packed = io.BytesIO()
    image.save(packed, "PNG")
    data = base64.b64encode(packed.getvalue()).decode()
    return (
        f'<img src="data:image/png;base64,{data}" alt="Map of {escape(context.title)}" width="84" '
        'height="42" style="border-radius:4px;display:block">'
    )
