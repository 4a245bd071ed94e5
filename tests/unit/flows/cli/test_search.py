"""Commands that list what is in a store; what is found is made up here."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from flows.cli.options import REFUSED
from flows.cli.search import ROWS_MAX, commands
from tasks.reports import inventory

KINDS = {"code": pl.String, "name": pl.String, "months": pl.Int64, "first_month": pl.Date}


def found(monkeypatch: pytest.MonkeyPatch, *rows: tuple[str, str, int, date | None]) -> None:
    table = pl.DataFrame([*rows], schema=KINDS, orient="row")
    monkeypatch.setattr(inventory, "search", lambda *_: table)
    monkeypatch.setattr(inventory, "inventory", lambda *_: table)


def run(*given: str) -> Result:
    return CliRunner().invoke(commands, [*given, "--store", "nowhere"], env={"COLUMNS": "200"})


JANUARY = date(2025, 1, 1)


def test_what_is_found_is_counted_and_codes_without_a_figure_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, ("12019010", "Soya beans", 6, JANUARY), ("1201", "Soya beans", 0, None))
    result = run("search", "soy")
    assert result.exit_code == 0
    assert "12019010" in result.stdout
    assert "1 row\n" in result.stdout
    assert "and without a figure 1 code: no release covers the whole of them" in result.stdout


@pytest.mark.parametrize(("count", "said"), [(ROWS_MAX, f"{ROWS_MAX} rows\n"), (ROWS_MAX + 1, f"{ROWS_MAX + 1} rows, the first {ROWS_MAX} shown")])  # fmt: skip
def test_of_many_rows_the_first_are_shown(monkeypatch: pytest.MonkeyPatch, count: int, said: str) -> None:
    found(monkeypatch, *((f"{place:08d}", "x", 1, JANUARY) for place in range(count)))
    assert said in run("search", "x").stdout


def test_nothing_that_is_called_so_says_where_all_names_are(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch)
    monkeypatch.setattr(inventory, "nearest_names", lambda store, word: ["Uranium"])
    result = run("search", "unobtainium")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing in this store is called 'unobtainium'; the nearest: Uranium" in result.stderr


def test_json_has_every_row_one_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, ("1201", "Soya beans", 0, None), ("12", "Seeds", 1, JANUARY))
    lines = run("list", "products", "--format", "json").stdout.splitlines()
    assert [json.loads(line)["code"] for line in lines] == ["1201", "12"]


def test_an_empty_store_and_an_unknown_list_are_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(commands, ["vintages", "magnets", "--store", str(tmp_path)])
    assert result.exit_code == REFUSED
    assert "nothing is published here yet" in result.stderr
    assert CliRunner().invoke(commands, ["list", "moods"]).exit_code == REFUSED
