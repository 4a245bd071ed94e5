"""The published tables as a person or a script asks for them: filtered, in key order, as they are or as of a day.

What to say where nothing is found is in `nearby`, in which form rows are written in `formats`.
"""

from datetime import date
from pathlib import Path
from typing import TypedDict

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.catalog import PUBLISHED
from schemas.observation import Observation
from schemas.release import Release
from schemas.table import Table, empty_frame, readers_schema
from tasks import ledger, wide
from tasks.errors import NothingPublished
from tasks.metrics.calendar import derive
from tasks.proof import proved
from tasks.requested_records import with_requested_records
from tasks.scope import part_of
from tasks.snapshot import Snapshot, open_snapshot
from tasks.tables import read_table
from tasks.working_copy import address_of

AS_OF = ("observation", "trade_flow", "metric")
# Hashed in about a second. A watch list of ten years is far below it, the full cube of some months above.
PROVED_BYTES_MAX = 2**29


class Conditions(TypedDict):
    """What rows are asked for, as `query` takes it."""

    flow: str | None
    product: str | None
    partner: str | None
    month: tuple[int, int] | None
    as_of: date | None


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
    store: Path, table: str, *, flow: str | None = None, product: str | None = None, partner: str | None = None,
    month: tuple[int, int] | None = None, as_of: date | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Rows of a published table in key order; `month` is (year, month).

    `as_of` gives the rows as they stood on that day, computed from the ledger by the functions that publish. Raises
    NothingPublished, and ValueError for a condition on a column that the table does not have or a day without a word.
    """
    model = PUBLISHED[table].model
    snapshot = open_published(store)
    asked = {"flow": flow, "product": product, "partner": partner}
    for name in (name for name, wanted in asked.items() if wanted is not None):
        _require_column(model, table, name)
    # The flow of what is filed by month is in the path, and in no column of the file.
    inside = [pl.col(name) == asked[name] for name in ("product", "partner") if asked[name] is not None]
    if as_of is not None:
        rows = _as_of(snapshot, table, as_of, flow, product)
        rows = rows.filter(inside) if inside else rows
    else:
        rows = read_table(
            snapshot,
            model,
            lambda partition: (flow is None or partition[0] == flow) and (month is None or partition[1:] == month),
            where=pl.all_horizontal(inside) if inside else None,
        )
    if flow is not None:
        rows = rows.filter(pl.col("flow") == flow)
    if month is not None:
        month_of = PUBLISHED[table].month_of
        if month_of is None:
            raise ValueError(f"the table {table} has no months")
        rows = rows.filter((pl.col(month_of).dt.year() == month[0]) & (pl.col(month_of).dt.month() == month[1]))
    return with_requested_records(rows, snapshot) if table == "metric" and as_of is None else rows


def _as_of(snapshot: Snapshot, table: str, day: date, flow: str | None, product: str | None) -> pl.DataFrame:
    """A table as it would have been published on `day`; of a product, where one is named, and of what is part of it."""
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
        where=where & part_of(product) if product else where,
    )
    if table == "observation":
        return words
    # A file of printed figures is of the day of its last one, and its earlier ones were known before.
    speaking = ledger_then.filter(where).select(pl.col("release_id").unique()).collect()["release_id"]
    spoke = (pl.col("released_on") <= day) | pl.col("release_id").is_in(speaking.to_list())
    releases = DataFrame[Release](read_table(snapshot, Release).filter(spoke))
    made = wide.widen(words, releases) if table == "trade_flow" else derive(words, releases)
    return made.cast(readers_schema(PUBLISHED[table].model))  # type: ignore[arg-type]


def _require_column(model: type[Table], table: str, name: str) -> None:
    columns = list(model.to_schema().columns)
    if name not in columns:
        raise ValueError(f"the table {table} has no column {name}; it has {', '.join(columns)}")
