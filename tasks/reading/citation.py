"""Cites a number: who published it, in which files, the day up to which it is current, the state of the store, and what
a value means."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

import polars as pl

from schemas.names import VALUES
from tasks.domain.classification import part_of
from tasks.domain.labels import customs_of, in_words, value_terms
from tasks.domain.periods import first_day, month_number
from tasks.domain.reporter import Reporter
from tasks.ledger.merge import current_statements, was_last_on
from tasks.sources.registry import SOURCES
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

TITLES_MAX = 3
PRINTED = "published"
# A figure rests on its own month, on the one before, and on that of a year before.
BASES = (0, -1, -12)
PRODUCTS_MAX = 20


def citation(sources: Sequence[str], reporter: str, day: date | str, snapshot_id: str, language: str = "en") -> str:
    """Return one line: `China customs via a.csv, as known on 2025-07-20, snapshot 000001-…`; of many sources the first
    are named.

    >>> citation(["b.csv", "a.csv"], "CHN", "2025-07-20", "000001-abc")
    'China customs via a.csv and b.csv, as known on 2025-07-20, snapshot 000001-abc'
    """
    names = sorted(dict.fromkeys(sources))
    shown, more = names[:TITLES_MAX], len(names) - TITLES_MAX
    if language == "zh":
        listed = "、".join(shown) + (f"等{len(names)}个来源" if more > 0 else "")
        return f"{customs_of(reporter, language)}{f'（{listed}）' if listed else ''}，截至{day}所知，快照{snapshot_id}"
    listed = (
        f"{', '.join(shown)} and {more} other{'' if more == 1 else 's'}"
        if more > 0
        else " and ".join([part for part in (", ".join(shown[:-1]), shown[-1] if shown else "") if part])
    )
    via = f" via {listed}" if listed else ""
    return f"{customs_of(reporter)}{via}, as known on {day}, snapshot {snapshot_id}"


def named_source(source: str, title: str) -> str:
    """Return how a file is cited: a source that passes on what others have published is named beside it."""
    collector = SOURCES[source].collector if source in SOURCES else ""
    return f"{collector} ({title})" if collector else title


def cite_rows(rows: pl.DataFrame, snapshot: Snapshot, as_of: date | None = None, language: str = "en") -> str | None:
    """Return the citation of rows of `metric` or `trade_flow`; None if there are no rows, or too many products for
    one citation.
    """
    return cite_rows_in((language,), rows, snapshot, as_of).get(language)


def cite_rows_in(
    languages: Collection[str], rows: pl.DataFrame, snapshot: Snapshot, as_of: date | None = None
) -> dict[str, str]:
    """Return `cite_rows` in each of these languages, of one reading; nothing where it is None."""
    stated = stated_by(rows, snapshot, as_of)
    if stated is None:
        return {}
    releases = read_table(snapshot, "release")
    titles = titles_of(releases.join(stated, on="release_id", how="semi"))
    day = as_of or known_on(releases, read_table(snapshot, "decision"))
    reporter = Reporter.of(releases).code
    terms = [
        line
        for flow, of_flow in _by_flow(rows)
        for line in terms_of_rows(of_flow, stated.filter(flow=flow)["source"].unique().to_list())
    ]
    return {
        language: "; ".join([citation(titles, reporter, day, snapshot.id, language), *terms]) for language in languages
    }


def stated_by(rows: pl.DataFrame, snapshot: Snapshot, as_of: date | None = None) -> pl.DataFrame | None:
    """Return which releases state what rows of figures rest on, now or on a day: `release_id`, `source` and `flow`.

    None if there are no rows, too many products for one citation, or rows that name no product and month.
    """
    products = rows["product"].drop_nulls().unique().to_list() if "product" in rows.columns else []
    if not 0 < len(products) <= PRODUCTS_MAX or not {"flow", "period"}.issubset(rows.columns):
        return None
    months = {
        (flow, day.year, day.month)
        for flow, period in rows.select("flow", "period").unique().iter_rows()
        for day in (first_day(month_number(period) + by) for by in BASES)
    }
    columns = ("flow", "release_id", "known_from", "known_until")
    of_them = pl.any_horizontal(map(part_of, products))
    stating = read_table(snapshot, "observation", months.__contains__, of_them, columns=columns)
    stating = current_statements(stating) if as_of is None else stating.filter(was_last_on(as_of))
    stated = stating.select("release_id", pl.col("flow").cast(pl.String)).unique()
    return read_table(snapshot, "release").select("release_id", "source").join(stated, on="release_id")


def terms_of_rows(rows: pl.DataFrame, sources: Collection[str]) -> list[str]:
    """Return what the values in rows of `metric` or `trade_flow` mean, a line each; none for quantities.

    `sources` are those that the rows rest on; rows with a column `source` name their own.
    """
    if "source" in rows.columns:
        sources = {name for joined in rows["source"].unique() for name in joined.split("+")}
    return [
        line for flow, of_flow in _by_flow(rows) for line in in_words(value_terms(sources, flow, _measures(of_flow)))
    ]


def _by_flow(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    flow = pl.col("flow").cast(pl.String)
    for name in sorted(map(str, rows["flow"].unique())):
        yield name, rows.filter(flow == name)


def _measures(rows: pl.DataFrame) -> list[str]:
    if "measure" in rows.columns:
        return rows["measure"].cast(pl.String).unique().to_list()
    return [name for name in VALUES if name in rows.columns and rows[name].null_count() < rows.height]


def known_on(releases: pl.DataFrame, decisions: pl.DataFrame) -> date | str:
    """Return the day up to which a store is current: that of its newest release or decision."""
    newest = pl.concat([releases["released_on"], decisions["decided_on"]]).max()
    return newest if isinstance(newest, date) else "no day"


def titles_of(releases: pl.DataFrame) -> list[str]:
    """Return how the file of each release is cited."""
    names = [
        (named_source(source, title or release_id), kind)
        for source, title, release_id, kind in releases.select("source", "title", "release_id", "kind").iter_rows()
    ]
    return [f"{name} (figures printed elsewhere)" if kind == PRINTED else name for name, kind in names]
