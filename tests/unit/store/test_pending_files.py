"""Files that are kept until they are published are those that were written, and leave nothing where the disk is
full."""

import hashlib
import io
from pathlib import Path

import polars as pl
import pytest

from schemas.table import polars_schema
from tasks.store import pending_files
from tasks.store.parquet import Partition, encode_file, partition_path
from tasks.store.pending_files import PendingFiles
from tasks.store.publish import NewFile

JUNE, JULY = ("export", 2024, 6), ("export", 2024, 7)


def file_of(product: str, partition: Partition = JUNE) -> NewFile:
    rows = [("export", product, "USA", "2024-06-01", measure, 1.5, 2) for measure in ("quantity_kg", "value_usd")]
    frame = pl.DataFrame(rows, schema={**polars_schema("record_level"), "period": pl.String}, orient="row")
    frame = frame.with_columns(pl.col("period").str.to_date())
    return encode_file("record_level", frame, partition_path(partition), {})


def kept(store: Path) -> PendingFiles:
    pending = PendingFiles.of("record_level")
    for partition, product in ((JUNE, "25"), (JUNE, "85"), (JULY, "85")):
        pending.keep(file_of(product, partition), store)
    return pending


def test_several_files_of_a_month_are_kept_without_a_name(tmp_path: Path) -> None:
    pending = kept(tmp_path)
    assert [(file.partition, file.data) for file in pending.new_files()] == [
        (partition_path(partition), file_of(product).data)
        for partition, product in ((JUNE, "25"), (JUNE, "85"), (JULY, "85"))
    ]
    hashes = [hashlib.sha256(file.data).hexdigest() for file in pending.new_files()]
    assert [file.sha256 for file in pending.new_files()] == [file.sha256 for file in pending.files] == hashes
    assert pending.height == 6
    assert pending.is_of("record_level")
    assert not list((tmp_path / "tmp").iterdir())


def test_a_full_disk_is_an_error_of_the_file_that_it_does_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """A file of few bytes waits in a buffer: without a flush the error came when it was closed, in a traceback."""
    monkeypatch.setattr(pending_files.tempfile, "TemporaryFile", lambda dir: Full())
    pending = PendingFiles.of("record_level")
    with pytest.raises(OSError, match="No space left"):
        pending.keep(file_of("25"), tmp_path)
    assert pending.files == []
    del pending
    assert [str(warning.message) for warning in recwarn.list] == []


class Full(io.BufferedRandom):
    """A file on a full disk, which takes nothing out of the buffer."""

    def __init__(self) -> None:
        super().__init__(open("/dev/full", "r+b", 0), 1 << 20)  # noqa: SIM115

    def seek(self, *place: int) -> int:
        return 0
