"""Headings, columns and rows of customs' release pages."""

from datetime import date

import pytest

from tasks.domain.errors import Refused
from tasks.sources.gacc_tables import (
    Column,
    Heading,
    body_of,
    doubt_growth,
    line_names,
    partners_of,
    period,
    read_columns,
    read_heading,
    refuse_shifted,
    squeeze,
    statements,
)

MAY = Heading("China's Major Exports", 5, 5, 2025, "CNY 100 million", None)
THREE = [Column("to_date", "value"), Column("year_before", "value"), Column("growth", "value")]


@pytest.mark.parametrize(
    ("title", "unit", "day", "heading"),
    [
        ("(5) Exports, May 2025 (in CNY)", "Unit: CNY 100 Million", "2025/06/10", Heading("Exports", 5, 5, 2025, "CNY 100 million", date(2025, 6, 10))),
        ("(4)\xa0By Country,  Jan.-Feb. 2026 (in USD)", "Unit：US$1,000".replace("US$", "USD"), "9/3/2026", Heading("By Country", 1, 2, 2026, "USD 1000", date(2026, 3, 9))),
        ("Exports, December 2025", "Unit:RMB 10,000", "no day", Heading("Exports", 12, 12, 2025, "CNY 10000", None)),
        ("Exports, May 2025 (in USD)", "Unit: USD Million", "2025/13/45", Heading("Exports", 5, 5, 2025, "USD million", None)),
    ],
)  # fmt: skip
def test_headings(title: str, unit: str, day: str, heading: Heading) -> None:
    assert read_heading(title, unit, day, "f") == heading


@pytest.mark.parametrize(
    ("title", "unit", "rule"),
    [
        ("Exports (in CNY)", "Unit: CNY 100 Million", "title"), ("Exports, Mai 2025", "Unit: CNY 100 Million", "title"), ("Exports, May 2025", "in yuan", "unit line"),
        ("Exports, May 2025 (in CNY)", "Unit: USD 1 Million", "currency"), ("Exports, May 2025", "Unit: CNY 7", "currency"),
    ],
)  # fmt: skip
def test_headings_that_cannot_be_read_or_name_two_currencies_are_refused(title: str, unit: str, rule: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_heading(title, unit, "", "f")
    assert refusal.value.rule == rule


def test_columns_are_known_by_their_titles_and_not_by_their_place() -> None:
    top = ["Commodity", "1-5 Total", "Unit", "5", "1-5 Total, 2024", "1-5 Total, Year-On-Year(%)"]
    columns, doubts = read_columns(top, ["Commodity", "Value", "Unit", "Quantity", "Value", "Value"], MAY, "f")
    assert columns == [Column("to_date", "value"), None, Column("month", "quantity"), *THREE[1:]]
    assert doubts == []


def test_a_wrong_year_before_is_doubted_once_and_not_read() -> None:
    top = ["", "1-5 Total", "1-5 Total, 2023", "1-5 Total, 2023"]
    columns, doubts = read_columns(top, ["", "Value", "Quantity", "Value"], MAY, "f")
    assert columns == [Column("to_date", "value"), None, None]
    assert [(doubt["check"], doubt["subject"], doubt["expected"]) for doubt in doubts] == [("printed_year", "f, column 3", "the year 2024")]  # fmt: skip


@pytest.mark.parametrize(
    ("top", "rule"), [("4", "header of another month"), ("Mood", "header"), ("5", "header")]
)  # fmt: skip
def test_headers_that_cannot_be_read_are_refused(top: str, rule: str) -> None:
    """The last one has a month and no year to date."""
    with pytest.raises(Refused) as refusal:
        read_columns(["", top], ["", "Value"], MAY, "f")
    assert refusal.value.rule == rule


@pytest.mark.parametrize(
    ("span", "last", "months"),
    [("month", 5, "2025-05"), ("to_date", 5, "2025-01..2025-05"), ("year_before", 5, "2024-01..2024-05"), ("to_date", 1, "2025-01"), ("year_before", 1, "2024-01")],
)  # fmt: skip
def test_months_of_a_span(span: str, last: int, months: str) -> None:
    assert period(span, MAY._replace(last=last)) == months


def test_rows_below_the_header_without_blank_ones_and_notes() -> None:
    table = [["head", "x"], ["\xa0 Rare earth", "1\xa0"], ["", "\xa0"], ["Note: all"], ["Grain", "2"]]
    assert list(body_of(table, 1, 2, "f")) == [(1, ["Rare earth", "1"]), (4, ["Grain", "2"])]
    with pytest.raises(Refused, match=r"f, row 1 \('Grain'\): 3 cells where the header has 2"):
        list(body_of([["Grain", "1", "2"]], 0, 2, "f"))
    assert squeeze("\xa0a \n b\xa0") == "a b"


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (["Grain", "5.1", "2"], "unit column missing"), (["Grain", "-", "2"], "quantity without unit"), (["Grain", "Ton", "two"], "no number"),
        (["Grain", "Ton", "2,00"], "no number"), (["Grain", "Ton", "-"], None), (["Grain", "-", "-"], None), (["Grain", "Ton", "1,234.5"], None),
    ],
)  # fmt: skip
def test_cells_that_have_slipped_are_refused(row: list[str], rule: str | None) -> None:
    columns = [None, Column("month", "quantity")]
    if rule is None:
        refuse_shifted([(1, row)], 1, columns, "f")
        return
    with pytest.raises(Refused) as refusal:
        refuse_shifted([(1, row)], 1, columns, "f")
    assert refusal.value.rule == rule


