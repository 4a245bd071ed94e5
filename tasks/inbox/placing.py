"""Finds the store that a file or a release belongs to.

Belongs here: questions that a flow asks before its first step, so none of them leaves a record.
"""

from pathlib import Path

from schemas.forms.form import StoreAddress
from schemas.forms.request import Declaration, ReleaseRequest
from tasks.domain.errors import NotHeld, Refused
from tasks.domain.release_ids import MARK, release_of
from tasks.inbox import held
from tasks.ingest.declaration import locate
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.reporters import store_with
from tasks.store.snapshots.parquet import read_table


def store_of_published(root: StoreAddress, release_id: str) -> StoreAddress:
    """Return the store in which any edition of a release is published. Raises Refused if there are several and none has
    it."""

    def has(store: Path) -> bool:
        releases = read_table(open_snapshot(store), "release", columns=["release_id"])
        return releases.filter(release_of() == release_id.partition(MARK)[0]).height > 0

    holder = store_with(root, has)
    if holder is None:
        raise Refused(
            "decision",
            where=release_id,
            found=f"no release of that name is published in {root}",
            advice="tidewaiter list releases --reporter shows those of a reporter.",
        )
    return holder


def store_of_held(root: StoreAddress, release_id: str) -> StoreAddress:
    """Return the store in which a release is held. Raises NotHeld if there are several and none has it."""
    holder = store_with(root, lambda store: held.find(store, release_id) is not None)
    if holder is None:
        raise NotHeld(f"{root}: no release {release_id!r} is held here")
    return holder


def reporter_of(request: ReleaseRequest) -> str | None:
    """Return whose figures a file has; None if its declaration is refused, which the step `declare` reports when the
    file is ingested."""
    try:
        return locate(request).reporter
    except (Refused, OSError):
        return None


def reporter_of_file(file: Path, store: StoreAddress, otherwise: Declaration) -> str | None:
    """Return whose figures a file of a folder has, as `reporter_of`."""
    return reporter_of(ReleaseRequest(file=file, store=store, otherwise=otherwise))
