"""What is known once releases are published, for checks: the ledger alone, without figures, lineage or a flow."""

import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from schemas.forms.request import Landed, ReleaseRequest
from schemas.table import empty_frame
from schemas.tables.catalog import MODELS
from tasks.derive.affected_months import touched_months
from tasks.ingest.declaration import locate
from tasks.ingest.normalise import Normalised
from tasks.ingest.parse import parse
from tasks.ingest.raw_store import land
from tasks.ledger import merge as ledger
from tasks.ledger.published_state import PublishedState
from tasks.sources.adapter.protocol import Parsed
from tasks.store.files.manifest import FileEntry
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import encode_months


class LightStore:
    """Releases one after another, and what the checks of the next one would know of them."""

    def __init__(self, folder: Path, today: date) -> None:
        self.folder, self.today = folder, today
        self.releases: list[Normalised] = []
        self._files: dict[str, FileEntry] = {}

    def read(self, request: ReleaseRequest) -> tuple[Landed, Parsed]:
        """A file as read. Raises Refused."""
        landed = land(locate(request), self.folder, self.today)
        return landed, parse(landed)

    def known(self, release: Normalised) -> PublishedState:
        """What `release` is checked against."""
        touched = tuple(sorted(touched_months(release)))
        return self._known._replace(touched=touched, derived=touched)

    @property
    def _known(self) -> PublishedState:
        if not self.releases:
            nothing = (empty_frame(name) for name in ("release", "observation", "detail"))
            return PublishedState(*nothing, touched=(), derived=(), snapshot=None)
        return self._published

    def past(self, release: Normalised) -> pl.DataFrame:
        """The published statements that `release` does not say itself."""
        key = ["flow", "product", "partner", "measure", "period_start", "period_end"]
        known = self._known.detail.drop_nulls(key)
        return known.join(release.detail, on=key, how="anti")

    def publish(self, release: Normalised) -> None:
        """Add a release; its findings do not count here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.releases.append(release)
        releases = MODELS["release"].validate(pl.concat([one.release for one in self.releases]).unique("release_id"))
        detail = MODELS["detail"].validate(pl.concat([one.detail for one in self.releases]))
        observation = ledger.merge(detail, releases)
        snapshot = Snapshot(Path(tempfile.mkdtemp(dir=self.folder)), "1", 1, None, {}, ())
        entries = []
        for file in encode_months("observation", observation, lambda month: {}):
            path = f"{file.table}/{file.partition}/file.parquet"
            (snapshot.path / path).parent.mkdir(parents=True, exist_ok=True)
            (snapshot.path / path).write_bytes(file.data)
            entries.append(FileEntry(file.table, file.partition, path, file.sha256, len(file.data), file.rows, ""))
        snapshot = replace(snapshot, files=tuple(entries))
        self._published = PublishedState(releases, observation, detail, (), derived=(), snapshot=snapshot)
