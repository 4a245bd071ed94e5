"""What a built snapshot is compared with before the pointer moves."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.domain.errors import AuditFailed
from tasks.store.manifest import encode
from tasks.store.snapshot import Snapshot
from tasks.store.verify_before_publish import read_back
from tests.unit.store.small_store import JULY, JUNE, stored


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return stored(tmp_path / "store", {JUNE: [1, 2], JULY: [3]})


def manifest(snapshot: Snapshot) -> bytes:
    return encode(snapshot.sequence, snapshot.parent, snapshot.about, snapshot.files)


def test_a_snapshot_as_it_was_built_passes(snapshot: Snapshot) -> None:
    for written in ([*snapshot.files], []):
        assert read_back(snapshot, manifest(snapshot), written) is None, "a sound snapshot was refused"


def test_another_manifest_is_a_problem(snapshot: Snapshot) -> None:
    with pytest.raises(AuditFailed, match=r"not published, 1 problem\. Mend and publish again:\n- .*manifest\.json"):
        read_back(snapshot, b"{}", [])


def test_rows_are_counted_in_the_files_that_were_written(snapshot: Snapshot) -> None:
    wrong = replace(snapshot, files=tuple(replace(entry, rows=entry.rows + 5) for entry in snapshot.files))
    with pytest.raises(AuditFailed, match="2 problems") as failure:
        read_back(wrong, manifest(snapshot), [*wrong.files])
    assert "2 rows" in str(failure.value)
    assert "7 rows" in str(failure.value)


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"x" * 9)])
def test_a_written_file_that_is_missing_or_differs_is_named(
    snapshot: Snapshot, spoil: Callable[[Path], object]
) -> None:
    path = snapshot.path / snapshot.files[0].path
    path.chmod(0o644)
    spoil(path)
    with pytest.raises(AuditFailed) as failure:
        read_back(snapshot, manifest(snapshot), [*snapshot.files])
    assert snapshot.files[0].path in str(failure.value)


def test_a_file_that_the_manifest_does_not_name_is_a_problem(snapshot: Snapshot) -> None:
    place = snapshot.path / snapshot.files[0].path
    place.parent.chmod(0o755)
    place.with_name("more.parquet").write_bytes(b"x")
    with pytest.raises(AuditFailed, match=r"more\.parquet"):
        read_back(snapshot, manifest(snapshot), [])
