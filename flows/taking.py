"""Ingests files one after another, alone or in batches, and reports the outcome of each."""

import logging
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from prefect.context import FlowRunContext

from flows import announce
from flows.release import into, publish_batch, release
from schemas.forms.address import StoreAddress
from schemas.forms.outcome import Hold, Outcome
from schemas.forms.request import NOTHING, Declaration, ReleaseRequest
from schemas.forms.watch import Look, Taken, WatchReport
from tasks.domain.errors import Refused
from tasks.ingest.inbox import drop_note, note_refusal, problem_of, seen_before_reading, shared_refusals
from tasks.ingest.placing import reporter_of
from tasks.steps.batch import FILE_BYTES_MAX, Batch, opened
from tasks.steps.listeners import HearFile
from tasks.store.diagnose import of_every_file
from tasks.store.mirror import at_hand
from tasks.store.reporters import store_of

log = logging.getLogger("tidewaiter.taking")


def take(
    looked: Look, store: StoreAddress, *, dry_run: bool, show: HearFile = lambda done, total, name: None,
    notes: bool = True, together: bool = False, otherwise: Declaration = NOTHING,
) -> WatchReport:  # fmt: skip
    """Ingest what is ready; `show` gets the progress. A doubtful or broken file does not block the others, but a
    fault that keeps every file out of the store ends the run: each file would fail in turn. Without `notes` none are
    written next to a file. Files that go in `together` are published in batches. `otherwise` is declared about files that
    say nothing else.
    """
    taking = Taking(store, notes=notes, together=together, otherwise=otherwise)
    files = [] if dry_run else taking.by_reporter(looked.ready) if together else looked.ready
    for file, refusal in () if dry_run or not notes else shared_refusals(looked):
        note_refusal(file, refusal, seen_before_reading(file, otherwise))
    with taking:
        for done, file in enumerate(files):
            show(done, len(files), file.name)
            taking.take(file)
            if taking.stopped:
                break
    given = [] if dry_run else looked.ready
    taken = [taking.taken[file] for file in given if file in taking.taken]
    show(len(taken), len(files), "stopped" if taking.stopped else "done")
    return WatchReport(
        looked=looked, taken=taken, outcomes=[*taking.outcomes.values()], stopped=taking.stopped,
        left=[file for file in given if file not in taking.taken], dry_run=dry_run,
    )  # fmt: skip


