"""The published tables as a person or a script asks for them: filtered, in key order, in one of a few formats."""

import io
import sys
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TypedDict

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.catalog import PUBLISHED
from schemas.observation import Observation
from schemas.release import Release
from schemas.table import Table, empty_frame, readers_schema
from tasks import ledger, metrics, wide
from tasks.scope import part_of
from tasks.snapshot import Snapshot, open_snapshot
from tasks.tables import Partition, path_partition, read_table
from tasks.working_copy import address_of

AS_OF = ("observation", "trade_flow", "metric")
# Spreadsheets take the full-width signs for the others.
FORMULA_SIGNS = r"^[=+\-@＝＋－＠\t\r\n]"
NUMBER = r"^[+-]?\d[\d.,]*\s*%?$"
NAMED_MAX = 20
MONTHS_NEARBY = 2


class Conditions(TypedDict):
    """What rows are asked for, as `query` takes it."""

    flow: str | None
    product: str | None
    partner: str | None
    month: tuple[int, int] | None
    as_of: date | None


class NothingPublished(LookupError):
    """The store holds no such table yet."""


def open_published(store: Path) -> Snapshot:
    """The current snapshot. Raises NothingPublished where there is none."""
    snapshot = open_snapshot(store)
    if snapshot is None:
        raise NothingPublished(
            f"{address_of(store)}: nothing is published here yet. Ingest a file first (tidewaiter ingest --help)."
        )
    return snapshot


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
    return rows


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
    made = wide.widen(words, releases) if table == "trade_flow" else metrics.derive(words, releases)
    return made.cast(readers_schema(PUBLISHED[table].model))  # type: ignore[arg-type]


def nearby(
    store: Path, table: str, *, flow: str | None = None, product: str | None = None, partner: str | None = None,
    month: tuple[int, int] | None = None, as_of: date | None = None,
) -> str:  # fmt: skip
    """Where `query` with these conditions finds no row: which condition is the first that leaves none, and what it could have
    been instead. No more of the table is read than the query has read."""
    snapshot, layout = open_snapshot(store), PUBLISHED[table]
    if snapshot is None or not snapshot.entries(table):
        return f"the table {table} has no files in this snapshot"
    look = _Look(snapshot, table)
    for name, value in (("flow", flow), ("product", product), ("partner", partner)):
        if value is not None and not look.narrowed(name, value).has_rows():
            there = look.values(name)
            return f"{look.words(f'{name} {value}')}; " + (
                f"there are {name}s {there}" if there else "no row names one"
            )
        look = look if value is None else look.narrowed(name, value)
    if not look.has_rows():
        return f"the table {table} has no rows in this snapshot"
    if month is not None and layout.month_of is not None:
        wanted = date(*month, 1)
        months = look.months(layout.month_of)
        if wanted not in months:
            before, after = (day for day in months if day < wanted), (day for day in months if day > wanted)
            near = [*before][-MONTHS_NEARBY:] + [*after][:MONTHS_NEARBY]
            return (
                f"{look.words(f'month {wanted:%Y-%m}')}; there is {months[0]:%Y-%m} to {months[-1]:%Y-%m}, nearby "
                f"{', '.join(f'{day:%Y-%m}' for day in near)}"
            )
    return f"on {as_of} nothing of this was known; without a day there is something"


@dataclass(frozen=True)
class _Look:
    """A table, narrowed by some conditions."""

    snapshot: Snapshot
    table: str
    conditions: tuple[tuple[str, str], ...] = ()

    def narrowed(self, name: str, value: str) -> "_Look":
        return replace(self, conditions=(*self.conditions, (name, value)))

    def words(self, missing: str) -> str:
        of = f" of {', '.join(f'{name} {value}' for name, value in self.conditions)}" if self.conditions else ""
        return f"the table {self.table} has no {missing}{of}"

    def has_rows(self) -> bool:
        if self._is_filed():
            return bool(self._partitions())
        return self._rows(PUBLISHED[self.table].sort_by[0]).height > 0

    def values(self, name: str) -> str:
        """Values of a column, from the last month back; where there are too many to name, some of them."""
        there: set[str] = set()
        newest_first: list[Partition | None] = [*sorted(self._partitions(), reverse=True)]
        for month in newest_first or [None]:
            there |= {*self._rows(name, month)[name].drop_nulls()}
            if len(there) > NAMED_MAX:
                return ", ".join([*sorted(there)[:NAMED_MAX], "and more"])
        return ", ".join(sorted(there))

    def months(self, month_of: str) -> list[date]:
        if self._is_filed():
            return sorted({date(year, month, 1) for _, year, month in self._partitions()})
        days = self._rows(month_of)[month_of].drop_nulls().dt.month_start()
        return list(days.unique().sort())

    def _is_filed(self) -> bool:
        """Whether the names of the files tell it all, and none need be read."""
        return PUBLISHED[self.table].month_of is not None and {name for name, _ in self.conditions} <= {"flow"}

    def _partitions(self) -> set[Partition]:
        flow = dict(self.conditions).get("flow")
        filed = {
            path_partition(entry.partition)
            for entry in self.snapshot.entries(self.table)
            if entry.partition and entry.rows
        }
        return {partition for partition in filed if flow in (None, partition[0])}

    def _rows(self, column: str, month: Partition | None = None) -> pl.DataFrame:
        asked = dict(self.conditions)
        flow = asked.pop("flow", None)
        inside = [pl.col(name) == value for name, value in asked.items()]
        rows = read_table(
            self.snapshot, PUBLISHED[self.table].model,
            lambda partition: flow in (None, partition[0]) and month in (None, partition),
            where=pl.all_horizontal(inside) if inside else None, columns=(column, "flow"),
        )  # fmt: skip
        return rows if flow is None else rows.filter(pl.col("flow") == flow)


def _require_column(model: type[Table], table: str, name: str) -> None:
    columns = list(model.to_schema().columns)
    if name not in columns:
        raise ValueError(f"the table {table} has no column {name}; it has {', '.join(columns)}")


def write(rows: pl.DataFrame, form: str, output: Path | None) -> None:
    """`rows` as csv, json (one object a line) or parquet, to a file or to standard output. Raises ValueError where the folder
    of the file is missing."""
    if output is not None:
        require_folder_of(output)
    data = io.BytesIO()
    if form == "csv":
        _harmless(_flat(rows)).write_csv(data)
    elif form == "json":
        rows.write_ndjson(data)
    else:
        rows.write_parquet(data)
    if output is not None:
        output.write_bytes(data.getvalue())
    else:
        sys.stdout.buffer.write(data.getvalue())
        sys.stdout.buffer.flush()


def require_folder_of(output: Path) -> None:
    """Raises ValueError where the folder into which a file is to be written is missing."""
    if not output.parent.is_dir():
        raise ValueError(f"{output}: there is no folder {output.parent}. Make it, or name a file in another.")


def _flat(rows: pl.DataFrame) -> pl.DataFrame:
    lists = [name for name, kind in rows.schema.items() if isinstance(kind, pl.List)]
    return rows.with_columns(pl.col(lists).list.join("; "))


def _harmless(rows: pl.DataFrame) -> pl.DataFrame:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it, as OWASP advises; a number is none."""
    texts = pl.col(pl.String)
    runs = texts.str.contains(FORMULA_SIGNS) & ~texts.str.contains(NUMBER)
    return rows.with_columns(pl.when(runs).then("'" + texts).otherwise(texts).name.keep())
