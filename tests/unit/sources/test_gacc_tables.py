"""Title, unit line and header of tables on customs' pages: many ways to write one thing, and what is refused."""

from datetime import date

import pytest

from tasks.domain.errors import Refused
from tasks.sources.gacc_tables import GROWTHS, UNITS, Column, Heading, read_columns, read_heading

MAY = Heading("China's Major Exports", 5, 2025, "CNY 100 million", date(2025, 6, 10))


@pytest.mark.parametrize(
    ("title", "unit", "day", "heading"),
    [
        ("(5) Exports, May 2025 (in CNY)", "Unit: CNY 100 Million", "2025/06/10", Heading("Exports", 5, 2025, "CNY 100 million", date(2025, 6, 10))),
        ("(4)\xa0By Country,  Jan.-Feb. 2026 (in USD)", "Unit：US$1,000", "9/3/2026", Heading("By Country", 2, 2026, "USD 1000", date(2026, 3, 9))),
        ("(4) By Country, January to February 2026（in USD）", "Unit:USD1 Million", "2026-03-09", Heading("By Country", 2, 2026, "USD million", date(2026, 3, 9))),
        ("Exports, December 2025", "Unit:RMB￥10,000", "no day", Heading("Exports", 12, 2025, "CNY 10000", None)),
        ("（13）Exports,1-7.2026", "Unit:US$1,000", "2026/08/18", Heading("Exports", 7, 2026, "USD 1000", date(2026, 8, 18))),
        ("（2）By Country （Region）,1.2026", "Unit: 1,000 US Dollars", "", Heading("By Country (Region)", 1, 2026, "USD 1000", None)),
        ("(13) Exports, 2026.1-11", "(Unit: 10,000 Yuan)", "", Heading("Exports", 11, 2026, "CNY 10000", None)),
        ("Exports, Sept. 2025 (in USD)", "Unit: USD Million", "2025/13/45", Heading("Exports", 9, 2025, "USD million", None)),
    ],
)  # fmt: skip
def test_headings(title: str, unit: str, day: str, heading: Heading) -> None:
    assert read_heading(title, unit, day, "f") == heading


