"""Assembles the files of a release and publishes them as the successor of the current snapshot.

Belongs here: which files replace earlier ones, which are carried over, which are written once for a release and stay
for good, and the lineage record of the publication itself. Does not belong here: what is in the tables (`assemble`),
how a file is written (`store.parquet`), how the pointer moves (`store.publish`).
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import polars as pl

from schemas.frames import ControlEvent, Lineage, Revision, TradeFlow
from schemas.table import empty_frame, schema_sha256
from schemas.validation import validated
from tasks.controls.tables import reference_sha256
from tasks.derive.derivation import Figures
from tasks.derive.portions import DERIVED
from tasks.domain.hashing import code_sha256, json_sha256
from tasks.ingest.normalise import Normalised
from tasks.ledger.doubts import HELD, SETTLED
from tasks.ledger.ledger_after import Ledger
from tasks.ledger.name_tables import NameTables, name_tables
from tasks.ledger.published_state import PublishedState
from tasks.lineage.provenance import derivation_of, derivation_of_month, rows_of_collected
from tasks.lineage.records import lineage_row
from tasks.lineage.snapshot_metadata import describer
from tasks.publication.assemble import whole
from tasks.publication.batch import Batch, BatchChange
from tasks.publication.open_published import later_year
from tasks.store.bucket.working_copy import announcement
from tasks.store.snapshots.parquet import Partition, encode_file, encode_months, partition_path
from tasks.store.snapshots.publish import NewFile, PlacedFile, Publication, publish

Hashes = Mapping[str, str]


class Entered(NamedTuple):
    """What a release or a decision makes of the ledger, and what it revises."""

    ledger: Ledger
    trade_flow: TradeFlow
    revision: Revision


class Derived(NamedTuple):
    """What follows from the ledger: the figures, and the states of export controls."""

    figures: Figures
    control_event: ControlEvent


def enter(batch: Batch, release: Normalised, entered: Entered, known: PublishedState) -> BatchChange:
    """Write the ledger after a release, or after a decision about it, on top of a batch."""
    releases = entered.ledger.releases
    replaced, new = _files_of_ledger(release, entered, known)
    about = {"releases": releases["release_id"].sort().to_list(), "released_on": str(releases["released_on"].max())}
    named = release.release["release_id"] if _is_new(release, known) else _decided(entered, known)["decision_id"]
    return batch.enter(str(named[0]) if len(named) else "", new, replaced, about)


def publish_tables(
    batch: Batch, release: Normalised, derived: Derived, trail: Lineage, known: PublishedState
) -> Publication:
    """Publish a batch as the successor of the current snapshot of its store; nothing changes if nothing is new.

    Args:
        batch: the ledger after its releases, and the state before
        release: its releases as one
        derived: the figures
        trail: the lineage of each release
        known: the state that the figures were derived from
    """
    assert batch.ledger is not None, "a release was entered"
    releases = known.releases
    figures = (file for table in derived.figures for file in table.new_files())
    events = _file("control_event", derived.control_event, releases.clear(), reference_sha256=reference_sha256())
    replaced = {(model, partition_path(month)) for model in DERIVED for month in known.derived}
    replaced |= {(table.table, file.partition) for table in derived.figures for file in table.files}
    replaced.add(("control_event", ""))
    new: Iterator[NewFile | PlacedFile] = itertools.chain(batch.ledger.new_files(), figures, [events])
    trails = {
        str(name): part for (name,), part in trail.partition_by("release_id", as_dict=True, maintain_order=True).items()
    }
    return publish(
        batch.store,
        _with_lineage(new, trails, releases, release.release),
        carried=[entry for entry in batch.ledger.carried if (entry.table, entry.partition) not in replaced],
        parent=batch.parent,
        about=batch.ledger.about,
        describe=describer(releases),
        audit=announcement(batch.store),
    )


def _files_of_ledger(
    release: Normalised, entered: Entered, known: PublishedState
) -> tuple[set[tuple[str, str]], Iterable[NewFile | PlacedFile]]:
    """The partitions of the ledger that a release rewrites; their files, and those that it or a decision gets once and
    for good."""
    ledger, trade_flow, revision = entered.ledger, entered.trade_flow, entered.revision
    releases = ledger.releases
    again = tuple(sorted({*known.touched, *later_year(known.touched)}))
    frames: dict[str, tuple[pl.DataFrame, tuple[Partition, ...]]] = {
        "observation": (ledger.touched, known.touched),
        "trade_flow": (trade_flow, known.touched),
        "revision": (revision, again),
    }
    replaced = {(model, partition_path(month)) for model, (_, months) in frames.items() for month in months}
    replaced |= {(model, "") for model in ("product", "partner")}
    # These months get a file even without rows: a table without files would be a folder that no reader finds, and an
    # existing file stays.
    earlier = known.snapshot.files if known.snapshot else ()
    with_revisions = {entry.partition for entry in earlier if entry.table == "revision"}
    always = tuple(month for month in again if month in known.touched or partition_path(month) in with_revisions)
    collected = rows_of_collected(whole(ledger, known), releases)
    made_of = functools.partial(derivation_of_month, releases=releases, collected=collected, decisions=ledger.decisions)
    is_new = _is_new(release, known)
    names = name_tables(known.snapshot, release.names if is_new else None)
    files = [encode_months(model, frame, functools.partial(made_of, model)) for model, (frame, _) in frames.items()]
    new = _made_again(itertools.chain(*files), always, names, made_of, releases)
    decided = _decided(entered, known)
    # Written once and for good; none where nothing was decided.
    decisions = [_file("decision", validated("decision", decided), release.release)] if decided.height else []
    # Of a release that is published, those of another one that is held and contradicts it.
    rows_of_held = release.findings.filter((pl.col("severity") == HELD) | (pl.col("check") == SETTLED))
    of_held = [_file("finding", rows_of_held, release.release)] if rows_of_held.height else []
    return replaced, itertools.chain(new, _files_of_release(release) if is_new else of_held, decisions)


def _is_new(release: Normalised, known: PublishedState) -> bool:
    return release.release["release_id"][0] not in known.releases["release_id"]


def _made_again(
    files: Iterable[NewFile | PlacedFile],
    always: tuple[Partition, ...],
    names: NameTables,
    made_of: Callable[[str, Partition], dict[str, Any]],
    releases: pl.DataFrame,
) -> Iterator[NewFile | PlacedFile]:
    """Yield the files that replace earlier ones; revisions get a file even without rows for the months in `always`."""
    written = set()
    for file in files:
        written.add((file.table, file.partition))
        yield file
    for month in always:
        if ("revision", partition_path(month)) not in written:
            yield encode_file("revision", empty_frame("revision"), partition_path(month), made_of("revision", month))
    yield _file("product", names.product, releases)
    yield _file("partner", names.partner, releases)


def _file(table: str, frame: pl.DataFrame, releases: pl.DataFrame, **more: str) -> NewFile:
    """A file of a table that is not filed by month, made from these releases."""
    return encode_file(table, frame, "", derivation_of(table, releases) | more)


def _files_of_release(release: Normalised) -> Iterator[NewFile | PlacedFile]:
    """Yield the files that a release gets once and for good: its details, its row, its findings, its quarantine."""
    row = release.release
    made_of = functools.partial(derivation_of_month, "detail", releases=row)
    yield from encode_months("detail", release.detail, made_of)
    for model, frame in (("release", row), ("finding", release.findings), ("quarantine", release.quarantine)):
        yield _file(model, frame, row)


def _decided(entered: Entered, known: PublishedState) -> pl.DataFrame:
    return entered.ledger.decisions.join(known.decisions, on="decision_id", how="anti")


def _with_lineage(
    files: Iterable[NewFile | PlacedFile], trails: Mapping[str, Lineage], releases: pl.DataFrame, editions: pl.DataFrame
) -> Iterator[NewFile | PlacedFile]:
    """Yield the files, and after them one of lineage for each trail, whose last row is the publication of these
    files. The trail of a decision is of all `editions` of the release that it is about.
    """
    rows, hashes = 0, dict[str, list[str]]()
    for file in files:
        rows += file.rows
        hashes.setdefault(file.table, []).append(file.sha256)
        yield file
    # The order of the files depends only on how many months are processed at once.
    outputs = {name: json_sha256(sorted(hashes[name])) for name in sorted(hashes)}
    for release_id, trail in trails.items():
        row = releases.filter(release_id=release_id)
        given = dict(text.split("=", 1) for texts in trail["outputs"] for text in texts)
        whole_trail = with_own_record(trail, release_id, "publish", given, outputs, rows, {})
        yield _file("lineage", whole_trail, row if row.height else editions)


def with_own_record(
    trail: Lineage, name: str, step: str, inputs: Hashes, outputs: Hashes, rows: int, parameters: Mapping[str, Any]
) -> Lineage:
    """Return the trail and, as its last row, the publication: its inputs and, by table, the hash of its files, without
    the lineage's own."""
    schemas_used = json_sha256({table: schema_sha256(table) for table in outputs})
    row = lineage_row(
        name, trail.height + 1, step, code_sha256(), schemas_used, inputs, outputs, rows, rows, parameters
    )
    return validated("lineage", pl.concat([trail, pl.DataFrame([row], schema=trail.schema)]))
