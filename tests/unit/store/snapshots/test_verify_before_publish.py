"""What a built snapshot is compared with before the pointer moves."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.domain.errors import AuditFailed
from tasks.store.files.manifest import encode
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.verify_before_publish import read_back
from tests.unit.store.small_store import JULY, JUNE, stored


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return stored(tmp_path / "store", {JUNE: [1, 2], JULY: [3]})


def manifest(snapshot: Snapshot) -> bytes:
    return encode(snapshot.sequence, snapshot.parent, snapshot.about, snapshot.files)


def test_another_manifest_is_a_problem(snapshot: Snapshot) -> None:
    with pytest.raises(AuditFailed, match=r"not published, 1 problem\. Mend and publish again:\n- .*manifest\.json"):
        read_back(snapshot, b"{}", [])


def test_rows_are_counted_in_the_files_that_were_written(snapshot: Snapshot) -> None:
    wrong = replace(snapshot, files=tuple(replace(entry, rows=entry.rows + 5) for entry in snapshot.files))
    with pytest.raises(AuditFailed, match="2 problems") as failure:
        read_back(wrong, manifest(snapshot), [*wrong.files])
    assert "2 rows" in str(failure.value)
    assert "7 rows" in str(failure.value)


HARMS: dict[str, Callable[[Path], object]] = {
    "is gone": Path.unlink,
    "has other bytes": lambda path: path.write_bytes(b"x" * 9),
    "is one that the manifest does not name": lambda path: path.with_name("more.parquet").write_bytes(b"x"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_file_is_named_that(snapshot: Snapshot, harm: str) -> None:
    path = snapshot.path / snapshot.files[0].path
    path.parent.chmod(0o755)
    path.chmod(0o644)
    HARMS[harm](path)
    with pytest.raises(
        AuditFailed, match=r"more\.parquet" if "not name" in harm else re.escape(snapshot.files[0].path)
    ):
        read_back(snapshot, manifest(snapshot), [*snapshot.files])
