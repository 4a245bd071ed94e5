"""Checks a snapshot before the pointer moves: whether the disk has what was meant to be published.

Belongs here: the audit of a snapshot that was just built. `verify` audits an existing store.
"""

from tasks.domain.errors import AuditFailed
from tasks.domain.text import counted
from tasks.store.files.manifest import FileEntry
from tasks.store.files.snapshot import Snapshot
from tasks.store.files.verify import FileProblem, Hashes, check_file, unknown_files
from tasks.store.snapshots.objects import check_link


def read_back(snapshot: Snapshot, manifest: bytes, written: list[FileEntry]) -> None:
    """Raises AuditFailed where the built snapshot differs from `manifest`; of files not `written` now only size and
    link are checked."""
    hashes, fresh = Hashes(), {entry.path for entry in written}
    problems: list[FileProblem | None] = [*unknown_files(snapshot)]
    place = snapshot.path / "manifest.json"
    if not place.is_file() or place.read_bytes() != manifest:
        problems.append(FileProblem(place.name, "other bytes", "the manifest as written", "check the disk"))
    for entry in snapshot.every:
        if entry.path in fresh:
            problem = check_file(snapshot, entry, hashes)
            problems.append(problem if problem or not entry.table else _check_rows(snapshot, entry))
        else:
            problems.append(check_link(snapshot, entry, hashes))
    lines = [f"- {problem}" for problem in problems if problem is not None]
    if lines:
        listed = "\n".join(lines[:10])
        raise AuditFailed(
            f"{snapshot.path}: not published, {counted(len(lines), 'problem')}. Mend and publish again:\n{listed}"
        )


def _check_rows(snapshot: Snapshot, entry: FileEntry) -> FileProblem | None:
    # Commands that only read a store import this module too, and need no pyarrow.
    import pyarrow as pa
    import pyarrow.parquet as pq

    advice = "correct the step that counts or encodes this table"
    try:
        rows = pq.read_metadata(snapshot.path / entry.path).num_rows
    except pa.ArrowInvalid as error:
        return FileProblem(entry.path, f"no Parquet ({error})", f"{entry.rows} rows", advice)
    return None if rows == entry.rows else FileProblem(entry.path, f"{rows} rows", f"{entry.rows} rows", advice)
