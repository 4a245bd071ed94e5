"""A checked file of claims is published beside everything else, once, and in place of an earlier one of its name."""

import hashlib
from pathlib import Path

import polars as pl

from tasks.claims.check import ClaimsFile, check_claims
from tasks.publication.claims import publish_claims
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.snapshots.parquet import read_table
from tasks.store.snapshots.publish import exclusive
from tests.copied_store import copied

TITLES = ("commodity", "flow", "partner", "period", "metric", "value", "unit")
MAGNETS = ("magnets", "export", "us", "2025-06", "level_t", "353", "t")
WRONG = ("magnets", "export", "us", "2025-06", "level_t", "535", "t")


def published(store: Path, name: str, *rows: tuple[str, ...]) -> Snapshot:
    snapshot = open_snapshot(store)
    assert snapshot is not None
    sha256 = hashlib.sha256(repr((name, rows)).encode()).hexdigest()
    claims = ClaimsFile(name, sha256, pl.DataFrame(rows, schema=TITLES, orient="row"))
    with exclusive(store):
        return publish_claims(store, claims, check_claims(snapshot, claims), snapshot).snapshot


def test_each_file_stands_once_and_every_other_table_is_carried(sample_store: Path, tmp_path: Path) -> None:
    store = copied(sample_store, tmp_path)
    before = open_snapshot(store)
    assert before is not None
    published(store, "a.csv", MAGNETS, WRONG)
    published(store, "b.csv", WRONG)
    last = published(store, "a.csv", MAGNETS)
    kept = read_table(last, "claim").sort("claims_file", "record").select("claims_file", "record", "verdict")
    assert kept.rows() == [("a.csv", 1, "supported"), ("b.csv", 1, "contradicted")]
    assert {entry for entry in before.files if entry.table != "claim"} <= {*last.files}
    trails = read_table(last, "lineage").filter(pl.col("release_id").str.starts_with("claims-"))
    assert trails["step"].to_list() == ["publish_claims"] * 3
    assert published(store, "a.csv", MAGNETS).id == last.id
