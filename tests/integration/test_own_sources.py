"""A source of one's own: what docs/sources.md teaches, done as it stands there."""

import csv
import re
from pathlib import Path

import pytest
from commands import commands_with
from typer.testing import CliRunner

from flows.cli.app import app
from schemas import settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8").partition("## A source of your own")[2]
FILE, DECLARATION, COMMANDS = (text for _, text in re.findall(r"```(\w*)\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    (folder / "june.csv").write_text(FILE, encoding="utf-8")
    (folder / "sources").mkdir()
    (folder / "sources" / "ruritania.toml").write_text(DECLARATION, encoding="utf-8")
    return folder


def test_the_declaration_of_the_page_reads_its_file_into_a_store_of_its_own(folder: Path) -> None:
    variable, ingest, read = (line.removeprefix("tidewaiter ") for line in COMMANDS.strip().splitlines())
    assert variable.startswith("export TIDEWAITER_SOURCES=")
    with commands_with({settings.SOURCES: str(folder / "sources"), "PYTHONPATH": str(ROOT)}, folder) as run:
        done = run(*ingest.split())
        assert done.code == 0, done.err
        assert "6 records = 6 observed + 0 quarantined" in done.out
        assert (folder / "store" / "reporter=ROU").is_dir()
        rows = [*csv.DictReader(run(*read.split(), "--format", "csv").out.splitlines())]
    # 9,100 and 3,000 euros, and 50 to ships, are the world's.
    levels = {row["partner"]: float(row["level"]) for row in rows}
    assert levels == {"WLD": 12_150, "EU27": 9_100, "DEU": 9_100, "USA": 3_000, "ruritania:ships": 50}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("ruritania.toml", DECLARATION.replace('"euros"]', '"dollars"]', 1), "line 6: numbers.1: no column"),
        ("ruritania.toml", DECLARATION.replace('"EUR"', '"RUR"', 1), "line 3: currency: values are in USD, CNY, "),
        ("ruritania.toml", "title = Ruritania\n", "ruritania.toml, line 1: no valid TOML"),
        ("gacc_query.toml", DECLARATION, "gacc_query.toml has the name of a source that there is"),
        ("", "", "there is no folder"),
        ("My Office.toml", DECLARATION, "My Office.toml is no declaration: its name is small letters"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused_by_every_command(
    name: str, text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.SOURCES, str(tmp_path / "sources"))
    if name:
        (tmp_path / "sources").mkdir()
        (tmp_path / "sources" / name).write_text(text, encoding="utf-8")
    done = CliRunner().invoke(app, ["held", "--store", str(tmp_path)])
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("refused TIDEWAITER_SOURCES, ")
    assert said in line
