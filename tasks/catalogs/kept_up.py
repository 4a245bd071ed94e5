"""Lists the forms of a root that each publication brings up to date, so that a failed one is made up for by the next.

Belongs here: which forms these are. Does not belong here: that a failure never harms a publication
(`analysis.after_release`).
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from schemas import settings
from schemas.layouts import ANALYSIS, COMPARISONS
from tasks.catalogs.duckdb_file import write_duckdb
from tasks.catalogs.iceberg import has_iceberg, keep_store
from tasks.catalogs.register import register
from tasks.store.places.reporters import MIRRORS, Address, mirror_of, mirrors_of, named, store_of, table_of, tables_of


def kept_up(root: Address, reporter: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Return what is to be made after a publication of a reporter: name and maker."""
    if file := settings.text(settings.DUCKDB):
        yield f"DuckDB file {file}", partial(write_duckdb, root, Path(file))
    if has_iceberg(store_of(root, reporter)):
        for store, table in _stores_of(root, reporter):
            yield f"Iceberg metadata ({store})", partial(_keep, store, table)


def _keep(store: Address, table: str | None) -> None:
    kept = keep_store(store, table)
    if catalog := settings.text(settings.ICEBERG_CATALOG):
        register(kept, catalog)


def _stores_of(root: Address, reporter: str) -> Iterator[tuple[Address, str | None]]:
    """The store of a reporter, and those of tables that are made of it and of others."""
    yield store_of(root, reporter), None
    if named(root):
        return
    for table in (*ANALYSIS, *(name for name in COMPARISONS if name != MIRRORS)):
        if reporter in tables_of(root, table):
            yield table_of(root, table, reporter), table
    for pair in mirrors_of(root):
        if reporter in pair:
            yield mirror_of(root, *pair), MIRRORS
