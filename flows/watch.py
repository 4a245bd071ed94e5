"""Defines the flow that looks into the inbox, ingests everything new, and reports what is overdue; and the processing
of many files, one after another, alone or in batches.

A look does nothing twice and leaves nothing half done, so it may run at any interval, be killed, and be caught up after
an outage: the day that counts is the day for which it was scheduled.
"""

import contextvars
import functools
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from prefect import flow, runtime
from prefect.context import FlowRunContext

from flows import announce
from flows.ingestion import add, publish_batch
from flows.question import asks_when_held
from flows.release import release
from schemas.forms.form import Day, StoreAddress
from schemas.forms.outcome import Hold, Outcome
from schemas.forms.request import NOTHING, Declaration, FollowingTables, ReleaseRequest
from schemas.forms.watch import InboxState, Taken, WatchReport, WatchRequest
from tasks.domain import clock
from tasks.domain.clock import CUSTOMS_TIME
from tasks.domain.errors import Refused
from tasks.inbox.inbox import (
    drop_note,
    is_unreadable,
    note_refusal,
    problem_of,
    seen_before_reading,
    shared_refusals,
)
from tasks.inbox.placing import reporter_of
from tasks.publication.batch import FILE_BYTES_MAX, Batch, opened
from tasks.steps import catalog as step
from tasks.steps.listeners import HearFile
from tasks.store.bucket.working_copy import at_hand
from tasks.store.files.diagnose import of_every_file
from tasks.store.places.reporters import store_of

log = logging.getLogger("tidewaiter.watch")


def scheduled_for() -> datetime:
    """Return the moment for which the current run was scheduled, by the customs' clock: never the start of a late
    run."""
    moment: datetime = runtime.flow_run.scheduled_start_time
    return moment.astimezone(CUSTOMS_TIME)


def name_of_run() -> str:
    """Return the name of the current run, such as `watch 2025-07-20 14:05`."""
    return f"{runtime.flow_run.flow_name} {scheduled_for():%Y-%m-%d %H:%M}"


@flow(name="watch", flow_run_name=name_of_run)
def watch(request: WatchRequest = WatchRequest(), day: Day = None) -> WatchReport:  # noqa: B008  # it is frozen
    """Ingest everything new in the inbox, oldest first, and compare what is published with the calendar.

    Args:
        request: where to look, what to take, what to expect
        day: day of the run; empty: the day for which it was scheduled, in Beijing
    """
    day = day or scheduled_for().date()
    looked = step.inbox_state(request, day)
    report = take(looked, request.store, dry_run=request.dry_run)
    states = step.source_states(request.store, [request.inbox], day, request.kinds)
    return announce.watched(report.model_copy(update={"sources": states.sources, "unread": states.unread}))


def take(
    looked: InboxState,
    store: StoreAddress,
    *,
    dry_run: bool,
    show: HearFile = lambda done, total, name: None,
    together: bool = False,
    otherwise: Declaration = NOTHING,
    tables: FollowingTables = "all",
) -> WatchReport:
    """Ingest what is ready, in a dry run as dry runs; `show` gets the progress.

    A doubtful or broken file does not block the others, but a fault that keeps every file out of the store ends the
    run: each file would fail in turn. A file of an inbox that is refused gets a note next to it. Files that go in
    `together` are an archive, get no notes, and are published in batches; a dry run only lists them, because each
    stands on the ones before. `otherwise` is declared about files that say nothing else; `tables` are made again after
    each release.
    """
    files = [] if dry_run and together else looked.ready
    for file, refusal in () if dry_run or together else shared_refusals(looked):
        note_refusal(file, refusal, seen_before_reading(file, otherwise))
    taking = Taking(
        store,
        lambda done, name: show(done, len(files), name),
        notes=not (together or dry_run),
        otherwise=otherwise,
        dry_run=dry_run,
        tables=tables,
    )
    if together:
        taking.take_together(files)
    else:
        for file in files:
            taking.take(file)
    taken = [taking.taken[file] for file in files if file in taking.taken]
    show(len(taken), len(files), "stopped" if taking.stopped else "done")
    return WatchReport(
        looked=looked,
        taken=taken,
        outcomes=[*taking.outcomes.values()],
        stopped=taking.stopped,
        left=[file for file in files if file not in taking.taken],
        dry_run=dry_run,
    )


