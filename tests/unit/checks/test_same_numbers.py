"""Numbers that are published already as something else: of the other direction, of another year, in another currency; or pasted."""

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.case import Case, Publish, read
from bad_inputs.download import Record, csv_bytes, distinct_records, numeric, workbook_bytes
from bad_inputs.soybeans import BRAZIL, TONNES, UNITED_STATES, in_dollars, in_yuan, record, records, trade

IMPORTS: Mapping[str, Any] = {"flow": "import", "partners": "all", "released_on": datetime.date(2026, 1, 5)}
EARLIER = {**IMPORTS, "released_on": datetime.date(2025, 2, 20)}
EXPORTS = {**EARLIER, "flow": "export"}
Earlier = tuple[bytes, Mapping[str, Any]]


def _found(tmp_path: Path, data: bytes, *before: Earlier, **declared: Any) -> pl.DataFrame:
    file = declared.pop("file", "download.csv")
    case = Case("", data, Publish(), {**IMPORTS, **declared}, file, None, before)
    return read(case, tmp_path / "inbox")[1].filter(pl.col("severity") != "info")


def _errors(tmp_path: Path, data: bytes, *before: Earlier, **declared: Any) -> list[str]:
    return sorted(set(_found(tmp_path, data, *before, **declared).filter(severity="error")["check"]))


def _titled(rows: Iterable[Record]) -> bytes:
    """The same numbers re-saved as a workbook, in another order."""
    titles = (
        "数据年月",
        "商品编码",
        "商品名称",
        "贸易伙伴编码",
        "贸易伙伴名称",
        "第一数量",
        "第一计量单位",
        "第二数量",
        "第二计量单位",
        "人民币",
    )
    return workbook_bytes([numeric(row) for row in [*rows][::-1]], titles)


# What China sells: little, to a few.
def exports(year: int = 2024, months: Iterable[int] = range(1, 13)) -> list[Record]:
    return [
        record(f"{year}{month:02d}", partner, 20_479 * share + 313 * month * share, 184_990 * share + 2_711 * month + year, code=code)
        for month in months for partner, share in (("133", 3), ("110", 2), (UNITED_STATES, 1), ("116", 5)) for code in ("12019011", "12019020")
    ]  # fmt: skip


@pytest.mark.parametrize("months", [range(1, 13), [6]])
def test_the_numbers_of_the_other_direction_are_held_whatever_their_bytes(
    months: Iterable[int], tmp_path: Path
) -> None:
    sold, bought = in_yuan(exports()), in_yuan(records())
    rows = records(months=months)
    for data, file in ((in_yuan(rows[::-1]), "a.csv"), (_titled(rows), "a.xlsx")):
        found = _found(tmp_path, data, (bought, EARLIER), (sold, EXPORTS), flow="export", file=file).filter(
            severity="error"
        )
        assert "numbers_of_other_flow" in found["check"].to_list()
        (row,) = found.filter(check="numbers_of_other_flow").to_dicts()
        assert row["observed"] == f"{2 * len(rows)} of {2 * len(rows)} numbers are those published as import"
    assert _errors(tmp_path, in_yuan(exports(months=months)), (bought, EARLIER), flow="export") == []


def test_a_few_numbers_that_are_all_the_same_tell_the_direction(tmp_path: Path) -> None:
    rows = records(months=[8], partners=[BRAZIL])
    published = (in_yuan(records()), EARLIER)
    assert "numbers_of_other_flow" in _errors(tmp_path, in_yuan(rows), published, flow="export", partners="listed")
    # A container of twenty tonnes both ways is no coincidence worth a word.
    kg, yuan = trade()[8, BRAZIL]
    container = in_yuan([record("202408", BRAZIL, kg, yuan + 1), *exports(months=[8])])
    assert _errors(tmp_path, container, published, flow="export", partners="listed") == []


def test_rows_of_the_other_direction_below_are_held_where_they_are_published(tmp_path: Path) -> None:
    """All months are one after the other, so that only the numbers tell."""
    rows = sorted([*records(), *exports()])
    assert "numbers_of_other_flow" in _errors(tmp_path, in_yuan(rows), (in_yuan(exports()), EXPORTS))


def test_rows_below_that_begin_again_are_held_where_nothing_is_published(tmp_path: Path) -> None:
    """Months, products and partners of the second part are among those of the first."""
    both = [*records(), *records(code="12019011", growth=0.001, partners=[BRAZIL]), *exports()]
    found = _found(tmp_path, in_yuan(sorted(both[:-96]) + both[-96:])).filter(check="pasted_records")
    (row,) = found.to_dicts()
    first = len(both) - 96
    assert (row["severity"], row["observed"]) == (
        "error", f"months begin again at record {first + 1}: 2024-12 is followed by 2024-01",
    )  # fmt: skip


