"""Files of a declared source as fields: marks, encodings, quotes, and the heading of a workbook."""

import io
from typing import Any

import pytest
import xlsxwriter

from tasks.domain.errors import Refused
from tasks.sources.adapter.declared_files import read_csv, read_xlsx

BARE = {"columns": ["code", "value"], "bare": True, "again": "Download it again."}


@pytest.mark.parametrize(
    ("spec", "raw", "rows"),
    [
        ({}, b"code,value\n01,7\n", [("01", "7")]),
        ({"separator": ";"}, b"code;value\n01;1,5\n", [("01", "1,5")]),
        ({"separator": ";", "encoding": "latin-1"}, "code;value\n01;caf\xe9\n".encode("latin-1"), [("01", "caf\xe9")]),
        (BARE, b'code,value\n"01",7\n', [("01", "7")]),
    ],
)
def test_fields_are_the_texts_of_the_file(spec: dict[str, Any], raw: bytes, rows: list[tuple[str, ...]]) -> None:
    assert read_csv(spec, raw, "f.csv").fields.rows() == rows


def test_a_quote_inside_a_field_is_refused_where_there_are_numbers_alone_and_a_file_without_any_is_told() -> None:
    with pytest.raises(Refused, match="a comma or a quote inside a field"):
        read_csv(BARE, b'code,value\n0"1,7\n', "f.csv")
    assert "codes without quotes" in read_csv(BARE, b"code,value\n01,7\n", "f.csv").notes


def test_a_workbook_begins_at_its_heading_whose_titles_may_stand_above() -> None:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate((["Imports"], ["", "Sum"], ["Code", ""], ["01", "7"])):
            sheet.write_row(place, 0, row)
    found = read_xlsx({"heading": "^Code$"}, data.getvalue(), "f.xlsx")
    assert found.fields.rows(named=True) == [{"Code": "01", "Sum": "7"}]
    with pytest.raises(Refused, match="no row that begins with"):
        read_xlsx({"heading": "^Kode$", "again": "Download it again."}, data.getvalue(), "f.xlsx")
