"""Writes the notes of exported rows: what each column means, its unit, and the releases that cover the rows."""

import importlib.metadata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from schemas.forms.doubt import NumberDoubt
from schemas.layouts import LAYOUTS
from schemas.names import ADDED
from schemas.table import columns
from tasks.domain.classification import members
from tasks.domain.coverage import EVERYTHING
from tasks.domain.doubt.doubt_words import doubt_sentences
from tasks.domain.periods import month_index, month_number
from tasks.domain.reporter import Reporter
from tasks.reading.citation import terms_of_rows
from tasks.store.bucket.working_copy import address_of
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

# A growth and a rolling sum rest on the months before.
LOOKS_BACK_MONTHS = {"metric": 23, "event_window": 12}
RELEASE = (
    "release_id",
    "title",
    "source",
    "kind",
    "released_on",
    "flow",
    "partners",
    "first_month",
    "last_month",
    "raw_sha256",
)
PREFIXES = (2, 4, 6, 8)


@dataclass(frozen=True)
class Notes:
    """`name` of the rows, `facts` about them in a line each, and the tables of columns and of releases."""

    name: str
    facts: list[tuple[str, str]]
    columns: pl.DataFrame
    releases: pl.DataFrame


def notes(
    snapshot: Snapshot,
    table: str,
    rows: pl.DataFrame,
    as_of: date | None = None,
    shown: Sequence[str] = (),
    states: Sequence[Snapshot] = (),
    doubts: Iterable[NumberDoubt] = (),
) -> Notes:
    """Return the notes on rows of a table of a snapshot, current or as of a day; on all columns, or on those that
    are shown. `states` are those that have the rows, where they are not in the snapshot itself; `doubts` what is in
    doubt of the rows.
    """
    releases = _releases(snapshot, table, rows, as_of)
    facts = [
        ("table", table),
        ("reporter", Reporter.of(read_table(snapshot, "release")).code),
        *(
            (name, text)
            for state in states or [snapshot]
            for name, text in (("store", str(address_of(state.store))), ("snapshot", state.id))
        ),
        *([("as known on", str(as_of))] if as_of else []),
        ("written by", f"Tidewaiter {importlib.metadata.version('tidewaiter')}"),
    ]
    if "flow" in rows.columns:
        facts += [("values", line) for line in terms_of_rows(rows, releases["source"].unique().to_list())]
    facts += [("in doubt", doubt) for doubt in doubt_sentences(doubts)]
    return Notes(table, facts, meanings_of(table, shown or rows.columns), releases)


def meanings_of(table: str, names: Sequence[str] = ()) -> pl.DataFrame:
    """Return what columns of a table mean, those that are named or all: column, unit, meaning."""
    fields = columns(table)
    meanings = [
        (name, fields[name].unit or "", fields[name].description) if name in fields else (name, "", ADDED.get(name, ""))
        for name in names or fields
    ]
    return pl.DataFrame(meanings, {"column": pl.String, "unit": pl.String, "meaning": pl.String}, orient="row")


def of_several(parts: Sequence[Notes]) -> Notes:
    """Return the notes on the rows of one or several reporters, one after another."""
    facts = [fact for part in parts for fact in part.facts]
    return Notes(parts[0].name, facts, parts[0].columns, pl.concat(part.releases for part in parts))


def _releases(snapshot: Snapshot, table: str, rows: pl.DataFrame, as_of: date | None) -> pl.DataFrame:
    """Return the releases that the rows name or, for figures, those that cover their products in their months or the
    months before.
    """
    releases = read_table(snapshot, "release").sort("released_on", "release_id")
    if as_of is not None:
        releases = releases.filter(pl.col("released_on") <= as_of)
    named = [name for name in rows.columns if name.endswith("release_id")]
    if named:
        ids = {identity for name in named for identity in rows[name].drop_nulls()}
        return releases.filter(pl.col("release_id").is_in(sorted(ids))).select(RELEASE)
    layout = LAYOUTS.get(table)
    if layout is None or layout.month_of is None or "product" not in rows.columns or not rows.height:
        return releases.select(RELEASE)
    first, last = rows[layout.month_of].min(), rows[layout.month_of].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    back = LOOKS_BACK_MONTHS.get(table, 0)
    in_reach = releases.filter(
        pl.col("flow").is_null() | pl.col("flow").is_in(rows["flow"].unique().implode()),
        month_index("last_month") >= month_number(first) - back,
        month_index("first_month") <= month_number(last),
    )
    wanted = rows["product"].unique().to_list()
    codes = {code for product in wanted for code in (product, *members(product))}
    return in_reach.filter(
        pl.Series([_overlaps(scope, codes) for scope in in_reach["products"]], dtype=pl.Boolean)
    ).select(RELEASE)


def _overlaps(scope: Iterable[str], codes: Iterable[str]) -> bool:
    """Whether a release that requested some codes has one of `codes`, something below it, or what it is part of."""
    requested = set(scope)
    parts = {code[:digits] for code in requested for digits in PREFIXES}
    return EVERYTHING in requested or any(
        code in parts or code in requested or any(code[:digits] in requested for digits in PREFIXES) for code in codes
    )
