"""Answers what releases revised."""

from dataclasses import dataclass, field

import polars as pl

from schemas.questions.question import texts
from schemas.questions.revisions import Revisions
from tasks.answers.form.answer import Answer, store_of
from tasks.domain.coverage import WORLD
from tasks.domain.periods import month_index
from tasks.ledger.doubts import doubts_of_releases, open_doubts
from tasks.reading.query import doubts_of, open_published
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table


@dataclass(frozen=True)
class RevisionsAnswer(Answer):
    """Rows of the table `revision`, with `doubts`, what is in doubt of the numbers of each, and the rows of the
    releases that are asked for, in the order of their days."""

    chosen: pl.DataFrame = field(kw_only=True)


def revisions(question: Revisions) -> RevisionsAnswer:
    """Return what releases revised. Raises ValueError for a release that there is not."""
    snapshot = open_published(store_of(question))
    releases = read_table(snapshot, "release").sort("released_on", "release_id")
    names = texts(question.release)
    if unknown := sorted({*names} - {*releases["release_id"]}):
        raise ValueError(f"no release {', '.join(unknown)}; there are {', '.join(releases['release_id'])}")
    chosen = releases.filter(pl.col("release_id").is_in(names)) if names else releases
    rows = with_doubts_of_totals(read_table(snapshot, "revision"), snapshot)
    return RevisionsAnswer(rows, snapshot, table="revision", chosen=chosen)


def with_doubts_of_totals(revision: pl.DataFrame, snapshot: Snapshot) -> pl.DataFrame:
    """Return rows of `revision` with the column `doubts`, a list: what is in doubt of the words of each, and of the
    total of all partners where the row has it."""
    findings, releases = read_table(snapshot, "finding"), read_table(snapshot, "release")
    printed = doubts_of_releases(revision, open_doubts(findings, releases))
    month = month_index("period_end").cast(pl.Int32)
    keys = revision.select("flow", "product", "measure", partner=pl.lit(WORLD), begin=month, end=month)
    of_world = doubts_of(snapshot).each_of_keys(keys).alias("of_world")
    of_world = revision.select(pl.when(pl.col("world_new").is_not_null()).then(of_world)).to_series()
    both = pl.concat_list(one.fill_null([]) for one in (printed, of_world))
    return revision.with_columns(doubts=both.list.unique(maintain_order=True))
