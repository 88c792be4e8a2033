"""Numbers as a person reads them."""

from __future__ import annotations

from html import escape, unescape

import pytest
from panel_material_ui import Alert

from app.words import about, about_duration, duration, plain, size_of, summary, three
from cainr_core.choices import Choices
from cainr_core.data.contexts import ContextChoice
from cainr_core.data.fields import Field
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import NETWORKS, Architecture
from cainr_core.runs import NETWORK_TITLES, network_title


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [(0, "0 B"), (999, "999 B"), (12_890, "12.9 kB"), (6_635_520, "6.64 MB"), (3e9, "3.00 GB")],
)
def test_sizes(n_bytes: float, words: str):
    assert size_of(n_bytes) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (0.01234, "0.0123"), (3.14159, "3.14"), (842.6, "843"), (12345.6, "12,346")],
)
def test_three_digits(value: float, words: str):
    assert three(value) == words


def test_numbers_that_are_none():
    assert three(float("inf")) == "∞"
    assert three(float("nan")) == "–"


@pytest.mark.parametrize(
    ("seconds", "words"), [(-1, "0 s"), (44.1, "45 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations(seconds: float, words: str):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "5 s"),
        (31, "35 s"),
        (58, "1 min"),
        (71, "1 min 20 s"),
        (290, "4 min 50 s"),
        (7190, "2 h"),
    ],
)
def test_a_guess_moves_in_steps(seconds: float, words: str):
    assert about_duration(seconds) == words


def test_networks_and_fields(sample: Field):
    assert network_title(Architecture(network="siren", depth=10, width=50)) == "SIREN 10 × 50"
    behind_waves = Architecture(network="relu", features=32, omega=5.0)  # which it does not have
    assert network_title(behind_waves) == "ReLU 5 × 48, features 32"
    assert NETWORK_TITLES.keys() == NETWORKS.keys()
    assert about(sample).startswith("TS: ")
    assert about(sample).endswith("(K)")


def test_a_summary_says_what_is_learned_with_what():
    choices = Choices(contexts=[ContextChoice(source="topography")], recipe=Recipe(steps=4000))
    assert summary(choices, Architecture(depth=5, width=48)) == (
        "SIREN 5 × 48 with topography, 4,000 steps and 600 for rounding"
    )
    assert "no context" in summary(Choices())
    named = Choices(contexts=[ContextChoice(source="topography.nc:PHIS")])
    assert "with PHIS of topography.nc" in summary(named)


@pytest.mark.parametrize(
    "text",
    ["<img src=x onerror=alert(1)>", "_a_ *b* `c` [d](e) &amp;", "a_b", "bad.nc", "http://a.de"],
)
def test_a_text_is_shown_as_it_is(text: str):
    """In an alert, which takes Markdown and HTML; it is escaped once more on its way."""
    html = unescape(Alert()._process_param_change({"object": plain(text)})["object"])
    assert html.strip() == f"<p>{escape(text)}</p>"
