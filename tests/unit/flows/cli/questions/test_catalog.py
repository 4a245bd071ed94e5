"""The commands that write forms of the tables for other programs, and their refusals."""

import shutil
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from flows.cli.questions import catalog

pytestmark = pytest.mark.usefixtures("wide_terminal")


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["catalog", *map(str, arguments)])
    return done.exit_code, " ".join((done.stdout + done.stderr).split())


def test_a_file_is_written_and_its_views_are_listed(sample_store: Path, tmp_path: Path) -> None:
    assert catalog.commands.registered_groups[0].name == "catalog"
    code, text = run("duckdb", "--output", tmp_path / "trade.duckdb", "--store", sample_store.parent)
    assert code == 0
    assert f" views in {tmp_path}/trade.duckdb: " in text
    assert "relative" not in text
    with duckdb.connect(str(tmp_path / "trade.duckdb"), read_only=True) as connection:
        query = (
            "select level from world() where product = '85051110' and measure = 'quantity_kg' and period = '2025-06-01'"
        )
        assert connection.execute(query).fetchall() == [(3_188_000.0,)]


def test_without_the_extra_the_command_says_how_to_install_it(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    code, text = run("duckdb", "--output", tmp_path / "trade.duckdb", "--store", sample_store.parent)
    assert code == 2
    assert "needs the package duckdb, which is not installed: pip install 'tidewaiter[catalog]'" in text
    assert [*tmp_path.iterdir()] == []


def test_metadata_are_written_and_of_a_folder_it_is_said_where_they_hold(sample_store: Path, tmp_path: Path) -> None:
    shutil.copytree(sample_store, tmp_path / "reporter=CHN", symlinks=True)
    code, text = run("iceberg", "--store", tmp_path)
    assert code == 0
    assert f"file://{tmp_path}/reporter=CHN/iceberg/metric/metadata/v1.metadata.json " in text
    assert "in a copy of it, run this again, which writes new metadata" in text
    again = run("iceberg", "--store", tmp_path)[1]
    assert "metric/metadata/v1.metadata.json (as before)" in again
    code, text = run("iceberg", "--store", tmp_path / "none")
    assert code == 2
    assert "nothing is published here yet" in text


@pytest.mark.parametrize(("form", "begins"), [("odcs", "apiVersion: v3.1.0\n"), ("dbt", "version: 2\n")])
def test_contracts_are_written_outside_of_stores(sample_store: Path, tmp_path: Path, form: str, begins: str) -> None:
    code, text = run(form, "--output", tmp_path / "trade.yml", "--store", sample_store.parent)
    assert code == 0
    assert f"{tmp_path}/trade.yml" in text
    assert (tmp_path / "trade.yml").read_text().startswith(begins)
    code, text = run(form, "--output", sample_store / "trade.yml", "--store", sample_store.parent)
    assert (code, "inside the store" in text) == (2, True)


def test_a_place_in_a_store_is_refused(sample_store: Path) -> None:
    code, text = run("duckdb", "--output", sample_store / "trade.duckdb", "--store", sample_store.parent)
    assert code == 2
    assert "inside the store" in text
