"""Reads what a release that is held contradicts of what is published, so that both sides are in doubt at once.

Until a person decides, nobody knows which of the two is wrong. The findings of the held release about numbers of both
sides are published as rows of severity `held`, and the months that they are about are derived again. A finding
`held_settled` ends them, once the release is rejected or published: it then has findings of its own. Belongs here:
which rows are to be published. `flows.ingestion` publishes them with the steps of a release.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from schemas.forms.outcome import HeldRelease
from schemas.frames import Finding
from schemas.table import empty_frame, polars_schema
from tasks.domain.doubt.findings import OF_NOTHING, finding, gather
from tasks.domain.periods import first_day, month_index
from tasks.inbox.held import every
from tasks.ingest.normalise import Normalised
from tasks.ledger.doubts import HELD, SETTLED, findings_of
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.places.verify_on_read import prove
from tasks.store.snapshots.parquet import Partition, partition_month, path_partition, read_table

# Numbers of rows of severity held: the findings of the release itself, once it is published, have those from 1 on.
FIRST_OF_HELD = 1_000_000


def untold(store: Path) -> Finding:
    """Return the rows of `finding` that the decisions about held releases call for and that are not published."""
    snapshot = open_snapshot(store)
    if snapshot is None:
        return empty_frame("finding")
    kept = [one for one in every(store) if any(entry.both_sides for entry in one.findings)]
    if not kept:
        return empty_frame("finding")
    known = findings_of(snapshot)
    is_of_held = pl.col("severity") == HELD
    published, settled = ({*known.filter(about)["release_id"]} for about in (is_of_held, _is(SETTLED)))
    rows = [pl.DataFrame(schema=polars_schema("finding"))]
    for one in kept:
        is_open = one.waits and one.release_id not in snapshot.about["releases"]
        if is_open and one.release_id not in published and _months(snapshot, about := _of_held(one)):
            rows.append(about)
        elif not is_open and one.release_id in published - settled:
            rows.append(_settled(one.release_id))
    return pl.concat(rows)


def _is(check: str) -> pl.Expr:
    return pl.col("check") == check


def _of_held(held: HeldRelease) -> Finding:
    frame = gather(held.release_id, _contradictions(held))
    return frame.with_columns(pl.lit(HELD).alias("severity"), pl.col("number") + FIRST_OF_HELD)


def _contradictions(held: HeldRelease) -> Iterator[dict[str, Any]]:
    """The findings about both sides, with the goods and direction of the release where they name none."""
    for entry in held.findings:
        if entry.both_sides and entry.first_month is not None:
            row = entry.model_dump(exclude={"products", "flow"})
            yield row | {
                "severity": "error",
                "products": [*(entry.products or held.products or held.goods or ())],
                "flow": entry.flow or held.flow,
            }


def _settled(release_id: str) -> Finding:
    row = finding(
        SETTLED,
        "info",
        observed="a person decided about this release",
        expected="a decision about what is held",
        advice="The published numbers that it contradicted are in doubt by it no more.",
        scope=OF_NOTHING,
    )
    return gather(release_id, [row]).with_columns(pl.col("number") + FIRST_OF_HELD * 2)


def recall_contradicted(store: Path) -> Normalised:
    """Return what is published of the months that untold rows are about, with these rows as findings. Raises
    DamagedStore where it is damaged."""
    snapshot, rows = open_snapshot(store), untold(store)
    assert snapshot is not None, "there are rows that a published state lacks"
    months = _months(snapshot, rows)

    def is_spoken_of(place: Partition) -> bool:
        return (place[0], partition_month(place)) in months

    prove(snapshot, "detail", is_spoken_of)
    detail = read_table(snapshot, "detail", is_spoken_of)
    numbers = [month for _, month in months]
    spoken_of = read_table(snapshot, "release").filter(pl.col("release_id").is_in(detail["release_id"].implode()))
    narrow = {"first_month": pl.lit(first_day(min(numbers))), "last_month": pl.lit(first_day(max(numbers)))}
    return Normalised(
        detail=detail,
        quarantine=empty_frame("quarantine"),
        findings=rows,
        release=spoken_of.sort("release_id").head(1).with_columns(**narrow),
        names=empty_frame("printed_name"),
    )


def _months(snapshot: Snapshot, rows: Finding) -> set[tuple[str, int]]:
    """The published months (flow, month number) that rows are about; of one that settles, those that it ends."""
    known = findings_of(snapshot)
    settled = rows.filter(_is(SETTLED))["release_id"].implode()
    ended = known.filter(pl.col("severity") == HELD, pl.col("release_id").is_in(settled))
    spans = pl.concat([rows.filter(pl.col("severity") == HELD), ended]).select(
        "flow", first=month_index("first_month"), last=month_index("last_month")
    )
    published = _published(snapshot)
    return {
        (flow, month)
        for named, first, last in spans.unique().iter_rows()
        for flow, month in published
        if first <= month <= last and named in (None, flow)
    }


def _published(snapshot: Snapshot) -> set[tuple[str, int]]:
    places = (path_partition(entry.partition) for entry in snapshot.entries("detail") if entry.rows)
    return {(place[0], partition_month(place)) for place in places}
