"""The state of a page as plain values, into a file or a link and back: choices, runs, view.

What comes back was written by anybody: each value is checked by the parameter that declares it, and
what is not understood is left out and told.
"""

from __future__ import annotations

import json
import math
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn, TypeVar

import param

from app.choosing import Choosing
from app.settings import settings
from app.viewing import Viewing, view_of
from app.workbench import Workbench
from cainr_core import __version__
from cainr_core.choices import Choices, DataChoice, Target
from cainr_core.data.contexts import ContextChoice
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture

FORMAT = 1
MOST_BYTES = 200_000  # of a state as JSON
LONGEST_LINK = 4000  # characters of a state in an address, which mail and chat still take whole
MOST_PICKED = 50
MOST_CONTEXTS = 50

P = TypeVar("P", bound=param.Parameterized)


def state_of(bench: Workbench) -> dict[str, Any]:
    """All that a page shows and has chosen, as plain values for JSON."""
    return _state(bench.choices, [run.id for run in bench.picked_runs], bench)


def to_json(state: Mapping[str, Any]) -> bytes:
    """A state as a file."""
    return json.dumps({"cainr": __version__, **state}, indent=1).encode() + b"\n"


def from_json(data: bytes) -> dict[str, Any]:
    """The state in a file; CainrError where it holds none."""
    if len(data) > MOST_BYTES:
        raise CainrError(
            f"This is no saved state: it has {len(data):,} bytes, and a state has at most "
            f"{MOST_BYTES:,}."
        )
    try:
        state = json.loads(data.decode(), parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise CainrError("This is no saved state: the file is not JSON.") from error
    if not isinstance(state, dict) or "format" not in state:
        raise CainrError("This is no saved state: the file is JSON, but not of this dashboard.")
    if state["format"] != FORMAT:
        raise CainrError(
            f"This state has the format {str(state['format'])[:20]}, and this cainr reads "
            f"{FORMAT}: open it with the version that saved it."
        )
    return state


def to_link(state: Mapping[str, Any]) -> str:
    """What a link says of a state: where it differs from the defaults; "" where it does not.

    CainrError where that is too long for an address.
    """
    changed = _difference(state, _defaults())
    if not changed:
        return ""
    text = json.dumps({"format": FORMAT, **changed}, separators=(",", ":"))
    link = urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    if len(link) > LONGEST_LINK:
        raise CainrError("This state is too long for a link: save it as a file.")
    return link


def from_link(link: str) -> dict[str, Any]:
    """The state that a link names; CainrError where it is broken."""
    broken = CainrError("The link is broken, so the page opens as usual; copy the whole of it.")
    if len(link) > LONGEST_LINK:
        raise broken
    try:
        packed = urlsafe_b64decode(link + "=" * (-len(link) % 4))
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(packed, MOST_BYTES)
    except (ValueError, zlib.error) as error:
        raise broken from error
    if not unpacking.eof:
        raise broken
    return _filled(from_json(text), _defaults())


def restore(bench: Workbench, state: Mapping[str, Any]) -> None:
    """Take a state over: the choices, and once their data are open the runs and the view. What of
    it cannot be is told in one sentence."""
    told: list[str] = []
    choices = _choices(state.get("choices"), told)
    if settings.within(choices).to_dict() != choices.to_dict():
        told.append("files or steps that kiosk mode has not")
    told += [f"{key} (unknown)" for key in map(str, state) if key not in {*_defaults(), "cainr"}]
    picked = _picked(bench, state.get("picked", []), told)
    view = Viewing()
    _set(view, _mapping(state.get("view"), "view", told), list(Viewing.param), told)

    def refuse(problem: Exception) -> None:
        bench.problem = bench.told(problem)
        if told:
            bench.problem += f" Also left out: {'; '.join(told)}."

    try:
        bench.adopt(choices, partial(_look, bench, picked, view, told), refuse)
    except ValueError as problem:  # bounds of this page that are narrower
        bench.report(problem)


def data_of(state: Mapping[str, Any]) -> DataChoice:
    """The data that a state names."""
    choices = _mapping(state.get("choices"), "choices", [])
    return _made(DataChoice(), choices.get("data"), "data", [])


# ---------------------------------------------------------------------- back to choices and view


def _look(bench: Workbench, picked: list[str], view: Viewing, told: list[str]) -> None:
    """Pick these runs and take this view, of the data that are open now."""
    bench.look(picked)
    with param.parameterized.batch_call_watchers(bench):
        bench.param.update(**view_of(view))
        if bench.field is not None:
            bench.time = min(bench.time, len(bench.field.time) - 1)
    if told:
        bench.problem = f"Taken over, but without: {'; '.join(told)}."


def _picked(bench: Workbench, picked: object, told: list[str]) -> list[str]:
    """The runs of a state that are in this library."""
    if not isinstance(picked, list) or len(picked) > MOST_PICKED:
        told.append("picked (not understood)")
        picked = []
    known = [id for id in dict.fromkeys(map(str, picked)) if bench.run(id) is not None]
    if missing := len(picked) - len(known):
        runs = "a run that is" if missing == 1 else f"{missing} runs that are"
        told.append(f"{runs} not in this library")
    return known


def _choices(values: object, told: list[str]) -> Choices:
    """The choices of a state; what is not understood keeps its default."""
    given = _mapping(values, "choices", told)
    known = Choices().to_dict()
    told += [f"{key} (unknown)" for key in map(str, given) if key not in known]
    made = Choices(
        data=_made(DataChoice(), given.get("data"), "data", told),
        contexts=_contexts(given.get("contexts", []), told),
        architecture=_made(Architecture(), given.get("architecture"), "architecture", told),
        recipe=_made(Recipe(), given.get("recipe"), "recipe", told),
        target=_made(Target(), given.get("target"), "target", told),
        device=str(given.get("device", "auto")),
    )
    if made.device not in Choosing.param["device"].objects:
        told.append("device (not understood)")
        return Choices(made.data, made.contexts, made.architecture, made.recipe, made.target)
    return made


def _contexts(specs: object, told: list[str]) -> list[ContextChoice]:
    if not isinstance(specs, list) or len(specs) > MOST_CONTEXTS:
        told.append("contexts (not understood)")
        return []
    made = {}
    for spec in specs:
        try:
            choice = ContextChoice.parse(str(spec))
            made[choice.source] = choice
        except CainrError as problem:
            told.append(str(problem).rstrip("."))
    return list(made.values())


def _made(choice: P, values: object, name: str, told: list[str]) -> P:
    _set(choice, _mapping(values, name, told), list(choice.param), told)
    return choice


def _set(
    choice: param.Parameterized, values: Mapping[str, Any], names: list[str], told: list[str]
) -> None:
    """Set what is understood, and tell what is not."""
    for name, value in values.items():
        if name not in names or name == "name":
            told.append(f"{str(name)[:40]} (unknown)")
            continue
        try:
            setattr(choice, name, type(choice.param[name]).deserialize(value))
        except Exception as refusal:  # a parameter may refuse in any way
            told.append(_reason(name, refusal))


def _reason(name: str, refusal: Exception) -> str:
    sentence = Choosing.refused(refusal)
    return sentence.rstrip(".") if sentence else f"{name.replace('_', ' ')} (not understood)"


def _mapping(values: object, name: str, told: list[str]) -> dict[str, Any]:
    if isinstance(values, dict):
        return values
    if values is not None:
        told.append(f"{name} (not understood)")
    return {}


# ---------------------------------------------------------------------- plain values


def _state(choices: Choices, picked: list[str], view: param.Parameterized) -> dict[str, Any]:
    plain = {
        name: view.param[name].serialize(getattr(view, name))
        for name in Viewing.param
        if name != "name"
    }
    return {"format": FORMAT, "choices": choices.to_dict(), "picked": picked, "view": plain}


def _defaults() -> dict[str, Any]:
    return _state(Choices(), [], Viewing())


def _difference(values: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """What of some values is not as in `base`, group by group."""
    changed: dict[str, Any] = {}
    for name, value in values.items():
        known = base.get(name)
        if isinstance(value, dict) and isinstance(known, dict) and known:
            value = _difference(value, known)
            if not value:
                continue
        elif value == known:
            continue
        changed[name] = value
    return changed


def _filled(values: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """The values, and those of `base` for what they lack."""
    whole = dict(base)
    for name, value in values.items():
        known = base.get(name)
        nested = isinstance(value, dict) and isinstance(known, dict)
        whole[name] = _filled(value, known) if nested else value  # type: ignore[arg-type]
    return whole


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large")
    return value
