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
from schemas.table import schema_sha256
from schemas.tables.lineage import Lineage
from schemas.tables.mirror import Mirror
from tasks.domain.decisions import counting
from tasks.domain.hashing import code_sha256, json_sha256, versions
from tasks.domain.periods import month_name, month_number
from tasks.lineage.records import as_table, lineage_row
from tasks.lineage.snapshot_metadata import describer
from tasks.reports.mirror.sides import months_of
from tasks.reports.mirror.statements import compare, pair, read_pair
from tasks.reports.mirror.verdicts import REACH_AHEAD, REACH_BACK
from tasks.reports.query import open_published
from tasks.store.compatibility import refuse_unknown
from tasks.store.parquet import Partition, encode_file, encode_months, partition_month, path_partition, read_table
from tasks.store.publish import NewFile, publish
from tasks.store.reporters import mirror_of, mirrors_of, named, root_of
from tasks.store.snapshot import Snapshot, open_snapshot
from tasks.store.working_copy import address_of, again_if_outpaced, announcement, at_hand, exclusive

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
        refuse_unknown(parent)
        sides = [_side_prints(store, flow) for store, flow in zip(stores, ("export", "import"), strict=True)]
        prints = _prints(sides)
        known = parent.about["months"] if parent else {}
        stale = [month for month in sorted(prints) if known.get(month_name(month)) != prints[month]]
        if parent and not stale and len(prints) == len(known):
            return MirrorPublication(parent, False, [], [])
        new, gaps, rows = list[NewFile](), list[pl.DataFrame](), 0
        for months in _spans(stale):
            sold, bought = read_pair(stores, (exporter, importer), months)
            found = compare(sold, bought, months)
            found = Mirror.validate(
                found.filter(
                    (pl.col("export_kg") > 0)
                    | (pl.col("import_kg") > 0)
                    | (pl.col("export_stated") > 0)
                    | (pl.col("import_stated") > 0)
                ),
                lazy=True,
            )
            rows += found.height
            new += encode_months(TABLE, found, lambda partition, found=found: _derivation(found, partition))  # type: ignore[misc]
            gaps.append(_became_unexplained(found, parent, months))
        kept = [
            entry for entry in (parent.files if parent else ())
            if entry.table != TABLE or partition_month(path_partition(entry.partition)) in {*prints} - {*stale}
        ]  # fmt: skip
        states = {code: snapshot.id for code, (snapshot, _) in zip((exporter, importer), sides, strict=True)}
        name = f"mirror-{json_sha256([prints[month] for month in sorted(prints)])[:16]}"
        if name not in read_table(parent, "lineage")["release_id"]:
            new.append(_trail(name, states, stale, new, rows))
        about = {
            "releases": [], "released_on": max(snapshot.about["released_on"] for snapshot, _ in sides), "pair": [exporter, importer],
            "months": {month_name(month): prints[month] for month in sorted(prints)},
        }  # fmt: skip
        rests_on = pl.concat([read_table(snapshot, "release") for snapshot, _ in sides])
        made = publish(
            folder, new, carried=kept, parent=parent, about=about, describe=describer(rests_on, (exporter, importer)),
            audit=announcement(folder),
        )  # fmt: skip
    is_first = parent is None
    every = pl.concat(gaps) if gaps and not is_first else None
    return MirrorPublication(made.snapshot, made.changed, [*map(month_name, stale)], _as_gaps(every))


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


def _prints(sides: list[tuple[Snapshot, dict[int, Any]]]) -> dict[int, str]:
    """A hash of what each month's verdicts rest on, for each month that either side has."""
    program = [code_sha256(), schema_sha256(TABLE)]
    return {
        month: json_sha256([program, *(
            [sorted(there.get(near, [])) for near in range(month - REACH_BACK, month + REACH_AHEAD + 1)] for _, there in sides
        )])
        for month in sorted({month for _, there in sides for month in there})
    }  # fmt: skip


def _spans(months: list[int]) -> Iterator[range]:
    """Neighbouring months, TOGETHER at most."""
    start = 0
    for place in range(1, len(months) + 1):
        if place == len(months) or months[place] != months[place - 1] + 1 or place - start == TOGETHER:
            yield range(months[start], months[place - 1] + 1)
            start = place


def _derivation(found: pl.DataFrame, partition: Partition) -> dict[str, Any]:
    rows = found.filter(pl.col("period").dt.year() == partition[1], pl.col("period").dt.month() == partition[2])
    ids = {
        side: rows[f"{side}_release_ids"].explode().drop_nulls().unique().sort().to_list()
        for side in ("export", "import")
    }
    return {"table": TABLE, "code_sha256": code_sha256(), "releases": ids, "versions": versions()}


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


def _trail(name: str, states: dict[str, str], months: list[int], files: list[NewFile], rows: int) -> NewFile:
    """The lineage of a publication: the states of both stores, and the hashes of the files made."""
    parameters = {"snapshots": states, "months": [*map(month_name, months)]}
    own = lineage_row(
        name, 1, "mirror", code_sha256(), json_sha256({TABLE: schema_sha256(TABLE)}), {code: json_sha256(state) for code, state in states.items()},
        {TABLE: json_sha256(sorted(file.sha256 for file in files))}, rows, rows, parameters,
    )  # fmt: skip
    trail = pl.DataFrame([own], schema=as_table(name, []).schema)
    return encode_file(
        "lineage",
        Lineage.validate(trail, lazy=True),
        "",
        {"table": "lineage", "code_sha256": code_sha256(), "snapshots": states},
    )
