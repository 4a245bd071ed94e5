"""What leaves the store as CSV neither runs in a spreadsheet nor changes a number."""

import csv
import io
import json
from pathlib import Path

import polars as pl
import pytest

from tasks import ledger
from tasks.reading import NothingPublished, query, write
from tasks.wide import widen
from tests.unit.figures import derived, merged
from tests.unit.statements import number, release, release_table


def test_formulas_get_an_apostrophe_and_numbers_do_not(tmp_path: Path) -> None:
    texts = ["=cmd()", "+SUM(A1)", "-1.6", "+660.8 %", "@x", "-cmd|calc", "Korea", None, "\tx"]
    write(pl.DataFrame({"text": texts, "number": [-1.5] * len(texts)}), "csv", tmp_path / "out.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert [row["text"] for row in rows] == [
        "'=cmd()",
        "'+SUM(A1)",
        "-1.6",
        "+660.8 %",
        "'@x",
        "'-cmd|calc",
        "Korea",
        "",
        "'\tx",
    ]
    assert {row["number"] for row in rows} == {"-1.5"}


def test_the_wide_table_leaves_out_what_the_series_leave_out() -> None:
    """Print says 9 of Germany; a query that was asked for everyone has no Germany, and so both tables have none."""
    paper, query = release("p", "2025-07-20", kind="published", partners="keys"), release("q", "2025-08-20", "2025-06")
    store = [(paper, [number(paper, "DEU", "2025-06", 9)]), (query, [number(query, "USA", "2025-06", 353)])]
    wide = widen(ledger.last_word(merged(store)), release_table(paper, query))
    assert wide.select("partner", "quantity_kg").rows() == [("USA", 353.0)]
    assert "DEU" not in derived(store)["partner"]


@pytest.mark.parametrize("grams", [42, 1_247, 454, 29_999_999, 12_000_000_123_456])
def test_grams_are_the_same_kilograms_in_both_tables(grams: int) -> None:
    """Exactly 1.247 kg: divided as Polars divides by a constant they were 1.2469999999999999."""
    silver = release("q", "2025-08-20", "2025-06", products=["71069110"])
    store = [(silver, [number(silver, "USA", "2025-06", grams, "quantity_g", product="71069110")])]
    wide = widen(ledger.last_word(merged(store)), release_table(silver))
    assert wide["quantity_kg"].to_list() == [grams / 1000]
    metric = derived(store).filter(product="71069110", partner="USA", measure="quantity_kg")
    assert metric["level"].to_list() == [grams / 1000]


def test_an_empty_bucket_is_named_by_its_address_and_not_by_the_copy(tmp_path: Path) -> None:
    (tmp_path / "copy_of.json").write_text(json.dumps({"url": "s3://customs/store", "endpoint": "", "held": {}}))
    with pytest.raises(NothingPublished, match=r"^s3://customs/store: nothing is published here yet"):
        query(tmp_path, "metric")
