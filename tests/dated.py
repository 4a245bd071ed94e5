"""Published states by their order, and with the days of their releases, as if each had been published on its own
day."""

import os
from datetime import datetime
from pathlib import Path

from tasks.domain.clock import CUSTOMS_TIME
from tasks.store.files.snapshot import Snapshot, history, load_snapshot, open_snapshot, snapshot_ids


def published_on_their_days(store: Path) -> None:
    """Set the time of each manifest, by which a retention goes, to noon of the last day of release in it."""
    for name in snapshot_ids(store):
        snapshot = load_snapshot(store, name)
        moment = datetime.fromisoformat(f"{snapshot.about['released_on']}T12:00").replace(tzinfo=CUSTOMS_TIME)
        manifest = snapshot.path / "manifest.json"
        os.utime(manifest, (moment.timestamp(), moment.timestamp()))
        assert manifest.stat().st_mtime == moment.timestamp(), "a file system keeps no times of such years"


def list_snapshots(store: Path) -> list[Snapshot]:
    """All published snapshots, oldest first."""
    newest = open_snapshot(store)
    return [] if newest is None else history(newest, snapshot_ids(store), lambda name: load_snapshot(store, name))
