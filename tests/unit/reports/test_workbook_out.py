"""Workbooks: each cell with its own type, names after codes."""

import io
from datetime import date

import openpyxl
import polars as pl
import pytest

from tasks.reports import workbook_out
from tasks.reports.export_notes import Notes
from tasks.reports.workbook_out import LETTERS_MAX, NOTES, workbook

ROWS = pl.DataFrame(
    {
        "product": ["01012100", "99999999"], "partner": ["AFG", None], "period": [date(2025, 6, 1), None], "level": [1.5, None], "large": [10**15, 10**15 - 1],
        "formula": ["=1+1", "@x"], "flag": [True, False], "list": [["a", "b"], []],
    },
    schema_overrides={"list": pl.List(pl.String)},
)  # fmt: skip


def sheets(rows: pl.DataFrame, about: Notes | None = None) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(workbook(rows, about)))


def test_codes_and_large_numbers_are_text_and_a_formula_is_none() -> None:
    book = sheets(ROWS)
    (sheet,) = book.worksheets
    titles, first, second = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert titles == ["product", "product_name", "partner", "partner_name", "period", "level", "large", "formula", "flag", "list"]  # fmt: skip
    assert first[0] == "01012100"
    assert first[3:] == ["Afghanistan", first[4], 1.5, "1000000000000000", "=1+1", True, "a; b"]
    assert first[4].date() == date(2025, 6, 1)
    assert second[:6] == ["99999999", None, None, None, None, None]
    assert second[6] == 10**15 - 1
    types = [cell.data_type for cell in [*sheet.iter_rows()][1]]
    assert types == ["s", "s", "s", "s", "d", "n", "s", "s", "b", "s"]


def test_a_second_sheet_has_units_and_sources() -> None:
    columns = pl.DataFrame([("level", "kg", "the month's figure")], schema=["column", "unit", "meaning"], orient="row")
    about = Notes("m" * 40, [("table", "metric")], columns, pl.DataFrame({"release_id": ["r1"]}))
    book = sheets(ROWS[:1], about)
    assert book.sheetnames == ["m" * 31, NOTES]
    cells = [[cell.value for cell in row if cell.value is not None] for row in book[NOTES].iter_rows()]
    assert cells == [["table", "metric"], [], ["column", "unit", "meaning"], ["level", "kg", "the month's figure"], [], ["release_id"], ["r1"]]  # fmt: skip


def test_a_text_that_no_cell_can_hold_is_cut_and_says_so() -> None:
    (sheet,) = sheets(pl.DataFrame({"text": ["x" * LETTERS_MAX, "x" * (LETTERS_MAX + 1)]})).worksheets
    assert len(sheet["A2"].value) == LETTERS_MAX
    assert sheet["A3"].value.endswith("x … cut here: 32,001 letters, which .csv and .parquet have")


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_out, "ROWS_MAX", 2)
    assert workbook(ROWS, None)
    with pytest.raises(ValueError, match="3 rows, and a sheet holds 2 below its titles: ask for fewer"):
        workbook(pl.concat([ROWS, ROWS[:1]]), None)
