"""Opens a published table as a lazy frame over its files, so that a program reads what its query asks for alone.

Belongs here: which files and which types a scan has. Does not belong here: names of products and partners, doubts and
notes, which `read` adds; and the hashes of the files, which a scan does not verify, because it need not read them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from schemas.layouts import ANALYSIS, COMPARISONS, LAYOUTS
from schemas.names import TABLES
from schemas.table import readers_schema, stored_columns
from tasks.domain.errors import NothingPublished
from tasks.ledger.merge import was_last_on
from tasks.reading import query
from tasks.store.bucket.resolve import OpenRelease, open_release
from tasks.store.bucket.working_copy import at_hand
from tasks.store.places.reporters import MIRRORS, Address, mirror_of, mirrors_of, named, root_of, table_of
from tasks.store.snapshots.parquet import of_another_version, other_columns

# Of a table that is filed by month: the folders that files lie in, by which Polars leaves out whole files.
FOLDERS = {"year": pl.Int32(), "month": pl.Int32()}


def scan_tables(addresses: Mapping[str, Address], table: str, day: date | None = None) -> pl.LazyFrame:
    """Return the rows of a table of several reporters, with a first column `reporter`. Raises ValueError where none is
    named, and what `scan_table` raises."""
    if not addresses:
        raise ValueError("no reporter is named; leave the argument out for the only reporter of the store")
    parts = (
        scan_table(address, table, day).select(pl.lit(reporter).alias("reporter"), pl.exclude("reporter"))
        for reporter, address in addresses.items()
    )
    return pl.concat(parts)


def scan_table(address: Address, table: str, day: date | None = None) -> pl.LazyFrame:
    """Return the rows of a table of one store, now or as they were known on a day: its columns, and where it is filed
    by month FOLDERS and `period`.

    The state is that which is current now, whatever is published meanwhile. Raises ValueError where there is no such
    table or it has no days of knowledge, NothingPublished, and StoreError where another version did not write a column.
    """
    if table not in TABLES:
        raise ValueError(f"there is no table {table!r}; there are {', '.join(TABLES)}")
    if day is None:
        return query.with_period(_files(_states(address, table), table), table)
    if table not in query.AS_OF:
        raise ValueError(
            f"the table {table} has no days of knowledge; as-of scans are made of {', '.join(query.AS_OF)}"
        )
    if table == "observation":
        return query.with_period(_files([open_release(address)], table).filter(was_last_on(day)), table)
    # Sums, shares and growth of a day are in no file.
    snapshot = query.open_published(at_hand(address))
    month = pl.col(LAYOUTS[table].month_of or "").dt
    rows = pl.defer(lambda: query.table_on(snapshot, table, day, None), schema=readers_schema(table))
    return rows.with_columns(year=month.year(), month=month.month().cast(pl.Int32))


def _files(states: Sequence[OpenRelease], table: str) -> pl.LazyFrame:
    files = [path for state in states for path in state.paths(table)]
    of_month = {"flow": pl.String(), **FOLDERS} if LAYOUTS[table].month_of else {}
    kinds = readers_schema(table) | of_month
    if not files:
        return pl.LazyFrame(schema=kinds)
    others = of_another_version(table, [entry for state in states for entry in state.snapshot.entries(table)])
    if others:
        written = {path for path in files if Path(path).name in {Path(entry.path).name for entry in others}}
        if any({*stored_columns(table)} - {*pl.read_parquet_schema(path)} for path in sorted(written)):
            raise other_columns(table, others)
    # Folders above those of the table name reporters, and a folder of the machine may have an equals sign too.
    above = [name for name, sign, _ in (part.partition("=") for part in files[0].split("/")) if sign]
    hive: dict[str, pl.DataType] = dict.fromkeys(above, pl.String()) | of_month
    rows = pl.scan_parquet(files, glob=False, hive_partitioning=True, hive_schema=hive, extra_columns="ignore")
    return rows.select(*kinds)


def _states(address: Address, table: str) -> Sequence[OpenRelease]:
    """Return the published states that have the rows of a table: those of the store, or of a table of published stores
    those beside it."""
    if table not in ANALYSIS + COMPARISONS:
        return [open_release(address)]
    root, reporter = root_of(address), named(address)
    if root is None or reporter is None:
        raise ValueError(f"{address}: the table {table} lies beside the stores of a root; name the root as the store")
    if table == MIRRORS:
        places = [mirror_of(root, *pair) for pair in mirrors_of(root) if reporter in pair]
    else:
        places = [table_of(root, table, reporter)]
    states = []
    for place in places:
        try:
            states.append(open_release(place))
        except NothingPublished:
            continue
    if not states:
        raise NothingPublished(f"{root}: the table {table} of {reporter} is not published")
    return states
