"""Explains a query without rows: the first condition that leaves none, and the available values."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from schemas.layouts import LAYOUTS
from tasks.domain.periods import span_name
from tasks.domain.text import NAMED_MAX, named
from tasks.reports.query import Keys, Month, is_one_of, months_of, several
from tasks.store.parquet import Partition, path_partition, read_table
from tasks.store.snapshot import Snapshot, open_snapshot

MONTHS_NEARBY = 2


def what_is_nearby(
    store: Path, table: str, *, flow: str | None = None, product: Keys = None, partner: Keys = None, measure: Keys = None,
    month: Month | Collection[Month] | None = None, as_of: date | None = None,
) -> str:  # fmt: skip
    """Explain why `query.query` with these conditions finds no row: the first condition that leaves none, and the
    available values. Reads no more of the table than the query did.
    """
    snapshot, layout = open_snapshot(store), LAYOUTS[table]
    if snapshot is None or not snapshot.entries(table):
        return f"the table {table} has no files in this snapshot"
    look = _Look(snapshot, table)
    for name, keys in (("flow", several(flow)), ("product", several(product)), ("partner", several(partner)),
                       ("measure", several(measure))):  # fmt: skip
        if keys is not None and not look.narrowed(name, keys).has_rows():
            there = look.values(name)
            return f"{look.words(f'{name} {named(keys)}')}; " + (
                f"there are {name}s {there}" if there else "no row names one"
            )
        look = look if keys is None else look.narrowed(name, keys)
    if not look.has_rows():
        return f"the table {table} has no rows in this snapshot"
    wanted = sorted(date(*one, 1) for one in months_of(month) or ())
    if wanted and layout.month_of is not None:
        months = look.months(layout.month_of)
        if not {*wanted} & {*months}:
            before, after = (day for day in months if day < wanted[0]), (day for day in months if day > wanted[-1])
            near = [*before][-MONTHS_NEARBY:] + [*after][:MONTHS_NEARBY]
            return (
                f"{look.words(f'month {span_name(wanted[0], wanted[-1])}')}; there is {months[0]:%Y-%m} to {months[-1]:%Y-%m}, nearby "
                f"{', '.join(f'{day:%Y-%m}' for day in near)}"
            )
    return f"on {as_of} nothing of this was known; without a day there is something"


@dataclass(frozen=True)
class _Look:
    """A table, narrowed by some conditions."""

    snapshot: Snapshot
    table: str
    conditions: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def narrowed(self, name: str, keys: Collection[str]) -> "_Look":
        return replace(self, conditions=(*self.conditions, (name, tuple(keys))))

    def words(self, missing: str) -> str:
        of = f" of {', '.join(f'{name} {named(keys)}' for name, keys in self.conditions)}" if self.conditions else ""
        return f"the table {self.table} has no {missing}{of}"

    def has_rows(self) -> bool:
        if self._is_filed():
            return bool(self._partitions())
        return self._rows(LAYOUTS[self.table].sort_by[0]).height > 0

    def values(self, name: str) -> str:
        """List values of a column, from the last month back; only some if there are too many."""
        there: set[str] = set()
        newest_first: list[Partition | None] = [*sorted(self._partitions(), reverse=True)]
        for month in newest_first or [None]:
            there |= {*self._rows(name, month)[name].drop_nulls()}
            if len(there) > NAMED_MAX:
                break
        return named(there)

    def months(self, month_of: str) -> list[date]:
        if self._is_filed():
            return sorted({date(year, month, 1) for _, year, month in self._partitions()})
        days = self._rows(month_of)[month_of].drop_nulls().dt.month_start()
        return list(days.unique().sort())

    def _is_filed(self) -> bool:
        """Whether the names of the files are enough, and none must be read."""
        return LAYOUTS[self.table].month_of is not None and {name for name, _ in self.conditions} <= {"flow"}

    def _partitions(self) -> set[Partition]:
        flows = dict(self.conditions).get("flow")
        filed = {
            path_partition(entry.partition)
            for entry in self.snapshot.entries(self.table)
            if entry.partition and entry.rows
        }
        return {partition for partition in filed if flows is None or partition[0] in flows}

    def _rows(self, column: str, month: Partition | None = None) -> pl.DataFrame:
        asked = dict(self.conditions)
        flows = asked.pop("flow", None)
        inside = [is_one_of(name, keys) for name, keys in asked.items()]
        rows = read_table(
            self.snapshot, self.table,
            lambda partition: (flows is None or partition[0] in flows) and month in (None, partition),
            where=pl.all_horizontal(inside) if inside else None, columns=(column, "flow"),
        )  # fmt: skip
        return rows if flows is None else rows.filter(pl.col("flow").is_in(flows))
