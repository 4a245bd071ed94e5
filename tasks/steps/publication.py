"""Assembles the files of a release and publishes them as the successor of the current snapshot.

Belongs here: which files replace earlier ones, which are carried over, which are written once for a release and stay
for good, and the lineage record of the publication itself. Does not belong here: what is in the tables (`assemble`),
how a file is written (`store.parquet`), how the pointer moves (`store.publish`).
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import polars as pl

from schemas.layouts import LAYOUTS
from schemas.table import DataFrame, empty_frame, schema_sha256
from schemas.tables.decision import Decision
from schemas.tables.lineage import Lineage
from tasks.controls import tables
from tasks.domain.decisions import out_on
from tasks.domain.hashing import code_sha256, json_sha256
from tasks.ingest.normalise import Normalised
from tasks.ledger.name_tables import NameTables, name_tables
from tasks.ledger.published_state import Known
from tasks.lineage.provenance import derivation_of, derivation_of_month, rows_of_collected
from tasks.lineage.records import lineage_row
from tasks.steps.assemble import Ledger, whole
from tasks.steps.open_published import later_year
from tasks.steps.portions import DERIVED
from tasks.steps.release_tables import Derived, Entered
from tasks.store.manifest import FileEntry
from tasks.store.mirror import announcement
from tasks.store.parquet import Partition, encode_file, encode_months, partition_path
from tasks.store.publish import NewFile, Published, publish
from tasks.store.snapshot import Snapshot


def publish_release(
    store: Path, release: Normalised, entered: Entered, derived: Derived, trail: DataFrame[Lineage], known: Known
) -> Published:
    """Publish everything as the successor of the known snapshot; nothing changes if nothing is new."""
    ledger = entered.ledger
    files, decided = _files_of_ledger(release, entered, known), _decided(ledger, known)
    carried = _carried(known.snapshot, files.replaced | _of_figures(derived, known))
    of_derived = _files_of_derived(derived, ledger.releases, ledger.decisions)
    new: Iterator[NewFile] = itertools.chain(files.new, of_derived)
    if files.is_new_release:
        own = itertools.chain(_files_of_release(release), _file_of_decisions(decided, release))
        new = _with_lineage(itertools.chain(new, own), {release.release["release_id"][0]: trail}, ledger.releases)
    elif decided.height:
        # What is decided about a published release has a name of its own.
        name = decided["decision_id"][0]
        named = cast("DataFrame[Lineage]", trail.with_columns(release_id=pl.lit(name)))
        new = _with_lineage(itertools.chain(new, _file_of_decisions(decided, release)), {name: named}, release.release)
    return publish(
        store,
        new,
        carried=carried,
        parent=known.snapshot,
        about=_about(ledger.releases),
        audit=announcement(store),
    )


def enter_release(store: Path, release: Normalised, entered: Entered, known: Known) -> Published:
    """Enter a release into the ledger of `store`, the copy of a batch, which no reader sees: figures, tables of
    events and lineage follow for the batch as a whole.
    """
    files, decided = _files_of_ledger(release, entered, known), _decided(entered.ledger, known)
    own = (
        itertools.chain(_files_of_release(release), _file_of_decisions(decided, release))
        if files.is_new_release
        else ()
    )
    return publish(
        store,
        itertools.chain(files.new, own),
        carried=_carried(known.snapshot, files.replaced),
        parent=known.snapshot,
        about=_about(entered.ledger.releases),
    )


def publish_batch(
    store: Path, parent: Snapshot | None, derived: Derived, trails: Mapping[str, DataFrame[Lineage]], known: Known
) -> Published:
    """Publish the ledger that the releases of a batch were entered into, which is `known`, with the tables derived
    from it, as the successor of `parent`.
    """
    entered = known.snapshot
    assert entered is not None
    replaced = _of_figures(derived, known)
    stays = _carried(entered, replaced)
    before = {entry.path for entry in parent.files} if parent else set()
    of_ledger = (
        NewFile(
            entry.table, entry.partition, (entered.path / entry.path).read_bytes(), entry.rows, entry.schema_sha256,
            LAYOUTS[entry.table].by_release,
        )
        for entry in stays if entry.path not in before
    )  # fmt: skip
    new = itertools.chain(of_ledger, _files_of_derived(derived, known.releases, known.decisions))
    return publish(
        store,
        _with_lineage(new, trails, known.releases),
        carried=[entry for entry in stays if entry.path in before],
        parent=parent,
        about=_about(known.releases),
        audit=announcement(store),
    )


class _LedgerFiles(NamedTuple):
    """The files of the ledger that a release rewrites, and the tables and partitions whose files they replace."""

    new: Iterator[NewFile]
    replaced: set[tuple[str, str]]
    is_new_release: bool


def _files_of_ledger(release: Normalised, entered: Entered, known: Known) -> _LedgerFiles:
    ledger, trade_flow, revision = entered.ledger, entered.trade_flow, entered.revision
    releases = ledger.releases
    again = tuple(sorted({*known.touched, *later_year(known.touched)}))
    frames: dict[str, tuple[pl.DataFrame, tuple[Partition, ...]]] = {
        "observation": (ledger.touched, known.touched),
        "trade_flow": (trade_flow, known.touched),
        "revision": (revision, again),
    }
    replaced = {(model, partition_path(month)) for model, (_, months) in frames.items() for month in months}
    replaced |= {(model, "") for model in ("product_name", "partner_name")}
    # These months get a file even without rows: a table without files would be a folder that no reader finds, and an
    # existing file stays.
    earlier = known.snapshot.files if known.snapshot else ()
    there = {entry.partition for entry in earlier if entry.table == "revision"}
    always = tuple(month for month in again if month in known.touched or partition_path(month) in there)
    collected = rows_of_collected(whole(ledger, known), releases)
    made_of = functools.partial(derivation_of_month, releases=releases, collected=collected, decisions=ledger.decisions)
    is_new = release.release["release_id"][0] not in known.releases["release_id"]
    names = name_tables(known.snapshot, release.names if is_new else None)
    new = _made_again({model: frame for model, (frame, _) in frames.items()}, always, names, made_of, releases)
    return _LedgerFiles(new, replaced, is_new)


def _of_figures(derived: Derived, known: Known) -> set[tuple[str, str]]:
    """Return the tables and partitions of figures that are rewritten."""
    of_months = {(model, partition_path(month)) for model in DERIVED for month in known.derived}
    of_months |= {(table.table, file.partition) for table in derived.figures for file in table.files}
    return of_months | {(model, "") for model in ("control_event", "event_window", "event_month")}


def _carried(parent: Snapshot | None, replaced: set[tuple[str, str]]) -> list[FileEntry]:
    earlier = parent.files if parent else ()
    return [entry for entry in earlier if (entry.table, entry.partition) not in replaced]


def _about(releases: pl.DataFrame) -> dict[str, Any]:
    return {"releases": releases["release_id"].sort().to_list(), "released_on": str(releases["released_on"].max())}


def _made_again(
    frames: dict[str, pl.DataFrame], always: tuple[Partition, ...], names: NameTables,
    made_of: Callable[[str, Partition], dict[str, Any]], releases: pl.DataFrame,
) -> Iterator[NewFile]:  # fmt: skip
    """Yield the files that replace earlier ones; revisions get a file even without rows for the months in `always`."""
    made = set()
    for model, frame in frames.items():
        for file in encode_months(model, frame, functools.partial(made_of, model)):
            made.add((file.table, file.partition))
            yield file
    for month in always:
        if ("revision", partition_path(month)) not in made:
            yield encode_file("revision", empty_frame("revision"), partition_path(month), made_of("revision", month))
    yield encode_file("product_name", names.product_name, "", derivation_of("product_name", releases))
    yield encode_file("partner_name", names.partner_name, "", derivation_of("partner_name", releases))


def _files_of_derived(derived: Derived, releases: pl.DataFrame, decisions: pl.DataFrame) -> Iterator[NewFile]:
    # One file at a time: each is read from the disk and released before the next one.
    for table in derived.figures:
        yield from table.new_files()
    events, made_with = derived.events, tables.derivation()
    made_of = functools.partial(
        derivation_of,
        releases=tables.relevant_releases(releases, str(releases["reporter"].first())),
        decisions=decisions,
        out=out_on(releases, decisions),
    )
    yield encode_file(
        "control_event", events.control_event, "", derivation_of("control_event", releases.clear()) | made_with
    )
    yield encode_file("event_window", events.event_window, "", made_of("event_window") | made_with)
    yield encode_file("event_month", events.event_month, "", made_of("event_month") | made_with)


def _files_of_release(release: Normalised) -> Iterator[NewFile]:
    """Yield the files that a release gets once and for good: its details, its row, its findings, its quarantine."""
    mine = release.release
    yield from encode_months("detail", release.detail, functools.partial(derivation_of_month, "detail", releases=mine))
    for model, frame in (
        ("release", release.release),
        ("finding", release.findings),
        ("quarantine", release.quarantine),
    ):
        yield encode_file(model, frame, "", derivation_of(model, mine))


def _decided(ledger: Ledger, known: Known) -> pl.DataFrame:
    """The decisions that are new."""
    return ledger.decisions.join(known.decisions, on="decision_id", how="anti")


def _file_of_decisions(decided: pl.DataFrame, release: Normalised) -> Iterator[NewFile]:
    """The file of new decisions, which is written once and for good; none where nothing was decided."""
    if decided.height:
        yield encode_file(
            "decision", Decision.validate(decided, lazy=True), "", derivation_of("decision", release.release)
        )


def _with_lineage(
    files: Iterable[NewFile], trails: Mapping[str, DataFrame[Lineage]], releases: pl.DataFrame
) -> Iterator[NewFile]:
    """Yield the files, and after them one of lineage for each trail, whose last row is the publication of these
    files.
    """
    rows: dict[str, int] = {}
    hashes: dict[str, list[str]] = {}
    for file in files:
        rows[file.table] = rows.get(file.table, 0) + file.rows
        hashes.setdefault(file.table, []).append(file.sha256)
        yield file
    for release_id, trail in trails.items():
        # The record of a decision is of all editions of the release that it is about.
        mine = releases if release_id not in releases["release_id"] else releases.filter(release_id=release_id)
        yield encode_file(
            "lineage", _with_own_record(trail, release_id, rows, hashes), "", derivation_of("lineage", mine)
        )


def _with_own_record(
    trail: DataFrame[Lineage], release_id: str, rows: dict[str, int], hashes: dict[str, list[str]]
) -> pl.DataFrame:
    """Return the trail and, as its last row, the publication itself: its inputs and, by table, the rows and the hashes
    of its files.

    The lineage's own file cannot be among them.
    """
    # The order of the files depends only on how many months are processed at once.
    outputs = {name: json_sha256(sorted(hashes[name])) for name in sorted(hashes)}
    given = {text.split("=", 1)[0]: text.split("=", 1)[1] for texts in trail["outputs"] for text in texts}
    schemas_used = json_sha256({name: schema_sha256(name) for name in outputs})
    total = sum(rows.values())
    own = lineage_row(
        release_id, trail.height + 1, "publish", code_sha256(__name__), schemas_used, given, outputs, total, total, {}
    )
    return Lineage.validate(pl.concat([trail, pl.DataFrame([own], schema=trail.schema)]), lazy=True)
