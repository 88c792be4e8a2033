"""What is asked of a reconstruction that is to be fit for analysis, and the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from typing import Any, Literal, get_args

Verdict = Literal["pass", "near", "fail", "not asked"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True)
class Question:
    """What is asked, and how good is good enough.

    `passes` is the limit for a pass and `nears` that for a near miss, in `unit`. Where `passes` is
    the greater of the two, more is better; otherwise less is.
    """

    name: str
    title: str
    passes: float
    nears: float
    unit: str = ""

    @property
    def more_is_better(self) -> bool:
        """Whether the value must reach the limit, not stay below it."""
        return self.passes > self.nears

    def answer(self, value: float, sentence: str) -> Check:
        """The check of a value; a value that is no number fails."""
        sign = 1 if self.more_is_better else -1
        verdict: Verdict = "fail"
        if sign * value >= sign * self.passes:
            verdict = "pass"
        elif sign * value >= sign * self.nears:
            verdict = "near"
        return Check(self, float(value), verdict, sentence)

    def not_asked(self, sentence: str) -> Check:
        """The check of what this field cannot tell; the sentence says why."""
        return Check(self, None, "not asked", sentence)


@dataclass(frozen=True)
class Check:
    """The answer to a question: its value (None where it was not asked), verdict and a sentence."""

    question: Question
    value: float | None
    verdict: Verdict
    sentence: str

    @property
    def name(self) -> str:
        """The key of the question."""
        return self.question.name

    @property
    def title(self) -> str:
        """The question as people call it."""
        return self.question.title

    @property
    def unit(self) -> str:
        """The unit of value and limits, "" for a plain number."""
        return self.question.unit

    @property
    def figure(self) -> str:
        """The value as text, rounded to the worse side so that it never looks better than it is."""
        if self.value is None:
            return ""
        more = self.question.more_is_better
        digits = 6 if more and self.question.passes > 0.9 else 3
        context = Context(prec=digits, rounding=ROUND_FLOOR if more else ROUND_CEILING)
        return f"{context.create_decimal(repr(self.value)).normalize():{_style(self.value)}}"

    @property
    def threshold(self) -> str:
        """The limit for a pass as text, such as "≥ 0.995"."""
        return f"{'≥' if self.question.more_is_better else '≤'} {self.question.passes:g}"

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the question's name, title, limits and unit with value, verdict, sentence."""
        own = {"value": self.value, "verdict": self.verdict, "sentence": self.sentence}
        return {**asdict(self.question), **own}


PASSES, NEARS = 0.1, 0.3  # σ: of natural variability, or of a standard error
WORST_PASSES, WORST_NEARS = 0.3, 1.0  # where the worst of many is asked for, not all together
QUESTIONS = {
    question.name: question
    for question in (
        Question("pearson", "Pearson correlation", 0.99999, 0.9999),
        Question("ks_p_value", "Kolmogorov-Smirnov p", 0.05, 0.01),
        Question("percent_off", "Values off by more than 1e-4 relative", 5, 10, "%"),
        Question("data_ssim", "Data SSIM", 0.995, 0.99),
        Question("data_ssim_strict", "Data SSIM, strict", 0.9995, 0.999),
        Question("global_mean", "Global mean", PASSES, NEARS, "σ"),
        Question("zonal_means", "Zonal means", PASSES, NEARS, "σ"),
        Question("zonal_worst", "Zonal mean at worst", WORST_PASSES, WORST_NEARS, "σ"),
        Question("seasonal_cycle", "Seasonal cycle", PASSES, NEARS, "σ"),
        Question("trends", "Trends", PASSES, NEARS, "σ"),
        Question("percentile_1", "1st percentile", PASSES, NEARS, "σ"),
        Question("percentile_99", "99th percentile", PASSES, NEARS, "σ"),
        Question("lag_1", "Lag-1 autocorrelation", PASSES, NEARS, "σ"),
    )
}


def tally(checks: Sequence[Check]) -> str:
    """How many checks have which verdict, such as "9 pass, 1 near, 3 fail, 2 not asked"."""
    counts = Counter(check.verdict for check in checks)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])


def with_units(value: float, units: str) -> str:
    """A figure for a sentence, in two digits."""
    return f"{value:.2g} {units}".rstrip()


def _style(value: float) -> str:
    return "f" if value == 0 or 1e-4 <= abs(value) < 1e6 else "e"
