"""Rows of a published table as people ask for them: by names, of several products, partners and months, the largest first.

Belongs here: what is asked for. How rows are read is in `reading`, what a name means in `resolver`, what a person sees in
`figure_table`.
"""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from schemas.catalog import PUBLISHED
from schemas.code_tables import code_table
from schemas.table import polars_schema
from tasks import nearby, reading
from tasks.month_words import is_latest, read_months
from tasks.partner_key import Unresolved
from tasks.resolver import KEY, Resolver
from tasks.scope import WORLD
from tasks.snapshot import Snapshot
from tasks.tables import path_partition

# Beside its code; the language says which of the names.
NAME_OF = {"product": "product_name", "partner": "partner_name"}
# Of several measures the largest can only be found among one.
MEASURES = ("quantity_kg", "value_usd", "value_cny")
MONTHS_ONE_BY_ONE = 60


@dataclass(frozen=True)
class Question:
    """What is asked of a table; names and months as a person writes them."""

    table: str = "metric"
    products: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    month: str | None = None
    flow: str | None = None
    measure: str | None = None
    as_of: date | None = None
    sort: str | None = None
    ascending: bool = False
    top: int | None = None
    columns: tuple[str, ...] = ()
    names: bool = True
    language: str = "en"


class Answer(NamedTuple):
    """The rows, what is to be said of how the question was understood, and the state that was read."""

    rows: pl.DataFrame
    notes: tuple[str, ...]
    snapshot: Snapshot

    def selected(self, columns: Sequence[str]) -> pl.DataFrame:
        """The rows with these columns, or with all."""
        return self.rows.select(columns) if columns else self.rows


def ask(store: Path, question: Question) -> Answer:
    """The rows of a question. Raises ValueError (Unresolved where a name means nothing here), and what `reading.query` raises."""
    snapshot = reading.open_published(store)
    resolver = Resolver(snapshot)
    model, layout = PUBLISHED[question.table].model, PUBLISHED[question.table]
    there = polars_schema(model)
    _require_columns(question, there)
    notes: list[str] = []
    products = _keys(question.products, "product", resolver, question.table, notes)
    partners = _keys(question.partners, "partner", resolver, question.table, notes)
    look = _Look(store, question, tuple(products), tuple(partners))
    rows = look.rows(_months(question, snapshot))
    if layout.month_of is not None and question.month is not None and is_latest(question.month):
        rows = _in_latest(rows, layout.month_of, question.month)
    if question.measure is not None:
        rows = rows.filter(measure=question.measure)
        if not rows.height and (known := look.measures()):
            raise ValueError(f"there is no measure {question.measure!r} here; there are {', '.join(known)}")
    if not rows.height:
        notes.append(f"0 rows: {look.nearby()}")
    rows = _ordered(rows, question, notes)
    if question.names and question.table not in NAME_OF.values():
        rows = with_names(rows, resolver, question.language)
    return Answer(rows, tuple(notes), snapshot)


def _require_columns(question: Question, there: Collection[str]) -> None:
    """Conditions on columns that the table does not have, and columns asked for, refuse with those that it has."""
    named = {name: NAME_OF[name] for name in NAME_OF if name in there} if question.names else {}
    for asked, name in ((question.products, "product"), (question.partners, "partner"), (question.measure, "measure")):
        if asked and name not in there:
            raise ValueError(f"the table {question.table} has no column {name}; it has {', '.join(there)}")
    for name in (*question.columns, *([question.sort] if question.sort else [])):
        if name not in (*there, *named.values()):
            raise ValueError(
                f"the table {question.table} has no column {name}; it has {', '.join((*there, *named.values()))}"
            )
    if question.month is not None and PUBLISHED[question.table].month_of is None:
        raise ValueError(f"the table {question.table} has no months")


def _keys(texts: Sequence[str], what: str, resolver: Resolver, table: str, notes: list[str]) -> list[str]:
    """The keys that names mean; a key of a table that is not filed by month is taken as it is, for it may speak of other products."""
    keys: list[str] = []
    is_strict = PUBLISHED[table].month_of is not None
    for text in texts:
        try:
            if what == "partner":
                keys.append(resolver.partner(text))
            else:
                meant = resolver.product_keys(text)
                keys += meant.keys
                notes += [meant.note] if meant.note else []
        except Unresolved:
            if is_strict or not (text.isalnum() or KEY.fullmatch(text)):
                raise
            keys.append(text)
    return list(dict.fromkeys(keys))


def _months(question: Question, snapshot: Snapshot) -> tuple[date, date] | None:
    """First and last month asked for; None for all, and where the latest is asked for, which the rows tell."""
    filed = sorted(
        date(year, month, 1)
        for entry in snapshot.entries(question.table, question.flow)
        if entry.partition and entry.rows
        for _, year, month in [path_partition(entry.partition)]
    )
    if question.month is None or not filed:
        return None
    first, last = read_months(question.month, filed[-1])
    if first > filed[-1] or last < filed[0]:
        raise ValueError(
            f"there is no month {question.month} in this store; there is {filed[0]:%Y-%m} to {filed[-1]:%Y-%m}"
        )
    if is_latest(question.month) and (question.products or question.partners):
        # The newest month of the store need not be that of the product.
        return (filed[0], filed[-1])
    return max(first, filed[0]), min(last, filed[-1])


