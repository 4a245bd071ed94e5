"""Answers what releases revised."""

from dataclasses import dataclass, field

import polars as pl

from schemas.questions.question import texts
from schemas.questions.revisions import Revisions
from tasks.answers.form.answer import Answer, store_of
from tasks.reading.query import open_published
from tasks.store.snapshots.parquet import read_table


@dataclass(frozen=True)
class RevisionsAnswer(Answer):
    """Rows of the table `revision`, and the rows of the releases that are asked for, in the order of their days."""

    chosen: pl.DataFrame = field(kw_only=True)


def revisions(question: Revisions) -> RevisionsAnswer:
    """Return what releases revised. Raises ValueError for a release that there is not."""
    snapshot = open_published(store_of(question))
    releases = read_table(snapshot, "release").sort("released_on", "release_id")
    names = texts(question.release)
    if unknown := sorted({*names} - {*releases["release_id"]}):
        raise ValueError(f"no release {', '.join(unknown)}; there are {', '.join(releases['release_id'])}")
    chosen = releases.filter(pl.col("release_id").is_in(names)) if names else releases
    return RevisionsAnswer(read_table(snapshot, "revision"), snapshot, table="revision", chosen=chosen)
