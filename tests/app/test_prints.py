"""Maps for print open in each format, and say what they are and where they come from."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from app import shared
from app.views import prints
from app.views.panels import Look, of_pair, of_run, of_runs
from app.views.printing import FORMATS, file_name
from app.views.projections import Extent, cells_of
from app.views.regions import REGIONS, named
from cainr_core import __version__
from cainr_core.runs import Library, Run

LOOK = Look("robinson", 0)


@pytest.fixture
def run(finished: Library) -> Run:
    return finished.list()[1]


def words_of(run: Run) -> list[str]:
    return ["TS: Surface temperature", "1920-01-02", run.name, f"{run.metrics.file_bytes:,} bytes",
            f"{run.metrics.psnr:.2f} dB", "sample", f"cainr {__version__}"]  # fmt: skip


def test_a_png_is_as_large_as_print_wants_it(run: Run):
    image = Image.open(io.BytesIO(prints.maps(of_run(run), 1, LOOK, "png")))
    assert image.width == 3 * prints.PANEL * 300
    told = f"{image.info['Title']} {image.info['Description']}"
    assert all(word in told for word in words_of(run))


def test_an_svg_holds_its_words_as_text_and_its_cells_as_images(run: Run):
    made = prints.maps(of_run(run), 1, LOOK, "svg")
    tree = ElementTree.fromstring(made)
    words = " ".join(tree.itertext())
    assert all(word in words for word in words_of(run))
    assert len(list(tree.iter("{http://www.w3.org/2000/svg}image"))) >= 3
    assert len(made) < 4_000_000


def test_a_pdf_is_one_and_not_huge(run: Run):
    made = prints.maps(of_run(run), 1, LOOK, "pdf")
    assert made.startswith(b"%PDF-1.")
    assert b"1920-01-02" in made
    assert len(made) < 4_000_000


def test_names_of_files_are_plain():
    assert file_name("TS 1920-01-02 a · b/../c", FORMATS["SVG"]) == "TS_1920-01-02_a_b_.._c.svg"
    assert file_name("···", "gif") == "field.gif"


@pytest.fixture
def three(finished: Library) -> tuple[Run, Run]:
    with_, without = finished.list()[:2]
    return with_, without


def maps_of(made: bytes) -> list[str]:
    """The words of an SVG, one after the other."""
    return [word.strip() for word in ElementTree.fromstring(made).itertext() if word.strip()]


def test_two_runs_are_printed_as_six_maps(three: tuple[Run, Run]):
    sheet = of_runs(shared.open_choice(three[0].choices.data), three[0].choices.data, three)
    assert [panel.kind for panel in sheet.panels] == [
        "original", "original", "error", "gain", "original", "error"
    ]  # fmt: skip
    truth, a, error, gain, b, other = (panel.cells(2) for panel in sheet.panels)
    np.testing.assert_allclose(error, a - truth, atol=1e-3)
    np.testing.assert_allclose(other, b - truth, atol=1e-3)
    np.testing.assert_allclose(gain, np.abs(error) - np.abs(other), atol=1e-3)
    words = maps_of(prints.maps(sheet, 2, LOOK, "svg"))
    for letter, run in zip("AB", three, strict=True):
        told = f"{letter}: {run.name}: {run.metrics.file_bytes:,}"
        assert any(word.startswith(told) for word in words)
    image = Image.open(io.BytesIO(prints.maps(sheet, 2, LOOK, "png")))
    assert image.width == 3 * prints.PANEL * 300
    assert image.height > 2 * 300 * prints.PANEL / 2


@pytest.mark.parametrize(
    ("mode", "kinds"),
    [
        ("swipe", ["original", "original"]),
        ("difference", ["original", "original", "error"]),
        ("relative", ["original", "original", "relative"]),
    ],
)
def test_what_is_compared_is_printed(three: tuple[Run, Run], mode: str, kinds: list[str]):
    data = three[0].choices.data
    sheet = of_pair(shared.open_choice(data), data, (three[0], None), mode)
    assert [panel.kind for panel in sheet.panels] == kinds
    first, second, *apart = (panel.cells(0) for panel in sheet.panels)
    if mode == "difference":
        np.testing.assert_allclose(apart[0], second - first, atol=1e-3)
    if mode == "relative":
        np.testing.assert_allclose(apart[0], 100 * (second - first) / first, atol=1e-3)
        assert "%" in maps_of(prints.maps(sheet, 0, LOOK, "svg"))


def test_two_runs_have_the_letters_that_the_page_gives_them(three: tuple[Run, Run]):
    data = three[0].choices.data
    sheet = of_pair(shared.open_choice(data), data, three[:2], "difference", letters="BA")
    assert [panel.title[:3] for panel in sheet.panels[:2]] == ["B: ", "A: "]
    assert sheet.panels[2].title == "A − B"  # the second minus the first
    assert sheet.told.splitlines()[0].startswith(f"B: {three[0].name}")


def test_a_picture_of_a_part_says_which(run: Run):
    figure = prints.MapFigure(of_run(run), replace(LOOK, part=named(REGIONS["Europe"])))
    figure.show(0)
    assert figure.title.endswith("1920-01-01, Europe")


def test_what_is_zoomed_in_on_is_printed_as_finely(run: Run):
    part = Extent(-2e6, 6e6, 1e6, 5.06e6)
    figure = prints.MapFigure(of_run(run), replace(LOOK, seen=part))
    figure.show(0)
    image = figure._images[0]
    assert image.get_extent() == [part.x0, part.x1, part.y0, part.y1]
    assert image.get_array().shape[1] == round(prints.PANEL * 300)
    # nothing is drawn beside the image, and the figure is that of the cells seen
    assert image.axes.get_xlim() == (part.x0, part.x1)
    error = figure.sheet.panels[2].cells(0)[cells_of(figure._view, part)]
    rmse = f"RMSE of this part {np.sqrt(np.mean(error**2)):.3g}"
    assert figure._images[2].axes.get_title().startswith(f"Error, {rmse}"[:28])
