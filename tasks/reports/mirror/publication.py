"""Publishes the table `mirror` of two reporters, in a store of its own beside theirs, with the pointer that every store has.

A month is made again where something has changed that its verdicts rest on: figures or releases of either side, a code table,
or the program. Belongs here: which months these are. What is in them is in `statements`.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from schemas.forms.address import S3Url
from schemas.forms.outcome import Gap, Outcome
from tasks.domain.decisions import counting
from tasks.domain.periods import month_number
from tasks.reports.derived_store import Recipe, bring_up_to_date, month_print
from tasks.reports.mirror.sides import months_of
from tasks.reports.mirror.statements import compare, pair, read_pair
from tasks.reports.mirror.verdicts import REACH_AHEAD, REACH_BACK
from tasks.reports.query import open_published
from tasks.store.parquet import Partition, partition_month, path_partition, read_table
from tasks.store.reporters import mirror_of, mirrors_of, named, root_of
from tasks.store.snapshot import Snapshot, open_snapshot
from tasks.store.working_copy import address_of, again_if_outpaced, at_hand, exclusive

TABLE = "mirror"
# Months that are in memory together.
TOGETHER = 12
# What the comparison of a month reads of the stores of both.
READ = ("metric", "observation")
GAPS_MAX = 200
log = logging.getLogger("tidewaiter.mirror")


@dataclass(frozen=True)
class MirrorPublication:
    """The current snapshot of a pair's mirror: whether it is new, the months made again, and the rows that became `unexplained`."""

    snapshot: Snapshot
    changed: bool
    months: list[str]
    gaps: list[Gap]


@again_if_outpaced
def publish_pair(root: Path | S3Url, exporter: str, importer: str) -> MirrorPublication:
    """Publish the mirror of a pair, of all HS codes of six digits and all months of either side, or bring it up to date.

    A row is where either side has trade. Raises ValueError where one of them has no store, NothingPublished where it is empty.
    """
    stores = pair(root, exporter, importer)
    folder = at_hand(mirror_of(root, exporter, importer))
    with exclusive(folder):
        parent = open_snapshot(folder)
        sides = [_side_prints(store, flow) for store, flow in zip(stores, ("export", "import"), strict=True)]
        gaps = list[pl.DataFrame]()

        def made(stale: list[Partition]) -> Iterator[pl.DataFrame]:
            for months in _spans([*map(partition_month, stale)]):
                found = compare(*read_pair(stores, (exporter, importer), months), months)
                traded = [pl.col(f"{side}_{name}") > 0 for side in ("export", "import") for name in ("kg", "stated")]
                found = found.filter(pl.any_horizontal(traded))
                gaps.append(_became_unexplained(found, parent, months))
                yield found

        recipe = Recipe(TABLE, _prints(sides), made, _releases)
        states = {code: snapshot for code, (snapshot, _) in zip((exporter, importer), sides, strict=True)}
        done = bring_up_to_date(folder, parent, TABLE, [recipe], states, {"pair": [exporter, importer]})
    every = pl.concat(gaps) if gaps and parent is not None else None
    return MirrorPublication(done.snapshot, done.changed, done.months, _as_gaps(every))


def update_mirrors(outcome: Outcome, store: Path) -> Outcome:
    """Bring the published mirrors of a reporter up to date after a release; return the outcome with the gaps that it has made.

    A mirror that cannot be made is a warning; the release stays published.
    """
    address = address_of(store)
    root, reporter = root_of(address), named(address)
    if outcome.status not in ("published", "nothing new") or root is None or reporter is None:
        return outcome
    gaps, failed = list[Gap](), list[str]()
    for exporter, importer in mirrors_of(root):
        if reporter not in (exporter, importer):
            continue
        try:
            gaps += publish_pair(root, exporter, importer).gaps
        except Exception as problem:
            log.warning("the mirror of %s and %s could not be made", exporter, importer, exc_info=True)
            failed.append(
                f"mirror ({exporter} to {importer}): not made, {type(problem).__name__}: {problem}; what was published stays. "
                f"Make it with tidewaiter mirror --exporter {exporter} --importer {importer} --publish."
            )
    return outcome.model_copy(update={"gaps": gaps, "warnings": [*outcome.warnings, *failed]})


def _side_prints(store: Path, flow: str) -> tuple[Snapshot, dict[int, Any]]:
    """The current snapshot of a side, and by month what there is of it: hashes of files, and releases that cover the month."""
    snapshot = open_published(store)
    found: dict[int, Any] = {month: [] for month in months_of(store, flow)}
    for entry in snapshot.files:
        if entry.table in READ and entry.partition.startswith(f"flow={flow}/"):
            found.setdefault(partition_month(path_partition(entry.partition)), []).append(entry.sha256)
    releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
    for row in releases.sort("release_id").iter_rows(named=True):
        if row["flow"] in (None, flow):
            for month in range(month_number(row["first_month"]), month_number(row["last_month"]) + 1):
                found.setdefault(month, []).append(row["release_id"])
    return snapshot, found


def _prints(sides: list[tuple[Snapshot, dict[int, Any]]]) -> dict[Partition, str]:
    """A hash of what each month's verdicts rest on, for each month that either side has."""
    return {
        ("export", month // 12, month % 12 + 1): month_print(TABLE, [
            [sorted(there.get(near, [])) for near in range(month - REACH_BACK, month + REACH_AHEAD + 1)] for _, there in sides
        ])
        for month in sorted({month for _, there in sides for month in there})
    }  # fmt: skip


def _spans(months: list[int]) -> Iterator[range]:
    """Neighbouring months, TOGETHER at most."""
    start = 0
    for place in range(1, len(months) + 1):
        if place == len(months) or months[place] != months[place - 1] + 1 or place - start == TOGETHER:
            yield range(months[start], months[place - 1] + 1)
            start = place


def _releases(rows: pl.DataFrame, partition: Partition) -> dict[str, Any]:
    """The releases of both sides behind the rows of a month."""
    ids = {
        side: rows[f"{side}_release_ids"].explode().drop_nulls().unique().sort().to_list()
        for side in ("export", "import")
    }
    return {"releases": ids}


def _became_unexplained(found: pl.DataFrame, parent: Snapshot | None, months: range) -> pl.DataFrame:
    before = read_table(parent, TABLE, lambda partition: partition_month(partition) in months)
    place = ["product", "period"]
    return found.filter(reason="unexplained").join(before.filter(reason="unexplained"), on=place, how="anti")


def _as_gaps(rows: pl.DataFrame | None) -> list[Gap]:
    """The largest first."""
    if rows is None:
        return []
    apart = (pl.max_horizontal("import_value", "fob_low") - pl.col("export_value")).abs()
    shown = rows.sort(apart, "product", descending=[True, False], nulls_last=True).head(GAPS_MAX)
    names = ("product", "exporter", "importer", "export_kg", "import_kg", "export_value", "import_value", "currency")
    return [
        Gap(month=f"{row['period']:%Y-%m}", **{name: row[name] for name in names})
        for row in shown.iter_rows(named=True)
    ]
