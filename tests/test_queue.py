"""The line of fits: people take turns, and the time to wait is told from what was seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.queue import Asked, Pace, order, starts, work


def line(*people: str, running: str = "") -> str:
    """Whose turn it is, of people who asked in this order; a capital has left."""
    asked = [Asked(name.lower(), float(at), name.isupper()) for at, name in enumerate(people)]
    return "".join(people[index] for index in order(asked, running))


@pytest.mark.parametrize(
    ("asked", "running", "expected"),
    [
        ("abc", "", "abc"),
        ("aaabc", "", "abcaa"),  # five fits of one do not hold up the others
        ("aabbc", "a", "bcaba"),  # who has a worker comes after those who have none
        ("aab", "b", "aba"),
        ("Abc", "", "bcA"),  # what nobody looks at comes last
        ("Aab", "", "abA"),
        ("", "", ""),
    ],
)
def test_people_take_turns(asked: str, running: str, expected: str) -> None:
    assert line(*asked, running=running) == expected


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd")))
def test_nobody_is_passed_over_or_served_twice_in_a_round(
    people: list[str], running: list[str]
) -> None:
    asked = [Asked(name, float(at)) for at, name in enumerate(people)]
    found = order(asked, running)
    assert sorted(found) == list(range(len(people)))
    rounds = []
    for place, index in enumerate(found):
        before = [people[other] for other in found[:place]]
        rounds.append(before.count(people[index]) + running.count(people[index]))
    assert rounds == sorted(rounds)


def test_each_fit_begins_where_a_worker_is_free_first() -> None:
    assert starts([10.0], [5.0, 1.0, 2.0]) == [10.0, 15.0, 16.0]
    assert starts([10.0, 3.0], [5.0, 1.0, 2.0]) == [3.0, 8.0, 9.0]
    assert starts([4.0], []) == []


def test_behind_a_fit_of_unknown_length_nothing_is_known() -> None:
    assert starts([10.0], [5.0, None, 2.0, 3.0]) == [10.0, 15.0, None, None]
    assert starts([None, 3.0], [5.0]) == [None]
    pace = Pace()
    pace.take(2.0, 10.0)
    assert (pace.seconds(4.0), pace.seconds(None)) == (20.0, None)


def test_the_pace_is_that_of_the_last_fits() -> None:
    pace = Pace()
    assert pace.seconds(10.0) is None
    pace.meanwhile(0.0, 3.0)
    assert pace.seconds(10.0) is None
    pace.meanwhile(5.0, 10.0)
    assert pace.seconds(10.0) == 20.0
    pace.take(10.0, 10.0)
    pace.take(0.0, 100.0)  # failed before it learned anything
    pace.meanwhile(1.0, 100.0)
    assert pace.seconds(10.0) == 10.0
    for _ in range(20):
        pace.take(1.0, 3.0)
    assert pace.seconds(10.0) == 30.0


def test_work_grows_with_all_that_makes_a_fit_long() -> None:
    network, recipe, values = Architecture(depth=3, width=12), Recipe(steps=100), 1_000_000
    least = work(network, recipe, values)
    assert work(network, Recipe(steps=200), values) == 2 * least
    assert work(network, Recipe(steps=100, batch=0), values) > 200 * least
    assert work(Architecture(depth=6, width=24), recipe, values) > 4 * least
    latent = Architecture.preset("latent")
    assert work(latent, recipe, 2 * values) > 1.5 * work(latent, recipe, values)
