"""The choice of a context, as a person makes it and as it is written down."""

from __future__ import annotations

import re
from typing import Any

import param

from cainr_core.errors import CainrError

# name -> (title, what it is)
BUILTIN_CONTEXTS: dict[str, tuple[str, str]] = {
    "topography": (
        "Topography",
        "Surface elevation in metres, negative below the sea, 0.25 degree (ETOPO5).",
    ),
    "land_sea_mask": (
        "Land-sea mask",
        "1 where the topography is above 0 m, else 0: land below sea level, as at the Caspian "
        "Sea, counts as sea, and ice shelves count as land.",
    ),
    "climatology": (
        "Climatology by month",
        "Long-term mean surface temperature in kelvin, 0.75 degree (ITU-R P.1510), interpolated "
        "between mid-months to the time of year.",
    ),
    "climatology_annual": (
        "Climatology, annual mean",
        "The mean over the year of the monthly climatology, in kelvin, months weighted by length.",
    ),
    "insolation": (
        "Insolation",
        "Daily mean solar radiation at the top of the atmosphere in W m-2, computed from latitude "
        "and time of year.",
    ),
}

EMBEDDED_BITS = 10
EMBEDDED_RESOLUTION = 1.0


class ContextChoice(param.Parameterized):
    """A physical variable that the network is given at every point, and its quality."""

    source = param.String(
        "topography", doc="A built-in context, or FILE:VARIABLE of any NetCDF file or Zarr store."
    )
    resolution = param.Number(
        0.0,
        bounds=(0, 60),
        doc="Size in degrees of the blocks that the context is averaged over; 0 keeps its own.",
    )
    noise = param.Number(
        0.0, bounds=(0, 10), doc="Random noise added, in standard deviations of the context."
    )
    bits = param.Integer(
        0, bounds=(0, 16), doc="Bits that a value of the context is rounded to; 0 keeps all."
    )
    embedded = param.Boolean(
        False,
        doc="Store the context in the file instead of naming it by a digest; unless told "
        "otherwise with 10 bits and at 1 degree, so that it stays small.",
    )
    select = param.Dict({}, doc="One entry for each further dimension of a file's variable.")

    @property
    def is_builtin(self) -> bool:
        """Whether cainr itself brings this context."""
        return self.source in BUILTIN_CONTEXTS

    @property
    def title(self) -> str:
        """A few words for a person."""
        if self.is_builtin:
            return BUILTIN_CONTEXTS[self.source][0]
        path, variable = split_source(self.source)
        name = re.split(r"[\\/]", path)[-1]
        return f"{variable} of {name}" if variable else name

    @property
    def spec(self) -> str:
        """The choice on one line, which `parse` reads: topography@resolution=4,bits=8,embedded."""
        options = [
            f"{name}={getattr(self, name):g}"
            for name in ("resolution", "noise", "bits")
            if getattr(self, name)
        ]
        options += [f"{key}={value}" for key, value in self.select.items()]
        options += ["embedded"] if self.embedded else []
        return f"{self.source}@{','.join(options)}" if options else self.source

    @classmethod
    def parse(cls, spec: str | ContextChoice) -> ContextChoice:
        """Read a line such as topography@resolution=4,bits=8,embedded or FILE.nc:T@lev=850.

        CainrError if an option is unknown or out of bounds.
        """
        if isinstance(spec, ContextChoice):
            return spec
        source, options = _split_options(spec.strip())
        if not source:
            raise CainrError(f"'{spec}' names no context; {_known()}.")
        values: dict[str, Any] = {"source": source, "select": {}}
        for option in filter(None, (part.strip() for part in options.split(","))):
            key, equals, value = (part.strip() for part in option.partition("="))
            if key == "embedded":
                values[key] = value.lower() not in ("false", "0", "no")
            elif not equals or not key:
                raise CainrError(
                    f"The option '{option}' of the context '{spec}' is not understood; write "
                    "resolution=4, noise=0.5, bits=8 or embedded."
                )
            elif key in ("resolution", "noise", "bits"):
                values[key] = _number(key, value)
            else:
                values["select"][key] = value
        if values["select"] and source in BUILTIN_CONTEXTS:
            raise CainrError(
                f"The context '{source}' has no option '{next(iter(values['select']))}'; there "
                "are resolution, noise, bits and embedded."
            )
        try:
            return cls(**values)
        except ValueError as error:
            raise CainrError(
                f"The context '{spec}' is out of bounds: {_bounds(values)}."
            ) from error

    def reduced(self) -> ContextChoice:
        """The choice in effect: an embedded context is rounded and coarse unless told otherwise."""
        if not self.embedded:
            return self
        values = {name: getattr(self, name) for name in ("source", "noise", "embedded", "select")}
        return ContextChoice(
            bits=self.bits or EMBEDDED_BITS,
            resolution=self.resolution or EMBEDDED_RESOLUTION,
            **values,
        )


def split_source(source: str) -> tuple[str, str]:
    """Path and variable of FILE:VARIABLE; the variable is "" where only a file is named."""
    path, colon, variable = source.rpartition(":")
    if not colon or not path or "/" in variable or "\\" in variable:
        return source, ""
    return path, variable


def _split_options(spec: str) -> tuple[str, str]:
    """A path may hold an @ itself: options follow the last one, and are words or word=value."""
    source, at, options = spec.rpartition("@")
    if at and all(re.fullmatch(r"\s*(\w+\s*=[^,=/]*|embedded)?\s*", o) for o in options.split(",")):
        return source.strip(), options
    return spec, ""


def _number(key: str, text: str) -> float | int:
    try:
        return int(text) if key == "bits" else float(text)
    except ValueError as error:
        kind = "a whole number" if key == "bits" else "a number"
        raise CainrError(
            f"The option {key} of a context should be {kind}, not '{text}'."
        ) from error


def _bounds(values: dict[str, Any]) -> str:
    limits = {
        name: getattr(ContextChoice.param, name).bounds
        for name in ("resolution", "noise", "bits")
        if name in values
    }
    return ", ".join(f"{name} should be from {lo} to {hi}" for name, (lo, hi) in limits.items())


def _known() -> str:
    return f"there are {', '.join(BUILTIN_CONTEXTS)}, or FILE:VARIABLE"
