"""Commands about held releases and files, where nothing is held and nothing can be read."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli.ingest import commands
from flows.cli.options import REFUSED
from tests.unit.store.small_store import JUNE, stored


def run(*given: str) -> Result:
    return CliRunner().invoke(commands, [*given], env={"COLUMNS": "200"})


def test_an_empty_store_and_one_in_which_nothing_is_held_have_different_lines(tmp_path: Path) -> None:
    assert (
        run("held", "--store", str(tmp_path)).stdout == f"nothing is held, and nothing was ever published: {tmp_path}\n"
    )
    stored(tmp_path, {JUNE: [1]})
    assert run("held", "--store", str(tmp_path)).stdout == "nothing is held\n"


@pytest.mark.parametrize("command", ["approve", "reject"])
def test_a_release_that_is_not_held_cannot_be_decided(tmp_path: Path, command: str) -> None:
    given = ["--no-prefect"] if command == "approve" else []
    result = run(command, "nobody", "--by", "Li Wei", "--reason", "so it is", *given, "--store", str(tmp_path))
    assert result.exit_code == REFUSED
    assert "nobody" in result.stderr


def test_a_dry_run_names_a_file_with_control_characters_on_one_line(tmp_path: Path) -> None:
    """A name could write another line, or turn the direction of the text."""
    folder = tmp_path / "inbox" / "gacc_query" / "import"
    folder.mkdir(parents=True)
    (folder / "a\nb.csv").write_text("x\n")
    (folder / "c\u202ed.csv").write_text("x\n")
    given = ("--inbox", str(tmp_path / "inbox"), "--store", str(tmp_path / "store"), "--dry-run", "--settle", "0")
    result = run("watch", *given, "--no-prefect")
    assert [line.partition(": ")[0] for line in result.stderr.splitlines()] == [r"a\x0ab.csv", r"c\x202ed.csv"]
