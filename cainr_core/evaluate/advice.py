"""Which codec to use for a goal, and why, in plain sentences."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cainr_core.data.fields import Field
from cainr_core.evaluate.baselines import CODECS
from cainr_core.evaluate.goal import Goal
from cainr_core.evaluate.rate_distortion import ANOMALY, Row

CAINR = "cainr"
NEAR = 2.0  # times the RMSE at equal bytes, within which a longer fit is worth asking about
SAME = 1.02  # times the cost: what the searches for settings leave open
RATE_POWER = 0.45  # of the bytes, with which the RMSE falls: seen with SPERR and with latents
LIKE_NOISE = 0.5  # part of the bits that noise of the same spread would take


@dataclass(frozen=True)
class Advice:
    """What to use.

    use: the best row; None where none keeps the bound. rows: one for each codec and what it was
    given, the best first. sentence: the advice with its reason. notes: what else to know.
    """

    use: Row | None
    rows: list[Row]
    sentence: str
    notes: list[str]


@dataclass(frozen=True)
class LongerFit:
    """What was seen of the length of fits: the RMSE in units of the field after `steps`, and after
    half as many, at the same bytes; `usual`: the steps of a fit that is not brief."""

    steps: int
    rmse: float
    rmse_at_half: float
    usual: int

    @property
    def gain(self) -> float:
        """RMSE after half the steps over that after all, 1 where these gained nothing."""
        return max(1.0, self.rmse_at_half / self.rmse)

    @property
    def hope(self) -> float:
        """What the usual steps would gain if each doubling gave as much again."""
        return self.gain ** max(1.0, math.log2(self.usual / self.steps))


def is_cainr(row: Row) -> bool:
    """Whether a network made this row."""
    return row.codec.startswith(CAINR)


def named(row: Row) -> str:
    """The codec of a row, for a person."""
    return row.codec if is_cainr(row) else CODECS[row.codec].title


def title(row: Row) -> str:
    """The codec of a row and what it was given, for a sentence."""
    return f"{named(row)} {'with' if is_cainr(row) else 'on the'} {row.on}"


def best_of_each(goal: Goal, rows: Iterable[Row]) -> list[Row]:
    """The best row of each codec and what it was given, the best first."""
    best: dict[tuple[str, str], Row] = {}
    for row in goal.ranked(rows):
        best.setdefault((row.codec, row.on), row)
    return list(best.values())


def behind(goal: Goal, row: Row, best: Row) -> float:
    """How many times the RMSE of the best a row has, at equal bytes; estimated for a goal of RMSE,
    where bytes differ."""
    ratio = goal.cost(row) / goal.cost(best)
    return ratio if goal.kind == "bytes" else ratio**RATE_POWER


def worth_longer(goal: Goal, rows: Sequence[Row]) -> Row | None:
    """The network that comes so close to the best codec that a longer fit may turn the advice."""
    ranked = best_of_each(goal, rows)
    if not ranked or is_cainr(ranked[0]) or not goal.holds(ranked[0]):
        return None
    fits = [row for row in ranked if is_cainr(row) and goal.holds(row)]
    return fits[0] if fits and behind(goal, fits[0], ranked[0]) <= NEAR else None


def advise(
    goal: Goal,
    field: Field,
    rows: Sequence[Row],
    longer: LongerFit | None = None,
    base: str = "",
) -> Advice:
    """The advice that measured rows, at least one, lead to.

    longer: what is known of a longer fit of `worth_longer`. base: the title of the context that
    the anomaly is from.
    """
    ranked = best_of_each(goal, rows)
    best = ranked[0]
    if not goal.holds(best):
        return Advice(None, ranked, _unreached(goal, best, field.units), [])
    others = [row for row in ranked[1:] if goal.holds(row)]
    unlike = [row for row in others if is_cainr(row) != is_cainr(best)]
    other = next(iter(unlike or [row for row in others if row.codec != best.codec]), None)
    notes = [
        *_noise(best, field),
        *_closeness(goal, best, other, longer),
        *_reader(goal, ranked, base, field.units),
    ]
    return Advice(best, ranked, _sentence(goal, best, other, field.units), notes)


# --- sentences -------------------------------------------------------------------------


def _error(value: float, units: str) -> str:
    return f"{value:.4g} {units}".rstrip()


def _cost(goal: Goal, row: Row, units: str) -> str:
    return _error(row.rmse, units) if goal.kind == "bytes" else f"{row.bytes:,} bytes"


def _sentence(goal: Goal, best: Row, other: Row | None, units: str) -> str:
    facts = f"an RMSE of {_error(best.rmse, units)} in {best.bytes:,} bytes"
    if goal.kind == "rmse":
        facts = f"{best.bytes:,} bytes for an RMSE of {_error(best.rmse, units)}"
    against = f", against {_cost(goal, other, units)} of {title(other)}" if other else ""
    return f"Use {title(best)}: {facts}{against}."


def _unreached(goal: Goal, best: Row, units: str) -> str:
    if goal.kind == "bytes":
        return (
            f"Nothing fits into {int(goal.most):,} bytes: the smallest is {title(best)} with "
            f"{best.bytes:,} bytes and an RMSE of {_error(best.rmse, units)}."
        )
    return (
        f"Nothing keeps the RMSE to {_error(goal.most, units)}: the nearest is {title(best)} with "
        f"{_error(best.rmse, units)} in {best.bytes:,} bytes."
    )


def _noise(best: Row, field: Field) -> list[str]:
    """White Gaussian noise of deviation s takes log2(s / RMSE) bits a value, by any codec, and no
    more than it has."""
    spread = float(np.nanstd(field.values, dtype=np.float64))
    bits = 8 * best.bytes / field.values.size
    noise = math.log2(spread / best.rmse) if best.rmse else math.inf
    noise = min(noise, 8 * field.original_bytes / field.values.size)
    if bits < LIKE_NOISE * noise:
        return []
    return [
        "At this goal nothing compresses the field well, it is much like noise: the best takes "
        f"{bits:.3g} bits a value for an RMSE of {best.rmse / spread:.2g} standard deviations, and "
        f"white noise would take {max(noise, 0):.3g}."
    ]


def _closeness(goal: Goal, best: Row, other: Row | None, longer: LongerFit | None) -> list[str]:
    notes = []
    if other and goal.cost(other) <= SAME * goal.cost(best):
        notes.append("The two are within 2 %, closer than the search for settings can tell.")
    if longer and other:
        lacking = behind(goal, other, best)
        seen = (
            f"from {longer.steps // 2} to {longer.steps} steps its RMSE fell by "
            f"{100 * (1 - 1 / longer.gain):.1f} %, and it lacks {100 * (1 - 1 / lacking):.1f} % "
            "at equal bytes"
        )
        if longer.hope >= lacking:
            notes.append(
                f"A longer fit of {other.codec} may turn this: {seen}; try it with "
                f"--steps {max(longer.usual, 2 * longer.steps)}."
            )
        else:
            notes.append(f"A longer fit of {other.codec} would hardly turn this: {seen}.")
    return notes


def _reader(goal: Goal, ranked: Sequence[Row], base: str, units: str) -> list[str]:
    best = ranked[0]
    if not best.context_bytes:
        return []
    needed = base if best.on == ANOMALY else best.on
    note = f"Its reader must have {needed} besides, {best.context_bytes:,} bytes"
    alone = next((row for row in ranked if goal.holds(row) and not row.context_bytes), None)
    if alone is None:
        return [f"{note}; nothing that was measured reaches the goal without."]
    return [f"{note}; without, the best is {title(alone)} with {_cost(goal, alone, units)}."]
