"""Code tables of one's own: a file in a folder that the environment names replaces the packaged one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from schemas import code_files
from schemas.errors import BrokenTable
from schemas.reference.code_tables import code_table
from schemas.table import schema_sha256
from tasks.domain.hashing import code_sha256

WORD_ROW = "dragon scales,,85051110,made up for a test,nobody\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    named = tmp_path / "reference"
    named.mkdir()
    monkeypatch.setenv("TIDEWAITER_REFERENCE", str(named))
    return named


def _copy(name: str, folder: Path, *, more: str = "") -> Path:
    file = shutil.copy(code_files.FOLDER / name, folder)
    with Path(file).open("a", encoding="utf-8") as text:
        text.write(more)
    return Path(file)


def _command(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tidewaiter", *arguments], capture_output=True, text=True, check=False, cwd=folder.parent,
        env={**os.environ, "TIDEWAITER_REFERENCE": str(folder), "COLUMNS": "200", "NO_COLOR": "1",
             "PYTHONPATH": str(code_files.FOLDER.parents[1])},
    )  # fmt: skip


def test_a_file_of_ones_own_replaces_the_packaged_one_and_no_other(folder: Path) -> None:
    before = code_table.__wrapped__("units")
    own = _copy("units.csv", folder, more="Dozen,en,item,,12,nobody\n")
    assert code_files.table_files()["units"] == own
    after = code_table.__wrapped__("units")
    assert after.height == before.height + 1
    assert after.row(-1)[0] == "Dozen"
    assert code_files.table_files()["partners"] == code_files.FOLDER / "partners.csv"


def test_a_row_that_breaks_the_model_of_its_table_is_refused(folder: Path) -> None:
    _copy("units.csv", folder, more="Dozen,en,no unit of ours,,12,nobody\n")
    with pytest.raises(
        BrokenTable, match=r"^units\.csv, row \d+ below the header, column \w+: 'no unit of ours' is not as"
    ):
        code_table.__wrapped__("units")


def test_the_hashes_of_code_and_of_tables_follow(folder: Path) -> None:
    def hashes() -> list[str]:
        return [code_sha256.__wrapped__(), *(schema_sha256.__wrapped__(name) for name in ("metric", "release"))]

    before = hashes()
    own = _copy("partner_groups.csv", folder)
    assert hashes() == before, "the same bytes from another folder"
    own.write_text("\n".join(own.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")
    assert [now != then for now, then in zip(hashes(), before, strict=True)] == [True, True, False]


def test_a_name_of_ones_own_is_understood_by_the_commands(folder: Path, sample_store: Path) -> None:
    asked = (
        "read",
        "dragon scales",
        "--partner",
        "US",
        "--month",
        "2025-06",
        "--format",
        "csv",
        "--store",
        str(sample_store),
    )
    assert _command(*asked, folder=folder).returncode == 2
    _copy("commodity_words.csv", folder, more=WORD_ROW)
    done = _command(*asked, folder=folder)
    assert (done.returncode, "85051110" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("unitz.csv", "unitz.csv replaces no code table; the tables are baskets.csv, check_thresholds.csv, "),
        ("units.csv", ": units.csv: "),
        ("", "and there is no such folder: create it, or unset the variable"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_line_by_every_command(folder: Path, name: str, says: str) -> None:
    (folder / name).write_text("no,table\n1\n") if name else folder.rmdir()
    done = _command("held", folder=folder)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("refused TIDEWAITER_REFERENCE")
    assert says in line
