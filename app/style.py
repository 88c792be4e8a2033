"""How the page looks: one theme that serves light and dark, and the colours behind the cards."""

from __future__ import annotations

SMALL = (6, 6)  # margin around a control, px

# No colours of surfaces here: they are Material's own, which follow the switch of light and dark
# at once, while a theme given for each would wait for the server.
THEME = {
    "palette": {"primary": {"main": "#1a7a9c"}, "secondary": {"main": "#d9733a"}},
    "typography": {
        "fontSize": 14,
        "h3": {"fontSize": "1.25rem", "fontWeight": 600},
        "button": {"textTransform": "none", "fontWeight": 600},
    },
    "shape": {"borderRadius": 8},
}
BEHIND_CARDS = {
    "&.mui-light .main": {"backgroundColor": "#f2f4f6"},
    "&.mui-dark .main": {"backgroundColor": "#0a0c0e"},
    "& .header": {"backgroundColor": "#14566e", "color": "#ffffff", "backgroundImage": "none"},
}
