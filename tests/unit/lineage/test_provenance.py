"""What a file says it was made from, whichever release comes first."""

import itertools
import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from schemas.forms.outcome import Outcome
from tasks.lineage.provenance import derivation_of_month, rows_of_collected
from tasks.reading.query import open_published
from tasks.store.snapshots.parquet import DERIVATION_KEY
from tests.unit.builders import Row, detail_table, number, release, release_table
from tests.unit.published_stores import publish

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

HEADER = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note\n"
QUERY = csv_bytes([magnets("502", "353000", "20,121,000", month) for month in ("202504", "202505", "202506")])
PRINTED = HEADER + "".join(
    f"export,85051110,DEU,{month},quantity,{value},t,{day},a paper,https://example.org,\n"
    for month, value, day in (
        ("2025-03", 100, "2025-07-20"),
        ("2025-05", 105, "2025-07-20"),
        ("2025-08", 110, "2025-09-20"),
    )
)


def _query(folder: Path) -> Outcome:
    return publish(folder, "CHN", "query.csv", QUERY, flow="export", released_on=date(2025, 7, 20), partners="listed")


def _printed(folder: Path) -> Outcome:
    return publish(folder, "CHN", "printed.csv", PRINTED.encode(), "published", released_on=None, partners=None)


def test_a_month_between_the_prints_of_a_collected_file_is_not_made_of_it(tmp_path: Path) -> None:
    """The collected file speaks of March, May and August, the query of April to June."""
    found = []
    for name, steps in enumerate(itertools.permutations([_query, _printed])):
        folder = tmp_path / str(name)
        folder.mkdir()
        ids = {step: step(folder).release_id for step in steps}
        snapshot = open_published(folder / "store" / "reporter=CHN")
        of_months = [entry for entry in snapshot.files if entry.table in ("observation", "trade_flow", "revision")]
        made_of = {
            (entry.table, entry.partition[-1]): {
                given["release_id"]
                for given in json.loads(pl.read_parquet_metadata(snapshot.path / entry.path)[DERIVATION_KEY])["inputs"]
            }
            for entry in of_months
        }
        assert made_of["observation", "4"] == made_of["observation", "6"] == {ids[_query]}
        assert made_of["observation", "5"] == {ids[_query], ids[_printed]}
        assert made_of["observation", "8"] == {ids[_printed]}
        found.append({(entry.table, entry.partition, entry.sha256) for entry in of_months})
    assert found[0] == found[1]
    assert len(found[0]) > 10


def _made_of(model: str, *releases: Row, **given: Any) -> list[str]:
    found = derivation_of_month(model, ("export", 2025, 6), release_table(*releases), **given)
    return [one["release_id"] for one in found["inputs"]]


def test_a_month_is_made_of_the_releases_that_cover_it_and_figures_also_of_those_before() -> None:
    rows = [
        release("may", months="2025-05"),
        release("june", months="2025-06"),
        release("july", months="2025-07"),
        release("imports", months="2025-06", flow="import"),
        release("both", months="2025-06", flow=None),
        release("old", months="2023-07"),
        release("older", months="2023-06"),
    ]
    assert _made_of("observation", *rows) == ["both", "june"]
    # Two years, and those with printed totals as a whole.
    assert _made_of("metric", *rows) == ["both", "june", "may", "old"]
    assert _made_of("metric", *rows, chained=[("export", 2025)]) == ["both", "july", "june", "may", "old"]
    assert _made_of("metric", *rows, chained=[("export", 2024)]) == ["both", "june", "may", "old"]
    assert _made_of("metric", *rows, chained=[("export", 2023)]) == ["both", "june", "may", "old", "older"]


def test_of_collected_files_only_those_with_a_statement_in_the_month_count() -> None:
    printed = [release(name, kind="published", partners="keys", months="2025-01..2025-12", flow=None) for name in "ab"]
    words = detail_table(number(printed[0], "USA", "2025-06", 1), number(printed[1], "USA", "2025-07", 1))
    collected = rows_of_collected(words, release_table(*printed, release("query")))
    assert collected == {("export", 2025, 6): {"a"}, ("export", 2025, 7): {"b"}}
    assert _made_of("observation", *printed, collected=collected) == ["a"]
    assert _made_of("metric", *printed, collected=collected) == ["a", "b"]
    assert rows_of_collected(words.clear(), release_table(*printed)) == {}
