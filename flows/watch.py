"""Look into the inbox, ingest everything new, say what is overdue.

A look does nothing twice and leaves nothing half done, so it may run as often as one likes, be killed, and be caught up
after an outage: the day that counts is the day for which it was scheduled.
"""

from pathlib import Path

from prefect import flow
from prefect.context import FlowRunContext

from flows import ahead, announce, run_names
from flows.progress import Hear
from flows.release import release
from schemas.address import StoreAddress
from schemas.form import Day
from schemas.outcome import Outcome
from schemas.request import ReleaseRequest
from schemas.watch import Look, Taken, WatchReport, WatchRequest
from tasks import catalog as step
from tasks.errors import Held, Refused
from tasks.inbox import drop_note, note_refusal, problem_of, seen_before_reading, shared_refusals
from tasks.outage import of_every_file


@flow(name="watch", flow_run_name=run_names.of_this_run)
def watch(request: WatchRequest = WatchRequest(), day: Day = None) -> WatchReport:  # noqa: B008  # it is frozen
    """Ingest everything new in the inbox, oldest first, and compare what is published with the calendar.

    Args:
        request: where to look, what to take, what to expect
        day: day of the run; empty: the day for which it was scheduled, in Beijing
    """
    day = day or run_names.scheduled_for().date()
    if FlowRunContext.get() is not None:
        announce.attempt(run_names.name_the_next)
    looked = step.look(request, day)
    report = take(looked, request.store, dry_run=request.dry_run)
    expected = step.expect(step.at_hand(request.store), request.kinds, day)
    return announce.watched(report.model_copy(update={"expected": expected}))


def take(
    looked: Look, store: StoreAddress, *, dry_run: bool, show: Hear = lambda done, total, name: None,
    pictures: bool = True, notes: bool = True,
) -> WatchReport:  # fmt: skip
    """Ingest what is ready; `show` is told how far it is. One doubtful or broken file holds nobody else up, but what keeps every
    file out of the store ends the run: each file would wait for it, and fail. Without `pictures` no page of a release has any, and
    without `notes` nothing is written beside a file."""
    outcomes: list[Outcome] = []
    taken: list[Taken] = []
    stopped: str | None = None
    files = [] if dry_run else looked.ready
    for file, refusal in () if dry_run or not notes else shared_refusals(looked):
        note_refusal(file, refusal, seen_before_reading(file))
    for done, file in enumerate(ahead.in_turn(files)):
        show(done, len(files), file.name)
        seen = seen_before_reading(file)
        try:
            outcome = _release(file, store, pictures=pictures)
            outcomes.append(outcome)
            taken.append(Taken(file=file, outcome=outcome.status, reason=f"{outcome.span}: {announce.counts(outcome)}"))
            drop_note(file)
        except Held as problem:
            taken.append(Taken(file=file, outcome="held", reason=str(problem)))
            drop_note(file)
        except Refused as refusal:
            why = note_refusal(file, refusal, seen) if notes else str(refusal)
            taken.append(Taken(file=file, outcome="refused", reason=why, problem=problem_of(file, refusal)))
        except Exception as problem:
            stopped = of_every_file(problem, store)
            if stopped:
                break
            # A fault of the program or of the disk: the others still get their turn, and this one again next time.
            taken.append(Taken(file=file, outcome="failed", reason=f"{file}: {type(problem).__name__}: {problem}"))
    show(len(taken), len(files), "stopped" if stopped else "done")
    return WatchReport(
        looked=looked, taken=taken, outcomes=outcomes, stopped=stopped or "", left=files[len(taken) :], dry_run=dry_run
    )


def _release(file: Path, store: StoreAddress, *, pictures: bool) -> Outcome:
    request = ReleaseRequest(file=file, store=store)
    if FlowRunContext.get() is None:
        return release.fn(request)
    state = release(request, pictures=pictures, return_state=True)
    return state.result()
