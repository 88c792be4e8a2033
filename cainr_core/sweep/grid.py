"""Which fits a sweep is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

from cainr_core.choices import Choices, DataChoice
from cainr_core.data.choices import ContextChoice
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture

NO_CONTEXT = "none"
BOTH = "both"
SETS = {NO_CONTEXT: "", BOTH: "topography+climatology"}
MOST_FITS = 100_000

ContextSet = tuple[ContextChoice, ...]

# of Mostajeran et al. 2025: depths, widths and sets of contexts
SWEEPS: dict[str, dict[str, str]] = {
    "paper": {
        "architecture": "paper",
        "depth": "5:14",
        "width": "5:70:5",
        "context": "none,topography,climatology,both",
        "resolution": "1,2,4,8,16,32",
        "recipe": "broad",
    },
}


@dataclass(frozen=True)
class Sweep:
    """Fits of one field by every depth, every width and every set of contexts.

    `resolutions`, degrees: each context is also given alone and coarsened to these, to the deepest
    and widest network. `architecture`: what else the networks are. `seconds`: about what each may
    learn, in place of the recipe's steps. `keep_history`: whether states on the way are kept, to
    look back on.
    """

    data: DataChoice = field(default_factory=DataChoice)
    depths: Sequence[int] = (5,)
    widths: Sequence[int] = (48,)
    contexts: Sequence[ContextSet] = ((),)
    resolutions: Sequence[float] = ()
    architecture: Architecture = field(default_factory=Architecture)
    recipe: Recipe = field(default_factory=Recipe)
    seconds: float | None = None
    device: str = "auto"
    keep_history: bool = True

    def fits(self) -> list[Choices]:
        """The choices of every fit, small networks first. CainrError where there are too many."""
        sets = len(self.contexts) + len(self.resolutions)
        count = len(self.depths) * len(self.widths) * sets
        if count > MOST_FITS:
            raise CainrError(f"{count:,} fits are more than the {MOST_FITS:,} of a sweep.")
        for name, sizes in (("depth", self.depths), ("width", self.widths)):
            least, most = self.architecture.param[name].bounds
            if not least <= min(sizes) <= max(sizes) <= most:
                raise CainrError(f"A {name} lies between {least} and {most}.")
        shapes = sorted(product(self.depths, self.widths), key=lambda shape: shape[0] * shape[1])
        wanted = [(shape, contexts) for shape in shapes for contexts in self.contexts]
        wanted += [(shapes[-1], contexts) for contexts in self._lowered()]
        return [
            Choices(
                data=self.data,
                contexts=contexts,
                architecture=self.architecture.clone(depth=depth, width=width),
                recipe=self.recipe,
                device=self.device,
            )
            for (depth, width), contexts in wanted
        ]

    @property
    def names(self) -> list[str]:
        """The sets of contexts in words."""
        return list(map(called, self.contexts))

    def _lowered(self) -> list[ContextSet]:
        """Sets of one context of lower quality."""
        each = {context.spec: context for contexts in self.contexts for context in contexts}
        lowered = [
            context_sets([f"{spec}{',' if '@' in spec else '@'}resolution={resolution:g}"])[0]
            for spec, context in each.items()
            if not context.resolution
            for resolution in self.resolutions
        ]
        whole = [(context,) for context in each.values()] if lowered else []
        known = set(map(called, self.contexts))
        return [contexts for contexts in [*whole, *lowered] if called(contexts) not in known]


def numbers(text: str, what: str) -> list[int]:
    """5:14 (the last one included), 5:70:5, or 5,10,20; CainrError for anything else."""
    found: list[int] = []
    for part in text.replace(" ", "").split(","):
        if not re.fullmatch(r"\d+(:\d+){0,2}", part):
            raise CainrError(f"Write {what} as 5, 5:14, 5:70:5 or 5,10,20, not as '{text}'.")
        first, *rest = map(int, part.split(":"))
        last, step = (rest or [first])[0], rest[1] if len(rest) > 1 else 1
        if last < first or step < 1:
            raise CainrError(f"{what} '{part}' names no number: the first one comes first.")
        found += range(first, last + 1, step)
    return list(dict.fromkeys(found))


def degrees(text: str) -> list[float]:
    """1,2,4; CainrError for anything else."""
    words = [word for word in text.replace(" ", "").split(",") if word]
    if not all(re.fullmatch(r"\d+(\.\d+)?", word) and float(word) > 0 for word in words):
        raise CainrError(f"Write --resolution in degrees, as 1,2,4, not as '{text}'.")
    return [float(word) for word in words]


def context_sets(given: Sequence[str]) -> list[ContextSet]:
    """Sets of contexts from words such as none,topography,topography+climatology,both.

    A comma that belongs to a quality (topography@resolution=4,bits=8) does not part two sets.
    """
    sets: dict[str, ContextSet] = {}
    for text in given:
        words: list[str] = []
        for word in text.split(","):
            quality = words and "@" in words[-1] and "@" not in word
            if quality and re.fullmatch(r"(\w+=[\d.]+|embedded)(\+.*)?", word):
                words[-1] += f",{word}"
            else:
                words.append(word)
        for word in words:
            specs = SETS.get(word.strip(), word.strip())
            chosen = tuple(ContextChoice.parse(spec) for spec in specs.split("+") if spec)
            sets.setdefault(called(chosen), chosen)
    return list(sets.values())


def called(contexts: Sequence[ContextChoice]) -> str:
    """A set of contexts in words."""
    return " + ".join(context.spec for context in contexts) or "no context"
