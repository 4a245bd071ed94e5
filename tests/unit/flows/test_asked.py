"""What a person asks for on the command line: an option that is given twice is taken twice or refused, and the ending of a file
decides what is written into it."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import typer.main
from typer.testing import CliRunner

from flows.cli.app import app
from flows.cli.command import Command, Group
from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.reports.query import query
from tests.unit.builders import MAGNETS
from tests.unit.customs import RIGHT

BASKET = "basket:rare_earth_magnets"
JUNE = "2025-06"


@pytest.fixture(scope="module")
def store(sample_store: Path) -> Path:
    return sample_store


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.chdir(tmp_path)


def run(store: Path, *arguments: str) -> Any:
    done = CliRunner().invoke(app, [*arguments, "--store", str(store)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def rows_of(store: Path, *options: str) -> list[dict[str, str]]:
    done = run(store, "read", "metric", *options, "--format", "csv")
    assert done.exit_code == 0, done.output
    return list(csv.DictReader(io.StringIO(done.stdout)))


def of(options: dict[str, list[str]]) -> list[str]:
    return [part for name, values in options.items() for value in values for part in (name, value)]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"--product": [MAGNETS, BASKET]}, {"product": [MAGNETS, BASKET]}), ({"--partner": ["USA", "DEU", "WLD"]}, {"partner": ["USA", "DEU", "WLD"]}),
        ({"--month": [JUNE, "2025-01"]}, {"period": [date(2025, 6, 1), date(2025, 1, 1)]}), ({"--measure": ["quantity_kg", "value_usd"]}, {"measure": ["quantity_kg", "value_usd"]}),
        # A range has both its ends.
        ({"--month": ["2025-04..2025-06"]}, {"period": [date(2025, month, 1) for month in (4, 5, 6)]}),
        ({"--month": ["2025-04..2025-05", JUNE], "--product": [MAGNETS]}, {"period": [date(2025, month, 1) for month in (4, 5, 6)], "product": [MAGNETS]}),
    ],
)  # fmt: skip
def test_rows_of_every_value_of_an_option_are_read(store: Path, options: dict[str, list[str]], wanted: dict[str, list[Any]]) -> None:  # fmt: skip
    expected = query(store, "metric").filter(pl.all_horizontal(pl.col(name).is_in(values) for name, values in wanted.items()))  # fmt: skip
    key = ("flow", "product", "partner", "period", "measure")
    got = rows_of(store, *of(options))
    assert [tuple(row[name] for name in key) for row in got] == expected.select(pl.col(key).cast(pl.String)).rows()
    assert all(len({row[name] for row in got}) == len(values) for name, values in wanted.items())


def test_several_names_are_products_behind_the_table_or_without_it(store: Path) -> None:
    both = rows_of(store, "--product", MAGNETS, "--product", BASKET, "--month", JUNE)
    assert rows_of(store, MAGNETS, BASKET, "--month", JUNE) == both
    bare = run(store, "read", MAGNETS, "magnets", "--month", JUNE, "--format", "csv").stdout
    assert bare.count("\n") == len(both) + 1
    done = run(store, "read", "magnets", "Germany", "--month", JUNE)
    assert (done.exit_code, "As a partner it is DEU" in done.stderr) == (2, True), done.stderr
    assert run(store, "read", "magnets", "metric").exit_code == 2


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The commands below one, and groups that do something by themselves."""
    below = getattr(command, "commands", {})
    if not below or getattr(command, "invoke_without_command", False):
        yield path, command
    for name, one in below.items():
        yield from leaves(one, (*path, name))


def test_every_command_refuses_a_second_value_of_an_option_that_takes_one() -> None:
    """It took the last one, and nobody saw that the others were dropped. What such a command says: `cli/test_options.py`."""
    found = dict(leaves(typer.main.get_command(app)))
    assert len(found) > 25
    assert [path for path, command in found.items() if not isinstance(command, (Command, Group))] == []
    done = CliRunner().invoke(app, ["events", "windows", "--flow", "import", "--flow", "export"])
    assert (done.exit_code, "refused --flow is given 2 times, and events windows takes one" in done.stderr) == (2, True)


FORMS = {".csv": pl.read_csv, ".parquet": pl.read_parquet, ".json": pl.read_json, ".jsonl": pl.read_ndjson, ".ndjson": pl.read_ndjson}  # fmt: skip
ONE = ("--product", MAGNETS, "--partner", "USA", "--partner", "WLD", "--month", JUNE, "--measure", "quantity_kg")


