"""The controls on the left, as widgets without a page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import panel as pn
import pytest

from app.choosing import SURPRISE
from app.controls.contexts import CHOOSE, ContextSection
from app.controls.data import FILE, SAMPLE, UPLOAD, DataSection
from app.controls.form import while_visible, widget
from app.controls.model import ArchitectureSection
from app.viewing import Viewing
from app.views.fitbar import FitBar
from app.words import plain
from app.workbench import Workbench
from cainr_core.model.architecture import Architecture
from tests import small


@pytest.fixture
def bench() -> Workbench:
    bench = Workbench()
    bench.open_data()
    return bench


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    heard: list[Exception] = []
    monkeypatch.setattr(pn.config, "exception_handler", heard.append)
    return heard


def test_a_number_is_bound_both_ways():
    choice = Architecture()
    field = widget(choice.param.width)
    field.value = 20
    assert choice.width == 20
    choice.width = 30
    assert field.value == 30


def test_a_number_out_of_bounds_is_told_and_not_taken(told: list[Exception]):
    choice = Architecture()
    field = widget(choice.param.depth)
    field.value = 99
    assert choice.depth == field.value == 5
    assert "must be at most 32" in str(told[0])
    assert len(told) == 1


def test_an_emptied_field_takes_its_number_back(told: list[Exception]):
    choice = Architecture()
    field = widget(choice.param.omega)
    field.value = None
    assert choice.omega == field.value == 30.0
    assert told == []


def test_a_budget_shows_its_width_and_gives_the_own_one_back(bench: Workbench):
    section = ArchitectureSection(bench)
    bench.architecture.width = 50
    bench.target.param.update(kind="bytes", value=20_000)
    assert not section.fields["width"].visible
    assert section.given.visible
    assert section.given.value == bench.plan.architecture.width != 50
    bench.target.kind = "none"
    assert not section.given.visible
    assert section.fields["width"].visible
    assert section.fields["width"].value == 50


def test_a_network_chosen_alone_comes_in_its_own_size(bench: Workbench):
    section, choice = ArchitectureSection(bench), bench.architecture
    section.kind.value = "latent"
    assert (choice.depth, choice.width, section.preset.select.value) == (2, 16, "latent")
    section.kind.value = "siren"
    assert (choice.depth, choice.width) == (5, 48)
    # sizes of the visitor's own stay, and those that a state or a run brings with it
    choice.width = 20
    section.kind.value = "latent"
    assert (choice.depth, choice.width) == (5, 20)
    choice.param.update(network="siren", depth=5, width=48)
    choice.param.update(network="latent", depth=5, width=48)
    assert (choice.depth, choice.width) == (5, 48)


def test_a_budget_that_cannot_be_spent_is_told(bench: Workbench):
    bar = FitBar(bench)
    bench.target.param.update(kind="ratio", value=200.0)
    assert "largest width" not in bar.figures.object
    bench.target.value = 1.0
    assert "512 is the largest width" in bar.figures.object


@pytest.fixture
def levels(tmp_path: Path) -> Path:
    dataset = small.dataset()
    dataset["tas"].attrs["long_name"] = "<script>alert(1)</script>"
    dataset["T"] = dataset["tas"].expand_dims(lev=[500.0, 850.0], axis=1)
    dataset.to_netcdf(tmp_path / "levels.nc")
    return tmp_path / "levels.nc"


def test_how_much_is_taken_is_told_before_it_is_read(bench: Workbench, levels: Path):
    section = DataSection(bench)
    assert section.size.object.startswith("30 &#215; 192 &#215; 288 values, 6.64 MB; 1920")
    bench.data.path = str(levels)
    assert section.source.value == FILE
    section.variable.value = "T"
    assert bench.data.select == {"lev": 500.0}
    bench.data.param.update(region="0:90,350:40", thin=2)
    told = section.size.object.replace("&#215;", "×")
    assert told.startswith("3 × 4 × 2 of 6 × 2 × 15 × 24 values, 96 B of 17.3 kB; 1999-12-30")
    bench.data.region = "Europe"
    assert "is not understood; write LAT:LAT,LON:LON" in section.size.object
    bench.data.param.update(region="", thin=1)
    bench.open_data()
    assert bench.field.shape == (6, 15, 24)


def test_a_part_of_the_sample_is_opened_when_it_is_chosen(bench: Workbench):
    section = DataSection(bench)
    section.thin.value = 8
    assert bench.field.shape == (4, 24, 36)
    assert bench.field.source == "cesm1_ts_30days.nc, thinned by 8"
    section.region.value = "nowhere"
    assert bench.field.shape == (4, 24, 36)
    assert not bench.problem  # told where it was written
    section.source.value = FILE
    section.source.value = SAMPLE
    assert bench.data.thin == 8


def test_the_sample_is_opened_when_one_comes_back_to_it(bench: Workbench, tmp_path: Path):
    small.dataset().to_netcdf(tmp_path / "own.nc")
    section = DataSection(bench)
    section.source.value = FILE
    assert section.open.disabled  # no file is named
    assert section.size.object == ""
    section.path.value = str(tmp_path / "own.nc")
    assert not section.open.disabled
    bench.open_data()
    assert bench.field.name == "tas"
    for source in (UPLOAD, SAMPLE):
        section.source.value = source
    assert bench.field.name == "TS"


def test_a_variable_is_called_as_its_own_file_has_it(bench: Workbench, tmp_path: Path):
    section, sent = DataSection(bench), []
    # to the page goes what the value is called, whenever that is set
    section.variable.param.watch(
        lambda event: sent.append(list(section.variable.options)), "value", onlychanged=False
    )
    for number, name in enumerate(("the first", "the second")):
        dataset = small.dataset()
        dataset["tas"].attrs["long_name"] = name
        dataset.to_netcdf(tmp_path / f"{number}.nc")
        section.path.value = str(tmp_path / f"{number}.nc")
        assert sent[-1] == [f"tas: {name}"]


def test_a_level_has_its_unit(bench: Workbench, tmp_path: Path):
    dataset = small.dataset()
    dataset["tas"] = dataset["tas"].expand_dims(lev=[850.0, 500.0], axis=1)
    dataset["lev"].attrs["units"] = "hPa"
    dataset.to_netcdf(tmp_path / "levels.nc")
    section = DataSection(bench)
    section.path.value = str(tmp_path / "levels.nc")
    (level,) = section.levels
    assert level.label == "lev (hPa)"
    assert list(level.options) == ["850.0", "500.0"]


BAD = {
    "text": (b"no NetCDF at all", "is not a data file"),
    "empty": (b"", "is empty"),
    "cut": (None, "cut short"),
    "folder": ("folder", "is a folder but not a Zarr store"),
    "nan": (lambda d: d * np.nan, "All values of 'tas' are missing"),
    "no grid": (lambda d: d.rename(lat="a", lon="b").drop_vars(["a", "b"]), "no latitude and lon"),
    "text values": (lambda d: d.astype(str), "holds no"),
    "script": (lambda d: d.rename(tas="x<img src=x onerror=alert(1)>") * np.nan, "missing"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_told_in_a_sentence(bench: Workbench, tmp_path: Path, name: str):
    content, words = BAD[name]
    path = tmp_path / "bad.nc"
    if content == "folder":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        dataset = small.dataset()
        (content(dataset) if callable(content) else dataset).to_netcdf(path)
        if content is None:
            path.write_bytes(path.read_bytes()[:-3000])
    before, section = bench.field, DataSection(bench)
    section.path.value = str(path)
    bench.open_data()
    assert words in bench.problem
    assert bench.problem.endswith(".")
    assert "<" not in plain(bench.problem)
    assert "Traceback" not in bench.problem
    assert bench.problem != SURPRISE
    assert bench.field is before


def test_taking_up_a_run_shows_the_tab_of_its_data(bench: Workbench):
    section = DataSection(bench)
    of_sample = bench.choices
    section.source.value = FILE
    bench.adopt(of_sample)
    assert section.source.value == SAMPLE


def test_what_is_hidden_is_added_when_it_is_first_shown():
    always, later = pn.Spacer(), pn.Spacer(visible=False)
    row = while_visible(pn.Row(), (later, always))
    assert row.objects == [always]
    later.visible = True
    assert row.objects == [later, always]
    later.visible = False
    assert row.objects == [later, always]  # only hidden: to take it away takes longer


def test_of_a_file_of_several_variables_a_context_is_chosen(bench: Workbench, tmp_path: Path):
    dataset = small.dataset()
    dataset["orog"] = dataset["tas"][0] - 200
    dataset.to_netcdf(tmp_path / "two.nc")
    section = ContextSection(bench)
    section.file.value = str(tmp_path / "two.nc")
    assert section.held.visible
    assert section.held.label == "Of two.nc"
    assert list(section.held.options) == [CHOOSE, "tas", "orog"]
    assert section.file.value == ""
    section.held.value = "orog"
    added = bench.offers[-1]
    assert (added.choice.source, added.ticked) == (f"{tmp_path}/two.nc:orog", True)
    assert section.held.value == ""  # another one may follow
    assert bench.problem == ""


def test_a_number_that_may_be_none_is_an_empty_field(monkeypatch: pytest.MonkeyPatch):
    told: list[Exception] = []
    monkeypatch.setattr(pn.config, "exception_handler", told.append)
    view = Viewing()
    field = widget(view.param.place_lat)
    assert field.value == ""
    view.place_lat = 47.25
    assert field.value == "47.25"
    for wrong, why in (("north", "must be a number"), ("91", "at most 90")):
        field.value = wrong
        assert why in str(told[-1])
        assert (view.place_lat, field.value) == (47.25, "47.25")
    field.value = ""
    assert view.place_lat is None
