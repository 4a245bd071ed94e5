"""What a person asks for on the command line: an option that is given twice is taken twice or refused, and the ending
of a file decides what is written into it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import typer.main
from typer.testing import CliRunner

from flows.cli.app import app
from flows.cli.frame.command import Command, Group
from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.reading.query import query
from tests.unit.builders import MAGNETS
from tests.unit.customs import RIGHT

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

BASKET = "basket:rare_earth_magnets"
JUNE = "2025-06"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.chdir(tmp_path)


def run(store: Path, *arguments: str) -> Any:
    done = CliRunner().invoke(app, [*arguments, "--store", str(store)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The commands below one, and groups that do something by themselves."""
    below = getattr(command, "commands", {})
    if not below or getattr(command, "invoke_without_command", False):
        yield path, command
    for name, one in below.items():
        yield from leaves(one, (*path, name))


def test_every_command_refuses_a_second_value_of_an_option_that_takes_one() -> None:
    """It took the last one, and nobody saw that the others were dropped. What such a command says:
    `cli/frame/test_options.py`."""
    found = dict(leaves(typer.main.get_command(app)))
    assert len(found) > 25
    assert [path for path, command in found.items() if not isinstance(command, (Command, Group))] == []


READERS = {
    "csv": pl.read_csv,
    "CSV": pl.read_csv,
    "parquet": pl.read_parquet,
    "Parquet": pl.read_parquet,
    "json": pl.read_json,
    "jsonl": pl.read_ndjson,
    "ndjson": pl.read_ndjson,
}
ONE = ("--product", MAGNETS, "--partner", "USA", "--partner", "WLD", "--month", JUNE, "--measure", "quantity_kg")


def test_a_workbook_has_the_columns_that_are_read_and_the_units_and_sources_of_them(sample_store: Path) -> None:
    """What its cells and its notes are: `tests/unit/answers/form/test_export.py`."""
    done = run(sample_store, "read", "metric", *ONE, "--output", "out.xlsx")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "2 rows in out.xlsx\n"), done.output
    book = openpyxl.load_workbook("out.xlsx")
    heads = [cell.value for cell in book["metric"][1]]
    assert "level (kg)" in heads
    titles = [one.removesuffix(" (kg)") for one in heads]
    assert titles == run(sample_store, "read", "metric", *ONE, "--format", "csv").stdout.splitlines()[0].split(",")
    notes = [cell.value for row in book["units and sources"].iter_rows() for cell in row if cell.value is not None]
    assert {*titles, *query(sample_store, "release").select("release_id", "title", "raw_sha256").row(0)} <= {*notes}


def test_the_ending_decides_for_every_command_that_writes_rows(sample_store: Path, tmp_path: Path) -> None:
    header, row = (
        "commodity,flow,partner,period,metric,value,unit",
        "rare earth magnets,export,World,2025-06,level_t,3188,t",
    )
    (tmp_path / "printed.csv").write_text(f"{header}\n{row}\n")
    for command, column in (
        (("read", "metric", *ONE), "level"),
        (("claims", "check", "printed.csv"), "verdict"),
        (("events", "windows", BASKET), "quantity_kg"),
    ):
        for ending in (*READERS, "xlsx"):
            done = run(sample_store, *command, "--output", f"out.{ending}")
            assert done.exit_code == 0, done.output
        first, *others = [read(f"out.{ending}")[column].to_list() for ending, read in READERS.items()]
        assert others == [first] * len(others)
        assert len(first) == openpyxl.load_workbook("out.xlsx").worksheets[0].max_row - 1 > 0
        assert run(sample_store, *command, "--output", "out.txt").exit_code == 2


def test_a_picture_shows_every_product_and_partner(sample_store: Path, tmp_path: Path) -> None:
    def drawn(*options: str) -> set[str]:
        done = run(sample_store, "plot", *options, "--output", "out.svg")
        assert done.exit_code == 0, done.output
        return set(re.findall(r">([^<>]+)</text>", (tmp_path / "out.svg").read_text()))

    one = drawn(MAGNETS, "--partner", "USA", "--partner", "DEU")
    assert {"United States", "Germany", "China's exports of permanent magnets of rare earths (85051110)"} <= one
    both = drawn(MAGNETS, BASKET, "--partner", "USA", "--partner", "WLD")
    assert sum(label.endswith(("United States", "World")) for label in both) == 4
    for name in ("Rare earth magnets", "Permanent magnets"):
        assert any(name in label for label in both)


def test_of_a_product_that_only_comes_in_nobody_need_say_so(tmp_path: Path) -> None:
    (tmp_path / "imports.csv").write_bytes(RIGHT)
    imports = tmp_path / "reporter=CHN"
    asked = {"file": tmp_path / "imports.csv", "source": "gacc_query", "flow": "import", "partners": "all"}
    release.fn(ReleaseRequest.model_validate({**asked, "store": imports}))
    of_june = (MAGNETS, "--partner", "USA", "--month", JUNE)
    for command, said in (
        (("trace", *of_june), "level of China's imports"),
        (("vintages", *of_june), "level of China's imports"),
        (("brief", MAGNETS, "--month", JUNE), "China's imports of"),
        (("plot", *of_june, "--output", "x.svg"), "written: x.svg"),
    ):
        done = run(imports, *command)
        assert (done.exit_code, said in done.output) == (0, True), done.output
        assert run(imports, *command, "--flow", "export").exit_code == 2
