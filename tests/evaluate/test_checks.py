from __future__ import annotations

import json
import math

import pytest

from cainr_core.evaluate.checks import QUESTIONS, Question, tally

CORRELATION = QUESTIONS["pearson"]
ERROR = QUESTIONS["global_mean"]


@pytest.mark.parametrize(
    ("question", "value", "verdict"),
    [
        (CORRELATION, 1, "pass"),
        (CORRELATION, 0.99999, "pass"),
        (CORRELATION, 0.9999899, "near"),
        (CORRELATION, 0.9998, "fail"),
        (CORRELATION, math.nan, "fail"),
        (ERROR, 0, "pass"),
        (ERROR, 0.1, "pass"),
        (ERROR, 0.1001, "near"),
        (ERROR, 0.31, "fail"),
        (ERROR, math.inf, "fail"),
    ],
)
def test_the_limits(question: Question, value: float, verdict: str) -> None:
    assert question.answer(value, "").verdict == verdict


@pytest.mark.parametrize(
    ("question", "value", "figure"),
    [
        (CORRELATION, 0.99998999, "0.999989"),
        (CORRELATION, 1, "1"),
        (ERROR, 0.1, "0.1"),
        (ERROR, 0.10001, "0.101"),
        (ERROR, 0, "0"),
        (ERROR, 12.34, "12.4"),
        (QUESTIONS["ks_p_value"], 0.04999, "0.0499"),
        (QUESTIONS["ks_p_value"], 1.234e-9, "1.23e-9"),
        (QUESTIONS["percent_off"], 100, "100"),
    ],
)
def test_a_figure_never_looks_better_than_it_is(
    question: Question, value: float, figure: str
) -> None:
    assert question.answer(value, "").figure == figure


def test_the_limits_of_ldcpy() -> None:
    assert {name: one.passes for name, one in QUESTIONS.items() if one.unit != "σ"} == {
        "pearson": 0.99999,
        "ks_p_value": 0.05,
        "percent_off": 5,
        "data_ssim": 0.995,
        "data_ssim_strict": 0.9995,
    }


def test_an_answer_tells_its_question() -> None:
    check = ERROR.answer(0.2, "Somewhat off.")
    assert (check.name, check.title, check.unit) == ("global_mean", "Global mean", "σ")
    assert check.threshold == "≤ 0.1"
    assert CORRELATION.answer(1, "").threshold == "≥ 0.99999"
    assert json.loads(json.dumps(check.to_dict())) == {
        "name": "global_mean",
        "title": "Global mean",
        "passes": 0.1,
        "nears": 0.3,
        "unit": "σ",
        "value": 0.2,
        "verdict": "near",
        "sentence": "Somewhat off.",
    }


def test_what_is_not_asked_has_no_value() -> None:
    check = ERROR.not_asked("One time.")
    assert (check.value, check.figure, check.verdict) == (None, "", "not asked")


def test_the_tally_leaves_out_what_there_is_none_of() -> None:
    answers = [ERROR.answer(value, "") for value in (0, 0.5, 0)]
    assert tally([*answers, ERROR.not_asked("")]) == "2 pass, 1 fail, 1 not asked"
