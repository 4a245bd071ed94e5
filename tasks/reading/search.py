"""Searches the names of a store, codes and names in English and Chinese, the best first; and explains a query without
rows: the first condition that leaves none, and the available values.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from schemas.layouts import LAYOUTS
from schemas.reference.code_tables import code_table
from tasks.domain.name_match import EXACT, NAME_MAX, WHOLE_WORDS, code_digits, folded, grade
from tasks.domain.periods import span_name
from tasks.domain.text import NAMED_MAX, named
from tasks.reading.query import Keys, Month, is_one_of, months_of, several
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.snapshots.parquet import Partition, path_partition, read_table

HS8_DIGITS = 8
MONTHS_NEARBY = 2
NAMES = ("name", "printed_zh", "printed_en", "reference_zh", "reference_en")


@dataclass(frozen=True)
class Hit:
    """A product or partner that matches; `grade` is 0 if the text is its whole name or code."""

    code: str
    grade: int
    name: str | None


def search_names(table: pl.DataFrame, text: str) -> list[Hit]:
    """Return the rows of a table of names with `text` in their code or in one of their names, the best first; among
    equals the finer code first.
    """
    if len(text) > NAME_MAX:
        return []
    query, digits = folded(text), code_digits(text)
    if not query:
        return []
    key, hits = table.columns[0], []
    for row in table.iter_rows(named=True):
        best = _grade_of(row, row[key], query, digits)
        if best is not None:
            hits.append(Hit(row[key], best, row.get("name")))
    if digits is None:
        # A heading of one code has the name and the figures of that code.
        listed = {(hit.code, hit.name) for hit in hits}
        codes = ((hit.code.ljust(HS8_DIGITS, "0"), hit) for hit in hits)
        hits = [hit for code, hit in codes if len(hit.code) >= HS8_DIGITS or (code, hit.name) not in listed]
    return sorted(hits, key=_order)


def _grade_of(row: dict[str, Any], code: str, text: str, digits: str | None) -> int | None:
    """Return the best grade of a row: by its names, or by its code; None where neither has the text."""
    names = tuple(row.get(name) for name in NAMES)
    grades = [grade(text, folded(name)) for name in (code.partition(":")[2], *names) if name]
    if digits is not None and code.startswith(digits):
        grades.append(EXACT if code == digits else WHOLE_WORDS)
    if folded(code) == text:
        grades.append(EXACT)
    return min((one for one in grades if one is not None), default=None)


def search_products(table: pl.DataFrame, text: str) -> list[Hit]:
    """Return `search_names` of products, and those for which `text` is a press term, with the codes below them."""
    hits = {hit.code: hit for hit in search_names(table, text)}
    wanted = folded(text)
    rows = code_table("commodity_words").filter(pl.col("product") != "")
    meant = {product for term, product in rows.select("word", "product").iter_rows() if folded(term) == wanted}
    names = dict(table.select("product", "name").iter_rows())
    for product in sorted(meant):
        for code, name in names.items():
            if code == product or (product.isdecimal() and code.startswith(product)):
                place = EXACT if code == product else WHOLE_WORDS
                hits[code] = Hit(code, min(place, hits[code].grade if code in hits else place), name)
    return sorted(hits.values(), key=_order)


def _order(hit: Hit) -> tuple[int, int, str]:
    return hit.grade, -len(hit.code) if hit.code.isdecimal() else 0, hit.code


def what_is_nearby(
    store: Path,
    table: str,
    *,
    flow: str | None = None,
    product: Keys = None,
    partner: Keys = None,
    measure: Keys = None,
    month: Month | Collection[Month] | None = None,
    as_of: date | None = None,
) -> str:
    """Explain why `query.query` with these conditions finds no row: the first condition that leaves none, and the
    available values. Reads no more of the table than the query did.
    """
    snapshot, month_of = open_snapshot(store), LAYOUTS[table].month_of
    if snapshot is None or not snapshot.entries(table):
        return f"the table {table} has no files in this snapshot"
    narrowed = _Narrowed(snapshot, table)
    for name, keys in (("flow", flow), ("product", product), ("partner", partner), ("measure", measure)):
        if (wanted := several(keys)) is not None:
            before, narrowed = narrowed, _Narrowed(snapshot, table, {**narrowed.keys, name: wanted})
            if not narrowed.has_rows():
                values = before.values(name)
                missing = before.words(f"{name} {named(wanted)}")
                return f"{missing}; " + (f"there are {name}s {values}" if values else "no row names one")
    if not narrowed.has_rows():
        return f"the table {table} has no rows in this snapshot"
    days = sorted(date(*one, 1) for one in months_of(month) or ())
    if days and month_of is not None:
        months = narrowed.months(month_of)
        if not {*days} & {*months}:
            neighbours = [day for day in months if day < days[0]][-MONTHS_NEARBY:]
            neighbours += [day for day in months if day > days[-1]][:MONTHS_NEARBY]
            return (
                f"{narrowed.words(f'month {span_name(days[0], days[-1])}')}; there is {months[0]:%Y-%m} to"
                f" {months[-1]:%Y-%m}, nearby {', '.join(f'{day:%Y-%m}' for day in neighbours)}"
            )
    return f"on {as_of} nothing of this was known; without a day there is something"


class _Narrowed:
    """A table, narrowed to some keys. While it is narrowed by the flow alone the names of its files are enough."""

    def __init__(self, snapshot: Snapshot, table: str, keys: dict[str, list[str]] | None = None) -> None:
        self.snapshot, self.table, self.keys = snapshot, table, keys or {}
        flows = self.keys.get("flow")
        filed = {path_partition(entry.partition) for entry in snapshot.entries(table) if entry.partition and entry.rows}
        self.partitions = sorted(one for one in filed if flows is None or one[0] in flows)
        self.is_by_files = LAYOUTS[table].month_of is not None and {*self.keys} <= {"flow"}

    def words(self, missing: str) -> str:
        of = ", ".join(f"{name} {named(keys)}" for name, keys in self.keys.items())
        return f"the table {self.table} has no {missing}" + (f" of {of}" if of else "")

    def has_rows(self) -> bool:
        return bool(self.partitions) if self.is_by_files else self._rows(LAYOUTS[self.table].sort_by[0]).height > 0

    def values(self, name: str) -> str:
        """List values of a column, from the last month back; only some if there are too many."""
        values: set[str] = set()
        newest_first: list[Partition | None] = [*self.partitions[::-1]]
        for month in newest_first or [None]:
            values |= {*self._rows(name, month)[name].drop_nulls()}
            if len(values) > NAMED_MAX:
                break
        return named(values)

    def months(self, month_of: str) -> list[date]:
        if self.is_by_files:
            return sorted({date(year, month, 1) for _, year, month in self.partitions})
        return self._rows(month_of)[month_of].drop_nulls().dt.month_start().unique().sort().to_list()

    def _rows(self, column: str, month: Partition | None = None) -> pl.DataFrame:
        flows = self.keys.get("flow")
        inside = [is_one_of(name, keys) for name, keys in self.keys.items() if name != "flow"]
        rows = read_table(
            self.snapshot,
            self.table,
            lambda partition: (flows is None or partition[0] in flows) and month in (None, partition),
            where=pl.all_horizontal(inside) if inside else None,
            columns=(column, "flow"),
        )
        return rows if flows is None else rows.filter(pl.col("flow").is_in(flows))
