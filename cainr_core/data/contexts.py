"""Contexts: physical variables that are known at every point of a field."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from cainr_core.data.calendars import year_and_phase
from cainr_core.data.choices import BUILTIN_CONTEXTS, ContextChoice
from cainr_core.data.context_files import RawContext, read_builtin, read_file
from cainr_core.data.fields import Field, Grid, TimeAxis
from cainr_core.data.insolation import FORMULA, PHASES, daily_mean
from cainr_core.data.quality import (
    add_noise,
    average,
    canonical,
    dequantise,
    fill_missing,
    quantise,
)
from cainr_core.data.sampling import (
    SampledContext,
    interpolate,
    mix_months,
    mix_periodic,
    mix_times,
    used_rows,
)
from cainr_core.errors import CainrError

__all__ = [
    "BUILTIN_CONTEXTS",
    "Context",
    "ContextChoice",
    "SampledContext",
    "bytes_besides",
    "load_context",
]

Kind = Literal["static", "monthly", "times", "computed"]


@dataclass(frozen=True, eq=False)
class Context:
    """A context at the quality chosen, ready to be sampled.

    choice: the choice in effect. grid: latitudes ascending, longitudes ascending in [0, 360), or
        columns; None if computed.
    values: shape (k, *grid.shape), float32, in `units`; None if computed.
    kind: "static" (k = 1), "monthly" (k = 12), "times" or "computed".
    days: for "times", days since 0001-01-01 of `calendar`, shape (k,), ascending.
    origin, nbytes: the file that a reader must have besides, and its bytes (0 if embedded or
        computed).
    levels: (q, lo, step) where the context was rounded to bits.
    """

    choice: ContextChoice
    title: str
    units: str
    grid: Grid | None
    values: np.ndarray | None
    kind: Kind
    digest: str
    days: np.ndarray | None = None
    calendar: str = "noleap"
    origin: str = ""
    nbytes: int = 0
    levels: tuple[np.ndarray, float, float] | None = None

    @classmethod
    def from_parts(
        cls,
        choice: ContextChoice,
        title: str,
        units: str,
        grid: Grid,
        levels: tuple[np.ndarray, float, float],
        kind: Kind = "static",
        days: np.ndarray | None = None,
        calendar: str = "noleap",
    ) -> Context:
        """Rebuild an embedded context from what `quantised` gave; the digest is the same again."""
        q, lo, step = levels
        values = dequantise(q, lo, step)
        digest = digest_of(grid, values, kind, days, calendar)
        return cls(choice, title, units, grid, values, kind, digest, days, calendar, levels=levels)

    def quantised(self) -> tuple[np.ndarray, float, float]:
        """(q, lo, step): uint16 levels of shape (k, *grid.shape); values == float32(lo + q * step).

        CainrError if the context was not rounded to bits.
        """
        if self.levels is None:
            raise CainrError(
                f"The context '{self.choice.spec}' is not rounded to bits; add bits=10 to embed it."
            )
        return self.levels

    def sample(self, lat: np.ndarray, lon: np.ndarray, time: TimeAxis) -> SampledContext:
        """The context at points (degrees, shape (cells,) each) and times.

        CainrError if the context does not reach all of them.
        """
        rows, weights = self._mixture(time)
        used, rows = used_rows(rows, weights)
        if self.grid is None or self.values is None:
            south_north, place = np.unique(lat, return_inverse=True)
            table = daily_mean(south_north, PHASES[used, np.newaxis])
            return SampledContext(table.astype(np.float32)[:, place], rows, weights)
        try:
            table = interpolate(self.values[used], self.grid, lat, lon)
        except CainrError as error:
            raise CainrError(f"{self.title}: {error}") from error
        return SampledContext(table, rows, weights)

    def _mixture(self, time: TimeAxis) -> tuple[np.ndarray, np.ndarray]:
        """Rows and weights, (time, 2) each, among the k planes."""
        if self.kind == "monthly":
            return mix_months(time.phase, time.calendar)
        if self.kind == "computed":
            return mix_periodic(PHASES, time.phase)
        if self.kind == "times" and self.days is not None:
            return self._mixture_of_times(self.days, time)
        weights = np.zeros((len(time), 2), dtype=np.float32)
        weights[:, 0] = 1
        return np.zeros((len(time), 2), dtype=np.int64), weights

    def _mixture_of_times(self, known: np.ndarray, time: TimeAxis) -> tuple[np.ndarray, np.ndarray]:
        wanted = time.days
        if time.calendar != self.calendar:
            # The days of two calendars differ, their years compare.
            known, wanted = np.add(*year_and_phase(known, self.calendar)), time.years
        # A mean stands for half a step to either side.
        first, last = known[0] - (known[1] - known[0]) / 2, known[-1] + (known[-1] - known[-2]) / 2
        slack = 1e-6 * (known[-1] - known[0])
        if wanted.min() < first - slack or wanted.max() > last + slack:
            raise CainrError(
                f"{self.title}: its {known.size} times do not cover those of the field; take a "
                "context without time, with twelve months, or with all times of the field."
            )
        return mix_times(known, wanted)


def load_context(
    choice: ContextChoice | str, field: Field | None = None, search: Sequence[str | Path] = ()
) -> Context:
    """Load a context and lower its quality as chosen.

    choice: a ContextChoice, or a line such as "topography@resolution=4".
    field: checked to be covered, if given.
    search: folders in which a file is looked for by its name if it is not at its path; also those
        of the environment variable CAINR_CONTEXT_PATH.

    Missing values are filled from the nearest valid cell of the parallel (columns: with the mean).
    Reduced in this order: missing values, resolution, noise, bits; with the same bits of the result
    on every machine. An embedded context is rounded to 10 bits and averaged over 1 degree unless
    told otherwise. CainrError if the context can't be had.
    """
    choice = ContextChoice.parse(choice)
    if choice.source == "insolation" and not (choice.resolution or choice.noise or choice.bits):
        context = _insolation()
    else:
        choice = choice.reduced()
        raw = read_builtin(choice.source) if choice.is_builtin else read_file(choice, search)
        context = _reduce(choice, raw)
    if field is not None:
        lat, lon = field.grid.points()
        # The outermost points tell whether the region is covered.
        outer = np.unique([lat.argmin(), lat.argmax(), lon.argmin(), lon.argmax()])
        context.sample(lat[outer], lon[outer], field.time)
    return context


def bytes_besides(contexts: Sequence[Context]) -> list[int]:
    """Bytes that a reader must have for each context; a file that serves several counts once."""
    seen: set[str] = set()
    counted = []
    for context in contexts:
        counted.append(0 if context.origin and context.origin in seen else context.nbytes)
        seen.add(context.origin)
    return counted


def _insolation() -> Context:
    """Computed wherever it is needed: nothing to store and nothing to embed."""
    title = BUILTIN_CONTEXTS["insolation"][0]
    digest = hashlib.sha256(FORMULA.encode()).hexdigest()[:32]
    return Context(
        ContextChoice(source="insolation"), title, "W m-2", None, None, "computed", digest
    )


def _reduce(choice: ContextChoice, raw: RawContext) -> Context:
    values, grid = canonical(raw.values.astype(np.float64), raw.grid)
    values = fill_missing(values, grid)
    if choice.resolution:
        values, grid = average(values, grid, choice.resolution)
    if values.min() == values.max():
        raise CainrError(
            f"{choice.title} is constant (every value is {values.min():g}) and tells nothing; "
            "choose another context."
        )
    if choice.noise:
        clean = digest_of(grid, values.astype(np.float32), raw.kind, raw.days, raw.calendar)
        values = add_noise(values, choice.noise, seed=int(clean[:8], 16))
    levels = quantise(values, choice.bits) if choice.bits else None
    final = values.astype(np.float32) if levels is None else dequantise(*levels)
    context = Context(
        choice=choice,
        title=choice.title if choice.is_builtin else raw.title,
        units=raw.units,
        grid=grid,
        values=final,
        kind=raw.kind,
        digest=digest_of(grid, final, raw.kind, raw.days, raw.calendar),
        days=raw.days,
        calendar=raw.calendar,
        origin=raw.origin,
        nbytes=raw.nbytes,
        levels=levels,
    )
    return replace(context, origin="", nbytes=0) if choice.embedded else context


def digest_of(
    grid: Grid, values: np.ndarray, kind: str, days: np.ndarray | None, calendar: str
) -> str:
    """32 hexadecimal digits of SHA-256 over kind, lat, lon, values (and days), little-endian.

    Latitudes, longitudes and values enter as float32, days as float64; -0.0 as 0.0.
    """
    digest = hashlib.sha256(f"{kind} {grid.kind} {values.shape}".encode())
    for array in (grid.lat, grid.lon, values):
        digest.update((np.asarray(array, dtype="<f4") + np.float32(0)).tobytes())
    if days is not None:
        digest.update(calendar.encode() + np.asarray(days, dtype="<f8").tobytes())
    return digest.hexdigest()[:32]
