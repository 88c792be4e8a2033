"""The card that every part of the page sits on."""

from __future__ import annotations

GAP = 12  # px between cards

CARD = {
    "elevation": 0,
    "variant": "outlined",
    "sizing_mode": "stretch_width",
    "margin": (0, 0, GAP, 0),
    "sx": {"backgroundImage": "none", "overflow": "hidden"},
}
