"""The files of Trade Statistics of Japan: months as columns, thousands of yen cut off, ports, and months to come."""

import csv
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.reference.code_tables import code_table, partner_codes
from tasks.ingest.normalise import Normalised
from tasks.sources.adapter.protocol import Parsed
from tasks.sources.registry import SOURCES
from tests.unit.sources import reading
from tests.unit.sources.offices.estat_files import CHINA, JAN_TO_MAR, MONTHS, Numbers, file, line
from tests.unit.sources.reading import doubts, rule_of


def parse(data: bytes, name: str) -> Parsed:
    return SOURCES["japan_estat"].parse(data, name)


COUNTRY = "Country"
read = partial(reading.read, source="japan_estat", released_on=date(2026, 6, 29))


def numbers(release: Normalised) -> dict[tuple[str, str, str], int]:
    """The values by partner, measure and month."""
    rows = release.detail.select("partner", "measure", "period_end", "value").rows()
    return {(partner, measure, f"{end:%m}"): value for partner, measure, end, value in rows}


def test_each_month_is_a_statement_in_yen_and_in_the_main_unit(tmp_path: Path) -> None:
    release = read(file(line([*JAN_TO_MAR[:2], (0, 7, 9)])), tmp_path)
    assert numbers(release) == {
        ("TWN", "value_jpy", "01"): 544_477_000,
        ("TWN", "quantity_item", "01"): 62_772,
        ("TWN", "value_jpy", "02"): 92_551_000,
        ("TWN", "quantity_item", "02"): 54_546,
        ("TWN", "value_jpy", "03"): 9_000,
        ("TWN", "quantity_item", "03"): 7,
    }
    row = release.detail.filter(measure="value_jpy").row(0, named=True)
    assert [row[name] for name in ("reporter", "flow", "product", "classification", "resolution")] == [
        "JPN",
        "export",
        "852351000",
        "JP9",
        1000,
    ]
    assert code_table("currencies").filter(printed="JPY thousand").select("factor", "rounding").row(0) == (
        "1000",
        "down",
    )


def test_a_zero_is_a_zero_but_not_in_the_months_to_come(tmp_path: Path) -> None:
    data = file(line(JAN_TO_MAR), line([(0, 0, 0), (0, 5, 6), (0, 0, 0)], country=CHINA))
    release = read(data, tmp_path)
    found = numbers(release)
    assert found["CHN", "value_jpy", "01"] == 0
    assert {month for _, _, month in found} == {"01", "02"}
    assert release.release["last_month"].to_list() == [date(2026, 2, 1)]
    assert any("no number but 0 in Quantity1-Mar, " in note for note in release.findings["observed"])


@pytest.mark.parametrize("port", [None, "104"])
@pytest.mark.parametrize("again", [JAN_TO_MAR, ((0, 1, 2), (0, 3, 4), (0, 0, 0))])
def test_a_line_that_comes_twice_holds_the_release(port: str | None, again: Numbers) -> None:
    """Lines are added up: those of another port, country or unit are other lines."""
    others = [line(JAN_TO_MAR, port=port, country=CHINA), *([line(JAN_TO_MAR, port="105")] if port else [])]
    data = file(line(JAN_TO_MAR, port=port), *others, line(again, port=port), port=bool(port))
    (found,) = parse(data, "x.csv").doubts
    assert (found["check"], found["severity"], found["records"]) == ("row_twice", "error", [1] if port else [1, 3])
    assert found["observed"].startswith("2 records that agree with another one in Exp or Imp, Year, ")
    assert parse(file(line(JAN_TO_MAR, port=port), *others, port=bool(port)), "x.csv").doubts == ()


def test_two_units_are_two_quantities(tmp_path: Path) -> None:
    found = numbers(read(file(line([(3, 4_000, 9)], units=("NO", "KG")), months=1), tmp_path))
    assert found == {
        ("TWN", "value_jpy", "01"): 9_000,
        ("TWN", "quantity_kg", "01"): 4_000,
        ("TWN", "quantity_item", "01"): 3,
    }


def test_the_ports_of_a_country_are_added_up(tmp_path: Path) -> None:
    lines = (
        line(JAN_TO_MAR, port="104"),
        line([(0, 1, 2)] * 3, port="200"),
        line(JAN_TO_MAR, port="104", country=CHINA),
    )
    data = file(*lines, port=True)
    found = numbers(read(data, tmp_path))
    assert found["TWN", "value_jpy", "01"] == 544_479_000
    assert found["TWN", "quantity_item", "03"] == 1
    assert found["CHN", "value_jpy", "02"] == 92_551_000
    assert set(parse(data, "f.csv").reported["note"].cast(pl.String)) == {"sum of records 1, 2", None}