@pytest.mark.parametrize("ending", [*FORMS, ".CSV", ".Parquet"])
def test_the_ending_of_a_file_decides_what_it_is(store: Path, tmp_path: Path, ending: str) -> None:
    done = run(store, "read", "metric", *ONE, "--output", f"out{ending}")
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    assert done.stderr == f"2 rows in out{ending}\n"
    found = FORMS[ending.lower()](tmp_path / f"out{ending}")
    assert found["level"].to_list() == [353_000.0, 3_188_000.0]
    assert found["partner"].to_list() == ["USA", "WLD"]


def test_a_workbook_has_the_columns_that_are_read_and_the_units_and_sources_of_them(store: Path) -> None:
    """What its cells and its notes are: `tests/unit/reports/test_export.py`."""
    done = run(store, "read", "metric", *ONE, "--output", "out.xlsx")
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    book = openpyxl.load_workbook("out.xlsx")
    titles = [cell.value for cell in book["metric"][1]]
    assert titles == [*rows_of(store, *ONE)[0]]
    notes = [cell.value for row in book["units and sources"].iter_rows() for cell in row if cell.value is not None]
    assert {*titles, *query(store, "release").select("release_id", "title", "raw_sha256").row(0)} <= {*notes}


def test_the_ending_decides_for_every_command_that_writes_rows(store: Path, tmp_path: Path) -> None:
    header, row = "commodity,flow,partner,period,metric,value,unit", "rare earth magnets,export,World,2025-06,level_t,3188,t"  # fmt: skip
    (tmp_path / "printed.csv").write_text(f"{header}\n{row}\n")
    for command in (("claims", "check", "printed.csv"), ("events", "windows", BASKET)):
        for ending in ("parquet", "xlsx", "json", "csv"):
            assert run(store, *command, "--output", f"out.{ending}").exit_code == 0
        heights = {pl.read_parquet("out.parquet").height, pl.read_json("out.json").height, pl.read_csv("out.csv").height}  # fmt: skip
        assert heights == {openpyxl.load_workbook("out.xlsx").worksheets[0].max_row - 1}
        assert run(store, *command, "--output", "out.txt").exit_code == 2


def test_a_picture_shows_every_product_and_partner(store: Path, tmp_path: Path) -> None:
    def drawn(*options: str) -> set[str]:
        done = run(store, "plot", *options, "--output", "out.svg")
        assert done.exit_code == 0, done.output
        return set(re.findall(r">([^<>]+)</text>", (tmp_path / "out.svg").read_text()))

    one = drawn(MAGNETS, "--partner", "USA", "--partner", "DEU")
    assert {"United States", "Germany", "China's exports of permanent magnets of rare earths (85051110)"} <= one
    both = drawn(MAGNETS, BASKET, "--partner", "USA", "--partner", "WLD")
    assert sum(label.endswith(("United States", "World")) for label in both) == 4
    for name in ("Rare earth magnets", "Permanent magnets"):
        assert any(name in label for label in both)
    done = run(store, "plot", MAGNETS, "6910", "--output", "none.svg")
    assert (done.exit_code, "there is no product '6910' in this store" in done.stderr) == (2, True)
    assert not (tmp_path / "none.svg").exists()


def test_of_a_product_that_only_comes_in_nobody_need_say_so(tmp_path: Path) -> None:
    (tmp_path / "imports.csv").write_bytes(RIGHT)
    imports = tmp_path / "reporter=CHN"
    asked = {"file": tmp_path / "imports.csv", "source": "gacc_query", "flow": "import", "partners": "all"}
    release.fn(ReleaseRequest.model_validate({**asked, "store": imports}))
    of_june = (MAGNETS, "--partner", "USA", "--month", JUNE)
    for command, said in (
        (("trace", *of_june), "level of China's imports"), (("vintages", *of_june), "level of China's imports"),
        (("brief", MAGNETS, "--month", JUNE), "China's imports of"), (("plot", *of_june, "--output", "x.svg"), "written: x.svg"),
    ):  # fmt: skip
        done = run(imports, *command)
        assert (done.exit_code, said in done.output) == (0, True), done.output
        assert run(imports, *command, "--flow", "export").exit_code == 2
