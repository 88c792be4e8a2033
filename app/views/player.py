"""The player of the time steps."""

from __future__ import annotations

import panel_material_ui as pmui


class Player(pmui.DiscretePlayer):
    """One that is followed sooner than Panel's widgets are: their 50 ms are a quarter of the time
    until another map is seen."""

    _debounce = 10
