"""Stores that earlier versions made, with decisions, are carried over: the versions are taken from the history."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets

from flows.upgrade import upgrade
from schemas.forms.watch import UpgradeRequest
from tests.unit.customs import CHILE, GERMANY, MAY, RIGHT, USA
from tests.unit.upgraded import bytes_of, decisions, require_alike

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

ROOT = Path(__file__).parents[2]
VERSIONS = {"0.1": "6ee405a7", "0.2": "ed62e984", "30 November": "278636b6", "1 December": "9920deb6"}
# Commands of another version, each on a day of its own, in one process.
COMMANDS = """
import json, sys
from datetime import date
import tasks.domain.clock as clock
from flows.cli.app import app
for day, *command in json.loads(sys.argv[1]):
    clock.today = lambda: date.fromisoformat(day)
    sys.argv = ["tidewaiter", *command]
    try:
        app()
    except SystemExit as end:
        assert end.code in (0, None, 3), (command, end.code)
"""
WRONG, LATER = "gacc_query-5c623f003313", "gacc_query-73af2c99f3a0"
FIRST = "gacc_query-f22cdf805f4b"
ASKED = ("--source", "gacc_query", "--flow", "export", "--partners", "all", "--product", "8505")


def code_of(version: str, folder: Path) -> Path:
    """The code of a version in a folder; skips where the history does not have it."""
    packed = subprocess.run(["git", "archive", VERSIONS[version]], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip("the history of the code is not here")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def filled(code: Path, folder: Path, *, decides: bool) -> Path:
    """A store that this version made: approved, withdrawn, reinstated, another of the same day, one that waits."""
    files = {
        "a.csv": RIGHT,
        "b.csv": csv_bytes([*MAY, magnets("502", "999000", "56,943,000")]),
        "c.csv": csv_bytes([*MAY, USA, GERMANY, CHILE]),
        "d.csv": csv_bytes([*MAY, magnets("502", "354000", "20,121,000"), GERMANY, CHILE]),
    }
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    by = ("--by", "Li Wei", "--reason", "compared", "--no-prefect")
    asked = (*ASKED, "--month", "2025-05..2025-06", "--no-prefect")
    turns: list[tuple[str, ...]] = [
        ("2025-07-20", "ingest", str(folder / "a.csv"), *asked),
        ("2025-07-21", "ingest", str(folder / "b.csv"), *asked),
        ("2025-07-22", "approve", WRONG, *by),
        *(
            [
                ("2025-09-01", "withdraw", WRONG, *by),
                ("2025-09-05", "withdraw", WRONG, *by, "--undo"),
                ("2025-09-06", "withdraw", FIRST, *by),
            ]
            if decides
            else []
        ),
        ("2025-09-06", "ingest", str(folder / "c.csv"), *asked, "--released-on", "2025-07-20"),
        ("2025-09-07", "ingest", str(folder / "d.csv"), *asked, "--released-on", "2025-07-20"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1"}
    commands = [(*turn, "--store", str(folder / "store")) for turn in turns]
    command = [sys.executable, "-c", COMMANDS, json.dumps(commands)]
    done = subprocess.run(command, cwd=code, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "store"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_store_of_an_earlier_version_is_carried_over(version: str, tmp_path: Path) -> None:
    code = code_of(version, tmp_path / "code")
    root = filled(code, tmp_path / "old", decides=version != "0.1")
    before = bytes_of(root)
    report = upgrade.fn(UpgradeRequest(old=root, store=tmp_path / "new"))
    assert report.troubles == []  # type: ignore[union-attr]
    old = root if (root / "raw").is_dir() else root / "reporter=CHN"
    require_alike(old, tmp_path / "new" / "reporter=CHN")
    assert len(decisions(old)) == (0 if version == "0.1" else 4)
    assert LATER in {path.stem for path in (tmp_path / "new" / "reporter=CHN" / "held").glob("*.json")}
    assert bytes_of(root) == before
