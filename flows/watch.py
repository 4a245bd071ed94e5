"""Look into the inbox, ingest everything new, say what is overdue.

A look does nothing twice and leaves nothing half done, so it may run as often as one likes, be killed, and be caught up
after an outage: the day that counts is the day for which it was scheduled.
"""

import logging
from contextlib import ExitStack, suppress
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from prefect import flow, runtime
from prefect.context import FlowRunContext

from flows import ahead, announce
from flows.progress import Hear
from flows.release import batch_to_tables, release
from schemas.address import StoreAddress
from schemas.outcome import Outcome
from schemas.request import ReleaseRequest
from schemas.watch import Look, Taken, WatchReport, WatchRequest
from tasks import catalog as step
from tasks.batch import FILE_BYTES_MAX, Batch
from tasks.clock import CUSTOMS_TIME
from tasks.errors import Held, Refused
from tasks.inbox import drop_note, note_refusal, seen_before_reading
from tasks.outage import of_every_file

log = logging.getLogger("tidewaiter.watch")


@flow(name="watch", flow_run_name="watch {request.inbox}")
def watch(request: WatchRequest = WatchRequest(), day: date | None = None) -> WatchReport:  # noqa: B008  # it is frozen
    """Ingest everything new in the inbox, oldest first, and compare what is published with the calendar.

    Args:
        request: where to look, what to take, what to expect
        day: day of the run; none: the day for which it was scheduled, in Beijing
    """
    day = day or _scheduled_day()
    announce.name_watch(request, day)
    looked = step.look(request, day)
    report = take(looked, request.store, dry_run=request.dry_run)
    expected = step.expect(step.at_hand(request.store), request.kind, day)
    return announce.watched(report.model_copy(update={"expected": expected}))


def take(
    looked: Look, store: StoreAddress, *, dry_run: bool, show: Hear = lambda done, total, name: None,
    pictures: bool = True, together: bool = False,
) -> WatchReport:  # fmt: skip
    """Ingest what is ready; `show` is told how far it is. One doubtful or broken file holds nobody else up, but what keeps every
    file out of the store ends the run: each file would wait for it, and fail. Without `pictures` no page of a release has any;
    files that go in `together` are published in batches."""
    files = [] if dry_run else looked.ready
    taking = Taking(store, pictures=pictures, together=together)
    with taking:
        for done, file in enumerate(ahead.in_turn(files)):
            show(done, len(files), file.name)
            taking.take(file)
            if taking.stopped:
                break
    taken = [taking.taken[file] for file in files if file in taking.taken]
    show(len(taken), len(files), "stopped" if taking.stopped else "done")
    return WatchReport(
        looked=looked, taken=taken, outcomes=[*taking.outcomes.values()], stopped=taking.stopped,
        left=[file for file in files if file not in taking.taken], dry_run=dry_run,
    )  # fmt: skip


class Taking:
    """Files that are taken in one after another, alone or in batches, and what came of each."""

    def __init__(self, store: StoreAddress, *, pictures: bool, together: bool) -> None:
        self.store, self.pictures, self.together = store, pictures, together
        self.taken: dict[Path, Taken] = {}
        self.outcomes: dict[Path, Outcome] = {}
        self.stopped = ""
        self._batch: Batch | None = None
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

    def take(self, file: Path) -> None:
        """Take a file in; where it is not published at once, it is when its batch is full."""
        if self.together and file.stat().st_size > FILE_BYTES_MAX:
            self._publish()
            self._close()
        elif self.together and self._batch is None:
            with suppress(OSError):  # no room beside the store: each file is published by itself
                self._batch = self._open.enter_context(step.opened_batch(step.at_hand(self.store)))
        self._take(file)
        if self._batch is not None and self._batch.is_full:
            self._publish()
            self._close()

    def _take(self, file: Path) -> None:
        seen = seen_before_reading(file)
        try:
            outcome = _release(file, self.store, pictures=self.pictures)
            drop_note(file)
        except Held as problem:
            self.taken[file] = Taken(file=file, outcome="held", reason=str(problem))
            drop_note(file)
        except Refused as refusal:
            self.taken[file] = Taken(file=file, outcome="refused", reason=note_refusal(file, refusal, seen))
        except Exception as problem:
            self._fail(file, problem)
        else:
            if self._batch is None:
                self._note(file, outcome)
            else:
                self._in_batch.append(file)

    def _note(self, file: Path, outcome: Outcome) -> None:
        self.outcomes[file] = outcome
        self.taken[file] = Taken(
            file=file, outcome=outcome.status, reason=f"{outcome.span}: {announce.counts(outcome)}"
        )

    def _fail(self, file: Path, problem: Exception) -> None:
        """A fault of the program or of the disk: the others still get their turn, and this one again next time."""
        self.stopped = of_every_file(problem, self.store) or ""
        if not self.stopped:
            reason = f"{file}: {type(problem).__name__}: {problem}"
            self.taken[file] = Taken(file=file, outcome="failed", reason=reason)

    def _publish(self) -> None:
        """Publish the batch. Where that fails its files are taken one by one, so that one of them holds no other up."""
        batch, files, self._in_batch = self._batch, self._in_batch, []
        if batch is None or not files:
            return
        try:
            outcomes = batch_to_tables(batch) if batch.has_entered else [*batch.outcomes]
        except Exception as problem:
            log.warning("a batch of %d files is not published: %s; they are taken one by one", len(files), problem)
            self._close()
            for file in files:
                if not self.stopped:
                    self._take(file)
            return
        for file, outcome in zip(files, outcomes, strict=True):
            self._note(file, outcome)
            if outcome.status == "published" and FlowRunContext.get() is not None:
                announce.attempt(lambda outcome=outcome: announce.published(self.store, outcome, pictures=False))  # type: ignore[misc]

    def _close(self) -> None:
        self._open.close()
        self._batch = None


def _release(file: Path, store: StoreAddress, *, pictures: bool) -> Outcome:
    request = ReleaseRequest(file=file, store=store)
    if FlowRunContext.get() is None:
        return release.fn(request)
    state = release(request, pictures=pictures, return_state=True)
    return state.result()


def _scheduled_day() -> date:
    """The day of the run by the customs' clock: never that of the moment at which a late run happens to start."""
    scheduled: datetime = runtime.flow_run.scheduled_start_time
    return scheduled.astimezone(CUSTOMS_TIME).date()
