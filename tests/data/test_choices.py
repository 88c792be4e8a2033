from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cainr_core.data.choices import BUILTIN_CONTEXTS, ContextChoice, split_source
from cainr_core.errors import CainrError

sources = st.sampled_from([*BUILTIN_CONTEXTS, "FILE.nc:T", "/a b/x@y.nc:PHIS", "C:\\d\\f.nc:T"])


@given(
    source=sources,
    resolution=st.sampled_from([0, 0.25, 1, 4, 7.5, 60]),
    noise=st.sampled_from([0, 0.1, 2]),
    bits=st.integers(0, 16),
    embedded=st.booleans(),
)
def test_a_choice_is_read_back_from_its_line(source: str, **options: float) -> None:
    choice = ContextChoice(source=source, **options)
    again = ContextChoice.parse(choice.spec)
    assert again.spec == choice.spec
    assert {k: getattr(again, k) for k in options} == options
    assert again.source == source
    assert ContextChoice.parse(choice) is choice


def test_the_line_of_the_contract() -> None:
    choice = ContextChoice.parse(" topography@resolution=4, bits=8,embedded ")
    assert (choice.resolution, choice.bits, choice.embedded) == (4, 8, True)
    assert choice.spec == "topography@resolution=4,bits=8,embedded"
    assert ContextChoice().spec == "topography"


def test_levels_of_a_file() -> None:
    choice = ContextChoice.parse("FILE.nc:T@lev=850,member=r1i1p1f1,bits=8")
    assert choice.select == {"lev": "850", "member": "r1i1p1f1"}
    assert choice.bits == 8
    assert ContextChoice.parse(choice.spec).spec == choice.spec


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("", "names no context"),
        ("@bits=8", "names no context"),
        ("topography@bits=eight", "a whole number"),
        ("topography@bits=17", "bits should be from 0 to 16"),
        ("topography@noise=-1", "noise should be from 0 to 10"),
        ("topography@resolution=nan", "out of bounds"),
        ("topography@lev=850", "has no option 'lev'"),
    ],
)
def test_what_is_not_understood(spec: str, words: str) -> None:
    with pytest.raises(CainrError, match=words):
        ContextChoice.parse(spec)


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("f.nc:T", ("f.nc", "T")),
        ("f.nc", ("f.nc", "")),
        ("C:\\data\\f.nc", ("C:\\data\\f.nc", "")),
        ("C:\\data\\f.nc:T", ("C:\\data\\f.nc", "T")),
        ("https://host:80/f.zarr", ("https://host:80/f.zarr", "")),
        ("https://host:80/f.zarr:T", ("https://host:80/f.zarr", "T")),
    ],
)
def test_file_and_variable(source: str, parts: tuple[str, str]) -> None:
    assert split_source(source) == parts


def test_an_embedded_choice_is_reduced_unless_told_otherwise() -> None:
    assert ContextChoice.parse("topography@embedded").reduced().spec == (
        "topography@resolution=1,bits=10,embedded"
    )
    told = ContextChoice.parse("topography@resolution=4,bits=6,embedded")
    assert told.reduced().spec == told.spec
    assert ContextChoice.parse("topography").reduced().spec == "topography"


def test_titles() -> None:
    assert ContextChoice.parse("insolation").title == "Insolation"
    assert ContextChoice.parse("/somewhere/file.nc:PHIS").title == "PHIS of file.nc"
    assert ContextChoice.parse("/somewhere/file.nc").title == "file.nc"
