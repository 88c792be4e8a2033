"""Widgets made from declared choices: label, bounds and help come from the parameter itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import panel as pn
import panel_material_ui as pmui
import param
from panel.layout.base import ListLike
from panel.viewable import Viewable

from app.style import SMALL
from cainr_core.errors import CainrError

# The label of buttons before them, where Material has it above.
_BEFORE = """
:host fieldset.MuiFormControl-root { flex-direction: row; align-items: center; gap: 2px 8px; }
@media (max-width: 900px) { :host fieldset.MuiFormControl-root { flex-wrap: wrap; } }
:host .MuiFormLabel-root { font-size: .8rem; white-space: nowrap; }
"""
_GROUP = {
    "& .MuiToggleButton-root": {"padding": "2px 8px", "fontSize": ".8rem", "whiteSpace": "nowrap"},
    "@media (max-width: 900px)": {
        "& .MuiToggleButton-root": {"padding": "2px 5px", "fontSize": ".76rem"}
    },
}
_GROUPED: dict[str, Any] = {
    "size": "small", "width": None, "sizing_mode": None, "margin": SMALL, "sx": _GROUP,
    "stylesheets": [_BEFORE], "color": "primary",
}  # fmt: skip


def widget(parameter: param.Parameter, **options: object) -> Any:
    """A small widget bound both ways to a parameter of some object."""
    kind: Any = pmui.TextInput
    if isinstance(parameter, param.Selector):
        kind = pmui.Select
    elif isinstance(parameter, param.Boolean):
        kind = pmui.Switch
    elif isinstance(parameter, param.Integer):
        kind = pmui.IntInput
        options.setdefault("step", 1)
    elif isinstance(parameter, param.Number) and not parameter.allow_None:
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
    if isinstance(parameter, param.Number) and parameter.allow_None:
        return _number_or_none(parameter, settings | options)
    if isinstance(parameter, param.Number):  # an Integer is one
        return _number(parameter, kind, settings | options)
    return kind.from_param(parameter, **(settings | options))


def buttons(parameter: param.Selector[Any], **options: object) -> Any:
    """A row of buttons, one for each choice, bound both ways to a parameter of some object; its
    label and the sentence on it stand before them."""
    look = {**_GROUPED, "css_classes": [f"choice-{parameter.name}"], **options}
    return pmui.RadioButtonGroup.from_param(parameter, description=parameter.doc or "", **look)


def button_group(label: str, told: str, **options: object) -> pmui.RadioButtonGroup:
    """A row of buttons of which one is chosen, bound to nothing: its label and a sentence on it."""
    return pmui.RadioButtonGroup(label=label, description=told, **(_GROUPED | options))


def _number(parameter: param.Number[Any], kind: Any, settings: dict[str, Any]) -> Any:
    """A field of a number; one that is emptied gets the number before back."""
    choice, name = parameter.owner, str(parameter.name)
    start, end = parameter.bounds or (None, None)
    field = kind(value=getattr(choice, name), start=start, end=end, **settings)
    return _linked(
        field, parameter,
        lambda typed: getattr(choice, name) if typed is None else typed,
        lambda value: value,
    )  # fmt: skip


def _number_or_none(parameter: param.Number[Any], settings: dict[str, Any]) -> pmui.TextInput:
    """The same where there may be no number: a field of text, as one of numbers shows none as 0."""

    def read(typed: str) -> float | None:
        try:
            return float(typed) if typed.strip() else None
        except ValueError:
            raise CainrError(f"{parameter.label} must be a number.") from None

    def write(value: float | None) -> str:
        return "" if value is None else f"{value:.9g}"

    value = getattr(parameter.owner, str(parameter.name))
    return _linked(pmui.TextInput(value=write(value), **settings), parameter, read, write)


def _linked(
    field: Any, parameter: param.Parameter, read: Callable[[Any], Any], write: Callable[[Any], Any]
) -> Any:
    """Bind a field to a parameter; what its choice refuses is told, and what was before comes back.

    Panel's own link would have the refusal logged as a fault of the server.
    """
    choice, name = parameter.owner, str(parameter.name)

    def typed(event: Any) -> None:
        if event.new == write(getattr(choice, name)):  # what is written here has fewer digits
            return
        try:
            setattr(choice, name, read(event.new))
        except (ValueError, CainrError) as refusal:
            if pn.config.exception_handler is None:
                raise
            pn.config.exception_handler(refusal)
        field.value = write(getattr(choice, name))

    def chosen(event: Any) -> None:
        field.value = write(event.new)

    field.param.watch(typed, "value")
    choice.param.watch(chosen, name)
    return field


def pairs(widgets: Iterable[Viewable]) -> pn.Column:
    """Widgets two by two; one that is not visible leaves no hole."""
    grid = pn.Column(
        sizing_mode="stretch_width", styles={"display": "grid", "grid-template-columns": "1fr 1fr"}
    )
    return while_visible(grid, widgets)


L = TypeVar("L", bound=ListLike)


def while_visible(layout: L, widgets: Iterable[Viewable]) -> L:
    """Fill a layout with what of some widgets is visible, or was before: what a page does not show
    takes the server and the browser as long as what it shows, and to add or remove something takes
    longer than to hide it."""
    every = list(widgets)

    def place(*events: object) -> None:
        objects = [each for each in every if each.visible or each in layout.objects]
        if objects != layout.objects:
            layout.objects = objects

    for each in every:
        each.param.watch(place, "visible")
    place()
    return layout


def declared(choice: param.Parameterized) -> list[str]:
    """Names of the parameters of a choice, in the order in which it declares them."""
    return [name for name in vars(type(choice)) if name in choice.param]


def form(choice: param.Parameterized, names: Iterable[str], **options: object) -> dict[str, Any]:
    """Widgets of some parameters by name."""
    return {name: widget(choice.param[name], **options) for name in names}
