"""Commands that read what is published: addresses of files, unknown releases, and old snapshots."""

import os
from pathlib import Path

import polars as pl
from typer.testing import CliRunner, Result

from flows.cli.app import app
from flows.cli.read import commands
from tests.unit.store.small_store import JUNE, stored

IMPORTS = "flow=import/year=2025/month=6"


def run(*given: str) -> Result:
    return CliRunner().invoke(commands, [*given], env={"COLUMNS": "200"})


def test_the_addresses_of_a_table_are_lines_that_a_reader_takes(tmp_path: Path) -> None:
    stored(tmp_path, {JUNE: [1, 2], IMPORTS: [3]})
    result = run("resolve", "metric", "--store", str(tmp_path))
    assert result.exit_code == 0
    assert pl.read_parquet(result.stdout.split(), hive_partitioning=True)["level"].to_list() == [1, 2, 3]
    assert len(run("resolve", "metric", "--flow", "import", "--store", str(tmp_path)).stdout.split()) == 1


def test_a_table_without_files_prints_no_address(tmp_path: Path) -> None:
    stored(tmp_path, {JUNE: [1]})
    result = run("resolve", "record_level", "--flow", "export", "--store", str(tmp_path))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "the table record_level has no files of the flow export in this snapshot" in result.stderr


def test_an_output_that_is_a_pipe_or_a_folder_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for name in ("pipe.csv", "folder.csv"):
        result = CliRunner().invoke(app, ["read", "metric", "--store", str(tmp_path), "--output", str(tmp_path / name)])
        assert (result.exit_code, "a folder, a pipe or a device, and no file" in result.output) == (2, True)
