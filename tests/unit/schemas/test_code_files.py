"""The files of the code tables as texts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas import code_files
from schemas.code_files import read_texts
from schemas.errors import BrokenTable
from schemas.reference.code_tables import code_table


def read(monkeypatch: pytest.MonkeyPatch, folder: Path, data: bytes) -> list[tuple[str, ...]]:
    (folder / "made.csv").write_bytes(data)
    monkeypatch.setattr(code_files, "FOLDER", folder)
    return read_texts("made").rows()


def test_every_cell_is_text_and_an_empty_one_is_empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert read(monkeypatch, tmp_path, b'code,name\n007,"a, b"\n,\n') == [("007", "a, b"), ("", "")]
    assert read(monkeypatch, tmp_path, b"code,name\n") == []


@pytest.mark.parametrize("data", [b"", b"code,name\n1,2,3\n", b"code\n\xff\xfe\n"])
def test_what_is_no_table_is_named_with_its_form(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BrokenTable, match=r"^made\.csv: .*\. It is UTF-8, with commas and a header line\.$"):
        read(monkeypatch, tmp_path, data)


def test_a_table_of_the_project_is_there() -> None:
    assert read_texts("units").columns[0] == "printed"


@pytest.mark.parametrize("read_by_name", [read_texts, code_table])
def test_a_name_of_no_table_is_refused_with_the_tables_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, read_by_name: Callable[[str], object]
) -> None:
    for name in ("units", "baskets"):
        (tmp_path / f"{name}.csv").write_text("code,name\n")
    monkeypatch.setattr(code_files, "FOLDER", tmp_path)
    with pytest.raises(BrokenTable, match=r"^there is no code table 'nothing'; the tables are baskets, units$"):
        read_by_name("nothing")
