"""Audits a store from its own files: hashes every byte, and traces and recomputes a sample of metrics."""

import itertools
import random
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from schemas.forms.outcome import AuditReport
from schemas.forms.trace import TracedNumber
from schemas.names import FIGURES, status
from schemas.table import readers_schema
from tasks.domain.errors import NothingPublished, Unsound
from tasks.domain.periods import month_number
from tasks.domain.text import counted
from tasks.ingest.raw_store import raw_path
from tasks.lineage.point import Point
from tasks.lineage.trace import NO_RECORD, Tracer
from tasks.store.bucket.working_copy import address_of, missing
from tasks.store.bucket.working_copy import audit as audit_bucket
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.files.verify import FileProblem, audit_store
from tasks.store.snapshots.parquet import collected, path_partition, read_table

SAMPLE = 25
AGAIN = "Ingest the releases again into an empty store and compare; this is an error of the program."


def require_sound(report: AuditReport) -> AuditReport:
    """The report, if it has no problem. Raises Unsound otherwise."""
    if report.problems:
        raise Unsound("\n".join(report.problems))
    return report


def audit(store: Path, sample: int = SAMPLE) -> AuditReport:
    """All problems of a store, and the number of traced metrics.

    The snapshot's name is the seed of the sample, so an audit can be repeated. If bytes are damaged no metric is
    traced, because the result would mean nothing. Raises NothingPublished where there is nothing.
    """
    problems = [*audit_store(store), *audit_bucket(store)]
    snapshot = open_snapshot(store) if not problems else None
    if snapshot is not None and (problems := _without_raw(snapshot)):
        snapshot = None
    if not problems and snapshot is None:
        raise NothingPublished(
            f"{address_of(store)}: nothing is published here, so there is nothing to audit. Check --store."
        )
    wrong, traced = _trace_sample(snapshot, sample) if snapshot else ([], 0)
    return AuditReport(
        store=str(name) if isinstance(name := address_of(store), str) else name.name,
        problems=[str(problem) for problem in [*problems, *wrong]],
        traced=traced,
    )


def _without_raw(snapshot: Snapshot) -> list[FileProblem]:
    """The releases whose raw bytes are missing. The rest of the audit checks existing ones."""
    named = {
        raw_path(snapshot.store, row["raw_sha256"]): row
        for row in read_table(snapshot, "release").iter_rows(named=True)
    }
    return [
        FileProblem(
            name,
            "no such file",
            f"the raw bytes of {named[place]['release_id']}, {named[place]['title']}",
            "restore the raw file from a copy",
        )
        for place, name in missing(snapshot.store, named).items()
    ]


def _trace_sample(snapshot: Snapshot, sample: int) -> tuple[list[FileProblem], int]:
    chance = random.Random(snapshot.id)  # a sample, not a secret
    with_figures = (row for row in drawn(snapshot, "metric", chance) if any(row[name] is not None for name in FIGURES))
    rows = sorted(itertools.islice(with_figures, sample), key=_product_of)
    wrong: dict[str, FileProblem] = {}
    # One product at a time: all rows of a full cube do not fit into memory.
    for (flow, product), of_product in itertools.groupby(rows, _product_of):
        tracer = Tracer(snapshot, flow, product)
        for row in of_product:
            month = month_number(row["period"])
            point = Point(flow, product, row["partner"], row["measure"], month)
            published = [name for name in FIGURES if row[name] is not None or row[status(name)] in NO_RECORD]
            figure = chance.choice(published)
            traced = tracer.trace(point, figure)
            differing = [
                _unlike_its_release(flow, number)
                for operand in traced.operands
                for number in operand.numbers
                if not number.holds
            ]
            if not traced.agrees and not differing:
                name = f"metric {figure} of {point.flow} {point.product} {point.partner} {point.measure} {traced.month}"
                differing = [FileProblem(name, str(traced.value), str(traced.recomputed), AGAIN)]
            wrong |= {problem.file: problem for problem in differing}
    return [*wrong.values()], len(rows)


def drawn(snapshot: Snapshot, table: str, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Every row of a table that is filed by month, once, in random order; each is read on request, because a full cube
    has hundreds of millions.
    """
    entries = snapshot.entries(table)
    ends = list(itertools.accumulate(entry.rows for entry in entries))
    for place in _in_any_order(ends[-1] if ends else 0, chance):
        number = bisect_right(ends, place)
        entry = entries[number]
        rows = pl.scan_parquet(snapshot.path / entry.path, hive_partitioning=False, glob=False)
        row = rows.slice(place - (ends[number] - entry.rows), 1).with_columns(
            flow=pl.lit(path_partition(entry.partition)[0])
        )
        yield collected(row, readers_schema(table), table, [entry]).row(0, named=True)


def _in_any_order(total: int, chance: random.Random) -> Iterator[int]:
    seen: set[int] = set()
    while len(seen) < total:
        place = chance.randrange(total)
        if place not in seen:
            seen.add(place)
            yield place


def _unlike_its_release(flow: str, number: TracedNumber) -> FileProblem:
    """The problem of a ledger number that differs from its release."""
    release, count = number.release_id, counted(len(number.records), "record")
    if not number.records:
        expected = f"no number, as the details of {release} have none that was public from {number.known_from}"
    elif number.reported == number.value:
        expected = f"{number.read}, the sum of {count} of the raw file of {release}"
    else:
        expected = f"{number.reported}, the sum of {count} in the details of {release}"
    return FileProblem(
        f"observation of {flow} {number.product} {number.partner} {number.measure} {number.period}",
        found=str(number.value),
        expected=expected,
        advice=AGAIN,
    )


def _product_of(row: dict[str, Any]) -> tuple[str, str]:
    return row["flow"], row["product"]
