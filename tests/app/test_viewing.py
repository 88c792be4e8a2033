from app.viewing import view_of
from app.workbench import Workbench


def test_the_view_is_what_viewing_declares_and_no_more():
    view = view_of(Workbench())
    assert view["projection"] == "robinson"
    assert view["time"] == 0
    assert not {"runs", "picked", "job", "name"} & set(view)
