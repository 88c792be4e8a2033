"""All that a person chooses for one compression, and its Python and shell lines."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import param

from cainr_core.data.contexts import ContextChoice
from cainr_core.data.region import part_in_words
from cainr_core.fit.recipe import RECIPES, Recipe
from cainr_core.model.architecture import NETWORKS, PRESETS, Architecture


class DataChoice(param.Parameterized):
    """Which part of which file is to be remembered."""

    path = param.String(
        default="",
        label="File",
        doc="A NetCDF file or Zarr store by its path, or a Zarr store by its address; empty for "
        "the bundled sample, 30 days of CESM1 surface temperature.",
    )
    variable = param.String(
        default="", label="Variable", doc="Name of the variable; empty where there is but one."
    )
    time = param.String(
        default="",
        label="Times",
        doc="START:STOP, as indices (0:10) or dates (1920-01-05:1920-01-20), a mean of a month by "
        "its own month however it is stamped; empty for all.",
    )
    select = param.Dict(
        default={}, label="Selection", doc="Level or member by name, such as {'lev': 850}."
    )
    region = param.String(
        default="",
        label="Region",
        doc="LAT:LAT,LON:LON in degrees, such as 30:60,-10:40; longitudes run eastwards from the "
        "first to the second, across the date line where it is on the way. Empty for all.",
    )
    thin = param.Integer(
        default=1,
        bounds=(1, 64),
        label="Thinning",
        doc="For a first try: only every n-th cell in latitude and longitude (every n-th column of "
        "an unstructured grid) and every n-th time; 1 keeps all.",
    )

    @property
    def part(self) -> str:
        """Region and thinning in a few words, "" where all is taken."""
        return part_in_words(self.region, self.thin)


class Target(param.Parameterized):
    """How small the file is to be; the width of the network follows."""

    kind: param.Selector[str] = param.Selector(
        default="none",
        objects=["none", "ratio", "bytes"],
        label="Budget",
        doc="none: the width as chosen; ratio: original over file bytes; bytes: size of the file.",
    )
    value = param.Number(
        default=200.0,
        bounds=(1.0, None),
        label="Value",
        doc="The compression ratio, or the bytes of the whole file.",
    )

    def file_bytes(self, original_bytes: int) -> int | None:
        """Largest size of the file, or None where none is set."""
        if self.kind == "none":
            return None
        return int(self.value if self.kind == "bytes" else original_bytes / self.value)


@dataclass(frozen=True)
class Choices:
    """One compression, as chosen in the dashboard, on the command line or in Python."""

    data: DataChoice = field(default_factory=DataChoice)
    contexts: Sequence[ContextChoice] = ()
    architecture: Architecture = field(default_factory=Architecture)
    recipe: Recipe = field(default_factory=Recipe)
    target: Target = field(default_factory=Target)
    device: str = "auto"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "data": values_of(self.data),
            "contexts": [context.spec for context in self.contexts],
            "architecture": self.architecture.choices(),
            "recipe": self.recipe.choices(),
            "target": values_of(self.target),
            "device": self.device,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Choices:
        """The choices that `to_dict` gave."""
        return cls(
            DataChoice(**values["data"]),
            [ContextChoice.parse(spec) for spec in values["contexts"]],
            Architecture(**values["architecture"]),
            Recipe(**values["recipe"]),
            Target(**values["target"]),
            values["device"],
        )

    def to_python(self) -> str:
        """The lines of Python that do the same."""
        changed = _changed(self.data)
        path, variable = changed.pop("path", ""), changed.pop("variable", "")
        words = [repr(word) for word in (path, variable) if word] if path else []
        taken = changed if path else {k: v for k, v in changed.items() if k != "select"}
        words += [f"{key}={value!r}" for key, value in taken.items()]
        opening = f"field = cainr_core.open_{'field' if path else 'sample'}({', '.join(words)})"
        arguments = ["field"]
        if self.contexts:
            arguments.append(f"contexts={[context.spec for context in self.contexts]!r}")
        named = {"architecture": self.architecture, "recipe": self.recipe}
        if self.target.kind != "none":
            named["target"] = self.target
        for name, choice in named.items():
            words_of = ", ".join(f"{key}={value!r}" for key, value in _changed(choice).items())
            if words_of:
                arguments.append(f"{name}=cainr_core.{type(choice).__name__}({words_of})")
        if self.device != "auto":
            arguments.append(f"device={self.device!r}")
        call = ",\n    ".join(arguments)
        call = f"\n    {call},\n" if len(arguments) > 1 else call
        return (
            "import cainr_core\n\n"
            f"{opening}\n"
            f"result = cainr_core.compress({call})\n"
            'print(f"{result.metrics.psnr:.2f} dB, {len(result.data):,} bytes")\n'
            'result.save("field.cainr")\n'
        )

    def to_command(self) -> str:
        """The shell line that does the same; choices that the shell has no option for are named in
        a comment before it."""
        words = ["cainr", "compress", self.data.path or "sample"]
        if self.data.variable or not self.data.path:
            words += ["-v", self.data.variable or "TS"]
        words += ["-o", "field.cainr"]
        for context in self.contexts:
            words += ["--context", context.spec]
        architecture, recipe = self.architecture, self.recipe
        kind, of_architecture = _nearest(architecture.choices(), _networks(), ("depth", "width"))
        preset, of_recipe = _nearest(recipe.choices(), RECIPES, ("steps", "seed"))
        words += ["--architecture", kind, "--depth", str(architecture.depth)]
        if self.target.kind == "none":
            words += ["--width", str(architecture.width)]
        else:
            value = self.target.value if self.target.kind == "ratio" else int(self.target.value)
            words += [f"--{self.target.kind}", f"{value:.15g}"]
        if preset != "default":
            words += ["--recipe", preset]
        words += ["--steps", str(recipe.steps)]
        if self.data.time:
            words += ["--time", self.data.time]
        for dim, entry in self.data.select.items():
            words += ["--select", f"{dim}={entry}"]
        if self.data.region:
            words += ["--region", self.data.region]
        if self.data.thin > 1:
            words += ["--thin", str(self.data.thin)]
        if self.device != "auto":
            words += ["--device", self.device]
        if self.recipe.seed:
            words += ["--seed", str(self.recipe.seed)]
        missing = ", ".join(
            f"{key}={value!r}" for key, value in {**of_architecture, **of_recipe}.items()
        )
        comment = f"# the command line has no option for: {missing}\n" if missing else ""
        return comment + shlex.join(words)


def _networks() -> dict[str, dict[str, Any]]:
    """What --architecture takes: networks, and presets of more than that."""
    networks = {name: {"network": name} for name in NETWORKS}
    return networks | {name: preset for name, preset in PRESETS.items() if name != "default"}


def _nearest(
    values: Mapping[str, Any], presets: Mapping[str, Mapping[str, Any]], free: tuple[str, ...]
) -> tuple[str, dict[str, Any]]:
    """The preset that leaves the least to be said, and what differs from it besides `free`."""
    kind = Architecture if "network" in values else Recipe
    differences = {}
    for name, preset in presets.items():
        known = {**kind().choices(), **preset}
        differences[name] = {
            key: value for key, value in values.items() if key not in free and value != known[key]
        }
    best = min(differences, key=lambda name: len(differences[name]))
    return best, differences[best]


def values_of(choice: param.Parameterized) -> dict[str, Any]:
    """Values of a choice by name."""
    return {key: value for key, value in choice.param.values().items() if key != "name"}


def _changed(choice: param.Parameterized) -> dict[str, Any]:
    """What differs from the defaults."""
    return {
        key: value for key, value in values_of(choice).items() if value != choice.param[key].default
    }
