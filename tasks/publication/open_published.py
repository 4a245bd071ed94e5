"""Reads the published state before a release: the part that the release can change or must be compared with.

Belongs here: what of the published tables is read for a release. Nothing is computed here; `affected_months` decides
which months those are. CONTRIBUTING explains the terms for months (touched, derived).
"""

import logging
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl

from schemas.table import schema_sha256
from tasks.derive.affected_months import plan_months
from tasks.derive.portions import DERIVED
from tasks.domain.errors import Refused
from tasks.domain.nomenclature import national_lists
from tasks.domain.periods import month_index
from tasks.ingest.normalise import Normalised
from tasks.ledger.published_state import PublishedState
from tasks.publication.batch import Batch
from tasks.store.bucket.working_copy import address_of
from tasks.store.files.manifest import FileEntry
from tasks.store.files.snapshot import Snapshot
from tasks.store.places.reporters import named
from tasks.store.places.verify_on_read import prove, refuse_another_version
from tasks.store.snapshots.parquet import Partition, partition_month, path_partition, read_table

log = logging.getLogger("tidewaiter.known")


def open_known(batch: Batch, release: Normalised, *, derives: bool = False) -> PublishedState:
    """Read what of the state that a batch stands on matters for `release`; everything is empty if nothing was published
    yet. If figures are derived, from a ledger that has the release, no statement is read, and the months are among them
    that another version derived.

    Raises Refused if the store belongs to another reporter, because figures do not name theirs, or has codes of another
    list of goods; DamagedStore if an input is damaged; StoreError if a later version wrote a format that this one does
    not know; Outpaced if somebody else has published since the batch was opened.
    """
    batch.require_current()
    snapshot = batch.state
    refuse_another_version(snapshot)
    prove(snapshot, "release")
    prove(snapshot, "decision")
    releases = read_table(snapshot, "release")
    _refuse_another_reporter(releases, release, batch.store)
    _refuse_another_list(releases, release, batch.store)
    in_ledger, figures = _published(snapshot, "observation"), _published(snapshot, "metric")
    outdated: set[Partition] = set()
    if derives:
        stale = [_published(snapshot, table).keys() - _of_todays_schema(snapshot, table) for table in DERIVED]
        outdated = figures.keys() & set().union(*stale)
    plan = plan_months(
        release,
        in_ledger.keys(),
        figures.keys(),
        outdated,
        lambda month: _has_spans(snapshot, month, in_ledger[month]),
        read_table(snapshot, "finding"),
    )
    if again := sum(month in plan.derived for month in outdated):
        log.warning(
            "figures of %d months are computed again, once: other code tables or another version made them", again
        )
    year_before = {
        (flow, year - 1, month) for flow, year, month in plan.touched if _covering((flow, year, month), releases).height
    }
    decisions, later = read_table(snapshot, "decision"), later_year(plan.touched) - plan.touched
    in_reach = set() if derives else (later | year_before) - plan.touched
    revised = {month for month in later if decisions.height or _may_be_revised(month, releases)}
    detailed = set() if derives else plan.touched | revised
    prove(snapshot, "observation", in_reach.__contains__)
    prove(snapshot, "detail", detailed.__contains__)
    return PublishedState(
        releases=releases,
        observation=read_table(snapshot, "observation", in_reach.__contains__),
        detail=read_table(snapshot, "detail", detailed.__contains__),
        touched=tuple(sorted(plan.touched)),
        derived=tuple(sorted(plan.derived)),
        snapshot=snapshot,
        chained=frozenset(plan.chained),
        decisions=decisions,
    )


def later_year(partitions: Iterable[Partition]) -> set[Partition]:
    """Return the same months a year later."""
    return {(flow, year + 1, month) for flow, year, month in partitions}


def _published(snapshot: Snapshot | None, table: str) -> dict[Partition, FileEntry]:
    """Return the published partitions of a table, each with a file of it."""
    entries = snapshot.entries(table) if snapshot else ()
    return {path_partition(entry.partition): entry for entry in entries}


def _has_spans(snapshot: Snapshot | None, month: Partition, entry: FileEntry) -> bool:
    """Whether the ledger of a month has a figure of several months, including one that months replaced and that is
    in no `base`: the files of its year name the same releases in any order of arrival.
    """
    assert snapshot is not None, "an entry is of a snapshot"
    try:
        rows = pl.read_parquet(snapshot.located(entry), columns=["period_start"], hive_partitioning=False, glob=False)
    except (OSError, pl.exceptions.PolarsError):
        prove(snapshot, "observation", month.__eq__)
        raise
    return bool((rows["period_start"] < date(month[1], month[2], 1)).any())


def _of_todays_schema(snapshot: Snapshot | None, table: str) -> set[Partition]:
    """Return the partitions of a table that match this version and today's code tables."""
    ours, files = schema_sha256(table), _published(snapshot, table)
    return {month for month, file in files.items() if file.schema_sha256 == ours}


def _covering(month: Partition, releases: pl.DataFrame) -> pl.DataFrame:
    """Return the earlier releases that cover a month."""
    index = partition_month(month)
    first, last = month_index("first_month"), month_index("last_month")
    of_flow = pl.col("flow").is_null() | (pl.col("flow") == month[0])
    return releases.filter(of_flow & (first <= index) & (last >= index))


def _may_be_revised(month: Partition, releases: pl.DataFrame) -> bool:
    """Whether a number of a month can have several statements: one release of single months states each once."""
    covering = _covering(month, releases)
    return covering.height > 1 or "keys" in covering["partners"]


def _refuse_another_reporter(releases: pl.DataFrame, release: Normalised, store: Path) -> None:
    reporter, address = release.release["reporter"][0], address_of(store)
    others = {named(address), *releases["reporter"]} - {reporter, None}
    if others:
        raise Refused(
            "another reporter",
            where=str(release.release["title"][0]),
            found=f"figures of {reporter}, and {address} is the store of {', '.join(sorted(map(str, others)))}",
            advice="Give the folder above it (--store)."
            if named(address)
            else "Give another folder (--store); below a new one each reporter gets a store of its own.",
        )


def _refuse_another_list(releases: pl.DataFrame, release: Normalised, store: Path) -> None:
    """Refuse codes of another list of goods: figures are kept by their digits, and equal digits of two lists are two
    goods."""
    lists, theirs = national_lists(release.release), national_lists(releases)
    if lists and theirs and lists != theirs:
        raise Refused(
            "another list of goods",
            where=str(release.release["title"][0]),
            found=f"codes of {', '.join(lists)}, and {store} holds codes of {', '.join(theirs)}",
            advice="Equal digits mean different goods there: keep each list in a store of its own (--store).",
        )
