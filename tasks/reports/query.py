"""The published tables as a person or a script asks for them: filtered, in key order, as they are or as of a day.

What to say where nothing is found is in `suggestions`, in which form rows are written in `export`.
"""

from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path
from typing import cast

import polars as pl

from schemas.table import Table, empty_frame, readers_schema
from schemas.tables.catalog import LAYOUTS
from schemas.tables.decision import Decision
from schemas.tables.observation import Observation
from schemas.tables.release import Release
from tasks.domain.classification import part_of
from tasks.domain.decisions import counting
from tasks.domain.errors import NothingPublished
from tasks.ledger import merge as ledger
from tasks.ledger import trade_flow
from tasks.lineage.requested_records import with_requested_records
from tasks.metrics.calendar import derive
from tasks.store.mirror import address_of
from tasks.store.parquet import read_table
from tasks.store.snapshot import Snapshot, open_snapshot
from tasks.store.verify_on_read import proved

AS_OF = ("observation", "trade_flow", "metric")
# Hashed in about a second. A watch list of ten years is far below it, the full cube of some months above.
PROVED_BYTES_MAX = 2**29


# Year and month.
Month = tuple[int, int]
# One key or several: rows of any of them.
Keys = str | Collection[str] | None


def open_published(store: Path) -> Snapshot:
    """The current snapshot, whose files are proved before they are read, as far as a person waits for it.

    Raises NothingPublished where there is none; whoever reads a damaged file gets DamagedStore.
    """
    snapshot = open_snapshot(store)
    if snapshot is None:
        raise NothingPublished(
            f"{address_of(store)}: nothing is published here yet. Ingest a file first (tidewaiter ingest --help)."
        )
    return proved(snapshot, bytes_max=PROVED_BYTES_MAX)


def query(
    store: Path, table: str, *, flow: str | None = None, product: Keys = None, partner: Keys = None, measure: Keys = None,
    month: Month | Collection[Month] | None = None, as_of: date | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Rows of a published table in key order; of `product`, `partner`, `measure` and `month`, which is (year, month), one or several.

    `as_of` gives the rows as they stood on that day, computed from the ledger by the functions that publish. Raises
    NothingPublished, and ValueError for a condition on a column that the table does not have or a day without a word.
    """
    model = LAYOUTS[table].model
    snapshot = open_published(store)
    asked = {name: several(keys) for name, keys in (("product", product), ("partner", partner), ("measure", measure))}
    months = months_of(month)
    for name in [name for name, keys in asked.items() if keys is not None] + ["flow"] * (flow is not None):
        _require_column(model, table, name)
    # The flow of what is filed by month is in the path, and in no column of the file.
    inside = [is_one_of(name, keys) for name, keys in asked.items() if keys is not None]
    if as_of is not None:
        rows = _as_of(snapshot, table, as_of, flow, asked["product"])
        rows = rows.filter(inside) if inside else rows
    else:
        rows = read_table(
            snapshot,
            model,
            lambda partition: (flow is None or partition[0] == flow) and (months is None or partition[1:] in months),
            where=pl.all_horizontal(inside) if inside else None,
        )
    if flow is not None:
        rows = rows.filter(pl.col("flow") == flow)
    if months is not None:
        month_of = LAYOUTS[table].month_of
        if month_of is None:
            raise ValueError(f"the table {table} has no months")
        wanted = [date(*one, 1) for one in sorted(months)]
        rows = rows.filter(pl.col(month_of).dt.month_start().is_in(wanted))
    return with_requested_records(rows, snapshot) if table == "metric" and as_of is None else rows


def several(keys: Keys) -> list[str] | None:
    """The keys of a condition, each once; None where there is no condition."""
    return None if keys is None else [keys] if isinstance(keys, str) else list(dict.fromkeys(keys))


def is_one_of(name: str, keys: Collection[str]) -> pl.Expr:
    """Rows of these keys. Of one key whole row groups are passed over."""
    return pl.col(name) == next(iter(keys)) if len(keys) == 1 else pl.col(name).is_in(list(keys))


def months_of(month: Month | Collection[Month] | None) -> set[Month] | None:
    """The months of a condition, of which there may be one alone; None where there is no condition."""
    if month is None:
        return None
    is_one = len(month) == 2 and all(isinstance(part, int) for part in month)
    return {cast("Month", month)} if is_one else {*cast("Iterable[Month]", month)}


def _as_of(snapshot: Snapshot, table: str, day: date, flow: str | None, products: list[str] | None) -> pl.DataFrame:
    """A table as it would have been published on `day`; of products, where some are named, and of what is part of them."""
    if table not in AS_OF:
        raise ValueError(f"the table {table} has no days of knowledge; as-of reads are made of {', '.join(AS_OF)}")
    files = snapshot.paths("observation", flow)
    ledger_then = (
        pl.scan_parquet(files, hive_partitioning=False, glob=False) if files else empty_frame(Observation).lazy()
    )
    first = ledger_then.select(pl.col("known_from").min()).collect().item()
    if first is None:
        said = f"no {flow} on any day; ask for the other flow or ingest a file of {flow}s" if flow else "nothing at all"
        raise ValueError(f"nothing was known on {day}: this store knows of {said}")
    if day < first:
        raise ValueError(f"nothing was known on {day}: the first word in this store is of {first!s}")
    where = ledger.was_last_on(day)
    words = read_table(
        snapshot,
        Observation,
        lambda partition: flow is None or partition[0] == flow,
        where=where & pl.any_horizontal(map(part_of, products)) if products else where,
    )
    if table == "observation":
        return words
    # A file of printed figures is of the day of its last one, and its earlier ones were known before.
    speaking = ledger_then.filter(where).select(pl.col("release_id").unique()).collect()["release_id"]
    spoke = (pl.col("released_on") <= day) | pl.col("release_id").is_in(speaking.to_list())
    releases = counting(read_table(snapshot, Release).filter(spoke), read_table(snapshot, Decision), day)
    made = trade_flow.widen(words, releases) if table == "trade_flow" else derive(words, releases)
    return made.cast(readers_schema(LAYOUTS[table].model))  # type: ignore[arg-type]


def _require_column(model: type[Table], table: str, name: str) -> None:
    columns = list(model.to_schema().columns)
    if name not in columns:
        raise ValueError(f"the table {table} has no column {name}; it has {', '.join(columns)}")
