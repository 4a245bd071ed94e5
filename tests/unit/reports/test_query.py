"""What is read from a store is what was asked for, as it stands or stood on a day, and equal in both tables of figures."""

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from tasks.domain.errors import NothingPublished
from tasks.ledger import merge as ledger
from tasks.ledger.trade_flow import widen
from tasks.reports.query import query
from tests.copied_store import copied
from tests.unit.builders import number, release, release_table
from tests.unit.figures import derived, merged
from tests.unit.reports.stores import publish


def test_the_wide_table_leaves_out_what_the_series_leave_out() -> None:
    """Print says 9 of Germany; a query that was asked for everyone has no Germany, and so both tables have none."""
    paper, query = release("p", "2025-07-20", kind="published", partners="keys"), release("q", "2025-08-20", "2025-06")
    store = [(paper, [number(paper, "DEU", "2025-06", 9)]), (query, [number(query, "USA", "2025-06", 353)])]
    wide = widen(ledger.current_statements(merged(store)), release_table(paper, query))
    assert wide.select("partner", "quantity_kg").rows() == [("USA", 353.0)]
    assert "DEU" not in derived(store)["partner"]


def test_a_wide_row_of_print_and_query_names_both() -> None:
    """The query was asked for dollars alone, and the kilograms next to them are those of a paper."""
    paper = release("p", "2025-07-20", kind="published", partners="keys")
    query = release("q", "2025-08-20", "2025-06", measures=["value_usd"])
    masses = [number(paper, partner, "2025-06", kilograms) for partner, kilograms in (("USA", 353), ("DEU", 764))]
    values = [number(query, partner, "2025-06", dollars, "value_usd") for partner, dollars in (("USA", 20_000), ("JPN", 9))]  # fmt: skip
    wide = widen(ledger.current_statements(merged([(paper, masses), (query, values)])), release_table(paper, query))
    assert wide.select("partner", "quantity_kg", "value_usd", "source", "kind").rows() == [
        ("DEU", 764.0, None, "published", "published"), ("JPN", None, 9.0, "gacc_query", "query"),
        ("USA", 353.0, 20_000.0, "gacc_query+published", "published+query"),
    ]  # fmt: skip


@pytest.mark.parametrize("grams", [42, 1_247, 454, 29_999_999, 12_000_000_123_456])
def test_grams_are_the_same_kilograms_in_both_tables(grams: int) -> None:
    """Exactly 1.247 kg: divided as Polars divides by a constant they were 1.2469999999999999."""
    silver = release("q", "2025-08-20", "2025-06", products=["71069110"])
    store = [(silver, [number(silver, "USA", "2025-06", grams, "quantity_g", product="71069110")])]
    wide = widen(ledger.current_statements(merged(store)), release_table(silver))
    assert wide["quantity_kg"].to_list() == [grams / 1000]
    metric = derived(store).filter(product="71069110", partner="USA", measure="quantity_kg")
    assert metric["level"].to_list() == [grams / 1000]


def test_an_empty_bucket_is_named_by_its_address_and_not_by_the_copy(tmp_path: Path) -> None:
    (tmp_path / "copy_of.json").write_text(json.dumps({"url": "s3://customs/store", "endpoint": "", "held": {}}))
    with pytest.raises(NothingPublished, match=r"^s3://customs/store: nothing is published here yet"):
        query(tmp_path, "metric")


def test_a_folder_with_brackets_in_its_name_is_read_as_it_is_written(sample_store: Path, tmp_path: Path) -> None:
    """Readers of Parquet take such names for patterns."""
    store = copied(sample_store, tmp_path / "[" / "red] [a-z]*?")
    rows = query(store, "metric", product="85051110", partner="USA", month=(2025, 6))
    assert rows.filter(measure="quantity_kg")["level"].to_list() == [353_000]


JULY, AUGUST, SEPTEMBER = date(2025, 7, 20), date(2025, 8, 20), date(2025, 9, 20)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exports of two months, imports of one; then June is revised and July has nothing, and then August has nothing either."""
    folder = tmp_path_factory.mktemp("reading")
    june, revised, germany = magnets("502", "353000"), magnets("502", "360000"), magnets("304", "764000", "43,548,120")
    may = magnets("502", "46400", "2,644,800", "202505")
    for place, (flow, day, months, records) in enumerate((
        ("export", JULY, "2025-05..2025-06", [may, june, germany]), ("import", JULY, "2025-06", [magnets("304", "1200", "68,400")]),
        ("export", AUGUST, "2025-05..2025-07", [may, revised, germany]), ("export", SEPTEMBER, "2025-05..2025-08", [may, revised, germany]),
    )):  # fmt: skip
        publish(folder, "CHN", f"{place}.csv", csv_bytes(records), flow=flow, months=months, released_on=day)
    return folder / "store" / "reporter=CHN"


def test_rows_are_those_of_the_flow_the_partner_and_the_month_that_were_asked_for(store: Path) -> None:
    def keys(table: str, **asked: object) -> set[tuple[object, ...]]:
        rows = query(store, table, **asked)  # type: ignore[arg-type]
        return {*rows.filter(pl.col("partner") != "EU27").select("flow", "partner", pl.col("period").dt.month()).rows()}

    assert keys("trade_flow", product="85051110", month=(2025, 6)) == {
        ("export", "USA", 6), ("export", "DEU", 6), ("import", "DEU", 6)
    }  # fmt: skip
    assert keys("trade_flow", product="85051110", flow="import") == {("import", "DEU", 6)}
    assert keys("trade_flow", product="85051110", partner="USA") == {("export", "USA", 5), ("export", "USA", 6)}
    for day in (None, SEPTEMBER):
        may = keys("metric", product="85051110", flow="export", month=(2025, 5), as_of=day)
        assert may == {("export", "USA", 5), ("export", "WLD", 5)}
        assert keys("metric", flow="import", partner="USA", as_of=day) == set()
        assert {flow for flow, *_ in keys("metric", flow="import", as_of=day)} == {"import"}
    assert query(store, "release", flow="import")["title"].to_list() == ["1.csv"]
    with pytest.raises(ValueError, match="the table release has no months"):
        query(store, "release", month=(2025, 6))


def test_what_was_known_on_a_day_is_what_a_store_had_on_it(store: Path) -> None:
    def level(day: date | None, month: int = 6, partner: str = "WLD", product: str = "85051110") -> list[float | None]:
        rows = query(store, "metric", flow="export", product=product, partner=partner, month=(2025, month), as_of=day)
        return rows.filter(measure="quantity_kg")["level"].to_list()

    for product in ("85051110", "basket:rare_earth_magnets"):
        assert level(JULY, product=product) == level(date(2025, 8, 19), product=product) == [353_000 + 764_000]
        assert level(AUGUST, product=product) == level(None, product=product) == [360_000 + 764_000]
    why = "nothing was known on 2025-07-19: the first statement in this store is of 2025-07-20"
    with pytest.raises(ValueError, match=why):
        level(date(2025, 7, 19))
    # That there was nothing in July the release of August said; that of September repeats what was said, and adds August.
    for month, day in ((7, AUGUST), (8, SEPTEMBER)):
        assert level(JULY, month, "USA") == level(day - timedelta(days=1), month, "USA") == []
        assert level(day, month, "USA") == level(None, month, "USA") == [0]
