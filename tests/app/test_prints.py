"""Maps for print open in each format, and say what they are and where they come from."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree

import pytest
from PIL import Image

from app.views import prints
from app.views.printing import FORMATS, file_name
from cainr_core import __version__
from cainr_core.runs import Library, Run

LOOK = prints.Look("robinson", 0, {})


@pytest.fixture
def run(finished: Library) -> Run:
    return finished.list()[1]


def words_of(run: Run) -> list[str]:
    return ["TS: Surface temperature", "1920-01-02", run.name, f"{run.metrics.file_bytes:,} bytes",
            f"{run.metrics.psnr:.2f} dB", "sample", f"cainr {__version__}"]  # fmt: skip


def test_a_png_is_as_large_as_print_wants_it(run: Run):
    image = Image.open(io.BytesIO(prints.maps(run, 1, LOOK, "png")))
    assert image.width == 3 * prints.PANEL * 300
    told = f"{image.info['Title']} {image.info['Description']}"
    assert all(word in told for word in words_of(run))


def test_an_svg_holds_its_words_as_text_and_its_cells_as_images(run: Run):
    made = prints.maps(run, 1, LOOK, "svg")
    tree = ElementTree.fromstring(made)
    words = " ".join(tree.itertext())
    assert all(word in words for word in words_of(run))
    assert len(list(tree.iter("{http://www.w3.org/2000/svg}image"))) >= 3
    assert len(made) < 4_000_000


def test_a_pdf_is_one_and_not_huge(run: Run):
    made = prints.maps(run, 1, LOOK, "pdf")
    assert made.startswith(b"%PDF-1.")
    assert b"1920-01-02" in made
    assert len(made) < 4_000_000


def test_names_of_files_are_plain():
    assert file_name("TS 1920-01-02 a · b/../c", FORMATS["SVG"]) == "TS_1920-01-02_a_b_.._c.svg"
    assert file_name("···", "gif") == "field.gif"
