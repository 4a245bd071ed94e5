"""What leaves the store with its sources: notes, workbooks and CSV, and what the terminal shows of a table."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from rich.console import Console

from schemas.names import FIGURES
from tasks.answers.form import export, export_notes
from tasks.answers.form.export import LETTERS_MAX, NOTES, workbook, write
from tasks.answers.form.export_notes import Notes, notes
from tasks.answers.form.tables import figure_table, listing
from tests.unit.builders import MAGNETS, Row, number, release, release_table
from tests.unit.figures import derived

RELEASES = (
    release("now", "2026-01-20", months="2025-06"),
    release("early", "2025-12-01", months="2023-07"),
    release("earlier", months="2023-06"),
    release("imports", months="2025-06", flow="import"),
    release("both", months="2025-06", flow=None),
    release("horses", months="2025-06", products=["01012100"]),
    release("magnetic", months="2025-06", products=["8505"]),
    release("all", months="2025-06", products=["*"]),
    release("later", months="2025-07"),
)


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
        ({}, None, {"now", "early", "both", "magnetic", "all"}),
        ({"flow": "import"}, None, {"imports", "both"}),
        ({"product": "01"}, None, {"horses", "all"}),
        ({"product": "basket:rare_earth_magnets"}, None, {"now", "early", "both", "magnetic", "all"}),
        ({}, date(2025, 12, 31), {"early"}),
    ],
)
def test_figures_rest_on_releases_of_their_products_and_of_23_months_before_up_to_the_day(
    noted: Any, row: Row, day: date | None, names: set[str]
) -> None:
    assert {*noted("metric", figures(row), day).releases["release_id"]} == names


ROWS = pl.DataFrame(
    {
        "product": ["01012100", "99999999"],
        "partner": ["AFG", None],
        "period": [date(2025, 6, 1), None],
        "level": [1.5, None],
        "large": [10**15, 10**15 - 1],
        "formula": ["=1+1", "@x"],
        "flag": [True, False],
        "list": [["a", "b"], []],
    },
    schema_overrides={"list": pl.List(pl.String)},
)


def sheets(rows: pl.DataFrame, about: Notes | None = None) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(workbook(rows, about)))


def test_codes_and_large_numbers_are_text_and_a_formula_is_none() -> None:
    book = sheets(ROWS)
    (sheet,) = book.worksheets
    titles, first, second = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert titles == [
        "product",
        "product_name",
        "partner",
        "partner_name",
        "period",
        "level",
        "large",
        "formula",
        "flag",
        "list",
    ]
    assert first[0] == "01012100"
    assert first[3:] == ["Afghanistan", first[4], 1.5, "1000000000000000", "=1+1", True, "a; b"]
    assert first[4].date() == date(2025, 6, 1)
    assert second[:6] == ["99999999", None, None, None, None, None]
    assert second[6] == 10**15 - 1
    types = [cell.data_type for cell in [*sheet.iter_rows()][1]]
    assert types == ["s", "s", "s", "s", "d", "n", "s", "s", "b", "s"]


def test_figures_have_the_formats_of_numbers_and_heads_their_unit_and_keys_stay_in_sight() -> None:
    names = ["product", "partner", "period", "measure", "level", "price", "yoy_pct", "year"]
    rows = pl.DataFrame(
        [("8505", "USA", date(2025, 6, 1), "value_usd", 1_234_567.0, 2.345, -12.345, 2025)], names, orient="row"
    )
    told = [("level", "see measure", ""), ("price", "USD/kg", ""), ("yoy_pct", "%", "")]
    columns = pl.DataFrame(told, schema=["column", "unit", "meaning"], orient="row")
    sheet = sheets(rows, Notes("metric", [], columns, pl.DataFrame({"release_id": ["r1"]}))).worksheets[0]
    heads, cells = sheet.iter_rows()
    assert [cell.value for cell in heads[-4:]] == ["level (USD)", "price (USD/kg)", "yoy_pct", "year"]
    assert [cell.number_format for cell in cells[-4:]] == ["#,##0", "#,##0.0##", "#,##0.0", "General"]
    assert cells[-4].value == 1_234_567
    # Two names are added: six columns of keys, of which the first five stay.
    assert sheet.freeze_panes == "F2"


def test_a_second_sheet_has_units_and_sources() -> None:
    columns = pl.DataFrame([("level", "kg", "the month's figure")], schema=["column", "unit", "meaning"], orient="row")
    about = Notes("m" * 40, [("table", "metric")], columns, pl.DataFrame({"release_id": ["r1"]}))
    book = sheets(ROWS[:1], about)
    assert book.sheetnames == ["m" * 31, NOTES]
    cells = [[cell.value for cell in row if cell.value is not None] for row in book[NOTES].iter_rows()]
    assert cells == [
        ["table", "metric"],
        [],
        ["column", "unit", "meaning"],
        ["level", "kg", "the month's figure"],
        [],
        ["release_id"],
        ["r1"],
    ]


def test_the_figures_in_doubt_are_coloured_and_no_others() -> None:
    """Of figures those that the row names; of other rows what is in doubt of the row."""
    figures = pl.DataFrame(
        {
            "product": ["a"] * 2, "level": [3.0, 4.0], "yoy_pct": [1.0, 2.0], "highest_since": [date(2025, 6, 1)] * 2,
            "figures_in_doubt": ["yoy_pct+highest_since", None],
        }
    )  # fmt: skip
    rows = pl.DataFrame({"value": [1.0, 2.0], "months": [1, 2], "doubt": [None, "cut off"]})
    columns = pl.DataFrame([("level", "kg", "")], schema=["column", "unit", "meaning"], orient="row")
    about = Notes("rows", [("in doubt", "cut off")], columns, pl.DataFrame({"release_id": ["r1"]}))
    for frame, expected in ((figures, ["D2", "E2"]), (rows, ["C3"]), (ROWS, [])):
        book = sheets(frame, about)
        coloured = [
            cell.coordinate for row in book["rows"].iter_rows() for cell in row if cell.fill.fgColor.rgb == "FFFFEB9C"
        ]
        assert coloured == expected
        notes = [[cell.value for cell in row] for row in book[NOTES].iter_rows()]
        assert (["coloured", "what is in doubt", None] in notes) == bool(expected)
        assert ["in doubt", "cut off", None] in notes
    day = sheets(figures)["rows"]["E2"]
    assert (day.value.date(), day.number_format) == (date(2025, 6, 1), "yyyy-mm-dd")
    # Ten letters and a margin, or a program shows ###.
    assert sheets(ROWS)["rows"].column_dimensions["E"].width >= 12


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
    "text",
    ["=cmd()", "+SUM(A1)", "@x", "-cmd|calc", "-1+cmd|calc", "+1;=A1", "\tx", "\r=x", "\n=x", "＝cmd()", "＋SUM(A1)"],
)
def test_formulas_get_an_apostrophe(tmp_path: Path, text: str) -> None:
    assert _as_csv(tmp_path, text) == "'" + text
    assert _as_csv(tmp_path, text, "csv") == text, "nothing is changed that is not asked for"


def _as_csv(folder: Path, value: object, form: str = "csv-safe") -> str:
    write(pl.DataFrame({"text": [value], "nothing": [None], "number": [-1.5]}), form, folder / "out.csv")
    (row,) = csv.DictReader(io.StringIO((folder / "out.csv").read_bytes().decode(), newline=""))
    assert (row["nothing"], row["number"]) == ("", "-1.5")
    return row["text"]


def test_a_figure_that_is_missing_among_several_rows_says_why() -> None:
    """The world of a file that was asked for some partners was a table without a figure and without a word."""
    rows = pl.DataFrame(
        {
            "measure": ["quantity_kg", "value_cny", "value_usd"],
            "level": [None] * 3,
            "level_status": ["not_covered", "not_covered", "other_unit"],
            "mom_pct": [None, 1.5, None],
            "mom_status": ["no_base", "computed", "not_covered"],
            "yoy_pct": [None] * 3,
            "yoy_status": ["no_base"] * 3,
        },
        schema_overrides={"level": pl.Float64, "yoy_pct": pl.Float64},
    )
    told = _printed(rows)
    assert "quantity_kg not_covered no_base" in told
    assert "value_cny not_covered 1.5" in told
    assert "value_usd other_unit not_covered" in told
    assert "yoy_pct" not in told
    assert "level not_covered" in _printed(rows.head(2))


def _lines(shown: object, width: int = 200) -> list[str]:
    console = Console(width=width)
    with console.capture() as printed:
        console.print(shown)
    return [line.rstrip() for line in printed.get().splitlines()]


def _printed(rows: pl.DataFrame) -> str:
    return " ".join(" ".join(_lines(listing(rows, 200, 40))).split())


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (11_028_769_644.0, "11,028,769,644"),
        (522_087_653_123_456.0, "522,087,653,123,456"),
        (353_000.0, "353,000"),
        (-4.0, "-4"),
        (660.7758620689655, "660.7758621"),
        (12_345_678_901.25, "12,345,678,901.250"),
        (0.0000012, "1.2e-06"),
    ],
)
def test_a_level_keeps_all_its_digits(value: float, shown: str) -> None:
    assert shown in _printed(pl.DataFrame({"level": [value, 1.5], "partner": ["USA", "DEU"]})).split()


def test_a_group_is_no_more_partner_and_rows_without_any_figure_are_counted_below() -> None:
    query = release("q", "2025-07-20", "2025-06")
    rows = derived([(query, [number(query, "DEU", "2025-06", 100_000), number(query, "USA", "2025-06", 50_000)])])
    of_month = rows.with_columns(pl.col("partner", "level_status").cast(pl.String)).filter(
        product="85051110", measure="quantity_kg"
    )
    told = _lines(figure_table(of_month, 12, 200, reporter="CHN"))
    assert {"WLD", "DEU", "EU27", "USA"} <= {line.split()[0] for line in told if line}
    figures = [name for name in FIGURES if name in of_month.columns]
    bare = of_month.with_columns(pl.lit(None, of_month.schema[name]).alias(name) for name in figures)
    bare = bare.with_columns(partner=pl.lit("FRA"), level_status=pl.lit("combined_months"))
    told = _lines(figure_table(pl.concat([of_month, bare]), 12, 200, reporter="CHN"))
    assert not any("FRA" in line for line in told)
    why = "without any figure: the source gives January and February together"
    assert told[-1] == f"and {bare.height} rows {why}"
    both = pl.concat([bare, bare.with_columns(partner=pl.lit("ITA"))])
    assert _lines(figure_table(both, 12, 200, reporter="CHN"))[-1] == f"{both.height} rows {why}"


def test_a_column_that_was_asked_for_and_has_no_value_is_named() -> None:
    rows = pl.DataFrame(
        {
            "product": ["8505", "1201"],
            "level": [1.0, 2.0],
            "expected": pl.Series([None, None], dtype=pl.Float64),
            "low": pl.Series([None, None], dtype=pl.Float64),
            "status": ["too_few_months", "gap"],
        }
    )

    def below(*columns: str) -> str:
        return _lines(listing(rows, 200, 40, columns))[-1]

    assert (
        below("product", "level", "expected", "low")
        == "2 rows; no value in expected, low (status says why); 1 more column in the other formats (--format csv)"
    )
    assert (
        below("product", "low", "status")
        == "2 rows; no value in low (status says why); 2 more columns in the other formats (--format csv)"
    )
    assert below("product", "level") == "2 rows; 3 more columns in the other formats (--format csv)"
    assert below() == "2 rows; 2 more columns in the other formats (--format csv)"


@pytest.mark.parametrize("width", [65, 66, 69, 74, 78])
@pytest.mark.parametrize("title", ["a file", "稀土磁体"])
def test_what_fits_into_the_terminal_is_not_broken(width: int, title: str) -> None:
    """Borders count, and a Chinese letter is two columns wide: else a heading is broken in the middle of a word."""
    rows = pl.DataFrame(
        {
            "title": [title, title + "x"],
            "period_start": ["2025-06-01", "2025-07-01"],
            "period_end": ["2025-06-30", "2025-07-31"],
            "measure": ["quantity_kg", "value_usd"],
            "resolution": [1000, 1],
            "record": [26, 27],
        }
    )
    lines = _lines(listing(rows, width, 40), width)
    assert len(lines) == len(_lines(listing(rows, 200, 40), 200)), lines
