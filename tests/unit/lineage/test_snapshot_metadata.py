"""The guides of a snapshot: what a person and a program find who have its folder and nothing else."""

import json
import re
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from tasks.lineage.snapshot_metadata import CROISSANT, PACKAGE, README, describer
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.snapshots.parquet import read_table


@pytest.fixture(scope="module")
def snapshot(sample_store: Path) -> Snapshot:
    found = open_snapshot(sample_store)
    assert found is not None
    return found


def read(snapshot: Snapshot, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((snapshot.path / name).read_bytes())
    return found


def test_both_descriptions_name_every_file_and_every_column_of_it(snapshot: Snapshot) -> None:
    package, croissant = read(snapshot, PACKAGE), read(snapshot, CROISSANT)
    resources = {one["title"]: one for one in package["resources"]}  # type: ignore[index]
    records = {one["name"]: one for one in croissant["recordSet"]}  # type: ignore[index]
    sets = {one["name"]: one["includes"] for one in croissant["distribution"]}  # type: ignore[index]
    assert [*resources] == [*records] == [*sets] == sorted({entry.table for entry in snapshot.files})
    for name, resource in resources.items():
        paths = [resource["path"]] if isinstance(resource["path"], str) else resource["path"]
        entries = snapshot.entries(name)
        assert paths == [entry.path for entry in entries]
        assert {*snapshot.path.glob(sets[name])} == {*snapshot.opened(entries)}
        columns = pq.read_schema(snapshot.path / paths[0]).names
        assert [field["name"] for field in resource["schema"]["fields"]] == columns
        assert [field["name"] for field in records[name]["field"]] == columns
    fields = {field["name"]: field for field in resources["metric"]["schema"]["fields"]}
    assert fields["mom_pct"]["unit"] == "%"
    assert (fields["rank"]["type"], fields["product"]["constraints"]) == ("number", {"required": True})


def test_the_readme_says_how_to_read_whose_licence_and_how_to_cite(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (snapshot.path / README).read_text(encoding="utf-8")
    assert f"| `metric` | {sum(entry.rows for entry in snapshot.entries('metric')):,} |" in text
    assert "- `published`: that of each publication" in text
    assert "China customs, as known on 2026-06-10, snapshot <name of the folder of this file>" in text
    lines = dict(re.findall(r"^(DuckDB|pandas|Polars|R) +(.+)$", text, re.MULTILINE))
    monkeypatch.chdir(snapshot.path)
    rows = sum(entry.rows for entry in snapshot.entries("metric"))
    (counted,) = duckdb.execute(f"select count(*) {lines['DuckDB']}").fetchall()
    assert counted == (rows,)
    assert len(eval(lines["pandas"], {"pandas": pd})) == rows
    assert eval(lines["Polars"], {"pl": pl}).collect().height == rows
    assert lines["R"] == 'arrow::open_dataset("_metric")'


def test_a_description_rests_on_the_tables_alone(snapshot: Snapshot) -> None:
    releases = read_table(snapshot, "release")
    made = describer(releases)(snapshot.files)
    assert made == describer(releases)(snapshot.files[::-1])
    assert made == {entry.path: (snapshot.path / entry.path).read_bytes() for entry in snapshot.guides}
    both = describer(releases, ("CHN", "DEU"))(snapshot.entries("trade_flow"))
    assert both[README].startswith(b"# Monthly foreign trade of China and Germany\n")
    assert b'pl.scan_parquet("_trade_flow")' in both[README]
    assert (
        describer(releases.with_columns(source=pl.lit("un_comtrade")))(())[README].count(b"without the permission") == 1
    )