@pytest.mark.parametrize(
    "parts",
    [
        (records(), records(code="12019011", growth=0.001)), (records(partners=[BRAZIL]), records(partners=set(TONNES) - {BRAZIL})),
        (records(months=range(7, 13)), records(months=range(1, 7))), (records(), [], []), (records(2024), records(2023)),
    ],
    ids=["by product", "by partner", "by month", "one", "by year"],
)  # fmt: skip
def test_parts_of_one_query_may_stand_one_below_the_other(parts: tuple[list[Record], ...], tmp_path: Path) -> None:
    rows = [row for part in parts for row in part]
    assert "pasted_records" not in _found(tmp_path, in_yuan(rows))["check"].to_list()


def test_records_in_any_other_order_are_not_pasted(tmp_path: Path) -> None:
    for rows in (
        records()[::-1],
        sorted(records(), key=lambda row: (row[3], row[0])),
        sorted(records(), key=lambda row: row[9]),
    ):
        assert "pasted_records" not in _found(tmp_path, in_yuan(rows))["check"].to_list()


def _as_year(rows: Iterable[Record], year: int) -> list[Record]:
    return [(f"{year}{row[0][4:]}", *row[1:]) for row in rows]


@pytest.mark.parametrize("few", [False, True])
def test_numbers_of_one_year_relabelled_as_the_next_are_held(few: bool, tmp_path: Path) -> None:
    partners = [BRAZIL, UNITED_STATES, "402"] if few else [*TONNES]
    rows = records(2024, partners=partners)
    published = (in_yuan(rows), EARLIER)
    found = _found(tmp_path, in_yuan(_as_year(rows, 2025)), published)
    (row,) = found.filter(check="another_month").to_dicts()
    assert (row["severity"], row["subject"]) == ("error", "import 2025-01..2025-12")
    assert (
        row["observed"] == f"{2 * len(rows)} of {2 * len(rows)} numbers are those of 12 months before, 2024-01..2024-12"
    )
    assert "another_month" not in _errors(tmp_path, in_yuan(records(2025, partners=partners)), published)


def test_most_numbers_are_enough_for_a_year(tmp_path: Path) -> None:
    """Somebody mended two of them by hand."""
    rows = _as_year(records(2024), 2025)
    mended = [(*rows[0][:5], "3571", *rows[0][6:]), *rows[1:-1], (*rows[-1][:9], "1,234,567")]
    assert "another_month" in _errors(tmp_path, in_yuan(mended), (in_yuan(records(2024)), EARLIER))
    mixed = [*_as_year(records(2024, range(1, 6)), 2025), *records(2025, range(6, 12))]
    assert "another_month" in _errors(tmp_path, in_yuan(mixed), (in_yuan(records(2024)), EARLIER)), (
        "five of eleven months"
    )


def test_a_month_that_stands_twice_in_a_file_is_held(tmp_path: Path) -> None:
    may = [("202406", *row[1:]) for row in records(months=[5])]
    (row,) = _found(tmp_path, in_yuan([*records(months=range(1, 6)), *may])).filter(check="another_month").to_dicts()
    assert (row["severity"], row["subject"]) == ("error", "import 2024-06")


def test_numbers_of_a_broad_release_are_those_of_its_products(tmp_path: Path) -> None:
    rows = distinct_records(600)
    june, july = (csv_bytes([(month, *row[1:]) for row in rows]) for month in ("202406", "202407"))
    other = csv_bytes([("202407", *row[1:9], f"{int(row[9].replace(',', '')) + 12_345:,}") for row in rows])
    assert "numbers_of_other_flow" in _errors(
        tmp_path, csv_bytes([("202406", *row[1:]) for row in rows[::-1]]), (june, EXPORTS)
    )
    assert "another_month" in _errors(tmp_path, july, (june, EARLIER))
    assert _errors(tmp_path, other, (june, EXPORTS)) == []


YEAR = in_yuan(records(2023)), EARLIER


@pytest.mark.parametrize("months", [range(1, 13), [6]])
def test_yuan_under_the_title_of_dollars_are_held_where_only_yuan_are_published(
    months: Iterable[int], tmp_path: Path
) -> None:
    """A kilogram costs what it did in yuan; in dollars it costs a seventh."""
    rows = records(2024, months)
    found = _found(tmp_path, in_dollars(rows), YEAR).filter(severity="error")
    assert set(found["check"]) == {"other_currency"}
    assert found["subject"].to_list() == ["import value_usd"]
    assert "times what was published in CNY" in found["observed"][0]
    dollars = [(*row[:9], f"{round(int(row[9].replace(',', '')) / 7.2):,}") for row in rows]
    assert _errors(tmp_path, in_dollars(dollars), YEAR) == []


def test_dollars_under_the_title_of_yuan_are_held_where_only_dollars_are_published(tmp_path: Path) -> None:
    dollars = [
        [(*row[:9], f"{round(int(row[9].replace(',', '')) / 7.2):,}") for row in records(year)] for year in (2023, 2024)
    ]
    published = (in_dollars(dollars[0]), EARLIER)
    assert _errors(tmp_path, in_yuan(dollars[1]), published) == ["other_currency"]
    assert _errors(tmp_path, in_yuan(records(2024)), published) == []
