"""The real files go through, and what is published is what Python's csv module and openpyxl read, to the last unit."""

import csv
import io
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from flows.release import release
from schemas.forms.request import ReleaseRequest
from schemas.reference.code_tables import code_table
from tasks.reading import query
from tests.draws import some

pytestmark = [
    pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted"),
    pytest.mark.shared,
]
TODAY = date(2026, 11, 1)
TITLES = {
    "month": ("数据年月", "Date of data"),
    "product": ("商品编码", "Commodity code"),
    "partner": ("贸易伙伴编码", "Trading partner code"),
    "quantity": ("第一数量", "Quantity"),
    "unit": ("第一计量单位", "Unit"),
    "second": ("第二数量", "Supplementary Quantity"),
    "second_unit": ("第二计量单位", "Supplementary Unit"),
    "value_cny": ("人民币",),
    "value_usd": ("美元", "US dollar"),
}
UNITS = {"千克": "kg", "Kilogram": "kg", "桶": "barrel"}
# Of files of one layout a third, and all of them by `make search`.
FILES = [
    *some(
        [
            f"gacc_query/{name}.csv"
            for name in ("soybeans_export_2024_cny", "soybeans_import_2023_cny", "soybeans_import_2024_cny")
        ]
    ),
    *(
        f"gacc_query_variants/{name}.csv"
        for name in (
            "acetylene_en_full",
            "acetylene_zh_no_month",
            "crude_import_2026_cny_second_unit",
            "soybeans_hs4_province_regime_usd",
        )
    ),
    *some(
        [
            f"gacc_query_xlsx/{name}.xlsx"
            for name in ("39221000_2023", "39221000_2024", "39221000_2026_01-06", "73242100_2022", "73242100_2023")
        ]
    ),
]


def rows_of(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".xlsx":
        table = [
            ["" if cell is None else str(cell) for cell in row]
            for row in openpyxl.load_workbook(path).worksheets[0].values
        ]
    else:
        table = list(csv.reader(io.StringIO(path.read_bytes().decode("gb18030"), newline="")))
    places = {name: table[0].index(title) for name, titles in TITLES.items() for title in titles if title in table[0]}
    return [{name: row[place] for name, place in places.items()} for row in table[1:]]


def partner_key(code: str, month: str) -> str:
    for row in code_table("partners").iter_rows(named=True):
        known = (not row["valid_from"] or row["valid_from"] <= month) and (
            not row["valid_to"] or row["valid_to"] >= month
        )
        if row["gacc_code"] == code and known:
            return str(row["partner"])
    return f"gacc:{code}"


def sums_of(path: Path, month_of_all: str | None) -> Counter[tuple[str, str, str, str]]:
    """month x code x partner x measure -> sum, read independently."""
    sums: Counter[tuple[str, str, str, str]] = Counter()
    keys: dict[tuple[str, str], str] = {}
    for row in rows_of(path):
        month = f"{row['month'][:4]}-{row['month'][4:6]}" if "month" in row else str(month_of_all)
        code = row.get("partner")
        if code is not None and (code, month) not in keys:
            keys[code, month] = partner_key(code, month)
        place = (month, row["product"], "WLD" if code is None else keys[code, month])
        for quantity, unit in (("quantity", "unit"), ("second", "second_unit")):
            if quantity in row and row[unit] != "?":
                sums[(*place, f"quantity_{UNITS[row[unit]]}")] += int(row[quantity])
        for value in ("value_cny", "value_usd"):
            if value in row:
                sums[(*place, value)] += int(row[value].replace(",", ""))
    return sums


def ingest(path: Path, store: Path, **declared: object) -> Any:
    flow = "import" if "import" in path.name else "export"
    said = {"source": "gacc_query", "flow": flow, "partners": "all", "released_on": date(2026, 8, 1)} | declared
    return release.fn(ReleaseRequest(file=path, store=store, **said), TODAY)


@pytest.mark.parametrize("name", FILES)
def test_sums_by_month_code_and_partner_are_those_of_an_independent_reading(
    name: str, shared_data: Path, tmp_path: Path
) -> None:
    months = "2025-01..2025-12" if "no_month" in name else None
    store = tmp_path / "reporter=CHN"
    outcome = ingest(shared_data / name, store, months=months)
    assert outcome.status == "published"
    assert outcome.records == outcome.records_observed == len(rows_of(shared_data / name))
    expected = sums_of(shared_data / name, "2025-12" if months else None)
    assert len(expected) >= 4
    for table in ("detail", "observation"):
        rows = query.query(store, table).group_by(
            pl.col("period_end").dt.strftime("%Y-%m"), "product", "partner", "measure"
        ).agg(pl.col("value").sum())  # fmt: skip
        assert {key: value for *key_parts, value in rows.iter_rows() if (key := tuple(key_parts))} == dict(expected)


def test_two_editions_of_one_query_do_not_count_the_quantity_twice(shared_data: Path, tmp_path: Path) -> None:
    raw = (shared_data / "gacc_query" / "soybeans_export_2024_cny.csv").read_bytes()
    (tmp_path / "cny_export.csv").write_bytes(raw)
    dollars = re.sub(rb'"([\d,]+)",\n', lambda value: b'"%d",\n' % (int(value[1].replace(b",", b"")) * 100 // 715), raw)
    (tmp_path / "usd_export.csv").write_bytes(dollars.replace("人民币".encode("gb18030"), "美元".encode("gb18030")))
    for name in ("cny_export.csv", "usd_export.csv"):
        ingest(tmp_path / name, tmp_path / "reporter=CHN")
    rows = query.query(tmp_path / "reporter=CHN", "trade_flow", partner="USA", product="12011000", month=(2024, 1))
    assert rows.select("quantity_kg", "value_cny", "value_usd").rows() == [(908.0, 23_416.0, 3_274.0)]