class Taking:
    """The processing of each file, and its outcome; use it as a context, whose end publishes the last batch."""

    def __init__(self, store: StoreAddress, *, notes: bool, together: bool, otherwise: Declaration) -> None:
        self.store, self.notes, self.together, self.otherwise = store, notes, together, otherwise
        self.taken: dict[Path, Taken] = {}
        self.outcomes: dict[Path, Outcome] = {}
        self.stopped = ""
        self._reporters: dict[Path, str | None] = {}
        self._stores: dict[str, StoreAddress] = {}
        self._batch: Batch | None = None
        self._batch_store: StoreAddress | None = None
        self._in_batch: list[Path] = []
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._publish()
        self._close()

    def by_reporter(self, files: list[Path]) -> list[Path]:
        """Return the files of each reporter together, each in the same order as before: their stores share nothing."""
        found: dict[str | None, list[Path]] = {}
        for file in files:
            found.setdefault(self._reporter_of(file), []).append(file)
        return [file for of_one in found.values() for file in of_one]

    def take(self, file: Path) -> None:
        """Ingest a file; if it is not published at once, it is when its batch is full."""
        store = self._store_of(file)
        if self._batch is not None and (store != self._batch_store or _is_large(file)):
            self._publish()
            self._close()
        if self.together and self._batch is None and not _is_large(file):
            self._open_batch(store)
        self._take(file)
        if self._batch is not None and self._batch.is_full:
            self._publish()
            self._close()

    def _store_of(self, file: Path) -> StoreAddress:
        """Return the store of the file's reporter. Without an answer it is the given one: its own turn says why."""
        try:
            reporter = self._reporter_of(file)
            if reporter is not None and reporter not in self._stores:
                self._stores[reporter] = store_of(self.store, reporter)
        except Exception as problem:
            log.warning("%s: the store of its reporter is not found yet: %s", file, problem)
            return self.store
        return self.store if reporter is None else self._stores[reporter]

    def _reporter_of(self, file: Path) -> str | None:
        """Return whose figures a file has, from its declaration, which is read once. If it changes until the turn of the
        file, the release goes where it then belongs.
        """
        if file not in self._reporters:
            self._reporters[file] = reporter_of(self._request(file, self.store))
        return self._reporters[file]

    def _open_batch(self, store: StoreAddress) -> None:
        """Open a batch. If the store or the disk refuses, the file is ingested by itself, and its own error says why."""
        try:
            self._batch = self._open.enter_context(opened(at_hand(store)))
            self._batch_store = store
        except Exception as problem:
            log.warning("no batch is opened, each file is published by itself: %s", problem)

    def _take(self, file: Path) -> None:
        seen = seen_before_reading(file, self.otherwise)
        try:
            ended = self._release(file)
            drop_note(file)
        except Refused as refusal:
            why = note_refusal(file, refusal, seen) if self.notes else str(refusal)
            self.taken[file] = Taken(file=file, outcome="refused", reason=why, problem=problem_of(file, refusal))
        except Exception as problem:
            self._fail(file, problem)
        else:
            if isinstance(ended, Hold):
                self.taken[file] = Taken(file=file, outcome="held", reason=ended.message)
            elif self._batch is None:
                self._note(file, ended)
            else:
                self._in_batch.append(file)

    def _release(self, file: Path) -> Outcome | Hold:
        """Run the flow `release`; outside of a Prefect run its body."""
        request = self._request(file, self._store_of(file))
        run = release if self._batch is None else into(self._batch)
        return run.fn(request) if FlowRunContext.get() is None else run(request)

    def _request(self, file: Path, store: StoreAddress) -> ReleaseRequest:
        return ReleaseRequest(file=file, store=store, otherwise=self.otherwise)

    def _note(self, file: Path, outcome: Outcome) -> None:
        self.outcomes[file] = outcome
        self.taken[file] = Taken(
            file=file, outcome=outcome.status, reason=f"{outcome.span}: {announce.counts(outcome)}"
        )

    def _fail(self, file: Path, problem: Exception) -> None:
        """Record a fault of the program or of the disk: the others still get their turn, and this one again next
        time.
        """
        self.stopped = of_every_file(problem, self.store) or ""
        if not self.stopped:
            reason = f"{file}: {type(problem).__name__}: {problem}"
            self.taken[file] = Taken(file=file, outcome="failed", reason=reason)

    def _publish(self) -> None:
        """Publish the batch. If that fails, its files are ingested one by one, so that one of them does not block
        the others.
        """
        batch, files, self._in_batch = self._batch, self._in_batch, []
        if batch is None or not files:
            return
        try:
            outcomes = publish_batch(batch) if batch.has_entered else [*batch.outcomes]
        except Exception as problem:
            log.warning(
                "a batch of %d files was not published: %s; each file is ingested by itself now", len(files), problem
            )
            self._close()
            for file in files:
                if not self.stopped:
                    self._take(file)
            return
        for file, outcome in zip(files, outcomes, strict=True):
            self._note(file, outcome)
            if outcome.status == "published" and FlowRunContext.get() is not None:
                announce.attempt(lambda outcome=outcome: announce.published(outcome, pictures=False))  # type: ignore[misc]

    def _close(self) -> None:
        self._open.close()
        self._batch = None


def _is_large(file: Path) -> bool:
    """Whether a file is published by itself. A file that is gone is not: its own turn refuses it."""
    try:
        return file.stat().st_size > FILE_BYTES_MAX
    except OSError:
        return False
