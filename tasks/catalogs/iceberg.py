"""Keeps Iceberg metadata of the tables of a root up to date with what is published: for warehouses, with time travel.

Each published state of a store becomes a snapshot of the Iceberg table of each of its tables, over the same files. The
metadata lie in `iceberg/` of the store, where no wildcard over Parquet finds them:

    s3://customs/store/reporter=CHN/iceberg/metric/metadata/v7.metadata.json

They are begun on request and kept up to date from then on. A state that was published without them, because its writer
was killed or lacks the extra, is appended by the next publication. Belongs here: which states a table lacks, has and
has lost. Does not belong here: the metadata of one table (`iceberg_table`).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from schemas.layouts import LAYOUTS
from schemas.store_address import REPORTER_KEY, S3Url
from tasks.catalogs.extra import extra
from tasks.catalogs.iceberg_seal import FOLDER
from tasks.catalogs.places import stores_with_tables
from tasks.domain.errors import NothingPublished, Outpaced
from tasks.store.bucket.s3_store import Remote
from tasks.store.bucket.working_copy import again_if_outpaced, folder_of
from tasks.store.files.snapshot import Snapshot, current_id, load_snapshot, snapshot_ids
from tasks.store.places.beside import Beside
from tasks.store.places.reporters import MIRRORS, Address, reporter_of

if TYPE_CHECKING:
    from tasks.catalogs.iceberg_table import IcebergTable

AT_ONCE = 8


class States:
    """The published states of a store."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._remote = Remote(address) if isinstance(address, S3Url) else None
        self._loaded: dict[str, Snapshot] = {}

    def now(self) -> str | None:
        """The current one; None where nothing was published yet."""
        if self._remote:
            return pointer.id if (pointer := self._remote.pointer()) else None
        return current_id(Path(self._address))

    def names(self) -> list[str]:
        """All that are there, by sequence, published or left by a run that died."""
        return self._remote.snapshot_ids() if self._remote else snapshot_ids(Path(self._address))

    def load(self, name: str) -> Snapshot:
        """A state, in the folder in which its files may be at hand."""
        if name not in self._loaded:
            state = self._remote.snapshot(name) if self._remote else load_snapshot(Path(self._address), name)
            self._loaded[name] = replace(state, store=folder_of(self._address))
        return self._loaded[name]

    def since(self, known: Sequence[str], now: str, present: Sequence[str]) -> list[Snapshot]:
        """The states after the last known one up to `now`, oldest first."""
        missing: list[Snapshot] = []
        name: str | None = now
        while name is not None and name not in known and name in present:
            missing.append(self.load(name))
            name = missing[-1].parent
        return missing[::-1]


class Kept(NamedTuple):
    """An Iceberg table: of which store and table, where its newest metadata lie, and whether they were written now."""

    store: Address
    table: str
    metadata_location: str
    changed: bool


def keep_iceberg(root: Address) -> list[Kept]:
    """Bring the metadata of all stores of a root up to date, begin them where there are none, and make damaged ones
    again.

    Raises MissingExtra, NothingPublished, and Outpaced where others write all the time.
    """
    tables = [kept for store, table in stores_with_tables(root) for kept in keep_store(store, table, thorough=True)]
    if not tables:
        raise NothingPublished(
            f"{root}: nothing is published here yet. Ingest a file first (tidewaiter ingest --help)."
        )
    return tables


def has_iceberg(store: Address) -> bool:
    """Whether metadata of a store were begun."""
    return bool(Beside(store).names(f"{FOLDER}/"))


@again_if_outpaced
def keep_store(store: Address, only: str | None = None, *, thorough: bool = False) -> list[Kept]:
    """The same of one store, of one table or all; none where nothing is published. In a bucket lists of files are read
    again where the look is `thorough`."""
    extra("pyiceberg", "Iceberg metadata")
    from tasks.catalogs.iceberg_table import IcebergTable

    states = States(store)
    if (first := states.now()) is None:
        return []
    beside, keys = Beside(store), _keys(store)
    begun = {name.split("/")[1] for name in beside.names(f"{FOLDER}/")}
    tables = sorted(({entry.table for entry in states.load(first).files} | begun) & {*([only] if only else LAYOUTS)})
    with ThreadPoolExecutor(AT_ONCE) as threads:
        opened = [*threads.map(lambda table: IcebergTable(beside, table, keys, thorough=thorough), tables)]
        # Asked after the metadata were read, so it is no older than any state that they have.
        now, present = states.now(), states.names()
        assert now is not None
        missing = [states.since([*table.states], now, present) for table in opened]
        before = [
            states.load(table.current) if new and table.current in present else None
            for table, new in zip(opened, missing, strict=True)
        ]

        def bring_up(table: "IcebergTable", missing: list[Snapshot], before: Snapshot | None) -> Kept | Outpaced:
            try:
                changed = table.bring_up(missing, now, present, before)
            except Outpaced as outpaced:
                return outpaced
            return Kept(store, table.name, table.metadata_location, changed)

        done = [*threads.map(bring_up, opened, missing, before)]
    for outpaced in done:
        if isinstance(outpaced, Outpaced):
            raise outpaced
    return [one for one in done if isinstance(one, Kept)]


def _keys(store: Address) -> dict[str, str]:
    """The keys that the address of a store says: whose figures they are, or of which two."""
    parts = str(store).split("/")
    named = dict(part.split("=", 1) for part in parts if part.startswith(("exporter=", "importer=")))
    if MIRRORS in parts and len(named) > 1:
        return named
    reporter = reporter_of(store)
    return {REPORTER_KEY.rstrip("="): reporter} if reporter else {}
