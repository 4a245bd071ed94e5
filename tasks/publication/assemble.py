"""Computes what a release changes of the ledger: its months, their revisions, the reader's wide table.

Belongs here: which months are recomputed and from what. Does not belong here: how a ledger is computed, its figures
(`derivation`), which files are published (`publication`), how a file is written.
"""

import polars as pl

from schemas.frames import Decision, Observation, Revision, TradeFlow
from schemas.table import empty_frame
from tasks.domain.carried import carried_now
from tasks.domain.decisions import NOTHING_DECIDED, brought_about, counting
from tasks.domain.periods import month_index
from tasks.domain.release_ids import MARK
from tasks.ingest.normalise import Normalised
from tasks.ledger import epochs
from tasks.ledger import merge as ledger
from tasks.ledger import revisions as revising
from tasks.ledger.doubts import findings_of, open_doubts
from tasks.ledger.ledger_after import Ledger, refusing_overflow
from tasks.ledger.published_state import PublishedState
from tasks.ledger.trade_flow import widen
from tasks.store.snapshots.parquet import Partition, partition_month


def merge(release: Normalised, known: PublishedState, decided: Decision = NOTHING_DECIDED) -> Ledger:
    """Return the ledger with `release`, the decisions `decided` about it, and those that its arrival brings about for
    others. A published release adds nothing: without a decision the ledger stays the same.
    """
    releases = pl.concat([known.releases, release.release]).unique("release_id", keep="first").sort("release_id")
    coming = brought_about(release.release, known.releases, known.decisions)
    if (carried := carried_now()) is not None and not _is_published(release, known):
        name = release.release["release_id"][0].partition(MARK)[0]
        is_there = pl.col("decision_id").is_in(known.decisions["decision_id"].implode())
        coming = carried.decisions.filter(pl.col("replaced_by") == name, ~is_there)
    decisions = pl.concat([known.decisions, coming, decided])
    new = release.findings.filter(~pl.col("release_id").is_in(known.releases["release_id"].implode()))
    doubts = open_doubts(pl.concat([findings_of(known.snapshot), new]), counting(releases, decisions))
    details = _details(release, known).filter(_in_months(known.touched))
    with refusing_overflow():
        touched = epochs.merge(details, releases, decisions)
    return Ledger(touched, releases, decisions, doubts)


def whole(ledger_after: Ledger, known: PublishedState) -> Observation:
    """Return the ledger of `known` with the recomputed months."""
    rest = known.observation.filter(~_in_months(known.touched))
    return pl.concat([rest, ledger_after.touched])


def _is_published(release: Normalised, known: PublishedState) -> bool:
    return bool(release.release["release_id"][0] in known.releases["release_id"])


def _details(release: Normalised, known: PublishedState) -> pl.DataFrame:
    """The details of all releases, this one included. If it was published before, its published details count: read
    again it may have another day.
    """
    if _is_published(release, known):
        return known.detail
    return pl.concat([known.detail, release.detail])


def revise(release: Normalised, ledger_after: Ledger, known: PublishedState) -> Revision:
    """Return the revisions of the months that the release touches and of the same months a year later."""
    details = _details(release, known)
    if not ledger_after.decisions.height and ledger.undisputed(details, ledger_after.releases).all():
        return empty_frame("revision")
    return revising.revisions(details, whole(ledger_after, known), ledger_after.releases, ledger_after.decisions)


def _in_months(partitions: tuple[Partition, ...]) -> pl.Expr:
    months: dict[str, list[int]] = {}
    for partition in partitions:
        months.setdefault(partition[0], []).append(partition_month(partition))
    index = month_index("period_end")
    return pl.any_horizontal(
        pl.lit(False), *((pl.col("flow") == flow) & index.is_in(numbers) for flow, numbers in months.items())
    )


def widen_ledger(ledger_after: Ledger) -> TradeFlow:
    """Return the current values of the recomputed months in wide form."""
    with refusing_overflow():
        return widen(ledger.current_statements(ledger_after.touched), ledger_after.counting, ledger_after.doubts)
