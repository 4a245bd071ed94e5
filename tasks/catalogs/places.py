"""Says where the files of each published table lie, over all reporters of a root.

A folder is named by patterns that follow the pointers, so that what is made of them shows each later publication. A
bucket has no links: its files are listed by the manifests of the current states.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from schemas.layouts import ANALYSIS, COMPARISONS, LAYOUTS
from schemas.store_address import REPORTER_KEY, S3Url
from tasks.domain.errors import NothingPublished
from tasks.store.bucket.resolve import OpenRelease, open_release
from tasks.store.files.snapshot import READERS
from tasks.store.places.reporters import (
    MIRRORS,
    Address,
    is_one_store,
    mirror_of,
    mirrors_of,
    named,
    reporter_of,
    stores_of,
    table_of,
    tables_of,
)

FILED, WHOLE = "*/*/*/*.parquet", "*.parquet"


class TablePlace(NamedTuple):
    """A published table.

    `files` are patterns relative to the root, or addresses in a bucket; `keys` are those that stand in their paths, in
    order; `reporter` is whose figures they are where no path says it; `states` are the snapshots in which they were
    seen, each with its store.
    """

    table: str
    files: tuple[str, ...]
    keys: tuple[str, ...]
    reporter: str | None
    states: tuple[str, ...]

    @property
    def is_followed(self) -> bool:
        """Whether the files are those of each later publication too."""
        return "*" in self.files[0]


def places(root: Address) -> list[TablePlace]:
    """Return where each table lies that has a file, in the order of the dictionary. Raises NothingPublished."""
    by_table: dict[str, list[tuple[Address, OpenRelease]]] = {}
    for address, table in stores_with_tables(root):
        try:
            state = open_release(address)
        except NothingPublished:
            continue
        for name in sorted({entry.table for entry in state.snapshot.files}):
            # A table that is made of others lies in a store with a lineage of its own.
            if table in (None, name):
                by_table.setdefault(name, []).append((address, state))
    if not by_table:
        raise NothingPublished(
            f"{root}: nothing is published here yet. Ingest a file first (tidewaiter ingest --help)."
        )
    return [_place(root, table, by_table[table]) for table in LAYOUTS if table in by_table]


def stores_with_tables(root: Address) -> Iterator[tuple[Address, str | None]]:
    """Every store of a root, with the table that it is made for; None: those of a reporter."""
    for address in stores_of(root).values():
        yield address, None
    if is_one_store(root):
        return
    for table in (*ANALYSIS, *(name for name in COMPARISONS if name != MIRRORS)):
        for reporter in tables_of(root, table):
            yield table_of(root, table, reporter), table
    for exporter, importer in mirrors_of(root):
        yield mirror_of(root, exporter, importer), MIRRORS


def _place(root: Address, table: str, states: list[tuple[Address, OpenRelease]]) -> TablePlace:
    filed = LAYOUTS[table].month_of is not None
    whose = ("exporter", "importer") if table == MIRRORS else ("reporter",)
    alone = table != MIRRORS and named(states[0][0]) is None
    keys = (*(() if alone else whose), *(("flow", "year", "month") if filed else ()))
    if isinstance(root, S3Url):
        files = tuple(path for _, state in states for path in state.paths(table))
    else:
        files = (_pattern(root, table, filed, alone),)
    seen = tuple(f"{address} {state.id}" for address, state in states)
    return TablePlace(table, files, keys, reporter_of(states[0][0]) if alone else None, seen)


def _pattern(root: Path, table: str, filed: bool, alone: bool) -> str:
    end = f"{READERS}/{table}/{FILED if filed else WHOLE}"
    if alone or is_one_store(root):
        return end
    if table == MIRRORS:
        return f"{MIRRORS}/exporter=*/importer=*/{end}"
    above = f"{table}/" if table in (*ANALYSIS, *COMPARISONS) else ""
    return f"{above}{REPORTER_KEY}*/{end}"
