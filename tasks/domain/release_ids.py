"""Ids of releases and of their editions, and the turns in which a release was said: again, or only corrected.

Belongs here: what an id and a day alone tell. What makes an edition is in `ingest.editions`; this is needed where nothing is read.
"""

import polars as pl

# Behind the release come the number of the edition and the hash of its corrections.
MARK = "."
EDITION = rf"(.*?)(?:\{MARK}(\d+)-([0-9a-f]*))?"


def release_of() -> pl.Expr:
    """The release that a `release_id` is an edition of; itself where it is none."""
    return pl.col("release_id").str.split(MARK).list.first()


def is_said_again() -> pl.Expr:
    """Whether an edition is no correction of the one before it, of releases in the order of their days and ids."""
    hashes = pl.col("release_id").str.extract(f"^{EDITION}$", 3).fill_null("")
    return (hashes == hashes.shift(1).over(release_of())).fill_null(False)


def in_turns(releases: pl.DataFrame) -> pl.DataFrame:
    """The releases in the order of their days and ids, with the `name` of the release that each is an edition of, its `turn`, how
    often that was said again until then, and `first_day`, on which the turn began: as of that day a correction counts beside what
    others said."""
    ordered = releases.sort("released_on", "release_id")
    turns = ordered.with_columns(name=release_of(), turn=is_said_again().cum_sum().over(release_of()))
    return turns.with_columns(first_day=pl.col("released_on").min().over("name", "turn"))