@pytest.mark.parametrize(
    ("now", "before", "growth", "severity"),
    [
        # 12.1 on 15.1 is -19.87 %; with rounded digits from -20.5 to -19.3 %.
        ("12.1", "15.1", "-19.9", None), ("12.1", "15.1", "-20.4", None), ("12.1", "15.1", "-20.6", "error"), ("12.1", "15.1", "19.9", "error"),
        ("12.1", "0.0", "500", None), ("-", "15.1", "1", None),
    ],
)  # fmt: skip
def test_a_growth_that_its_two_figures_cannot_have(now: str, before: str, growth: str, severity: str | None) -> None:
    found = list(doubt_growth([(3, ["Rare earth", now, before, growth])], THREE, "f"))
    assert [doubt["severity"] for doubt in found] == ([severity] if severity else [])


def test_one_wrong_growth_among_many_is_a_warning() -> None:
    rows = [(place, ["a", "2.0", "1.0", "100"]) for place in range(9)] + [(9, ["b", "2.0", "1.0", "-50"])]
    assert [doubt["severity"] for doubt in doubt_growth(rows, THREE, "f")] == ["warning"]


def test_lines_are_named_by_the_table_or_by_their_label() -> None:
    products, units, notes = line_names(["RARE EARTH", "Wool & Silk*", "Wool & Silk"], "2025-05", "f")
    assert products == ["line:rare_earths", "line:wool_silk_all", "line:wool_silk"]
    assert units == ["Ton", "", ""]
    assert notes == ["2 lines named by the label alone, first 'Wool & Silk*'"]
    with pytest.raises(Refused, match="as one line"):
        line_names(["Rare earth", "Rare-earth ore, metals, compounds"], "2025-05", "f")


def test_partners_are_names_of_the_list_and_groups_are_none() -> None:
    names, notes = partners_of(["European Union", "of which: Germany", "India"], "f")
    assert names == [None, "Germany", "India"]
    assert notes == ["1 group of partners not published: European Union"]
    with pytest.raises(Refused, match=r"'Atlantis' \(1 such name\)"):
        partners_of(["India", "Atlantis"], "f")


def test_a_record_for_each_span_with_a_number_and_january_once() -> None:
    spans = {"month": {"value": "1", "quantity": "-"}, "to_date": {"value": "—"}, "year_before": {"value": "3"}}
    assert list(statements(7, spans, MAY, flow="export")) == [
        {"record": 7, "period": "2025-05", "flow": "export", "value": "1"}, {"record": 7, "period": "2024-01..2024-05", "flow": "export", "value": "3"},
    ]  # fmt: skip
    january = MAY._replace(first=1, last=1)
    assert [made["period"] for made in statements(7, {"month": {"value": "1"}, "to_date": {"value": "1"}}, january)] == ["2025-01"]  # fmt: skip
