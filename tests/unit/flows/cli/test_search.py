"""Commands that list what is in a store; what is found is made up here."""

from datetime import date

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from flows.cli.search import commands
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
