"""Parses ids of releases and editions, and counts turns: how often a release was published again.

Belongs here: what follows from ids and days alone. `ingest.editions` decides what makes an edition; this module works
without reading files.
"""

import polars as pl

# After the release come the number of the edition and the hash of its corrections.
MARK = "."
EDITION = rf"(.*?)(?:\{MARK}(\d+)-([0-9a-f]*))?"


def release_of() -> pl.Expr:
    """The release that a `release_id` is an edition of; itself where it is not an edition."""
    return pl.col("release_id").str.split(MARK).list.first()


def is_republication() -> pl.Expr:
    """Whether an edition is a new publication and not a correction; releases are in order of day and id."""
    hashes = pl.col("release_id").str.extract(f"^{EDITION}$", 3).fill_null("")
    return (hashes == hashes.shift(1).over(release_of())).fill_null(False)


def in_turns(releases: pl.DataFrame) -> pl.DataFrame:
    """The releases in order of day and id, with `name`, `turn` and `first_day`.

    `name` is the release that each is an edition of; `turn` counts how often it was published again until then;
    `first_day` is the day on which the turn began: from that day a correction competes with other releases.
    """
    ordered = releases.sort("released_on", "release_id")
    turns = ordered.with_columns(name=release_of(), turn=is_republication().cum_sum().over(release_of()))
    return turns.with_columns(first_day=pl.col("released_on").min().over("name", "turn"))


def source_of(release_id: str) -> str:
    """The source that a release id names.

    >>> source_of("moon_rocks-4ef776e45541.2-ab12")
    'moon_rocks'
    """
    return release_id.partition(MARK)[0].rpartition("-")[0]
