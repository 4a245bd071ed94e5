"""Defines the flow that carries a store of another version into a new one.

The releases that it published are ingested again from the bytes that it kept, as a backfill does, with the days, the
names and the approvals that they had there; decisions hold from their own days. So the ledger of the new store says of
each day what the old one said. Each step finds what an earlier run has done: a run that was killed is started again.
"""

import functools
import itertools
import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from prefect import flow

from flows import announce
from flows.ingestion import tell_contradictions
from flows.watch import take
from flows.withdraw import publish_decision
from schemas.forms.request import WithdrawalRequest
from schemas.forms.watch import InboxState, UpgradeReport, UpgradeRequest
from schemas.store_address import S3Url
from tasks.derive.processes import local_processes
from tasks.domain.carried import carrying
from tasks.domain.errors import Refused
from tasks.inbox import held as held_releases
from tasks.inbox.old_store import OldRelease, OldStore, old_stores, read_old
from tasks.ingest.raw_store import RAW
from tasks.steps import catalog as step
from tasks.store.bucket.working_copy import at_hand, exclusive, share_once
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.reporters import store_of
from tasks.store.snapshots.objects import keep_bytes
from tasks.store.snapshots.parquet import read_table

Show = Callable[[int, int, str], None]
log = logging.getLogger("tidewaiter.upgrade")


@flow(name="upgrade", flow_run_name="upgrade {request.old}")
def upgrade(request: UpgradeRequest) -> UpgradeReport:
    """Carry the store of another version into a new one; what was done before is not done again.

    Args:
        request: which store, into which one, whether to look only
    """
    with tempfile.TemporaryDirectory(prefix="tidewaiter-upgrade-") as aside:
        stores = [*_read(request, Path(aside))]
        report = _report(stores, dry_run=request.dry_run)
        for line in report.not_carried:
            log.warning("not carried over: %s", line)
        if not request.dry_run:
            with local_processes(), announce.shown(f"Store {request.old}") as show:
                troubles = [line for old in stores for line in _carry(old, request, show)]
            report = report.model_copy(update={"troubles": troubles})
    return announce.ended(report, report.troubles, needs_attention=bool(report.troubles))


def _read(request: UpgradeRequest, aside: Path) -> Iterator[OldStore]:
    """What each store has. Raises Refused where the new store is the old one, or has releases of its own."""
    old, new = request.old.resolve(), request.store
    if not isinstance(new, S3Url) and (old in (new.resolve(), *new.resolve().parents) or new.resolve() in old.parents):
        raise Refused(
            "upgrade", str(new), f"it lies in {old}, or that in it", "Give a folder of its own: the old store stays."
        )
    for folder in old_stores(request.old):
        old_store = read_old(folder, aside / folder.name)
        published = read_table(open_snapshot(_store(old_store, request)), "release")["release_id"].to_list()
        if others := sorted({*published} - {one.release_id for one in old_store.releases}):
            raise Refused(
                "upgrade",
                str(new),
                f"it has releases that {folder} has not: {', '.join(others[:3])}",
                "Give a new store, or the one into which this upgrade was begun.",
            )
        yield old_store


def _report(stores: Iterable[OldStore], *, dry_run: bool) -> UpgradeReport:
    carried = dict.fromkeys(("release", "decision", "held or decided release"), 0)
    lost = list[str]()
    for old in stores:
        counts = (len(old.releases), old.decisions.height, len(old.held))
        carried = {name: carried[name] + count for name, count in zip(carried, counts, strict=True)}
        lost += (f"{old.reporter}: {line}" for line in old.not_carried)
    return UpgradeReport(carried=carried, not_carried=lost, dry_run=dry_run)


def _store(old: OldStore, request: UpgradeRequest) -> Path:
    return at_hand(store_of(request.store, old.reporter))


def _carry(old: OldStore, request: UpgradeRequest, show: Show) -> Iterator[str]:
    """Carry one store; yield what failed."""
    store = _store(old, request)
    _keep_raw(old.folder, store)
    done, total = 0, len(old.releases)
    for kind, turns in itertools.groupby(old.turns, _kind):
        if kind == "decision":
            for row in turns:
                if isinstance(row, Mapping):
                    with carrying(old.carried):
                        _decide(row, store)
            continue
        releases = [turn for turn in turns if isinstance(turn, OldRelease)]
        published = {*read_table(open_snapshot(store), "release")["release_id"]}
        files = [one.file for one in releases if one.release_id not in published]
        ready = InboxState(ready=files, unsettled=[], later=[], held=[], refused=[], published=len(published))
        tell = functools.partial(_tell, show, done, total)
        with carrying(old.carried, corrected=kind == "corrected"):
            taken = take(ready, request.store, dry_run=False, together=True, show=tell)
        done += len(releases)
        yield from (f"{old.reporter}: {line}" for line in (*taken.troubles, *taken.held))
        if taken.stopped:
            return
    for kept in old.held:
        if held_releases.find(store, kept.release_id) is None:
            with exclusive(store):
                held_releases.keep(store, kept)
    tell_contradictions(store)
    # The run before may have been killed after its last publication and before the tables that follow from it.
    yield from (f"{old.reporter}: {line}" for line in step.update_tables(store).failed)
    snapshot = open_snapshot(store)
    published = {*read_table(snapshot, "release")["release_id"], *read_table(snapshot, "decision")["decision_id"]}
    named = [*(one.release_id for one in old.releases), *old.decisions["decision_id"]]
    yield from (f"{old.reporter}: {name} is not in {request.store}" for name in named if name not in published)


def _tell(show: Show, before: int, total: int, done: int, _: int, name: str) -> None:
    show(before + done, total, name)


def _kind(turn: object) -> str:
    if not isinstance(turn, OldRelease):
        return "decision"
    return "corrected" if turn.is_corrected else "as it came"


def _keep_raw(old: Path, store: Path) -> None:
    """Keep the bytes of each file with the day on which it landed, and what was declared about it."""
    for path in sorted((old / RAW).glob("??/*")):
        place = store / RAW / path.parent.name / path.name
        if path.is_file() and not place.is_file():
            data = path.read_bytes()
            with exclusive(store):
                share_once(store, place, data)
                keep_bytes(store, place, data)


def _decide(row: Mapping[str, Any], store: Path) -> None:
    """Publish a decision of a person as of its own day, unless an earlier run has."""
    known = read_table(open_snapshot(store), "decision")
    if known.filter(pl.col("decision_id") == row["decision_id"]).height:
        return
    request = WithdrawalRequest.model_validate(
        {
            "release_id": row["release_id"],
            "by": row["decided_by"],
            "reason": row["reason"],
            "undo": row["kind"] == "reinstated",
            "store": store,
            "on": row["decided_on"],
        }
    )
    assert request.on is not None, "each decision has a day"
    publish_decision(request, request.on)
