"""Widgets made from declared choices: label, bounds and help come from the parameter itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewable

from app.style import SMALL


def widget(parameter: param.Parameter, **options: object) -> Any:
    """A small widget bound both ways to a parameter of some object."""
    kind: Any = pmui.TextInput
    if isinstance(parameter, param.Selector):
        kind = pmui.Select
    elif isinstance(parameter, param.Boolean):
        kind = pmui.Switch
    elif isinstance(parameter, param.Integer):
        kind = pmui.IntInput
    elif isinstance(parameter, param.Number):
        kind = pmui.FloatInput
        options.setdefault("format", "0.[000000]")
    settings: dict[str, object] = {
        "label": parameter.label,
        "description": parameter.doc or "",
        "size": "small",
        "width": None,
        "sizing_mode": "stretch_width",
        "margin": SMALL,
        "css_classes": [f"choice-{parameter.name}"],
    }
    if kind is pmui.IntInput:
        settings["step"] = 1
    return kind.from_param(parameter, **(settings | options))


def pairs(widgets: Iterable[Viewable]) -> pn.Column:
    """Widgets two by two; one that is not visible leaves no hole."""
    return pn.Column(
        *widgets,
        sizing_mode="stretch_width",
        styles={"display": "grid", "grid-template-columns": "1fr 1fr"},
    )


def declared(choice: param.Parameterized) -> list[str]:
    """Names of the parameters of a choice, in the order in which it declares them."""
    return [name for name in vars(type(choice)) if name in choice.param]


def form(choice: param.Parameterized, names: Iterable[str], **options: object) -> dict[str, Any]:
    """Widgets of some parameters by name."""
    return {name: widget(choice.param[name], **options) for name in names}