@pytest.mark.parametrize(
    ("year", "held"),
    [
        ((0, 117_318, 637_028), False),
        ((0, 117_318, 637_031), False),
        ((0, 117_318, 637_032), True),
        ((0, 117_318, 637_027), True),
        ((0, 117_319, 637_028), True),
        ((1, 117_318, 637_028), True),
    ],
)
def test_a_year_that_its_months_do_not_add_up_to_holds_the_release(year: Sequence[int], held: bool) -> None:
    found = parse(file(line(JAN_TO_MAR, year=year)), "f.csv").doubts
    assert [(doubt["check"], doubt["severity"]) for doubt in found] == [("total_differs", "error")] * held


PLAIN = file(line(JAN_TO_MAR))


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (file(), "no records"),
        (file(line([(0, 0, 0)] * 3)), "no records"),
        (PLAIN.replace(b"-Feb", b"-Fev"), "columns"),
        (PLAIN.replace(b"-Jan", b"-Apr"), "columns"),
        (PLAIN.replace(b"Unit2", b"Unit3"), "columns"),
        *((PLAIN.replace(b"62772", text), "no number") for text in (b"6.2e4", b"", b"-1")),
        (b"<!DOCTYPE html>\n<html></html>\n", "not a table"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_what_is_no_such_file_is_refused_by_name(data: bytes, rule: str) -> None:
    assert rule_of("japan_estat", data) == rule


def _without(data: bytes, column: str, *, name: str | None = None) -> bytes:
    """The file without a column, or with the column under another name."""
    rows = [text.split(",") for text in data.decode().splitlines()]
    at = rows[0].index(column)
    if name:
        rows[0][at] = name
    return "".join(",".join(row if name else row[:at] + row[at + 1 :]) + "\r\n" for row in rows).encode()


def test_a_table_by_commodity_has_the_totals_of_all_countries(tmp_path: Path) -> None:
    """A real line of such a table, and its first months: goods without a number of the tariff."""
    goods = line([(0, 87_030, 39_506), (0, 72_114, 34_952)], code="'000000011'", units=("  ", "KG"), flow="2")
    release = read(_without(file(goods, line(JAN_TO_MAR[:2], flow="2"), months=2), COUNTRY), tmp_path)
    assert sorted(
        release.detail.filter(period_end=date(2026, 2, 28)).select("product", "partner", "measure", "value").rows()
    ) == [
        ("852351000", "WLD", "quantity_item", 54_546),
        ("852351000", "WLD", "value_jpy", 92_551_000),
        ("line:japan_000000011", "WLD", "quantity_kg", 72_114),
        ("line:japan_000000011", "WLD", "value_jpy", 34_952_000),
    ]
    assert not release.quarantine.height


def test_files_by_principal_commodity_have_one_quantity(tmp_path: Path) -> None:
    data = file(line([(0, 5, 9)], units=("", "MT"), code="'10305000'"), months=1)
    for column in ("Unit1", "Quantity1-Year", "Quantity1-Jan"):
        data = _without(data, column)
    data = _without(_without(data, "HS", name="Commodity"), "Unit2", name="Unit").replace(b"Quantity2-", b"Quantity-")
    release = read(data, tmp_path)
    assert numbers(release) == {("TWN", "value_jpy", "01"): 9_000, ("TWN", "quantity_kg", "01"): 5_000}
    assert release.detail["product"].unique().to_list() == ["line:japan_commodity_10305000"]


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["commodity_by_country_export_2026_jan-may_one_row.csv", "port_export_2017_sample_rows.csv"]
)
def test_the_real_rows_to_the_last_unit(shared_data: Path, tmp_path: Path, name: str) -> None:
    data = (shared_data / "japan_estat" / name).read_bytes()
    key = {row["code"]: row["partner"] for row in partner_codes("japan").iter_rows(named=True)}
    expected: Counter[Any] = Counter()
    for row in csv.DictReader(data.decode("ascii").splitlines()):
        partner = key.get(row["Country"], f"japan:{row['Country']}")
        for place, month in enumerate(MONTHS, 1):
            if f"Value-{month}" in row:
                expected[partner, "value_jpy", f"{place:02d}"] += 1000 * int(row[f"Value-{month}"])
                expected[partner, "quantity_item", f"{place:02d}"] += int(row[f"Quantity2-{month}"])
    release = read(data, tmp_path)
    assert numbers(release) == expected
    assert "error" not in {severity for _, severity in doubts(release)}
