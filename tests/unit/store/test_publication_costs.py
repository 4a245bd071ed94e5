"""What a publication onto a large store writes, by the benchmark that measures it."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from benchmarks import publications
from tasks.store.snapshot import list_snapshots
from tasks.store.verify import audit_store


def grown(folder: Path, months: int) -> dict[str, Any]:
    """The second correction of the newest month of a store of that many months, published a year at a time."""
    full = months // 12
    given = argparse.Namespace(months=months, at_once=12, publications=full + 2, keep=100)
    (figures,) = publications.grow(folder, given, {full + 2})
    return figures


def test_a_correction_costs_a_store_of_three_times_the_years_a_line_a_file_and_no_sync_more(tmp_path: Path) -> None:
    few, many = grown(tmp_path / "few", 24), grown(tmp_path / "many", 72)
    assert (few["files"], many["files"]) == (216, 648)
    assert many["syncs"] <= few["syncs"]
    # Of each file more the manifest has a line; nothing else of it is written again.
    assert many["bytes"] - few["bytes"] < (648 - 216) * 330


def test_the_benchmark_counts_what_is_on_the_disk(tmp_path: Path) -> None:
    figures = grown(tmp_path, 24)
    last = list_snapshots(tmp_path)[-1]
    files = list(last.path.rglob("*.parquet"))
    assert figures["links"] == len(files) == len(last.files) == figures["files"]
    assert figures["folders"] >= sum(path.is_dir() for path in last.path.rglob("*")) + 1
    assert audit_store(tmp_path) == []


def test_the_benchmark_runs_as_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["publications", "--months", "3", "--publications", "6", "--keep", "2", "--folder", str(tmp_path)]
    monkeypatch.setattr("sys.argv", asked)
    assert publications.main() == 0
    said = capsys.readouterr().out
    assert "| publication | files |" in said
    assert "retention of all but 2 snapshots" in said
    assert [*tmp_path.iterdir()] == []
