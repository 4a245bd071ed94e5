"""Reads the published tables for a person or a script: filtered, in key order, current or as of a day.

`search` explains a query without rows; `export` writes rows in other formats.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar, cast

import polars as pl

from schemas.layouts import COMPARISONS, LAYOUTS
from schemas.table import columns, empty_frame, readers_schema
from tasks.domain.classification import part_of
from tasks.domain.coverage import FIGURES_LOOK_BACK
from tasks.domain.decisions import counting
from tasks.domain.errors import NothingPublished
from tasks.domain.periods import first_day, month_number
from tasks.domain.reporter import Reporter
from tasks.ledger import merge as ledger
from tasks.ledger.doubts import HELD, Doubts, findings_of, open_doubts
from tasks.lineage.requested_records import with_requested_records
from tasks.store.bucket.working_copy import address_of, at_hand
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.places.reporters import MIRRORS, mirror_of, mirrors_of, named, root_of, table_of
from tasks.store.places.verify_on_read import proved
from tasks.store.snapshots.parquet import path_partition, read_table

AS_OF = ("observation", "trade_flow", "metric", "doubt")
# Hashed in about a second. A watch list of ten years is far smaller, the full cube of some months larger.
PROVED_BYTES_MAX = 2**29


PERIOD = "period"
# Year and month.
Month = tuple[int, int]
# One key or several: rows of any of them.
Keys = str | Collection[str] | None


class NothingKnown(ValueError):
    """A day before the first statement of a store."""


def open_published(store: Path) -> Snapshot:
    """Return the current snapshot; its files are verified before they are read, up to a size that takes about a second.

    Raises NothingPublished if there is none; reading a damaged file raises DamagedStore.
    """
    snapshot = open_snapshot(store)
    if snapshot is None:
        raise NothingPublished(
            f"{address_of(store)}: nothing is published here yet. Ingest a file first (tidewaiter ingest --help)."
        )
    return proved(snapshot, bytes_max=PROVED_BYTES_MAX)


def reporter_of(snapshot: Snapshot) -> Reporter:
    """Return whose figures a published state has."""
    return Reporter.of(read_table(snapshot, "release"))


def query(
    store: Path,
    table: str,
    *,
    flow: str | None = None,
    product: Keys = None,
    partner: Keys = None,
    measure: Keys = None,
    month: Month | Collection[Month] | None = None,
    as_of: date | None = None,
) -> pl.DataFrame:
    """Return rows of a published table in key order; `product`, `partner`, `measure` and `month`, which is (year,
    month), may each be one or several.

    `as_of` gives the rows as published on that day, computed from the ledger by the functions that publish. Raises
    NothingPublished, and ValueError for a condition on a column that the table does not have or a day without data.
    """
    snapshot = open_published(store)
    conditions = {"product": several(product), "partner": several(partner), "measure": several(measure)}
    given = {name: keys for name, keys in conditions.items() if keys is not None}
    months = months_of(month)
    _require_columns(table, [*given, *["flow"] * (flow is not None)])
    # Tables filed by month have the flow in the path, and in no column of the file.
    inside = [is_one_of(name, keys) for name, keys in given.items()]
    if as_of is not None:
        rows = table_on(snapshot, table, as_of, flow, given.get("product"))
        rows = rows.filter(inside) if inside else rows
    else:
        rows = read_table(
            snapshot,
            table,
            lambda partition: (flow is None or partition[0] == flow) and (months is None or partition[1:] in months),
            where=pl.all_horizontal(inside) if inside else None,
        )
    if flow is not None:
        rows = rows.filter(pl.col("flow") == flow)
    rows = rows if months is None else _of_months(rows, table, months)
    return with_requested_records(rows, snapshot) if table == "metric" and as_of is None else rows


def _require_columns(table: str, names: Iterable[str]) -> None:
    for name in names:
        if name not in (known := columns(table)):
            raise ValueError(f"the table {table} has no column {name}; it has {', '.join(known)}")


def _of_months(rows: pl.DataFrame, table: str, months: Collection[Month]) -> pl.DataFrame:
    month_of = LAYOUTS[table].month_of
    if month_of is None:
        raise ValueError(f"the table {table} has no months")
    return rows.filter(pl.col(month_of).dt.month_start().is_in([date(*one, 1) for one in sorted(months)]))


Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)


def with_period(rows: Rows, table: str) -> Rows:
    """Add `period`, the first day of the month under which a row is filed, where a table filed by month has none: of a
    number of several months that of the last one."""
    if not LAYOUTS[table].lacks_period:
        return rows
    names = rows.collect_schema().names()
    place = names.index("period_start")
    month = pl.col(str(LAYOUTS[table].month_of)).dt.month_start().alias(PERIOD)
    return rows.select(*names[:place], month, *names[place:])


def states_with(snapshot: Snapshot, table: str) -> list[Snapshot]:
    """Return the published states that have the rows of a table about the reporter of a store: the store itself, or of
    a table that compares published stores the stores of that table under the same root; none where it is not published.
    """
    address = address_of(snapshot.store)
    root, reporter = root_of(address), named(address)
    if table not in COMPARISONS or snapshot.entries(table) or root is None or reporter is None:
        return [snapshot]
    pairs = [pair for pair in mirrors_of(root) if reporter in pair] if table == MIRRORS else []
    places = [mirror_of(root, *pair) for pair in pairs] if table == MIRRORS else [table_of(root, table, reporter)]
    states = (open_snapshot(at_hand(place)) for place in places)
    return [proved(one, bytes_max=PROVED_BYTES_MAX) for one in states if one is not None]


def newest_month(
    snapshot: Snapshot, flow: str, where: pl.Expr | None = None, columns: Sequence[str] = ()
) -> date | None:
    """Return the newest month of a direction with a row of `metric` as asked, of which `columns` are read; None where
    there is none."""
    filed = {path_partition(entry.partition) for entry in snapshot.entries("metric", flow) if entry.rows}
    for place in sorted(filed, reverse=True):
        if where is None or read_table(snapshot, "metric", place.__eq__, where, columns).height:
            return date(*place[1:], 1)
    return None


def scan_figures(snapshot: Snapshot, flow: str | None = None) -> pl.LazyFrame | None:
    """Scan the files of `metric`, of both directions or of one; None where there are none."""
    files = snapshot.paths("metric", flow)
    return pl.scan_parquet(files, hive_partitioning=False, glob=False, extra_columns="ignore") if files else None


def several(keys: Keys) -> list[str] | None:
    """Return the keys of a condition, each once; None without a condition."""
    return None if keys is None else [keys] if isinstance(keys, str) else list(dict.fromkeys(keys))


def is_one_of(name: str, keys: Collection[str]) -> pl.Expr:
    """Select rows of these keys. With one key Polars skips whole row groups."""
    return pl.col(name) == next(iter(keys)) if len(keys) == 1 else pl.col(name).is_in(list(keys))


def months_of(month: Month | Collection[Month] | None) -> set[Month] | None:
    """Return the months of a condition, which may be a single one; None without a condition."""
    if month is None:
        return None
    is_one = len(month) == 2 and all(isinstance(part, int) for part in month)
    return {cast("Month", month)} if is_one else {*cast("Iterable[Month]", month)}


def doubts_of(snapshot: Snapshot, day: date | None = None) -> Doubts:
    """Return what is in doubt of a published state, now or as of a day."""
    if day is None:
        return Doubts(snapshot)

    def rows_on(flow: str, product: str | None) -> pl.DataFrame:
        if not findings_of(snapshot).height:
            return empty_frame("doubt")
        try:
            return table_on(snapshot, "doubt", day, flow, None if product is None else [product])
        except NothingKnown:
            return empty_frame("doubt")

    return Doubts(snapshot, rows_on)


def table_on(
    snapshot: Snapshot,
    table: str,
    day: date,
    flow: str | None,
    products: list[str] | None = None,
    since: date | None = None,
) -> pl.DataFrame:
    """Compute a table as published on `day`; with `products`, only of these and of their parts, and with `since`, of
    the months from this one on."""
    if table not in AS_OF:
        raise ValueError(f"the table {table} has no days of knowledge; as-of reads are made of {', '.join(AS_OF)}")
    files = snapshot.paths("observation", flow)
    ledger_then = (
        pl.scan_parquet(files, hive_partitioning=False, glob=False) if files else empty_frame("observation").lazy()
    )
    first = ledger_then.select(pl.col("known_from").min()).collect().item()
    if first is None:
        what = f"no {flow} on any day; ask for the other flow or ingest a file of {flow}s" if flow else "nothing at all"
        raise NothingKnown(f"nothing was known on {day}: this store knows of {what}")
    if day < first:
        raise NothingKnown(f"nothing was known on {day}: the first statement in this store is of {first!s}")
    where = ledger.was_last_on(day)
    statements = read_table(
        snapshot,
        "observation",
        lambda partition: flow is None or partition[0] == flow,
        where=where & pl.any_horizontal(map(part_of, products)) if products else where,
    )
    if since is not None:
        begin = first_day(month_number(since) - FIGURES_LOOK_BACK)
        statements = statements.filter(pl.col("period_end") >= begin)
    if table == "observation":
        return statements
    # Most reads are of today, and need none of the modules that make tables.
    from tasks.ledger import trade_flow
    from tasks.metrics.derive import derive_all

    # A file of printed figures has the day of its last one; its earlier ones were published before.
    with_number = ledger_then.filter(where).select(pl.col("release_id").unique()).collect()["release_id"]
    is_public = (pl.col("released_on") <= day) | pl.col("release_id").is_in(with_number.to_list())
    releases = counting(read_table(snapshot, "release").filter(is_public), read_table(snapshot, "decision"), day)
    # What a release contradicts that is held today was not known then.
    findings = findings_of(snapshot).filter(pl.col("severity") != HELD)
    doubts = open_doubts(findings, releases)
    if table == "doubt" and not doubts.height:
        return empty_frame(table).cast(readers_schema(table))  # type: ignore[arg-type]
    if table == "trade_flow":
        table_rows = trade_flow.widen(statements, releases, doubts)
    else:
        derived = derive_all(statements, releases, doubts=doubts)
        table_rows = derived.doubts if table == "doubt" else derived.metric
    table_rows = table_rows.cast(readers_schema(table))  # type: ignore[arg-type]
    return table_rows if since is None else table_rows.filter(pl.col("period") >= since)
