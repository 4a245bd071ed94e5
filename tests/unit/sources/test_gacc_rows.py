"""Rows of tables on customs' pages: notes, lost numbers, rows that do not fit the header, and numbers that cannot belong together."""

import pytest

from tasks.domain.errors import Refused
from tasks.sources.gacc_rows import (
    Row,
    doubt_balance,
    doubt_growth,
    doubt_unread,
    read_rows,
    records_of,
    refuse_unread,
)
from tasks.sources.gacc_tables import GROWTHS, UNITS, Column, Heading

MAY = Heading("Exports", 5, 2025, "CNY 100 million", None)
SO_FAR = "2025-01..2025-05"
COLUMNS = [Column(UNITS, ""), Column("2025-05", "quantity"), Column("2025-05", "value"), Column(SO_FAR, "value"), None, Column(GROWTHS, "value")]  # fmt: skip
TOYS = ["\xa0Toys\x03", "Ton", "1.0\xa0", "2.0", "9.0", "x", "3.1"]


def rows_of(*rows: list[str]) -> tuple[list[Row], list[str]]:
    return read_rows([["head"], *rows], 1, COLUMNS)


@pytest.mark.parametrize(
    "note",
    [
        ["Note: all 7 lines"] * 7, ["  2. For the scope see 5"] * 7, ["3. More", *[""] * 6], ["", *["4. More"] * 6], ["5.", *["More 6"] * 6], ["Note", "-", *[""] * 5],
        ["Asia:", *[""] * 6],
    ],
)  # fmt: skip
def test_rows_of_text_are_notes_wherever_they_stand(note: list[str]) -> None:
    rows, notes = rows_of(TOYS, note, TOYS)
    assert [(row.number, row.label, row.fault) for row in rows] == [(1, "Toys", ""), (3, "Toys", "")]
    assert len(notes) == 1
    assert rows_of(["", *["\xa0"] * 6]) == ([], [])


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (["Toys", "5.1", "2", "3", "4", "5", "6"], "the number 5.1 where the unit should stand"), (["Toys", "—", "2", "3", "4", "5", "6"], "the quantity 2 and no unit"),
        (["Toys", "", "2", "3", "4", "5", "6"], "the quantity 2 and no unit"), (["Toys", "Ton", "two", "3", "4", "5", "6"], "'two' where a number should stand"),
        (["Toys", "Ton", "2,00", "3", "4", "5", "6"], "'2,00' where a number should stand"), (["Toys", "", "Ton", "2", "3", "4", "5"], "'Ton' where a number should stand"),
        (["Toys", "Ton", "2"], "3 cells where the header has 7"), (["Toys", "-", "-", "1,234.5", "-", "", "-0.1"], ""), (["Toys", "Ton", "####", "-", "1", "any", "##"], ""),
    ],
)  # fmt: skip
def test_a_row_whose_cells_do_not_fit_the_header_is_set_aside_whole(row: list[str], fault: str) -> None:
    (found,), _ = rows_of(row)
    assert found.fault == fault
    made = list(records_of(found, COLUMNS, MAY, ("quantity", "value"), product="line:toys"))
    if fault:
        assert made == [{"product": "line:toys", "record": 1, "period": "2025-05", "value": " | ".join(found.cells)}]
        assert [doubt["observed"] for doubt in doubt_unread([found], "f")] == [fault]
    else:
        assert made
        assert not list(doubt_unread([found], "f"))


@pytest.mark.parametrize(("bad", "is_refused"), [(0, False), (2, False), (3, True), (20, True)])
def test_a_page_with_many_such_rows_is_refused(bad: int, *, is_refused: bool) -> None:
    rows, _ = rows_of(*[["Toys", "5.1", *TOYS[2:]]] * bad, *[TOYS] * (20 - bad))
    if not is_refused:
        refuse_unread(rows, "f")
        return
    with pytest.raises(Refused, match=rf"{bad} such rows of 20"):
        refuse_unread(rows, "f")


def test_a_record_for_each_span_and_one_of_its_own_for_what_cannot_be_read() -> None:
    money, common = {"currency": "CNY 100 million"}, {"record": 1}

    def made(*cells: str, words: tuple[str, ...] = ("quantity", "value")) -> list[dict[str, object]]:
        (row,), _ = rows_of(["Toys", *cells])
        return list(records_of(row, COLUMNS, MAY, words))

    whole = {"period": "2025-05", "quantity": "1.0", "quantity_unit": "Ton", "value": "2.0"}
    so_far = common | money | {"period": SO_FAR, "value": "9.0"}
    assert made("Ton", "1.0", "2.0", "9.0", "", "") == [common | money | whole, so_far]
    assert made("Ton", "1.0", "2.0", "-", "", "", words=("value",)) == [common | money | {"period": "2025-05", "value": "2.0"}]  # fmt: skip
    lost = common | {"period": "2025-05", "quantity": "####", "quantity_unit": "Ton"}
    assert made("Ton", "####", "2.0", "-", "", "") == [lost, common | money | {"period": "2025-05", "value": "2.0"}]
    strange = common | {"period": "2025-05", "quantity": "1.0", "quantity_unit": "Kangaroos"}
    assert made("Kangaroos", "1.0", "-", "9.0", "", "") == [strange, so_far]
    assert made("-", "-", "-", "-", "", "3.0") == []


THREE = [Column("2025-01..2025-05", "value"), Column("2024-01..2024-05", "value"), Column(GROWTHS, "value")]
BALANCE = [Column("2025-05", what) for what in ("both", "export", "import")]


@pytest.mark.parametrize(
    ("now", "before", "growth", "severity"),
    [
        # 12.1 on 15.1 is -19.87 %; with rounded digits from -20.5 to -19.3 %.
        ("12.1", "15.1", "-19.9", None), ("12.1", "15.1", "-20.4", None), ("12.1", "15.1", "-20.6", "error"), ("12.1", "15.1", "19.9", "error"),
        ("12.1", "0.0", "500", None), ("-", "15.1", "1", None), ("12.1", "####", "1", None),
    ],
)  # fmt: skip
def test_a_growth_that_its_two_figures_cannot_have(now: str, before: str, growth: str, severity: str | None) -> None:
    found = list(doubt_growth([Row(3, "Rare earth", [now, before, growth])], THREE, MAY, "f"))
    assert [doubt["severity"] for doubt in found] == ([severity] if severity else [])


def test_one_wrong_growth_among_many_is_a_warning_and_a_row_that_is_set_aside_is_none() -> None:
    rows = [Row(place, "a", ["2.0", "1.0", "100"]) for place in range(9)] + [Row(9, "b", ["2.0", "1.0", "-50"])]
    assert [doubt["severity"] for doubt in doubt_growth(rows, THREE, MAY, "f")] == ["warning"]
    assert not list(doubt_growth([rows[-1]._replace(fault="slipped")], THREE, MAY, "f"))
    assert not list(doubt_growth(rows, THREE[:2], MAY, "f"))


@pytest.mark.parametrize(
    ("cells", "severity"),
    [
        (["5.0", "3.0", "2.0"], None), (["5.1", "3.0", "2.0"], None), (["5.2", "3.0", "2.0"], "error"), (["3.0", "5.0", "2.0"], "error"), (["-", "3.0", "2.0"], None), (["7", "3.4", "3.0"], None),
    ],
)  # fmt: skip
def test_exports_and_imports_that_do_not_add_up(cells: list[str], severity: str | None) -> None:
    found = list(doubt_balance([Row(1, "India", cells)], BALANCE, "f"))
    assert [doubt["severity"] for doubt in found] == ([severity] if severity else [])
