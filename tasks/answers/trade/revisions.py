"""Answers what releases revised."""

from dataclasses import dataclass, field

import polars as pl

from schemas.questions.question import texts
from schemas.questions.revisions import Revisions
from tasks.answers.form.answer import Answer, store_of
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.doubt_words import as_text, once_each, together
from tasks.domain.periods import month_index
from tasks.ledger.doubts import doubts_of_releases, open_doubts
from tasks.reading.query import doubts_of, open_published
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table


@dataclass(frozen=True)
class RevisionsAnswer(Answer):
    """Rows of the table `revision`, with `doubt`, what is in doubt of the numbers of each, and the same (DOUBTS) by
    row; and the rows of the releases that are asked for, in the order of their days."""

    doubts_by_row: pl.Series = field(kw_only=True)
    chosen: pl.DataFrame = field(kw_only=True)


def revisions(question: Revisions) -> RevisionsAnswer:
    """Return what releases revised. Raises ValueError for a release that there is not."""
    snapshot = open_published(store_of(question))
    releases = read_table(snapshot, "release").sort("released_on", "release_id")
    names = texts(question.release)
    if unknown := sorted({*names} - {*releases["release_id"]}):
        raise ValueError(f"no release {', '.join(unknown)}; there are {', '.join(releases['release_id'])}")
    chosen = releases.filter(pl.col("release_id").is_in(names)) if names else releases
    rows = read_table(snapshot, "revision")
    doubts = doubts_of_revisions(rows, snapshot)
    return RevisionsAnswer(
        rows.with_columns(as_text(doubts)),
        snapshot,
        doubts=once_each(doubts),
        table="revision",
        doubts_by_row=doubts,
        chosen=chosen,
    )


def doubts_of_revisions(revision: pl.DataFrame, snapshot: Snapshot) -> pl.Series:
    """Return for each row of `revision` (DOUBTS) what is in doubt of the words of it, and of the total of all partners
    where the row has it; null where nothing is."""
    findings, releases = read_table(snapshot, "finding"), read_table(snapshot, "release")
    printed = doubts_of_releases(revision, open_doubts(findings, releases))
    month = month_index("period_end").cast(pl.Int32)
    keys = revision.select("flow", "product", "measure", partner=pl.lit(WORLD), begin=month, end=month)
    of_world = doubts_of(snapshot).each_of_keys(keys).alias("of_world")
    of_world = revision.select(pl.when(pl.col("world_new").is_not_null()).then(of_world)).to_series()
    return together([printed, of_world])
