"""Options that select rows may each be given several times."""

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from flows.cli.asked import Measures, Months, Output, Partners, Products
from flows.cli.command import Commands

app = Commands()


@app.command()
def read(product: Products = None, partner: Partners = None, month: Months = None, measure: Measures = None, output: Output = None) -> None:  # fmt: skip
    """Says what it was given."""
    typer.echo(json.dumps([product, partner, month, measure, output and str(output)]))


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        ([], [None] * 5), (["--product", "a", "--product", "b"], [["a", "b"], None, None, None, None]),
        (["--partner", "USA", "--month", "2025-06", "--measure", "value_usd", "--output", "x.csv"], [None, ["USA"], ["2025-06"], ["value_usd"], "x.csv"]),
    ],
)  # fmt: skip
def test_what_was_given_in_its_order(given: list[str], read_as: list[Any]) -> None:
    result = CliRunner().invoke(app, given)
    assert (result.exit_code, json.loads(result.stdout)) == (0, read_as)


def test_only_the_file_is_one() -> None:
    assert CliRunner().invoke(app, ["--output", "a.csv", "--output", "b.csv"]).exit_code == 2
    help_page = " ".join(CliRunner().invoke(app, ["--help"], env={"COLUMNS": "300"}).output.split())
    assert help_page.count("may be repeated") == 4
