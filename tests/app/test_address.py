"""The address of a page: written when it is calm, and of what has changed alone."""

from __future__ import annotations

from urllib.parse import parse_qs

from app.address import CALM, Address
from app.state import from_link, restore, state_of
from app.workbench import Workbench


def calm(address: Address) -> str:
    for _ in range(CALM + 1):
        address.tick()
    return address.view.value


def test_a_page_as_it_opens_has_a_plain_address():
    bench = Workbench()
    address = Address(bench)
    bench.tab = "Zonal mean"  # as the page opens it
    address.begin()
    assert calm(address) == ""


def test_the_address_follows_when_nothing_has_changed_for_a_moment():
    bench = Workbench()
    bench.open_data()
    address = Address(bench)
    address.begin()
    bench.architecture.depth = 6
    address.tick()
    assert address.view.value == ""
    named = parse_qs(calm(address))["state"][0]
    bench.architecture.depth = 5
    other = Workbench()
    other.open_data()
    restore(other, from_link(named))
    assert other.architecture.depth == 6
    assert state_of(other)["view"] == state_of(bench)["view"]
    assert calm(address) == ""  # as it opened