def _in_latest(rows: pl.DataFrame, month_of: str, text: str) -> pl.DataFrame:
    """The rows of months up to the newest that has a figure, of those that are asked for."""
    is_known = pl.col("level").is_not_null() if "level" in rows.columns else pl.lit(True)
    newest = rows.filter(is_known)[month_of].max() if rows.height else None
    if not isinstance(newest, date):
        return rows
    first, last = read_months(text, newest.replace(day=1))
    return rows.filter(pl.col(month_of).dt.month_start().is_between(first, last))


@dataclass(frozen=True)
class _Look:
    """A table with the keys that are asked for."""

    store: Path
    question: Question
    products: tuple[str, ...]
    partners: tuple[str, ...]
    read: list[pl.DataFrame] = field(default_factory=list)

    def rows(self, months: tuple[date, date] | None) -> pl.DataFrame:
        """Rows in key order."""
        layout = PUBLISHED[self.question.table]
        parts = [
            reading.query(
                self.store, self.question.table, flow=self.question.flow, product=product, partner=partner, month=month,
                as_of=self.question.as_of,
            )
            for product, partner in itertools.product(self.products or (None,), self.partners or (None,))
            for month in self._one_by_one(months)
        ]  # fmt: skip
        rows = parts[0] if len(parts) == 1 else pl.concat(parts)
        if months is not None and layout.month_of is not None:
            rows = rows.filter(pl.col(layout.month_of).dt.month_start().is_between(*months))
        if len(parts) > 1:
            order = [*(["flow", layout.month_of] if layout.month_of else []), *layout.sort_by]
            rows = rows.sort([name for name in order if name in rows.columns])
        self.read.append(rows)
        return rows

    def _one_by_one(self, months: tuple[date, date] | None) -> list[tuple[int, int] | None]:
        """Each month by itself where there are few: the files of the others are not read."""
        if months is None:
            return [None]
        days = pl.date_range(*months, "1mo", eager=True).to_list()
        return (
            [(day.year, day.month) for day in days]
            if len(days) <= (1 if self.products else MONTHS_ONE_BY_ONE)
            else [None]
        )

    def measures(self) -> list[str]:
        """The measures of the rows read."""
        return sorted({measure for rows in self.read for measure in rows["measure"].unique()})

    def nearby(self) -> str:
        """What there is instead, of the first keys."""
        month = None
        if self.question.month is not None and not is_latest(self.question.month):
            first, _ = read_months(self.question.month)
            month = (first.year, first.month)
        return nearby.what_is_nearby(
            self.store, self.question.table, flow=self.question.flow, product=next(iter(self.products), None),
            partner=next(iter(self.partners), None), month=month, as_of=self.question.as_of,
        )  # fmt: skip


def _ordered(rows: pl.DataFrame, question: Question, notes: list[str]) -> pl.DataFrame:
    """The rows by a column, the largest first, of each direction and month the `top` ones; totals are no partners there."""
    if question.sort is None and question.top is None:
        return rows
    by = question.sort or ("level" if "level" in rows.columns else None)
    if by is None:
        raise ValueError(f"--top needs --sort with a column of the table {question.table}")
    if "measure" in rows.columns and question.measure is None and rows["measure"].n_unique() > 1:
        measure = next((one for one in MEASURES if (rows["measure"] == one).any()), rows["measure"][0])
        rows = rows.filter(measure=measure)
        notes.append(f"of the measure {measure}; another one with --measure")
    month_of = PUBLISHED[question.table].month_of
    groups = [name for name in ("flow", month_of) if name and name in rows.columns]
    is_text = rows.schema[by] == pl.String
    rows = rows.sort([*groups, by], descending=[False] * len(groups) + [not (question.ascending or is_text)], nulls_last=True,
                     maintain_order=True)  # fmt: skip
    if question.top is None:
        return rows
    if "partner" in rows.columns and not question.partners:
        rows = rows.filter(~pl.col("partner").is_in(totals()))
    ranked = rows.drop_nulls(by)
    return (
        ranked.group_by(groups, maintain_order=True).head(question.top).select(rows.columns)
        if groups
        else ranked.head(question.top)
    )


def totals() -> list[str]:
    """Keys that stand for several partners."""
    return [WORLD, *code_table("partner_groups")["group"].unique().sort()]


def with_names(rows: pl.DataFrame, resolver: Resolver, language: str = "en") -> pl.DataFrame:
    """The rows with the name of each product and partner behind its code, in English or Chinese; null where none is known."""
    for key, table in (("product", resolver.names.product_name), ("partner", resolver.names.partner_name)):
        if key not in rows.columns or NAME_OF[key] in rows.columns:
            continue
        chinese = pl.coalesce("printed_zh", "reference_zh", "name")
        names = table.select(key, (chinese if language == "zh" else pl.col("name")).alias(NAME_OF[key]))
        place = rows.columns.index(key) + 1
        joined = rows.join(names, on=key, how="left", maintain_order="left")
        rows = joined.select(*rows.columns[:place], NAME_OF[key], *rows.columns[place:])
    return rows
