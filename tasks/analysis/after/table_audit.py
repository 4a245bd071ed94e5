"""Audits the tables that are made of published stores: each file of what is published now, and whether it rests on what
the stores publish now; and the Iceberg metadata of all of them, where they were begun.

Belongs here: the tables beside a reporter's store. The store itself is audited by `lineage.audit`.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from schemas.forms.outcome import AuditReport
from tasks.analysis.after import first_prints
from tasks.analysis.ground.derived_table import Upstream, stale_months
from tasks.analysis.mirror import publication as mirroring
from tasks.analysis.reporter import of_reporter
from tasks.catalogs.iceberg_seal import damage_of_store
from tasks.domain.errors import BrokenStore, UnknownSnapshot
from tasks.domain.text import named as listed
from tasks.reading.query import open_published
from tasks.store.bucket.working_copy import at_hand
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.files.verify import FileProblem, Hashes, audit_pointer, audit_snapshot
from tasks.store.places.beside import Beside
from tasks.store.places.reporters import (
    MIRRORS,
    Address,
    mirror_of,
    mirrors_of,
    named,
    root_of,
    store_of,
    stores_of,
    table_of,
)

REMEDY = "it is made again by the next release of {}, or when one of its files is ingested once more"


def audit_tables(address: Address) -> AuditReport:
    """Report on all tables that rest on a store, and on Iceberg metadata; on those of the store alone where its
    address does not say whose it is. Older snapshots of a table are not looked at: all that is in them follows from
    others.
    """
    root, reporter, problems = root_of(address), named(address), [*_iceberg(address)]
    report = AuditReport(store=str(address), problems=[], traced=0)
    if root is None or reporter is None:
        return report.model_copy(update={"problems": [str(problem) for problem in problems]})
    for exporter, importer in mirrors_of(root):
        if reporter in (exporter, importer):
            read_upstream = partial(mirroring.upstream, root, exporter, importer)
            name = f"{MIRRORS}/exporter={exporter}/importer={importer}"
            place = mirror_of(root, exporter, importer)
            problems += _audit(at_hand(place), name, MIRRORS, reporter, read_upstream)
            problems += _iceberg(place, MIRRORS, f"{name}/")
    stores = {code: at_hand(store) for code, store in stores_of(root).items()}
    readers: dict[str, Callable[[], Upstream]] = {
        first_prints.TABLE: partial(first_prints.upstream, stores, reporter),
        **{
            table: partial(_upstream_of_analysis, at_hand(store_of(root, reporter)), reporter, table)
            for table in of_reporter.MAKERS
        },
    }
    places = {table: table_of(root, table, reporter) for table in readers}
    folders = {table: at_hand(place) for table, place in places.items()}
    present = {table for table, place in places.items() if _is_there(place, folders[table])}
    # The tables of one release are made together; where none is, the store was perhaps copied alone.
    expected = set[str]() if present.isdisjoint(of_reporter.MAKERS) else {*of_reporter.MAKERS}
    for table, folder in folders.items():
        if table in present | expected:
            problems += _audit(folder, f"{table}/{folder.name}", table, reporter, readers[table])
            problems += _iceberg(places[table], table, f"{table}/{folder.name}/")
    return report.model_copy(update={"problems": [str(problem) for problem in problems]})


def _iceberg(address: Address, table: str | None = None, above: str = "") -> Iterator[FileProblem]:
    """What is wrong with the Iceberg metadata of a store: of one table, which lies in the folder `above`, or of all."""
    # Its path may have signs that no address has, and a broken store is audited elsewhere; then nothing is known.
    with suppress(ValueError, BrokenStore, UnknownSnapshot):
        snapshot = open_snapshot(at_hand(address))
        tables = {entry.table for entry in snapshot.files} if snapshot else set[str]()
        damages = damage_of_store(Beside(address), tables & {table} if table else tables)
        yield from (replace(problem, file=f"{above}{problem.file}") for problem in damages)


def _is_there(place: Address, folder: Path) -> bool:
    """Whether somebody began a store: of a bucket the working copy is a folder in any case."""
    if isinstance(place, Path):
        return folder.exists()
    try:
        return open_snapshot(folder) is not None
    except (BrokenStore, UnknownSnapshot):
        return True


def _audit(
    folder: Path, name: str, table: str, reporter: str, read_upstream: Callable[[], Upstream]
) -> Iterator[FileProblem]:
    remedy = REMEDY.format(reporter)
    try:
        snapshot = open_snapshot(folder)
    except (BrokenStore, UnknownSnapshot) as problem:
        yield FileProblem(name, str(problem), f"the table {table}", remedy)
        return
    if snapshot is None:
        yield FileProblem(name, "nothing", f"the table {table}", remedy)
        return
    problems = [*audit_pointer(folder), *audit_snapshot(folder, snapshot.id, Hashes())]
    yield from (replace(problem, file=f"{name}/{problem.file}", advice=remedy) for problem in problems)
    if not problems:
        yield from _audit_age(snapshot, name, table, remedy, read_upstream)


def _audit_age(
    snapshot: Snapshot, name: str, table: str, remedy: str, read_upstream: Callable[[], Upstream]
) -> Iterator[FileProblem]:
    if months := stale_months(table, snapshot, read_upstream()):
        yield FileProblem(name, f"figures of before the last release: {listed(months)}", "those of now", remedy)


def _upstream_of_analysis(store: Path, reporter: str, table: str) -> Upstream:
    return of_reporter.upstream(open_published(store), reporter, table)
