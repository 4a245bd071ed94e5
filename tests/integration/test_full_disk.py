"""A real disk that is full: the run ends in a sentence, the store is as it was, and with more room it goes on to the
same snapshot."""

import re
from pathlib import Path

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, distinct_records, downloads, in_month
from small_disk import mount
from typer.testing import CliRunner, Result

from flows.cli.app import app
from tasks.publication import batch
from tasks.store.files.snapshot import current_id
from tasks.store.files.verify import audit_store

pytestmark = pytest.mark.usefixtures("nothing_is_watched")

MANIFEST = Path(".current", "manifest.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    six = CLEAN_RECORDS[:6]
    months = enumerate((six, six, distinct_records(2_000), six), 1)
    return downloads(
        tmp_path / "downloads",
        {f"{at}.csv": (csv_bytes(in_month(f"2025{at:02d}", rows)), f"2025-{at + 1:02d}-20") for at, rows in months},
    )


def fill(folder: Path, store: Path) -> Result:
    return CliRunner().invoke(app, ["backfill", str(folder), "--store", str(store), "--no-prefect"])


def test_a_disk_that_fills_up_in_the_middle_stops_the_run_in_a_sentence_and_with_room_it_goes_on(
    folder: Path, tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk has room for the first months, and not for that with many records."""
    monkeypatch.setattr(batch, "FILES_MAX", 1)
    alone = tmp_path / "alone" / "reporter=CHN"
    assert fill(folder, alone).exit_code in (0, 3)
    store = disk / "reporter=CHN"
    stopped = fill(folder, store)
    assert stopped.exit_code == 1, stopped.output
    assert stopped.stdout.startswith("Stopped with 2 left, Published 2025-01 to 2025-02\n")
    # The events of the failed step have no room either, which is a warning; one line says what to do.
    full = [line for line in stopped.stderr.splitlines() if "No space left" in line]
    (said,) = [line for line in full if not line.startswith("warning the lineage events of ")]
    assert re.match(
        rf"{disk}.*: No space left on device\. Make room on that disk, then run this again\. 2 files are left, from"
        r" 3\.csv on",
        said,
    )
    before = current_id(store)
    assert before is not None
    assert audit_store(store) == []
    assert fill(folder, store).exit_code == 1
    assert current_id(store) == before
    mount(disk, 64_000, "remount,")
    assert fill(folder, store).exit_code in (0, 3)
    assert (store / MANIFEST).read_bytes() == (alone / MANIFEST).read_bytes()
    assert audit_store(store) == []
    assert [*(store / "tmp").iterdir()] == []
    assert [*disk.glob(".copy-*")] == []
