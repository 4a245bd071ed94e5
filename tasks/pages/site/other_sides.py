"""Says what the mirrors on the pages of products rest on, as hashes: what others say of the same trade in their stores,
and what hubs say that they passed on.

Belongs here: which rows of which store a mirror rests on. Does not belong here: a mirror, which
`tasks.analysis.mirror` makes. Each store is read once for all products of a direction.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from tasks.analysis.mirror.sides import HUBS
from tasks.analysis.mirror.statements import partners_of
from tasks.domain.coverage import TOTALS
from tasks.domain.decisions import counting
from tasks.domain.hashing import frame_sha256, json_sha256
from tasks.pages.brief.context import covers_product, mirrored_code
from tasks.store.bucket.working_copy import at_hand
from tasks.store.files.snapshot import Snapshot, open_snapshot, snapshot_ids
from tasks.store.places.reporters import stores_of
from tasks.store.snapshots.parquet import read_table

# Of a hub that is neither side only its kilograms count.
TABLES, OF_HUB = ("metric", "observation", "doubt"), ("metric",)


class Book(NamedTuple):
    """What a store says of its trade with some partners in a direction: whose it is, its state and releases that count,
    and the rows, findings and decisions of each code as a hash."""

    reporter: str
    flow: str
    snapshot: Snapshot
    releases: pl.DataFrame
    of_code: Mapping[str, str]

    def rests_on(self, code: str, first: date, last: date) -> list[Any]:
        """What a mirror of a code rests on in months from `first` to `last`; the sources are named below it."""
        is_near = (pl.col("first_month") <= last) & (pl.col("last_month") >= first)
        sources = [self.releases["source"], self.releases.filter(is_near)["source"]]
        return [self.reporter, self.flow, self.of_code[code], *(one.unique().sort().to_list() for one in sources)]


class OtherSides:
    """The books behind the mirrors of a reporter's products in a direction, its own first."""

    def __init__(self, snapshot: Snapshot, flow: str, products: Collection[str]) -> None:
        self.codes = {code for code in map(mirrored_code, products) if code is not None}
        self.books = [*_books(snapshot, flow, self.codes)] if self.codes else []

    def rest_on(self, product: str, months: Sequence[date]) -> list[list[Any]]:
        """What the mirrors on the pages of a product rest on, by store; nothing where it has none."""
        code = mirrored_code(product)
        if code is None:
            return []
        # The page of the first month looks back a year.
        first = min(months[0], date(months[-1].year - 2, months[-1].month, 1))
        return [book.rests_on(code, first, months[-1]) for book in self.books]

    def states_behind(self, product: str) -> dict[str, str]:
        """The published states of others that mirrors on the pages of a product may cite, by reporter."""
        return {} if mirrored_code(product) is None else {book.reporter: book.snapshot.id for book in self.books[1:]}

    def have(self, states: Mapping[str, str]) -> bool:
        """Whether the stores still have the states that pages cite."""
        stores = {book.reporter: book.snapshot.store for book in self.books}
        return all(name in stores and id_ in snapshot_ids(stores[name]) for name, id_ in states.items())


def _books(snapshot: Snapshot, flow: str, codes: Collection[str]) -> Iterator[Book]:
    """The books of all stores of the same root, read for some codes."""
    root, reporter, others = partners_of(snapshot.store, TOTALS)
    if not reporter:
        return
    side = "import" if flow == "export" else "export"
    # Its rows are those of the page; the sources of all its releases are named.
    yield _book(reporter, snapshot, flow, [], codes, ())
    for other in others:
        published = open_snapshot(at_hand(stores_of(root)[other]))
        if published is None:
            continue
        yield _book(other, published, side, [reporter, *HUBS], codes, TABLES)
        if other in HUBS and flow == "export":
            yield _book(other, published, "export", others, codes, OF_HUB)


def _book(
    reporter: str,
    snapshot: Snapshot,
    flow: str,
    partners: Sequence[str],
    codes: Collection[str],
    tables: Sequence[str],
) -> Book:
    """Read what a store says of codes and of what is below them."""
    decisions, findings = read_table(snapshot, "decision"), read_table(snapshot, "finding")
    releases = counting(read_table(snapshot, "release"), decisions)
    releases = releases.filter(pl.col("flow").is_null() | (pl.col("flow") == flow))
    # Those below a code are read with it.
    shortest = [code for code in codes if not any(code != other and code.startswith(other) for other in codes)]
    below = pl.any_horizontal(pl.col("product").str.starts_with(code) for code in shortest)
    where = below & pl.col("partner").is_in(partners)
    rows = {name: read_table(snapshot, name, lambda place: place[0] == flow, where) for name in tables}
    is_line = pl.col("classification") == "line"
    spans = releases.select("first_month", "last_month", "classification").unique().sort(pl.all())
    of_code = {}
    for code in codes:
        parts = [_of(code, name, table) for name, table in rows.items()]
        stating = [one for table in parts if "release_id" in table.columns for one in table["release_id"].unique()]
        covers = pl.Series([covers_product(code, scope) for scope in releases["products"]], dtype=pl.Boolean)
        used = releases.filter(covers | pl.col("release_id").is_in(stating) | is_line)
        about = pl.col("release_id").is_in(used["release_id"].implode())
        # Months with lines alone have no code.
        frames = [*parts, used, findings.filter(about), decisions.filter(about), *([spans] if _has_lines(used) else [])]
        of_code[code] = json_sha256([*map(frame_sha256, frames)])
    return Book(reporter, flow, snapshot, releases, of_code)


def _has_lines(releases: pl.DataFrame) -> bool:
    """Whether some releases have lines of a page, which are no codes."""
    return "line" in releases["classification"]


def _of(code: str, name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows behind a code: those of `metric` are of the code itself, of other tables also of what is below it."""
    product = pl.col("product").cast(pl.String)
    return rows.filter(product == code if name == "metric" else product.str.starts_with(code))
