"""Lists what is in a store: products, partners, months and releases, each with its first and last month with a
figure.
"""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from schemas.questions.contents import Contents
from tasks.answers.form.answer import Answer, of_each
from tasks.domain.coverage import TOTALS
from tasks.domain.decisions import counting, decision_text
from tasks.domain.release_ids import release_of
from tasks.domain.reporter import Reporter
from tasks.inbox import held
from tasks.ledger.name_tables import NameTables
from tasks.reading import query
from tasks.reading.resolver import Resolver
from tasks.store.bucket.working_copy import address_of, at_hand
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.places.reporters import mirror_of, mirrors_of, named, root_of
from tasks.store.snapshots.parquet import read_table


def contents(question: Contents) -> Answer:
    """List the products, partners, months or releases of each store, the published mirrors of its reporter, or the
    reporters, a row each. Raises NothingPublished.
    """
    return of_each(question, lambda store: _contents(question, store))


def _contents(question: Contents, store: Path) -> Answer:
    snapshot = query.open_published(store)
    if question.kind == "reporters":
        rows = _reporter(snapshot, store)
    elif question.kind == "releases":
        rows = _releases(snapshot)
    elif question.kind == "months":
        rows = _months(snapshot)
    elif question.kind == "mirrors":
        rows = _mirrors(store)
    else:
        rows = things(snapshot, Resolver(snapshot).names, question.kind.removesuffix("s"))
    return Answer(rows, snapshot)


def _reporter(snapshot: Snapshot, store: Path) -> pl.DataFrame:
    """Return the reporter of a store: its national list, months, releases, and how many are held."""
    releases = read_table(snapshot, "release")
    reporter = Reporter.of(releases)
    return releases.select(
        reporter=pl.lit(reporter.code),
        nomenclature=pl.lit(reporter.nomenclature),
        first_month=pl.col("first_month").min(),
        last_month=pl.col("last_month").max(),
        releases=pl.len(),
        held=pl.lit(len(held.waiting(store))),
        snapshot=pl.lit(snapshot.id),
    )


def _mirrors(store: Path) -> pl.DataFrame:
    """Return each pair that the reporter of a store is in: its months, its rows and how many of them are
    unexplained."""
    address = address_of(store)
    root, reporter = root_of(address), named(address)
    rows = []
    for pair in mirrors_of(root) if root else []:
        snapshot = open_snapshot(at_hand(mirror_of(root, *pair))) if root and reporter in pair else None
        if snapshot is not None:
            gaps = read_table(snapshot, "mirror", columns=("period", "reason"))
            span = gaps["period"].min(), gaps["period"].max()
            rows.append((*pair, *span, gaps.height, gaps.filter(reason="unexplained").height, snapshot.id))
    kinds = {
        "exporter": pl.String,
        "importer": pl.String,
        "first_month": pl.Date,
        "last_month": pl.Date,
        "rows": pl.Int64,
        "unexplained": pl.Int64,
        "snapshot": pl.String,
    }
    return pl.DataFrame(rows, schema=kinds, orient="row")


def things(snapshot: Snapshot, names: NameTables, subject: str, keys: Collection[str] | None = None) -> pl.DataFrame:
    """Return each product or partner with its names, directions and months."""
    table = names.product if subject == "product" else names.partner
    named = table.select(subject, "name", name_zh=pl.coalesce("printed_zh", "reference_zh"))
    if keys is not None:
        named = named.filter(pl.col(subject).is_in(list(keys)))
    months = _known(snapshot, subject, None if keys is None else named[subject].to_list())
    spans = months.group_by(subject).agg(
        pl.col("flow").unique().sort().str.join("+").alias("flows"),
        first_month=pl.col("period").min(),
        last_month=pl.col("period").max(),
        months=pl.col("period").n_unique(),
    )
    rows = named.join(spans, on=subject, how="left").with_columns(pl.col("months").fill_null(0))
    # The world and groups of partners come before their members.
    first = pl.col(subject).is_in(TOTALS).not_()
    return rows.sort(first, subject) if subject == "partner" else rows.sort(subject)


def _known(snapshot: Snapshot, subject: str, keys: Collection[str] | None) -> pl.DataFrame:
    """Return each key, direction and month that has a figure."""
    wanted = pl.lit(True) if keys is None else pl.col(subject).is_in(list(keys))
    # Most rows have the product of the row before.
    key = pl.struct(subject, "period")
    rows = [
        frame.filter(wanted).filter(key.ne_missing(key.shift())).select(subject, "flow", "period").unique().collect()
        for frame in _figures(snapshot)
    ]
    return pl.concat(rows) if rows else pl.DataFrame(schema={subject: pl.String, "flow": pl.String, "period": pl.Date})


def _months(snapshot: Snapshot) -> pl.DataFrame:
    """Return each direction and month, with the number of products and partners that have a figure, and the releases
    that cover it.
    """
    rows = [
        frame.group_by("flow", "period")
        .agg(
            products=pl.col("product").n_unique(),
            partners=pl.col("partner").filter(~pl.col("partner").is_in(TOTALS)).n_unique(),
        )
        .collect()
        for frame in _figures(snapshot)
    ]
    kinds = {"flow": pl.String, "period": pl.Date, "products": pl.UInt32, "partners": pl.UInt32}
    months = pl.concat(rows) if rows else pl.DataFrame(schema=kinds)
    counted = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
    releases = counted.select("flow", "first_month", "last_month", "release_id")
    covered = months.join(releases, how="cross", suffix="_of").filter(
        pl.col("flow_of").is_null() | (pl.col("flow_of") == pl.col("flow")),
        pl.col("period").is_between("first_month", "last_month"),
    )
    counts = covered.group_by("flow", "period").agg(releases=pl.len())
    return months.join(counts, on=["flow", "period"], how="left").sort("flow", "period")


def _figures(snapshot: Snapshot) -> list[pl.LazyFrame]:
    """Return the rows of metric that have a level, of each direction."""
    return [
        figures.filter(pl.col("level").is_not_null()).select("product", "partner", "period", flow=pl.lit(flow))
        for flow in ("export", "import")
        if (figures := query.scan_figures(snapshot, flow)) is not None
    ]


def _releases(snapshot: Snapshot) -> pl.DataFrame:
    columns = (
        "release_id",
        "title",
        "released_on",
        "flow",
        "partners",
        "first_month",
        "last_month",
        "records",
        "records_quarantined",
    )
    decisions = read_table(snapshot, "decision").sort("decided_on", "number").iter_rows(named=True)
    decided = {row["release_id"]: decision_text(row) for row in decisions}
    texts = release_of().replace_strict(decided, default="", return_dtype=pl.String)
    releases = read_table(snapshot, "release").select(columns).with_columns(decided=texts)
    return releases.sort("released_on", "release_id")
