"""Records in each published file what it was made from: the code, the releases, the libraries.

Belongs here: which releases a table's partition depends on. It contains no clock and no host, so the same releases make
the same bytes on every machine.
"""

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from tasks.domain.coverage import FIGURES_LOOK_BACK
from tasks.domain.decisions import NOTHING_DECIDED
from tasks.domain.hashing import code_sha256, versions
from tasks.domain.periods import Month, month_index
from tasks.domain.release_ids import release_of
from tasks.store.snapshots.parquet import Partition, partition_month

# Made from the statements of one month and from the scopes that cover it.
OF_ONE_MONTH = ("observation", "trade_flow", "revision")


def rows_of_collected(statements: pl.DataFrame, releases: pl.DataFrame) -> dict[Partition, frozenset[str]]:
    """By month the releases without a scope that have a statement among `statements`.

    They cover what they print, and not other months between their first and their last.
    """
    names = releases.filter(pl.col("partners") == "keys")["release_id"].implode()
    month = month_index("period_end")
    rows = statements.filter(pl.col("release_id").is_in(names)).select("flow", "release_id", month=month).unique()
    return {
        Month(index).partition(flow): frozenset(of_month["release_id"])
        for (flow, index), of_month in rows.group_by("flow", "month")
    }


def derivation_of_month(
    table: str,
    partition: Partition,
    releases: pl.DataFrame,
    chained: Collection[tuple[str, int]] = (),
    collected: Mapping[Partition, Collection[str]] | None = None,
    decisions: pl.DataFrame = NOTHING_DECIDED,
    out: Collection[str] = (),
) -> dict[str, Any]:
    """What a partition was made from: the releases that cover its month, or an earlier month that its metrics use.

    In a year (flow, year) that is `chained` by cumulative figures later months count too. With `collected` (see
    `rows_of_collected`) a file of one month lists, of the releases without a scope, only those with a statement in it;
    so the others do not change it, in any order of arrival. The releases `out` do not count: the file is not made from
    them, but names the `decisions` about them.
    """
    flow, year, _ = partition
    first = last = partition_month(partition)
    if table in ("metric", "record_level"):
        # Records look back further, on levels that are published with their own derivation.
        first -= FIGURES_LOOK_BACK
        first = Month(first).january if (flow, Month(first).year) in chained else first
        last = Month.of(year, 12) if (flow, year) in chained else last
    sources = releases.filter(
        (pl.col("flow").is_null() | (pl.col("flow") == flow))
        & (month_index("first_month") <= last)
        & (month_index("last_month") >= first)
    )
    if collected is not None and table in OF_ONE_MONTH:
        sources = sources.filter(
            (pl.col("partners") != "keys") | pl.col("release_id").is_in([*collected.get(partition, ())])
        )
    return derivation_of(table, sources, decisions, out)


def derivation_of(
    table: str, releases: pl.DataFrame, decisions: pl.DataFrame = NOTHING_DECIDED, out: Collection[str] = ()
) -> dict[str, Any]:
    """The derivation of a table's file: these releases but for those that are `out`, the decisions about any of them,
    and the code. A file without a decision does not mention decisions.
    """
    made_from = [
        {"release_id": release_id, "raw_sha256": sha256}
        for release_id, sha256 in sorted(zip(releases["release_id"], releases["raw_sha256"], strict=True))
        if release_id not in out
    ]
    derivation = {"table": table, "code_sha256": code_sha256(), "inputs": made_from, "versions": versions()}
    if decisions.is_empty():
        return derivation
    about = decisions.filter(pl.col("release_id").is_in(releases.select(release_of()).to_series().implode()))
    listed = (
        about.sort("release_id", "number")
        .drop("decision_id", "number")
        .with_columns(pl.col("decided_on").cast(pl.String))
    )
    rows = [{name: value for name, value in row.items() if value is not None} for row in listed.iter_rows(named=True)]
    return {**derivation, "decisions": rows} if rows else derivation
