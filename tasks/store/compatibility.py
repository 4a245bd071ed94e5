"""Refuses to publish over a store that another version of Tidewaiter wrote.

An unknown table carried over unchanged, next to changed ones, would make an inconsistent state; an unknown column would
be lost silently. Belongs here: that refusal. Does not belong here: files with fewer columns (`steps.open_published`, `parquet`),
the form of a manifest (`manifest`).
"""

import polars as pl

from schemas.layouts import LAYOUTS
from schemas.table import schema_sha256, stored_columns
from tasks.domain.errors import StoreError
from tasks.store.manifest import OTHER_VERSION
from tasks.store.snapshot import Snapshot

_REMEDY = f"Nothing was published. {OTHER_VERSION}"


def refuse_unknown(snapshot: Snapshot | None) -> None:
    """Raise StoreError where a snapshot has a table, or a table a column, that this version does not know."""
    # One file of each form: all files that one version wrote have its columns.
    forms = {(entry.table, entry.schema_sha256): entry for entry in (snapshot.files if snapshot else ())}
    if tables := sorted({table for table, _ in forms} - {*LAYOUTS}):
        raise StoreError(f"the store has tables that this version does not know: {', '.join(tables)}. {_REMEDY}")
    for (table, form), entry in sorted(forms.items()):
        if form != schema_sha256(table):
            found = pl.read_parquet_schema(snapshot.path / entry.path)  # type: ignore[union-attr]
            if columns := [name for name in found if name not in stored_columns(table)]:
                raise StoreError(
                    f"{entry.path}: the table {table} has columns that this version does not know: {', '.join(columns)}. {_REMEDY}"
                )
