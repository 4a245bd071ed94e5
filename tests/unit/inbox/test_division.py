"""Whose the files of a folder are, the largest part first."""

from pathlib import Path

from tasks.inbox.division import Share, divide
from tests.unit.inbox.sized_files import OF, sized


def test_each_reporter_has_its_files_and_the_largest_is_first(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    sized(inbox / "c", "1.csv", 10, OF["CHN"])
    sized(inbox / "c", "2.csv", 20, OF["CHN"])
    sized(inbox, "d.json", 31, OF["DEU"])
    sized(inbox, "g.json", 30, OF["GBR"])
    division = divide(inbox, tmp_path / "store", source=None, flow=None)
    assert division.parts == [Share("DEU", 1, 31), Share("CHN", 2, 30), Share("GBR", 1, 30)]
    assert division.problems == []
    assert divide(inbox, tmp_path / "store", source="hmrc_ots", flow=None).parts == [Share("GBR", 1, 30)]
    assert divide(inbox, tmp_path / "store", source=None, flow="import").parts == []
    # What is published beside it is no download.
    assert divide(tmp_path, inbox / "c", source=None, flow=None).parts == [Share("DEU", 1, 31), Share("GBR", 1, 30)]


def test_a_problem_of_several_files_is_one_problem_and_holds_up_nobody(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(b"anything")
    (tmp_path / "nowhere.csv").symlink_to(tmp_path / "gone")
    sized(tmp_path, "g.json", 30, OF["GBR"])
    division = divide(tmp_path, tmp_path / "store", source=None, flow=None)
    assert division.parts == [Share("GBR", 1, 30)]
    assert [(problem.found, [file.name for file in files]) for problem, files in division.problems] == [
        ("the source is not in the file and nowhere declared", ["a.csv", "b.csv"]),
        ("a link that leads to no file", ["nowhere.csv"]),
    ]