@pytest.mark.parametrize(
    ("title", "unit", "rule"),
    [
        ("Exports (in CNY)", "Unit: CNY 100 Million", "title"), ("Exports, Mai 2025", "Unit: CNY 100 Million", "title"), ("Exports,1-13.2026", "Unit: CNY 100 Million", "title"),
        ("Exports,7-1.2026", "Unit: CNY 100 Million", "title"), ("Exports, Q2 2026", "Unit: CNY 100 Million", "title"), ("Exports, May 2025", "in yuan", "unit line"),
        ("Exports, May 2025", "Unit: 100 Million", "unit line"), ("Exports, May 2025", "Unit: CNY 100 Dozen", "unit line"), ("Exports, May 2025", "", "unit line"),
        ("Exports, May 2025 (in CNY)", "Unit: USD 1 Million", "currency"), ("Exports, May 2025", "Unit: CNY 7", "currency"), ("Exports, May 2025", "Unit: USD CNY 1 Million", "currency"),
    ],
)  # fmt: skip
def test_headings_that_cannot_be_read_or_name_two_currencies_are_refused(title: str, unit: str, rule: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_heading(title, unit, "", "f")
    assert refusal.value.rule == rule


def columns_of(*cells: tuple[str, ...], heading: Heading = MAY) -> tuple[list[Column | None], list[tuple[str, str]]]:
    header = [["Commodity", *texts] for texts in zip(*cells, strict=True)]
    columns, doubts = read_columns(header, heading, "f")
    return columns, [(doubt["check"], doubt["severity"]) for doubt in doubts]


MONTH, SO_FAR, BEFORE = "2025-05", "2025-01..2025-05", "2024-01..2024-05"


@pytest.mark.parametrize(
    ("above", "below", "column"),
    [
        ("5", "Quantity", Column(MONTH, "quantity")), ("May", "Value", Column(MONTH, "value")), ("05", "QTY", Column(MONTH, "quantity")),
        *((text, "Value", Column(SO_FAR, "value")) for text in ("1-5 Total", "1-5\xa0Total", "1to5", "1- to-5", "1–5", "Jan.-May", "Jan to May", "01-05", "1-5 Total, 2025")),
        *((text, "Value", Column(BEFORE, "value")) for text in ("1-5 Total, 2024", "1-5\xa0Total,2024", "1to5 2024", "Jan-May 2024")),
        ("Exports", "1-to-5", Column(SO_FAR, "export")), ("Import", "5", Column(MONTH, "import")), ("Total", "5", Column(MONTH, "both")),
        ("Export & Import", "1to5", Column(SO_FAR, "both")), ("Quantity\nUnit", "Quantity\nUnit", Column(UNITS, "")), ("QTY Unit", "QTY Unit", Column(UNITS, "")),
        ("Percentage Change", "Value", Column(GROWTHS, "value")), ("1-5 Total, Year-On-Year(%)\xa0", "Quantity", Column(GROWTHS, "quantity")),
    ],
)  # fmt: skip
def test_a_column_is_known_by_its_header_however_it_is_written(above: str, below: str, column: Column) -> None:
    other = ("5", "Value") if column.what != "value" or column.months != MONTH else ("5", "Quantity")
    assert columns_of((above, below), other)[0][0] == column


def test_columns_are_known_by_their_titles_and_not_by_their_place() -> None:
    columns, doubts = columns_of(
        ("1-5 Total", "Value"), ("Unit", "Unit"), ("5", "Quantity"), ("1-5 Total, 2024", "Value")
    )
    assert columns == [Column(SO_FAR, "value"), Column(UNITS, ""), Column(MONTH, "quantity"), Column(BEFORE, "value")]
    assert doubts == []


@pytest.mark.parametrize("strange", [("Mood", "Value"), ("5", "Mood"), ("4-5", "Value"), ("13", "Value")])
def test_a_column_that_is_not_understood_is_left_out_and_named(strange: tuple[str, str]) -> None:
    columns, doubts = columns_of(strange, ("1-5 Total", "Value"))
    assert columns == [None, Column(SO_FAR, "value")]
    assert doubts == [("column_not_read", "warning")]


def test_a_wrong_year_before_is_doubted_and_not_read() -> None:
    columns, doubts = columns_of(("1-5 Total", "Value"), ("1-5 Total, 2023", "Quantity"), ("1-5 Total, 2023", "Value"))
    assert columns == [Column(SO_FAR, "value"), None, None]
    assert doubts == [("printed_year", "warning")] * 2


@pytest.mark.parametrize(
    ("months", "day", "rule"),
    [
        # On 10 June the newest month is May, so the header was left from April; or the title was.
        (("4", "1-4 Total"), date(2025, 6, 10), "header_month"), (("4", "1-4 Total"), date(2025, 5, 10), "header of another month"),
        (("4", "1-4 Total"), None, "header of another month"), (("6", "1-6 Total"), date(2025, 7, 14), "header of another month"),
        (("5", "1-4 Total"), date(2025, 6, 10), "header of another month"), (("5", "1-5 Total"), date(2025, 6, 10), ""),
    ],
)  # fmt: skip
def test_months_of_header_and_title_that_contradict_one_another(
    months: tuple[str, str], day: date | None, rule: str
) -> None:
    cells = [(month, "Value") for month in months]
    if rule == "header of another month":
        with pytest.raises(Refused) as refusal:
            columns_of(*cells, heading=MAY._replace(day=day))
        assert refusal.value.rule == rule
        assert "again" not in refusal.value.advice
        return
    columns, doubts = columns_of(*cells, heading=MAY._replace(day=day))
    assert columns == [Column(MONTH, "value"), Column(SO_FAR, "value")]
    assert doubts == ([(rule, "error")] if rule else [])


def test_in_january_the_month_and_the_year_to_date_are_one_span() -> None:
    january = MAY._replace(last=1, day=date(2025, 2, 14))
    columns, doubts = columns_of(("1", "Value"), ("1-1 Total", "Value"), heading=january)
    assert (columns, doubts) == ([Column("2025-01", "value")] * 2, [])


@pytest.mark.parametrize("cells", [(("Mood", "Value"),), (("5", "Value"), ("May", "Value")), (("Unit", "Unit"),)])
def test_a_header_without_figures_or_with_one_column_twice_is_refused(cells: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Refused) as refusal:
        columns_of(*cells)
    assert refusal.value.rule == "header"
