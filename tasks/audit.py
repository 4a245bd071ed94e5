"""The store proved from its own files: every byte hashed again, and a sample of figures traced back and recomputed."""

import random
from pathlib import Path

import polars as pl

from schemas.metric import FIGURES, Metric
from schemas.outcome import AuditReport
from tasks.origin import Place
from tasks.reading import NothingPublished
from tasks.snapshot import Problem, Snapshot, audit_store, open_snapshot
from tasks.tables import read_table
from tasks.trace import Tracer
from tasks.working_copy import address_of
from tasks.working_copy import audit as audit_bucket

SAMPLE = 25


class Unsound(Exception):
    """The store is not what it was; the message names every file and figure."""


def require_sound(report: AuditReport) -> AuditReport:
    """The report, if it has no problem. Raises Unsound otherwise."""
    if report.problems:
        raise Unsound("\n".join(report.problems))
    return report


def audit(store: Path, sample: int = SAMPLE) -> AuditReport:
    """Everything that is not as it must be, and how many figures were traced.

    The sample is drawn with the snapshot's name as the seed, so that an audit can be repeated. Where the bytes are not
    right no figure is traced, because nothing could be said of it. Raises NothingPublished where there is nothing.
    """
    problems = [*audit_store(store), *audit_bucket(store)]
    snapshot = open_snapshot(store) if not problems else None
    if not problems and snapshot is None:
        raise NothingPublished(f"{store}: nothing is published here, so there is nothing to audit. Check --store.")
    wrong, traced = _trace_sample(snapshot, sample) if snapshot else ([], 0)
    return AuditReport(
        store=str(name) if isinstance(name := address_of(store), str) else name.name,
        problems=[str(problem) for problem in [*problems, *wrong]],
        traced=traced,
    )


def _trace_sample(snapshot: Snapshot, sample: int) -> tuple[list[Problem], int]:
    rows = read_table(snapshot, Metric).filter(pl.any_horizontal(pl.col(name).is_not_null() for name in FIGURES))
    chosen = random.Random(snapshot.id)  # a sample, not a secret
    tracers: dict[str, Tracer] = {}
    wrong = []
    for index in chosen.sample(range(rows.height), min(sample, rows.height)):
        row = rows.row(index, named=True)
        if row["flow"] not in tracers:
            tracers[row["flow"]] = Tracer(snapshot, row["flow"])
        month = row["period"].year * 12 + row["period"].month - 1
        place = Place(row["flow"], row["product"], row["partner"], row["measure"], month)
        figure = chosen.choice([name for name in FIGURES if row[name] is not None])
        found = tracers[row["flow"]].trace(place, figure)
        if not found.agrees:
            wrong.append(
                Problem(
                    f"metric {figure} of {place.flow} {place.product} {place.partner} {place.measure} {found.month}",
                    found=str(found.value), expected=str(found.recomputed),
                    advice="Ingest the releases again into an empty store and compare; this is an error of the program.",
                )
            )  # fmt: skip
    return wrong, min(sample, rows.height)
