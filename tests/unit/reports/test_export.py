"""Rows that leave the store: notes on columns and releases, workbooks whose cells have their own type, CSV that runs nowhere."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from tasks.reports import export, export_notes
from tasks.reports.export import LETTERS_MAX, NOTES, workbook, write
from tasks.reports.export_notes import Notes, notes
from tests.unit.builders import MAGNETS, Row, release, release_table

RELEASES = (
    release("now", "2026-01-20", months="2025-06"), release("early", "2025-12-01", months="2023-07"), release("earlier", months="2023-06"),
    release("imports", months="2025-06", flow="import"), release("both", months="2025-06", flow=None), release("horses", months="2025-06", products=["01012100"]),
    release("magnetic", months="2025-06", products=["8505"]), release("all", months="2025-06", products=["*"]), release("later", months="2025-07"),
)  # fmt: skip


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(export_notes, "read_table", lambda *_: release_table(*RELEASES))
    snapshot = type("Snapshot", (), {"store": Path("/a/store"), "id": "s1"})()

    def of(model: Any, rows: pl.DataFrame, *given: Any) -> Notes:
        return notes(snapshot, model, rows, *given)

    return of


def figures(*rows: Row) -> pl.DataFrame:
    plain = {"flow": "export", "product": MAGNETS, "period": date(2025, 6, 1), "mom_pct": 1.0}
    return pl.DataFrame([plain | row for row in rows])


def test_each_column_has_its_unit_and_meaning_and_an_unknown_one_has_none(noted: Any) -> None:
    found = noted("metric", figures({}).with_columns(own=pl.lit(1)))
    assert found.name == "metric"
    assert found.columns.filter(column="mom_pct").row(0) == ("mom_pct", "%", "change on the month before")
    assert found.columns.filter(column="own").row(0) == ("own", "", "")
    assert noted("metric", figures({}), None, ["period"]).columns["column"].to_list() == ["period"]


def test_the_facts_name_store_snapshot_day_and_what_values_mean(noted: Any) -> None:
    facts = dict(noted("metric", figures({})).facts)
    assert (facts["table"], facts["store"], facts["snapshot"]) == ("metric", "/a/store", "s1")
    assert not {"as known on", "values"} & {*facts}
    assert dict(noted("metric", figures({}), date(2025, 12, 31)).facts)["as known on"] == "2025-12-31"
    values = [line for name, line in noted("metric", figures({"measure": "value_cny"})).facts if name == "values"]
    assert values == ["exports in CNY: FOB, partner is the last known destination"]
    assert "values" not in dict(noted("release", pl.DataFrame({"title": ["a"]})).facts)


@pytest.mark.parametrize(
    ("row", "day", "names"),
    [
        ({}, None, {"now", "early", "both", "magnetic", "all"}), ({"flow": "import"}, None, {"imports", "both"}), ({"product": "01"}, None, {"horses", "all"}),
        ({"product": "basket:rare_earth_magnets"}, None, {"now", "early", "both", "magnetic", "all"}), ({}, date(2025, 12, 31), {"early"}),
    ],
)  # fmt: skip
def test_figures_rest_on_releases_of_their_products_and_of_23_months_before_up_to_the_day(noted: Any, row: Row, day: date | None, names: set[str]) -> None:  # fmt: skip
    assert {*noted("metric", figures(row), day).releases["release_id"]} == names


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
    monkeypatch.setattr(export, "ROWS_MAX", 2)
    assert workbook(ROWS, None)
    with pytest.raises(ValueError, match="3 rows, and a sheet holds 2 below its titles: ask for fewer"):
        workbook(pl.concat([ROWS, ROWS[:1]]), None)


@pytest.mark.parametrize(
    "text", ["=cmd()", "+SUM(A1)", "@x", "-cmd|calc", "-1+cmd|calc", "+1;=A1", "\tx", "\r=x", "\n=x", "＝cmd()", "＋SUM(A1)"]
)  # fmt: skip
def test_formulas_get_an_apostrophe(tmp_path: Path, text: str) -> None:
    assert _printed(tmp_path, text) == "'" + text
    assert _printed(tmp_path, text, "csv") == text, "nothing is changed that is not asked for"


def _printed(folder: Path, value: object, form: str = "csv-safe") -> str:
    write(pl.DataFrame({"text": [value], "nothing": [None], "number": [-1.5]}), form, folder / "out.csv")
    (row,) = csv.DictReader(io.StringIO((folder / "out.csv").read_bytes().decode(), newline=""))
    assert (row["nothing"], row["number"]) == ("", "-1.5")
    return row["text"]