class Taking:
    """The processing of each file, and its outcome. Nothing is taken any more after a fault that stops every file."""

    def __init__(
        self,
        store: StoreAddress,
        show: Callable[[int, str], None],
        *,
        notes: bool,
        otherwise: Declaration,
        dry_run: bool,
        tables: FollowingTables,
    ) -> None:
        self.store, self.notes, self.otherwise, self.dry_run = store, notes, otherwise, dry_run
        self.tables: FollowingTables = tables
        self.taken: dict[Path, Taken] = {}
        self.outcomes: dict[Path, Outcome] = {}
        self.stopped = ""
        self._show, self._begun = show, 0
        self._stores: dict[Path, StoreAddress] = {}
        self._store_of_reporter = functools.cache(lambda reporter: store_of(store, reporter))

    def take_together(self, files: list[Path]) -> None:
        """Ingest files in batches, those of each store after one another; a large one is published by itself."""
        by_store: dict[StoreAddress, list[Path]] = {}
        for file in files:
            by_store.setdefault(self._store_of(file), []).append(file)
        for store, waiting in by_store.items():
            while waiting and not self.stopped:
                if _is_large(waiting[0]):
                    self.take(waiting.pop(0))
                else:
                    self._take_batch(store, waiting)

    def take(self, file: Path) -> None:
        """Ingest a file and publish it at once."""
        if not self.stopped:
            self._begin(file)
            self._take(file)

    def _take_batch(self, store: StoreAddress, waiting: list[Path]) -> None:
        """Ingest the first of the files that wait, as many as make a batch, and publish them. Where that fails, or no
        batch can be opened, each is ingested by itself: one of them does not block the others, and its own error says
        why.
        """
        entered: list[Path] = []
        try:
            with opened(at_hand(store)) as batch:
                while waiting and not (batch.is_full or self.stopped or _is_large(waiting[0])):
                    file = waiting.pop(0)
                    self._begin(file)
                    if self._take(file, batch):
                        entered.append(file)
                is_new = batch.is_new
                outcomes = publish_batch(batch, self.tables) if is_new else [one.outcome for one in batch.entries]
        except Exception as problem:
            if not entered:
                entered.append(waiting.pop(0))
                self._begin(entered[0])
            log.warning(
                "%d files were not published as a batch, and each is ingested by itself: %s", len(entered), problem
            )
            for file in entered:
                if not self.stopped:
                    self._take(file)
            return
        for file, outcome in zip(entered, outcomes, strict=True):
            self._note(file, outcome)
            if outcome.status == "published" and FlowRunContext.get() is not None:
                announce.attempt(functools.partial(announce.published, outcome, pictures=False))

    def _begin(self, file: Path) -> None:
        self._show(self._begun, file.name)
        self._begun += 1

    def _take(self, file: Path, batch: Batch | None = None) -> bool:
        """Enter a file into a batch, or publish it by itself; return whether it waits for its batch."""
        seen = seen_before_reading(file, self.otherwise)
        try:
            ended = self._release(file, batch)
            if not self.dry_run:
                drop_note(file)
        except Refused as refusal:
            why = note_refusal(file, refusal, seen) if self.notes else str(refusal)
            self.taken[file] = Taken(file=file, outcome="refused", reason=why, problem=problem_of(file, refusal))
        except Exception as problem:
            # A fault of the program or of the disk: the others still get their turn, and this one again next time.
            self.stopped = of_every_file(problem, self.store) or ""
            if not self.stopped:
                reason = f"{file}: {type(problem).__name__}: {problem}"
                self.taken[file] = Taken(file=file, outcome="failed", reason=reason)
        else:
            if isinstance(ended, Hold):
                self.taken[file] = Taken(file=file, outcome="held", reason=ended.message)
            elif batch is not None:
                return True
            else:
                self._note(file, ended)
        return False

    def _release(self, file: Path, batch: Batch | None) -> Outcome | Hold:
        """Run the flow `release`, outside of a Prefect run its body; into a batch a task of the run that there is. A
        small file that cannot be read gets no run of its own: each costs seconds, and thousands may lie there.
        """
        request, is_run = self._request(file, self._store_of(file)), FlowRunContext.get() is not None
        if batch is None:
            if is_run and is_unreadable(file, request):
                return contextvars.Context().run(release.fn, request)
            return release(request) if is_run else release.fn(request)
        adds = functools.partial(asks_when_held(add), request, batch, clock.today())
        return announce.as_task(f"release {file.name}", adds) if is_run else adds()

    def _request(self, file: Path, store: StoreAddress) -> ReleaseRequest:
        return ReleaseRequest(
            file=file, store=store, otherwise=self.otherwise, dry_run=self.dry_run, tables=self.tables
        )

    def _store_of(self, file: Path) -> StoreAddress:
        """Return the store of the file's reporter, by its declaration, which is read once. Without an answer it is the
        given one: the file's own turn says why. If the declaration changes until then, the release goes where it then
        belongs.
        """
        if file not in self._stores:
            try:
                reporter = reporter_of(self._request(file, self.store))
                self._stores[file] = self.store if reporter is None else self._store_of_reporter(reporter)
            except Exception as problem:
                log.warning("%s: the store of its reporter is not found yet: %s", file, problem)
                return self.store
        return self._stores[file]

    def _note(self, file: Path, outcome: Outcome) -> None:
        self.outcomes[file] = outcome
        self.taken[file] = Taken(
            file=file, outcome=outcome.status, reason=f"{outcome.span}: {announce.counts(outcome)}"
        )


def _is_large(file: Path) -> bool:
    """Whether a file is published by itself. A file that is gone is not: its own turn refuses it."""
    try:
        return file.stat().st_size > FILE_BYTES_MAX
    except OSError:
        return False
